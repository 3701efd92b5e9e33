"""Where among many GPUs a MIG instance goes.

Every policy is a table of costs per (state of a GPU, shape, start), made once per geometry: a decision is one look-up
per GPU and the smallest result. The default is `fill` (fill*+H):

    Phi(x) = free compute slices - mean over the shapes q of c_q * K_q(x)      the compute slices stranded in x
    choose the GPU and start where Phi grows least;
    ties: a ready instance first, then the GPU with most residents (it will be empty last), the first GPU, the lowest
    start

with c_q the compute slices of q and K_q(x) how many more q fit together. Weights are uniform on purpose: true or
learned demand weights lose up to 4.9 points by compute. `frag-fgd` (slice stranding) is the growth of the mean over q
of the free memory slices of a GPU that can host no q at all (after Weng et al., USENIX ATC'23, and Zambianco et al.,
arXiv 2511.18906). `best-fit` takes the GPU with the least free memory left, `first-fit` the first GPU that fits.

What holds an instance is a resident and occupies its slices. An instance that exists and nobody holds is *ready*: its
slices count as free, and where scores are equal it is preferred, because nothing must be created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from domain.allocation.policies.mig_fleet import GeometryGroup, MigFleet
from domain.mig.geometry import Placement
from domain.mig.profiles import MigGeometry, MigProfile, profile_on
from domain.mig.states import NO_STATE, IntArray, StateTable

ProfileSelector = str | Mapping[str, str] | Callable[[MigGeometry], MigProfile | None]
"""Which profile a request means on a geometry: a name, geometry name to name, or a function that chooses."""

_NEVER = np.int32(2**31 - 1)
_READY = 16  # above the residents of any GPU, below one step of cost
_STEP = 32

CostFunction = Callable[[StateTable, IntArray], IntArray]
"""Costs of the growths [state, shape, start] -> state after; whole numbers, times the number of shapes."""


@dataclass(frozen=True, slots=True)
class MigChoice:
    """One place for an instance, with the parts of its score by name (slices; lower is better)."""

    gpu: str
    geometry_name: str
    placement: Placement
    score: float
    parts: Mapping[str, float]
    ready: bool
    """An instance with exactly this profile and placement exists and is free: nothing need be created."""


@dataclass(frozen=True)
class _Costs:
    """A policy's tables over one state table. The last row stands for a GPU that takes nothing."""

    at: IntArray
    """[state, shape, start]: cost, `_NEVER` where illegal."""
    key: list[IntArray]
    """Per shape, [state]: cost and ties as one number, without a ready instance."""
    starts: list[npt.NDArray[np.uint16]]
    """Per shape, [state]: bitmap of the starts with the lowest cost."""


@dataclass(frozen=True)
class MigPolicy:
    """A rule to choose by. Instances are cheap: tables are shared per set of shapes."""

    name: str
    cost: CostFunction
    most_residents_first: bool = False

    def rank(
        self,
        fleet: MigFleet,
        wanted: ProfileSelector,
        most: int = 1,
        *,
        nodes: npt.NDArray[np.bool_] | None = None,
    ) -> Sequence[MigChoice]:
        """The best places, best first, one per GPU; empty where none fits.

        `nodes`: by a node's number, whether its GPUs will do.
        """
        found: list[tuple[float, int, int, GeometryGroup, int, MigProfile]] = []
        for group in fleet.groups:
            profile = wanted(group.geometry) if callable(wanted) else profile_on(group.geometry, wanted)
            if profile is None:
                continue
            table = group.table
            costs = _costs(self, table)
            keys = self._keys(costs, group, profile)
            if nodes is not None:
                keys[~nodes[group.node]] = _NEVER
            if most == 1:
                best = int(keys.argmin()) if keys.size else 0
                rows = [best] if keys.size and keys[best] != _NEVER else []
            else:
                rows = _lowest(keys, most)
            for row in rows:
                scale = len(table.shapes)
                cost, tie = divmod(int(keys[row]), _STEP)
                found.append((cost / scale, tie, group.order[row], group, row, profile))
        found.sort(key=lambda each: each[:3])
        return [self._choice(group, row, profile) for *_, group, row, profile in found[:most]]

    def _keys(self, costs: _Costs, group: GeometryGroup, profile: MigProfile) -> IntArray:
        """Per GPU cost and ties as one number, `_NEVER` where it does not fit."""
        shape = group.geometry.shape_of[profile.profile_name]
        seen = group.seen
        keys: IntArray = costs.key[shape].take(seen)
        ready = group.ready_starts(profile)
        if ready is not None:
            has_one = (costs.starts[shape].take(seen) & ready) != 0
            keys -= has_one * np.int32(_READY)
        if profile.media_extensions:
            keys[group.media_held] = _NEVER
        return keys

    def _tie(self, residents: IntArray) -> IntArray:
        return _READY - 1 - residents if self.most_residents_first else np.zeros_like(residents)

    def _choice(self, group: GeometryGroup, row: int, profile: MigProfile) -> MigChoice:
        table = group.table
        scale = len(table.shapes)
        shape = group.geometry.shape_of[profile.profile_name]
        state = int(group.seen[row])
        at = _costs(self, table).at[state, shape]
        ready = group.ready_starts(profile)
        bits = 0 if ready is None else int(ready[row])
        starts = [start for start in profile.starts if at[start] != _NEVER]
        start = min(starts, key=lambda each: (int(at[each]), not bits >> each & 1, each))
        after = int(table.step[state, shape, start])
        growth = int(_stranded(table)[after] - _stranded(table)[state]) / scale
        return MigChoice(
            gpu=group.keys[row],
            geometry_name=group.geometry.name,
            placement=Placement(profile.profile_name, start, profile.memory_slices),
            score=int(at[start]) / scale,
            parts={
                "stranding_growth": growth,
                "residents": float(table.residents[state]),
                "free_memory_slices_after": float(table.memory_slices - table.used_memory[after]),
                "free_compute_slices_after": float(table.compute_slices - table.used_compute[after]),
            },
            ready=bool(bits >> start & 1),
        )


@lru_cache(maxsize=64)
def _costs(policy: MigPolicy, table: StateTable) -> _Costs:
    legal = table.step != NO_STATE
    cost = np.where(legal, policy.cost(table, table.step), _NEVER).astype(np.int32)
    # GPUs out of service look up one row more, in which nothing is legal.
    at = np.concatenate([cost, np.full((1, *cost.shape[1:]), _NEVER, dtype=np.int32)])
    tie = policy._tie(np.append(table.residents, np.int32(0)))
    keys, starts = [], []
    for shape in range(len(table.shapes)):
        lowest = at[:, shape].min(axis=1)
        fits = lowest != _NEVER
        key = np.full(len(lowest), _NEVER, dtype=np.int32)
        # Room for the tie of a ready instance below; costs are small, so that nothing overflows.
        key[fits] = lowest[fits] * _STEP + _READY + tie[fits]
        keys.append(key)
        is_best = (at[:, shape] == lowest[:, None]) & fits[:, None]
        starts.append((is_best << np.arange(is_best.shape[1])).sum(axis=1).astype(np.uint16))
    return _Costs(at, keys, starts)


def _lowest(keys: IntArray, most: int) -> list[int]:
    """The rows with the lowest keys, best first, first row first among equals."""
    fits = np.flatnonzero(keys != _NEVER)
    if fits.size > most:
        bound = np.partition(keys[fits], most - 1)[most - 1]
        fits = fits[keys[fits] <= bound]
    order = np.argsort(keys[fits], kind="stable")[:most]
    return [int(row) for row in fits[order]]


@lru_cache(maxsize=64)
def _stranded(table: StateTable) -> IntArray:
    """Phi of every state, times the number of shapes."""
    free = (table.compute_slices - table.used_compute) * len(table.shapes)
    stranded: IntArray = (free - table.places_now @ table.compute).astype(np.int32)
    return stranded


def _first_fit(table: StateTable, after: IntArray) -> IntArray:
    return np.zeros_like(after)


def _best_fit(table: StateTable, after: IntArray) -> IntArray:
    free: IntArray = (table.memory_slices - table.used_memory[after]) * np.int32(len(table.shapes))
    return free


def _fill(table: StateTable, after: IntArray) -> IntArray:
    stranded = _stranded(table)
    growth: IntArray = stranded[after] - stranded[:, None, None]
    return growth


def _slice_stranding(table: StateTable, after: IntArray) -> IntArray:
    free = table.memory_slices - table.used_memory
    stranded = free * (table.places_now == 0).sum(axis=1).astype(np.int32)
    growth: IntArray = stranded[after] - stranded[:, None, None]
    return growth


FIRST_FIT = MigPolicy("first-fit", _first_fit)
BEST_FIT = MigPolicy("best-fit", _best_fit)
FRAG_FGD = MigPolicy("frag-fgd", _slice_stranding)
FILL = MigPolicy("fill", _fill, most_residents_first=True)

DEFAULT = FILL
POLICIES: Mapping[str, MigPolicy] = {each.name: each for each in (FIRST_FIT, BEST_FIT, FRAG_FGD, FILL)}
