"""Best-fit: the node that has the least left over, CPU and GPU alike as parts of the largest node's.

The rule of the BestFit baseline of Weng et al. (USENIX ATC'23); within a node the share goes to the tightest device.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.allocation.capacity import Capacity, FloatArray, IntArray
from domain.allocation.demand import WHOLE, Demand
from domain.allocation.mix import MixTables
from domain.allocation.policies.base import ScorePart
from domain.allocation.policies.scoring import PlainScorer, ScoredPolicy, Scorer

LARGEST_CPU_MILLI = 128_000.0
LARGEST_GPU_MILLI = 8.0 * WHOLE
"""What a leftover is measured by: a node of eight devices and 128 cores."""


class BestFitScorer(PlainScorer):
    """Scores are the sum of two fractions, 0 to about 2, not milli of a device."""

    def row_score(self, capacity: Capacity, demand: Demand, rows: IntArray) -> FloatArray:
        gpu_left, cpu_left = _leftovers(capacity, demand, rows)
        return gpu_left + cpu_left

    def parts(self, capacity: Capacity, demand: Demand, row: int, column: int, score: float) -> Sequence[ScorePart]:
        gpu_left, cpu_left = _leftovers(capacity, demand, np.array([row]))
        return (
            ScorePart("gpu", float(gpu_left[0]), "GPU left on the node, as a part of eight devices"),
            ScorePart("cpu", float(cpu_left[0]), "CPU left on the node, as a part of 128 cores"),
        )


def _leftovers(capacity: Capacity, demand: Demand, rows: IntArray) -> tuple[FloatArray, FloatArray]:
    gpu_left = (capacity.free_milli[rows] - demand.gpu_milli) / LARGEST_GPU_MILLI
    cpu_left = (capacity.cpu_free[rows] - demand.cpu_milli) / LARGEST_CPU_MILLI
    # an unknown CPU counts as a whole node's
    return gpu_left, np.where(np.isinf(cpu_left), 1.0, cpu_left)


class BestFit(ScoredPolicy):
    def __init__(self) -> None:
        super().__init__("best-fit", None)

    def make_scorer(self, capacity: Capacity, tables: MixTables | None) -> Scorer:
        return BestFitScorer()
