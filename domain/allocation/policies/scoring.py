"""A policy as a scorer of rows behind a cache, with one rule for ties.

A scorer computes the part of a score that only the row and the type of demand decide. It is kept per (type, row) and
computed again where the row's version has moved; rows in the same state are scored once. What the whole fleet decides,
the scarcity of models, is added per model at each decision.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from domain.allocation.capacity import BoolArray, Capacity, FloatArray, IntArray
from domain.allocation.demand import Demand, TypeKey
from domain.allocation.mix import MixSettings, MixTables
from domain.allocation.policies.base import Choice, ScorePart
from domain.allocation.policies.feasibility import feasible, rows_in_reach, share_order, whole_columns

TIE = 1e-9
"""Scores this close are equal."""
TYPES_MIN, BYTES_MAX = 64, 320 << 20
"""Types kept at least, and what all together may take beyond that."""
STEP_ROWS = 128
"""Rows scored in one step of an adoption."""
GROUP_FROM = 24
"""Rows from which looking for equal states pays."""


SCARCITY = ScorePart("scarcity", 0.0, "GPU of a model that requests are tied to, against what the model has left")
LARGE = ScorePart("large requests", 0.0, "room for requests of several GPUs, against what the fleet has left of it")


class RowScores(NamedTuple):
    """One entry a row: the score, infinite where infeasible; the column of the device for a share, else -1; and
    the milli taken of each thing that the whole fleet may run short of (row, exposure)."""

    score: FloatArray
    column: IntArray
    exposure: FloatArray


class Scorer(Protocol):
    """What a policy thinks of rows. Immutable but for memories of its own."""

    @property
    def exposures(self) -> int:
        """How many there are."""

    @property
    def ties_by_order(self) -> bool:
        """True: equal rows go by order only; False: by least free GPU milli, least free CPU, then order."""

    def prepare(self, capacity: Capacity, rows: IntArray) -> None:
        """Compute beforehand what any score or price needs of these rows."""

    def score(self, capacity: Capacity, demand: Demand, rows: IntArray) -> RowScores:
        """Of these rows, in their order."""

    def prices(self, capacity: Capacity) -> FloatArray | None:
        """What one milli of each exposure costs now, by model id and exposure; None: nothing is exposed."""

    def parts(self, capacity: Capacity, demand: Demand, row: int, column: int, score: float) -> Sequence[ScorePart]:
        """What the row's `score` is made of, without its exposures."""


@dataclass(slots=True)
class _TypeScores:
    scores: RowScores
    version: IntArray


class ScoreCache:
    """Scores by type of demand and row, for one scorer and one capacity."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self._types: dict[TypeKey, _TypeScores] = {}

    def fresh(self, capacity: Capacity, demand: Demand, rows: IntArray | None) -> RowScores:
        """Of all rows of the capacity, up to date in `rows` (None: all)."""
        held = self._held(capacity, demand.type_key)
        if rows is None:
            stale = np.flatnonzero(held.version[: capacity.rows] != capacity.version[: capacity.rows])
        else:
            stale = rows[held.version[rows] != capacity.version[rows]]
        if not len(stale):
            return held.scores
        if len(stale) < GROUP_FROM:
            found = self.scorer.score(capacity, demand, stale)
            for array, values in zip(held.scores, found, strict=True):
                array[stale] = values
        else:
            _, first, group = np.unique(capacity.signature[stale], return_index=True, return_inverse=True)
            found = self.scorer.score(capacity, demand, stale[first])
            for array, values in zip(held.scores, found, strict=True):
                array[stale] = values[group]
        held.version[stale] = capacity.version[stale]
        return held.scores

    def _held(self, capacity: Capacity, key: TypeKey) -> _TypeScores:
        size = len(capacity.version)
        held = self._types.pop(key, None)
        if held is None or len(held.version) != size:
            exposure = np.zeros((size, self.scorer.exposures))
            held = _TypeScores(RowScores(np.full(size, np.inf), np.full(size, -1), exposure), np.full(size, -1))
            bytes_each = 8 * capacity.rows * (3 + self.scorer.exposures)
            if len(self._types) >= max(TYPES_MIN, BYTES_MAX // bytes_each):
                del self._types[next(iter(self._types))]  # the one used longest ago
        self._types[key] = held
        return held


class PlainScorer:
    """What scorers without exposures share: the feasible rows, and the tightest device for a share."""

    exposures = 0
    ties_by_order = True

    def prepare(self, capacity: Capacity, rows: IntArray) -> None:
        """Nothing is needed."""

    def prices(self, capacity: Capacity) -> FloatArray | None:
        return None

    def score(self, capacity: Capacity, demand: Demand, rows: IntArray) -> RowScores:
        score, column = np.full(len(rows), np.inf), np.full(len(rows), -1)
        at, fit = feasible(capacity, demand, rows)
        if len(at):
            score[at] = self.row_score(capacity, demand, rows[at])
            if demand.is_share:
                column[at] = self.device(capacity, rows[at], fit)
        return RowScores(score, column, np.zeros((len(rows), 0)))

    def row_score(self, capacity: Capacity, demand: Demand, rows: IntArray) -> FloatArray:
        """Of feasible rows; equal unless a policy says otherwise."""
        return np.zeros(len(rows))

    def device(self, capacity: Capacity, rows: IntArray, fit: BoolArray) -> IntArray:
        """The column for a share on each of these rows, of the devices that fit it."""
        return np.asarray(share_order(capacity, rows, fit).min(axis=1) % capacity.code.shape[1])


class ScoredPolicy(ABC):
    """The policy of one family of scorers. Not safe for several threads."""

    def __init__(self, name: str, mix_settings: MixSettings | None, tables: MixTables | None = None) -> None:
        self.name = name
        self.mix_settings = mix_settings
        self._tables = tables
        self._capacity: Capacity | None = None
        self._models = 0
        self._cache: ScoreCache

    @abstractmethod
    def make_scorer(self, capacity: Capacity, tables: MixTables | None) -> Scorer:
        """The scorer for these tables; without tables nothing is known of the mix yet."""

    def adopt(self, tables: MixTables) -> None:
        self._tables = tables
        self._capacity = None

    def adoption(self, capacity: Capacity, tables: MixTables) -> Iterator[None]:
        models = len(capacity.model_ids)
        scorer = self.make_scorer(capacity, tables)
        cache = ScoreCache(scorer)
        for rows in _steps(capacity):
            scorer.prepare(capacity, rows)
            yield
        for shape in tables.shapes:
            demand = Demand(shape.cpu_milli, shape.memory_mib, shape.gpus, shape.milli, models=shape.models)
            for rows in _steps(capacity):
                cache.fresh(capacity, demand, rows)
                yield
        self._tables, self._capacity, self._models, self._cache = tables, capacity, models, cache

    def rank(self, capacity: Capacity, demand: Demand, most: int = 1) -> Sequence[Choice]:
        if not capacity.rows:
            return []
        cache = self._cache_for(capacity)
        rows = rows_in_reach(capacity, demand)
        scores = cache.fresh(capacity, demand, rows)
        part = slice(capacity.rows) if rows is None else rows
        total = scores.score[part]
        prices = cache.scorer.prices(capacity)
        if prices is not None:
            # the first exposure is priced by model, the others are the same everywhere
            total = total + scores.exposure[part, 0] * prices[capacity.model[part], 0]
            total += scores.exposure[part, 1:] @ prices[0, 1:]
        elif most > 1:
            total = total.copy()
        choices: list[Choice] = []
        while len(choices) < most and len(total):
            at = self._best(capacity, total, rows, cache.scorer.ties_by_order)
            if at is None:
                break
            row = at if rows is None else int(rows[at])
            parts = tuple(cache.scorer.parts(capacity, demand, row, int(scores.column[row]), float(scores.score[row])))
            if prices is not None:
                costs = scores.exposure[row] * prices[capacity.model[row]]
                parts += (
                    SCARCITY._replace(value=float(costs[0])),
                    LARGE._replace(value=float(costs[1:].sum())),
                )
            choices.append(_choice(capacity, demand, row, int(scores.column[row]), float(total[at]), parts))
            if len(choices) < most:
                total[at] = np.inf
        return choices

    def _cache_for(self, capacity: Capacity) -> ScoreCache:
        if self._capacity is not capacity or self._models != len(capacity.model_ids):
            self._capacity, self._models = capacity, len(capacity.model_ids)
            self._cache = ScoreCache(self.make_scorer(capacity, self._tables))
        return self._cache

    def _best(self, capacity: Capacity, score: FloatArray, rows: IntArray | None, by_order: bool) -> int | None:
        lowest = score.min()
        if lowest == np.inf:
            return None
        tied = np.flatnonzero(score <= lowest + TIE)
        keys = (capacity.rank,) if by_order else (capacity.free_milli, capacity.cpu_free, capacity.rank)
        for key in keys:
            if len(tied) == 1:
                break
            values = key[tied] if rows is None else key[rows[tied]]
            tied = tied[values == values.min()]
        return int(tied[0])


def _steps(capacity: Capacity) -> Iterator[IntArray]:
    for start in range(0, capacity.rows, STEP_ROWS):
        yield np.arange(start, min(start + STEP_ROWS, capacity.rows))


def _choice(
    capacity: Capacity, demand: Demand, row: int, column: int, score: float, parts: tuple[ScorePart, ...]
) -> Choice:
    columns = [column] if demand.is_share else whole_columns(capacity, demand, row) if demand.gpus else []
    keys = capacity.device_keys(row)
    return Choice(capacity.node_key(row), tuple(keys[each] for each in columns), score, parts)
