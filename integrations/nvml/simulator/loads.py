"""What simulated GPUs are busy with: serving a language model, training, held but idle, or free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from integrations.nvml.simulator.noise import Floats, keys_for, smooth, uniform

DAY = 86_400.0
HOUR = 3_600.0
FREE_MIB = 3
"""What an unused GPU shows as used."""
_MONDAY = 4 * DAY
"""1970-01-05: the first Monday of the clock that counts seconds."""


class Load(IntEnum):
    """The kind of work on a GPU."""

    FREE = 0
    HELD = 1
    """Memory is taken, nothing is computed: the money nobody sees."""
    SERVING = 2
    TRAINING = 3


_SHARES = {
    True: (0.15, 0.15, 0.45, 0.25),  # a node that serves: free, held, serving, training
    False: (0.0, 0.06, 0.0, 0.94),  # a node that trains: all of it, but for a process that died and kept its memory
}


class Loads:
    """The load of every GPU of a fleet. `utilization(at)` depends on the seed and the time alone."""

    def __init__(
        self, seed: int, node_of: NDArray[np.int64], slot_of: NDArray[np.int64], partitioned: Sequence[int] = ()
    ) -> None:
        """`partitioned` GPUs begin in MIG mode: they serve, and their memory is that of their instances."""
        gpu = node_of * 16 + slot_of
        by_gpu = [keys_for(seed, stream, gpu) for stream in range(6)]
        by_node = [keys_for(seed, 100 + stream, node_of) for stream in range(4)]
        self.kind: NDArray[np.int8] = _choose(uniform(by_node[0]) < 0.7, uniform(by_gpu[0]))
        self.kind[list(partitioned)] = Load.SERVING
        self.memory_share: Floats = self._memory_share(uniform(by_gpu[1]))
        self.memory_share[list(partitioned)] = 0.0
        self._size = len(gpu)

        serving = self._serving = np.flatnonzero(self.kind == Load.SERVING)
        self._requests = by_gpu[2][serving]
        self._bursts = by_gpu[3][serving]
        self._size_of_service = 0.55 + 0.45 * uniform(by_gpu[4])[serving]
        self._day_offset = (uniform(by_node[1])[serving] - 0.5) * 4 * HOUR

        # The GPUs of a training node work on one job: they checkpoint and end their epochs together.
        training = self._training = np.flatnonzero(self.kind == Load.TRAINING)
        self._steps = by_gpu[5][training]
        unit = uniform(by_node[2])[training]
        self._checkpoint_every = 600.0 + 1_500.0 * unit
        self._checkpoint_takes = 8.0 + 17.0 * uniform(by_node[3])[training]
        self._epoch = 1.5 * HOUR + 3.0 * HOUR * unit
        self._job_offset = unit * 7 * HOUR

    def utilization(self, at: float) -> Floats:
        """How busy each GPU is, 0 to 1, at `at` seconds since 1970 (UTC)."""
        busy = np.zeros(self._size)
        if len(self._serving):
            busy[self._serving] = self._serve(at)
        if len(self._training):
            busy[self._training] = self._train(at)
        return busy

    def _serve(self, at: float) -> Floats:
        hour = ((at + self._day_offset) % DAY) / DAY
        day = 0.5 - 0.5 * np.cos(2.0 * math.pi * (hour - 4.0 / 24.0))  # quiet at 4, busiest at 16
        weekend = 0.65 if (at - _MONDAY) % (7 * DAY) >= 5 * DAY else 1.0
        level = (0.10 + 0.62 * day) * (self._size_of_service * weekend)
        level += 0.22 * (smooth(self._requests, at, 90.0) - 0.5)
        burst = np.maximum(smooth(self._bursts, at, 5.0) - 0.72, 0.0)
        return np.asarray(np.clip(level + 1.6 * burst, 0.0, 1.0))

    def _train(self, at: float) -> Floats:
        jitter = uniform(self._steps, math.floor(at * 0.5))
        busy = 0.95 + 0.05 * jitter
        validating = (at + self._job_offset) % self._epoch < 90.0
        busy[validating] = 0.58 + 0.10 * jitter[validating]
        writing = (at + self._job_offset) % self._checkpoint_every < self._checkpoint_takes
        busy[writing] = 0.10 * jitter[writing]
        return busy

    def _memory_share(self, unit: Floats) -> Floats:
        # vLLM reserves its pool once (0.9 of the memory by default); a training job fills to its batch size.
        share = np.zeros(len(unit))
        for kind, low, width in ((Load.HELD, 0.25, 0.6), (Load.SERVING, 0.86, 0.06), (Load.TRAINING, 0.70, 0.26)):
            share[self.kind == kind] = low + width * unit[self.kind == kind]
        return share


def _choose(serves: NDArray[np.bool_], unit: Floats) -> NDArray[np.int8]:
    kind = np.zeros(len(unit), dtype=np.int8)
    for of_serving in (True, False):
        chosen = serves == of_serving
        kind[chosen] = np.searchsorted(np.cumsum(_SHARES[of_serving])[:-1], unit[chosen], side="right")
    return kind
