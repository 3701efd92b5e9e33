"""Value, fill, scarcity: where a request costs the rest of the request mix least.

    score = 10 * [V(residual before) - V(after)]     what the device's residual is worth (value_table.py)
          + F(node after) - F(node before)           what the node's devices lose for the mix (fragmentation.py)
          + price of what runs short                 scarce models and room for large requests (shortage.py)

Lowest wins; ties go to the node with the least free GPU, then the least free CPU, then the order, and on a node to the
device with the least residual. Until 25 requests are known only the tie rule acts.
FGD is the same with FGD's reading of fragmentation alone.

`vfs-fair` is fair by price: without a price the rare requests for several GPUs, and those for a model that few name,
are invisible in F and refused before the fleet is full. Measured on the openb traces (benchmarks/placement_openb.py):
a `large` of 0.1 packs up to 0.2 points better while a fleet fills once, but refuses every ninth 8-GPU pod in a fleet
at 90 % load from which pods leave, where 0.3 refuses none; higher ones only pack worse. Without `model_prior` models
that nobody has named yet are given away. F weighed by devices instead of by count packs about 0.4 points worse.
Plain `vfs` has neither, and is there to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.allocation.capacity import (
    CODES,
    FREE_BOTH,
    FREE_WHOLE,
    KIND_BOTH,
    KIND_SHARE,
    RESIDUALS,
    BoolArray,
    Capacity,
    FloatArray,
    IntArray,
)
from domain.allocation.demand import WHOLE, Demand
from domain.allocation.mix import MixSettings, MixTables
from domain.allocation.policies.base import ScorePart
from domain.allocation.policies.feasibility import feasible, no_device, share_order
from domain.allocation.policies.fragmentation import UsableTables
from domain.allocation.policies.scoring import TIE, PlainScorer, RowScores, ScoredPolicy, Scorer
from domain.allocation.policies.shortage import ModelScarcity, large_groups
from domain.allocation.policies.value_table import STEP_MILLI, STEPS


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much. `fgd_part` is FGD's part of the fragmentation, the rest is fill's.

    `scarcity` prices models and `large` room for large requests; `model_prior` as in `ModelScarcity`.
    """

    value: float = 10.0
    fgd_part: float = 0.75
    scarcity: float = 1.0
    large: float = 0.0
    model_prior: float = 0.0


class VfsScorer:
    """The three terms for one set of tables. Node features are kept by row version."""

    ties_by_order = False

    def __init__(self, capacity: Capacity, tables: MixTables, weights: Weights) -> None:
        groups = large_groups(tables) if weights.large else ()
        self._models = ModelScarcity(tables, capacity.model_ids, weights.model_prior) if weights.scarcity else None
        self.exposures = 1 + len(groups)
        self._weights = weights
        self._shares = np.array([group.share for group in groups])
        self._usable = UsableTables(tables, capacity.model_ids, weights.fgd_part, [group.shapes for group in groups])
        self._worth = weights.value * _worth_by_code(tables.values)
        self._features = np.zeros((0, self._usable.by_code.shape[1]))
        self._now = np.zeros((0, self.exposures))
        self._total = np.zeros(self.exposures)
        self._version = np.zeros(0, np.int64)

    def score(self, capacity: Capacity, demand: Demand, rows: IntArray) -> RowScores:
        result = RowScores(np.full(len(rows), np.inf), np.full(len(rows), -1), np.zeros((len(rows), self.exposures)))
        at, fit = feasible(capacity, demand, rows)
        if len(at):
            self.prepare(capacity, rows[at])
            if demand.is_share:
                keys = share_order(capacity, rows[at], fit)
                result.score[at], result.column[at], result.exposure[at, 1:] = self._shares_of(
                    capacity, demand, rows[at], keys
                )
            else:
                result.score[at], result.exposure[at, 1:] = self._whole(capacity, demand, rows[at], fit)
            if self._models is not None:
                result.exposure[at, 0] = self._models.taken(capacity, demand, rows[at])
        return result

    def prices(self, capacity: Capacity) -> FloatArray | None:
        if self._models is None and self.exposures == 1:
            return None
        prices = np.zeros((len(capacity.model_ids), self.exposures))
        if self._models is not None:
            prices[:, 0] = self._weights.scarcity * self._models.prices(capacity)
        if self.exposures > 1:
            self.prepare(capacity, np.arange(capacity.rows))
            left = np.maximum(self._total[1:], WHOLE)
            prices[:, 1:] = self._weights.large * self._shares * sum(capacity.free_by_model) / left
        return prices

    def parts(self, capacity: Capacity, demand: Demand, row: int, column: int, score: float) -> Sequence[ScorePart]:
        if not demand.gpus:
            worth = 0.0
        elif demand.is_share:
            before = int(capacity.code[row, column])
            after = 0 if capacity.sharers[row, column] <= 1 else before - demand.milli
            worth = float(self._worth[before] - self._worth[after])
        else:
            worth = float(demand.gpus * self._worth[FREE_BOTH])
        return (
            ScorePart("value", worth, "what the taken part of the device is worth to the request mix"),
            ScorePart("fragmentation", score - worth, "GPU on the node that the request mix can use no longer"),
        )

    def prepare(self, capacity: Capacity, rows: IntArray) -> None:
        """Bring the features of these rows up to date, and with them what the fleet has left for large requests."""
        if len(self._version) != len(capacity.version):
            self._features = np.zeros((len(capacity.version), self._features.shape[1]))
            self._now = np.zeros((len(capacity.version), self.exposures))
            self._total[:] = 0
            self._version = np.full(len(capacity.version), -1)
        stale = rows[self._version[rows] != capacity.version[rows]]
        if len(stale):
            self._features[stale] = features = self._usable.features(capacity.code[stale])
            now = self._usable.usable(
                features, capacity.model[stale], capacity.cpu_free[stale], capacity.memory_free[stale]
            )
            self._total += now.sum(axis=0) - self._now[stale].sum(axis=0)
            self._now[stale] = now
            self._version[stale] = capacity.version[stale]

    def _after(self, capacity: Capacity, demand: Demand, rows: IntArray, features: FloatArray) -> FloatArray:
        """What the mix can use no longer of each row once the demand is there, with these features."""
        after = self._usable.usable(
            features,
            capacity.model[rows],
            capacity.cpu_free[rows] - demand.cpu_milli,
            capacity.memory_free[rows] - demand.memory_mib,
        )
        return np.asarray(self._now[rows] - after)

    def _shares_of(
        self, capacity: Capacity, demand: Demand, rows: IntArray, keys: IntArray
    ) -> tuple[FloatArray, IntArray, FloatArray]:
        """The best device of each row. Devices of one row with equal codes are scored once, the first of them."""
        columns = capacity.code.shape[1]
        keys = np.sort(keys, axis=1)
        first = keys < no_device(capacity)
        first[:, 1:] &= keys[:, 1:] // columns != keys[:, :-1] // columns
        owner, position = np.nonzero(first)
        column = keys[owner, position] % columns
        row = rows[owner]
        before = capacity.code[row, column]
        after = np.where(capacity.sharers[row, column] <= 1, 0, before - demand.milli)
        features = self._features[row] + (self._usable.by_code[after] - self._usable.by_code[before])
        lost = before % RESIDUALS - after % RESIDUALS
        change = self._after(capacity, demand, row, features)
        score = change[:, 0] - lost + (self._worth[before] - self._worth[after])
        starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
        lowest = np.minimum.reduceat(score, starts)
        # of equal devices the tightest stays: it comes first, and the last assignment holds
        best = np.flatnonzero(score <= lowest[owner] + TIE)[::-1]
        chosen = np.empty(len(rows), np.int64)
        chosen[owner[best]] = best
        return score[chosen], column[chosen], change[chosen, 1:]

    def _whole(
        self, capacity: Capacity, demand: Demand, rows: IntArray, fit: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        if not demand.gpus:
            change = self._after(capacity, demand, rows, self._features[rows])
            return change[:, 0], change[:, 1:]
        # whole-only devices go first, as in `whole_columns`; which NVLink group they are of changes no feature
        codes = np.where(fit, capacity.code[rows], 0)
        counts = np.minimum((codes == FREE_WHOLE).sum(axis=1), demand.gpus)[:, None]
        taken = counts * self._usable.by_code[FREE_WHOLE] + (demand.gpus - counts) * self._usable.by_code[FREE_BOTH]
        change = self._after(capacity, demand, rows, self._features[rows] - taken)
        return change[:, 0] + demand.gpus * (self._worth[FREE_BOTH] - WHOLE), change[:, 1:]


class Vfs(ScoredPolicy):
    """`vfs` and `vfs-fair` by the settings of the mix, `fgd` by the weights."""

    def __init__(self, name: str, mix_settings: MixSettings, weights: Weights) -> None:
        super().__init__(name, mix_settings)
        self._weights = weights

    def make_scorer(self, capacity: Capacity, tables: MixTables | None) -> Scorer:
        return TightestScorer() if tables is None else VfsScorer(capacity, tables, self._weights)


class TightestScorer(PlainScorer):
    """Before anything is known of the mix: every feasible row is as good as another, the tie rule decides."""

    ties_by_order = False

    def parts(self, capacity: Capacity, demand: Demand, row: int, column: int, score: float) -> Sequence[ScorePart]:
        return (ScorePart("tightest", score, "too few requests are known: the fullest node that fits"),)


def _worth_by_code(values: FloatArray) -> FloatArray:
    """The value table spread over device codes. A device that is only shared cannot be sold whole."""
    residual = np.arange(RESIDUALS) // STEP_MILLI
    worth = np.zeros(CODES)
    worth[FREE_WHOLE] = values[STEPS]
    worth[KIND_BOTH * RESIDUALS : (KIND_BOTH + 1) * RESIDUALS] = values[residual]
    shared = values.copy()
    shared[STEPS] = max(values[STEPS - 1], float((values[1:STEPS] + values[STEPS - 1 : 0 : -1]).max()))
    worth[KIND_SHARE * RESIDUALS : (KIND_SHARE + 1) * RESIDUALS] = shared[residual]
    return worth
