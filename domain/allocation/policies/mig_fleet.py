"""The MIG state of many GPUs as arrays, one group per geometry, for the placement policies.

A GPU is a row of its geometry's group: the number of its state (what is held), whether it takes new work, and which
idle instances it has ready. Rows of removed GPUs are used again, lowest first. Not for use by several threads.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from domain.mig.geometry import Layout, Placement
from domain.mig.profiles import MigGeometry, MigProfile
from domain.mig.states import NO_STATE, IntArray, states_of


class GeometryGroup:
    """The GPUs of one geometry. What lies behind its arrays doubles when it is full."""

    def __init__(self, geometry: MigGeometry) -> None:
        self.geometry = geometry
        self.table = states_of(geometry)
        self.nothing = self.table.count  # a row of the cost tables in which nothing is legal
        self.keys: list[str] = []
        self.order: list[int] = []
        """Per row: when the GPU was first set, the order of the fleet."""
        self._held: list[set[Placement]] = []
        self._holes: list[int] = []
        self._ready_count = dict.fromkeys(geometry.by_name, 0)
        self._column = {name: column for column, name in enumerate(geometry.by_name)}
        self._seen = np.empty(0, dtype=np.int32)
        self._usable = np.empty(0, dtype=np.bool_)
        self._media = np.empty(0, dtype=np.bool_)
        self._node = np.empty(0, dtype=np.int32)
        self._ready = np.empty((len(self._column), 0), dtype=np.uint16)

    def _allocate(self, more: int) -> None:
        self._seen = np.append(self._seen, np.full(more, self.nothing, dtype=np.int32))
        self._usable = np.append(self._usable, np.zeros(more, dtype=np.bool_))
        self._media = np.append(self._media, np.zeros(more, dtype=np.bool_))
        self._node = np.append(self._node, np.zeros(more, dtype=np.int32))
        self._ready = np.hstack([self._ready, np.zeros((len(self._column), more), dtype=np.uint16)])

    @property
    def seen(self) -> IntArray:
        """Per row the state, or `nothing` where the GPU takes no new work."""
        return self._seen[: len(self.keys)]

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        return self._usable[: len(self.keys)]

    @property
    def media_held(self) -> npt.NDArray[np.bool_]:
        """Per row whether an instance in use has the media engines."""
        return self._media[: len(self.keys)]

    @property
    def node(self) -> IntArray:
        """Per row the number of its node, as the caller numbers them."""
        return self._node[: len(self.keys)]

    def ready_starts(self, profile: MigProfile) -> npt.NDArray[np.uint16] | None:
        """Per row the starts (as bits) of idle instances of the profile, or None where there is none at all."""
        if not self._ready_count[profile.profile_name]:
            return None
        return self._ready[self._column[profile.profile_name], : len(self.keys)]

    def add(self, key: str, order: int) -> int:
        if self._holes:
            row = heapq.heappop(self._holes)
            self.keys[row], self.order[row] = key, order
            return row
        row = len(self.keys)
        if row == len(self._seen):
            self._allocate(max(64, row))
        self.keys.append(key)
        self.order.append(order)
        self._held.append(set())
        return row

    def drop(self, row: int) -> None:
        self.write(row, (), usable=False, ready=())
        self.keys[row] = ""
        heapq.heappush(self._holes, row)

    def write(
        self, row: int, held: Iterable[Placement], *, usable: bool, ready: Iterable[Placement], node: int = 0
    ) -> bool:
        """Set a row anew; False, and the GPU takes nothing, where what it holds is outside the geometry's rules."""
        self._held[row] = set(held)
        self._node[row] = node
        state = Layout(self.geometry, tuple(self._held[row])).state
        self._usable[row] = usable and state is not None
        self._seen[row] = state if usable and state is not None else self.nothing
        self._media[row] = any("+me" in each.profile_name for each in self._held[row])
        for name in self._column:
            self._set_ready(row, name, 0)
        for each in ready:
            if each.profile_name in self._column:
                self._set_ready(row, each.profile_name, self._ready_bits(row, each.profile_name) | 1 << each.start)
        return state is not None

    def place(self, row: int, placement: Placement) -> None:
        """Take the slices; ready instances that lie on them are gone."""
        profile = self.geometry.by_name.get(placement.profile_name)
        known = profile is not None and placement.size == profile.memory_slices and placement.start in profile.starts
        if not known or placement in self._held[row]:
            raise ValueError(f"{self.keys[row]} has no room for {placement}")
        self._move(row, placement, self._held[row] | {placement})
        for name, profile in self.geometry.by_name.items():
            bits = self._ready_bits(row, name)
            for start in profile.starts if bits else ():
                if Placement(name, start, profile.memory_slices).bitmap & placement.bitmap:
                    bits &= ~(1 << start)
            self._set_ready(row, name, bits)

    def free(self, row: int, placement: Placement, *, ready: bool) -> None:
        if placement not in self._held[row]:
            raise ValueError(f"{self.keys[row]} does not hold {placement}")
        self._move(row, placement, self._held[row] - {placement})
        if ready:
            name = placement.profile_name
            self._set_ready(row, name, self._ready_bits(row, name) | 1 << placement.start)

    def _move(self, row: int, placement: Placement, held: set[Placement]) -> None:
        name, growing = placement.profile_name, placement in held
        if self._usable[row]:  # the common case by one look-up
            steps = self.table.step if growing else self.table.back
            state = int(steps[self._seen[row], self.geometry.shape_of[name], placement.start])
            if state == NO_STATE or (growing and "+me" in name and self._media[row]):
                raise ValueError(f"{self.keys[row]} has no room for {placement}")
            self._seen[row] = state
        elif growing and Layout(self.geometry, tuple(held)).state is None:
            raise ValueError(f"{self.keys[row]} has no room for {placement}")
        self._held[row] = held
        if "+me" in name:
            self._media[row] = growing

    def held(self, row: int) -> frozenset[Placement]:
        return frozenset(self._held[row])

    def _ready_bits(self, row: int, name: str) -> int:
        return int(self._ready[self._column[name], row])

    def _set_ready(self, row: int, name: str, bits: int) -> None:
        before = self._ready_bits(row, name)
        if before != bits:
            self._ready_count[name] += bits.bit_count() - before.bit_count()
            self._ready[self._column[name], row] = bits


class MigFleet:
    """GPUs in MIG mode by key."""

    def __init__(self) -> None:
        self._groups: dict[MigGeometry, GeometryGroup] = {}
        self._where: dict[str, tuple[GeometryGroup, int]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: str) -> bool:
        return key in self._where

    @property
    def groups(self) -> Collection[GeometryGroup]:
        return self._groups.values()

    def set_gpu(
        self,
        key: str,
        geometry: MigGeometry,
        occupied: Iterable[Placement],
        usable: bool = True,
        ready: Iterable[Placement] = (),
        node: int = 0,
    ) -> bool:
        """Add a GPU, or say anew how it is. `occupied`: instances somebody holds; `ready`: idle ones that exist.
        `node`: the number of its node, for decisions that are bound to some.

        False where the occupied placements break the geometry's rules: such a GPU is never chosen.
        """
        group = self._groups.get(geometry)
        if group is None:
            group = self._groups[geometry] = GeometryGroup(geometry)
        at = self._where.get(key)
        order = self._next
        if at is not None and at[0] is not group:
            order = at[0].order[at[1]]
            self.remove_gpu(key)
            at = None
        if at is None:
            at = self._where[key] = (group, group.add(key, order))
            self._next = max(self._next, order + 1)
        return group.write(at[1], occupied, usable=usable, ready=ready, node=node)

    def remove_gpu(self, key: str) -> None:
        """Forget a GPU; unknown keys are none of its business."""
        at = self._where.pop(key, None)
        if at is not None:
            at[0].drop(at[1])

    def place(self, key: str, placement: Placement) -> None:
        """An instance is held from now on. ValueError where the GPU has no room for it."""
        group, row = self._where[key]
        group.place(row, placement)

    def free(self, key: str, placement: Placement, *, ready: bool = False) -> None:
        """An instance is held no more; `ready`: it stays, idle. ValueError where nobody held it."""
        group, row = self._where[key]
        group.free(row, placement, ready=ready)

    def held(self, key: str) -> frozenset[Placement]:
        """What somebody holds on the GPU."""
        group, row = self._where[key]
        return group.held(row)
