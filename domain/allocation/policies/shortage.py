"""What the fleet may run short of before it is full: models that requests are tied to, and room for large requests.

Each has a price for a milli of it: the part of the demand that needs it, over the part of the fleet's free GPU that
it still is. Above 1 more demand is tied to it than is left.

- Of a model counts what its nodes can still sell: the free GPU, or what the free CPU allows at the mix's mean CPU for
  a milli where that is less. So a request that takes the last CPU beside free GPUs pays for these.
- Large requests ask for several GPUs of one node. They are grouped by number and CPU, since eight GPUs with 120 cores
  may fit on one model's nodes only though no request names it. Their room is what `fragmentation.py` calls usable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from domain.allocation.capacity import Capacity, FloatArray, IntArray
from domain.allocation.demand import WHOLE, Demand, Shape
from domain.allocation.mix import MixTables

GROUPS_MAX = 8
"""The largest by volume are watched: each costs time at every decision."""

_CPU_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class LargeGroup:
    """Shapes that compete for the same room, and their share of the GPU volume asked for."""

    shapes: frozenset[Shape]
    share: float


def large_groups(tables: MixTables) -> tuple[LargeGroup, ...]:
    """Largest share first."""
    by_room: dict[tuple[frozenset[str] | None, int, int], set[Shape]] = defaultdict(set)
    volumes: dict[tuple[frozenset[str] | None, int, int], float] = defaultdict(float)
    for shape, count in zip(tables.shapes, tables.counts.tolist(), strict=True):
        if shape.gpus > 1:
            room = (shape.models, shape.gpus, shape.cpu_milli)
            by_room[room].add(shape)
            volumes[room] += count * shape.gpus * shape.milli
    total, _ = _asked(tables)
    groups = [LargeGroup(frozenset(shapes), volumes[room] / total) for room, shapes in by_room.items()]
    groups.sort(key=lambda group: -group.share)
    return tuple(groups[:GROUPS_MAX])


class ModelScarcity:
    """Prices by model for one set of tables, and what a placement takes of a model.

    `prior` is how many requests tied to each model alone are taken as seen beside those that were: a model that
    nobody has named yet is not given away as if nobody ever would.
    """

    def __init__(self, tables: MixTables, model_ids: Mapping[str, int], prior: float) -> None:
        milli, cpu_milli = _asked(tables)
        self._cpu_per_milli = max(cpu_milli / milli if milli else 0.0, _CPU_LEAST)
        added = prior / float(tables.counts.sum())
        scale = 1 / (1 + added * len(model_ids))
        sets = [(models, share * scale) for models, share in tables.model_shares if models is not None]
        if prior:
            sets += [(frozenset({model}), added * scale) for model in model_ids]
        members = [[float(model in models) for model in model_ids] for models, _ in sets]
        self._sets = np.array(members, np.float64).reshape(len(sets), len(model_ids))
        self._shares = np.array([share for _, share in sets], np.float64)

    def taken(self, capacity: Capacity, demand: Demand, rows: IntArray) -> FloatArray:
        """Milli that each row could sell before and not after the demand is placed there."""
        cpu, free = capacity.cpu_free[rows], capacity.free_milli[rows]
        return self._sellable(cpu, free) - self._sellable(cpu - demand.cpu_milli, free - demand.gpu_milli)

    def prices(self, capacity: Capacity) -> FloatArray:
        """By model id."""
        rows = slice(capacity.rows)
        sellable = self._sellable(capacity.cpu_free[rows], capacity.free_milli[rows])
        by_model = np.bincount(capacity.model[rows], sellable, len(capacity.model_ids))
        tied = self._shares * by_model.sum() / np.maximum(self._sets @ by_model, WHOLE)
        return np.asarray(tied @ self._sets)

    def _sellable(self, cpu: FloatArray, free: IntArray) -> FloatArray:
        return np.asarray(np.minimum(free, cpu / self._cpu_per_milli))


def _asked(tables: MixTables) -> tuple[float, float]:
    """GPU milli of the mix, and CPU milli of the requests for GPUs."""
    asking = [(shape, count) for shape, count in zip(tables.shapes, tables.counts.tolist(), strict=True) if shape.gpus]
    milli = sum(count * shape.gpus * shape.milli for shape, count in asking)
    return float(milli), float(sum(count * shape.cpu_milli for shape, count in asking))
