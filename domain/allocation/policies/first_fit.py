"""First-fit: the first node in order that can take the demand, and on it the first device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.allocation.capacity import BoolArray, Capacity, IntArray
from domain.allocation.demand import Demand
from domain.allocation.mix import MixTables
from domain.allocation.policies.base import ScorePart
from domain.allocation.policies.scoring import PlainScorer, ScoredPolicy, Scorer


class FirstFitScorer(PlainScorer):
    """Every feasible row is as good as another: the order decides."""

    def device(self, capacity: Capacity, rows: IntArray, fit: BoolArray) -> IntArray:
        return np.asarray(fit.argmax(axis=1))

    def parts(self, capacity: Capacity, demand: Demand, row: int, column: int, score: float) -> Sequence[ScorePart]:
        return (ScorePart("order", score, "the first node in order that fits"),)


class FirstFit(ScoredPolicy):
    def __init__(self) -> None:
        super().__init__("first-fit", None)

    def make_scorer(self, capacity: Capacity, tables: MixTables | None) -> Scorer:
        return FirstFitScorer()
