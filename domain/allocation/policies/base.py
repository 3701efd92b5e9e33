"""What every placement policy has in common: its answer, and the parts of a score that explain it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from domain.allocation.capacity import Capacity, Placement
from domain.allocation.demand import Demand
from domain.allocation.mix import MixSettings, MixTables


class ScorePart(NamedTuple):
    """One reason for a score. The parts of a choice add up to its score."""

    name: str
    value: float
    meaning: str


@dataclass(frozen=True)
class Choice(Placement):
    """One place for a demand. The lowest score is best; equal scores go by the policy's tie rule.

    Scores are milli of a device that the placement is expected to cost, except where a policy says otherwise.
    """

    score: float
    parts: tuple[ScorePart, ...]


class Policy(Protocol):
    """Where to put a demand. A policy never refuses a feasible demand and never changes the capacity."""

    @property
    def name(self) -> str: ...

    @property
    def mix_settings(self) -> MixSettings | None:
        """How its tables are to be built from the request mix; None: it learns nothing."""

    def rank(self, capacity: Capacity, demand: Demand, most: int = 1) -> Sequence[Choice]:
        """At most `most` choices, best first, one a row; none where the demand is infeasible now."""

    def adopt(self, tables: MixTables) -> None:
        """Decide by these tables from now on; the next decision on each type of demand scores all rows anew."""

    def adoption(self, capacity: Capacity, tables: MixTables) -> Iterator[None]:
        """The same in steps of about a millisecond: known types are scored first and decisions go on meanwhile.

        The tables are adopted when the iterator is exhausted.
        """
