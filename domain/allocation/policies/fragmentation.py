"""How much of a node's GPU the request mix could use, for many node states at once.

The fragmentation of a node is what is left of its devices less what the mix can use of it, on average over the
shapes of the mix: F = R - sum w_q * U_q, with U_q a blend of two readings of "use":

- the devices' residual that is large enough for one device of q (the rule of FGD, Weng et al., USENIX ATC'23);
- what identical requests q would really fill until devices, CPU or memory run out ("fill"), which sees a shortage of
  CPU coming and that a residual of 530 is worth only one 470.

Shapes that differ only in CPU and memory share a class (devices, milli). What a class can do with a device depends on
the device's code alone, so it is a table; a node's features are sums of table rows, and a placement changes them by a
difference of two rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from domain.allocation.capacity import (
    CODES,
    KIND_BOTH,
    KIND_SHARE,
    KIND_WHOLE,
    RESIDUALS,
    FloatArray,
    IntArray,
)
from domain.allocation.demand import WHOLE, Shape
from domain.allocation.mix import MixTables

_CHUNK = 256
"""States evaluated at a time: the intermediate arrays stay in the processor's cache."""
_NO_LIMIT = 1e30
_NEARLY_NOTHING = 1e-9


class UsableTables:
    """The mix laid out for `usable`; `fgd_part` is the weight of FGD's reading, the rest is fill's.

    A group is some of the shapes; what it can use is an average over these alone, by the same weights.
    """

    def __init__(
        self,
        tables: MixTables,
        model_ids: Mapping[str, int],
        fgd_part: float,
        groups: Sequence[Collection[Shape]] = (),
    ) -> None:
        pairs = [(s, w) for s, w in zip(tables.shapes, tables.weights.tolist(), strict=True) if s.gpus]
        shapes = [shape for shape, _ in pairs]
        milli = sorted({shape.milli for shape in shapes})
        classes = sorted({(shape.gpus, shape.milli) for shape in shapes})
        self._sizes = len(milli)
        self._class_size = np.array([milli.index(each) for _, each in classes], np.int64)
        self._class_gpus = np.array([gpus for gpus, _ in classes], np.float64)
        self._class_of = np.array([classes.index((s.gpus, s.milli)) for s in shapes], np.int64)
        self._per_cpu = np.array([1 / s.cpu_milli if s.cpu_milli else _NO_LIMIT for s in shapes])
        self._per_memory = np.array([1 / s.memory_mib if s.memory_mib else _NO_LIMIT for s in shapes])
        self._fgd_part = fgd_part
        self._fill_volume = np.array([s.gpus * s.milli * (1 - fgd_part) for s in shapes])
        self.by_code = _class_features(milli)

        # Weights by model and by step of CPU: a shape counts where its model is allowed and its CPU is there.
        self._cpu_steps = np.array(sorted({shape.cpu_milli for shape in shapes}), np.float64)
        allowed = np.array([[s.models is None or m in s.models for s in shapes] for m in model_ids], np.bool_)
        cpu = np.array([shape.cpu_milli for shape in shapes], np.float64)
        affordable = cpu[None, :] <= np.append(-np.inf, self._cpu_steps)[:, None]
        weights = np.array([weight for _, weight in pairs])
        self._weights = allowed.reshape(len(model_ids), 1, len(shapes)) * affordable[None, :, :] * weights
        members = np.array([[float(s in group) for s in shapes] for group in groups]).reshape(len(groups), len(shapes))
        self._columns = np.vstack([np.ones(len(shapes)), members / np.maximum(members @ weights, 1e-300)[:, None]]).T

    def features(self, codes: IntArray) -> FloatArray:
        """Of states given by their devices' codes (state, column); additive over devices."""
        return np.asarray(self.by_code[codes].sum(axis=1))

    def usable(self, features: FloatArray, model: IntArray, cpu: FloatArray, memory: FloatArray) -> FloatArray:
        """Milli of each state that the mix can use, sum of w_q * U_q, then the same of each group (state, 1 + group).

        All inputs have one entry a state.
        """
        result = np.empty((len(model), self._columns.shape[1]))
        for start in range(0, len(model), _CHUNK):
            part = slice(start, start + _CHUNK)
            result[part] = self._usable(features[part], model[part], cpu[part], memory[part])
        return result

    def _usable(self, features: FloatArray, model: IntArray, cpu: FloatArray, memory: FloatArray) -> FloatArray:
        step = self._cpu_steps.searchsorted(cpu, side="right")
        copies = np.floor(features[:, : self._sizes].take(self._class_size, axis=1) / self._class_gpus)
        large_enough = features[:, self._sizes :].take(self._class_size, axis=1) * (copies >= 1) * self._fgd_part
        use = large_enough.take(self._class_of, axis=1)
        if self._fgd_part < 1:
            filled = np.maximum(cpu, _NEARLY_NOTHING)[:, None] * self._per_cpu
            np.minimum(filled, np.maximum(memory, _NEARLY_NOTHING)[:, None] * self._per_memory, out=filled)
            np.minimum(filled, copies.take(self._class_of, axis=1), out=filled)
            filled *= self._fill_volume
            use += filled
        use *= self._weights[model, step]
        return np.asarray(use @ self._columns)


def _class_features(milli: list[int]) -> FloatArray:
    """By device code: for each size how many copies fit, then the residual where at least one does."""
    sizes = np.array(milli, np.int64)
    by_code = np.zeros((CODES, 2 * len(milli)))
    residual = np.arange(RESIDUALS)[:, None]
    copies = residual // sizes
    for kind in (KIND_BOTH, KIND_WHOLE, KIND_SHARE):
        suits = np.full(len(milli), True)
        if kind == KIND_WHOLE:
            suits = sizes == WHOLE
        elif kind == KIND_SHARE:
            suits = sizes < WHOLE
        part = slice(kind * RESIDUALS, (kind + 1) * RESIDUALS)
        by_code[part, : len(milli)] = copies * suits
        by_code[part, len(milli) :] = residual * (copies >= 1) * suits
    return by_code
