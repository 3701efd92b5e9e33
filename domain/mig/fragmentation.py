"""How much of the free capacity of MIG GPUs can still be used, and by which profiles.

Fragmentation of a GPU = 1 - (compute slices of the largest profile that can be placed now) / (of the largest after a
free repack); 0 when nothing could be placed either way. A free repack moves all its instances at will within the GPU.
Over several GPUs both are summed before they are divided: the part of the compute that one instance per GPU could have
after a repack and cannot have now. GPUs that take no new work count nowhere, and GPUs whose layout breaks the rules
of their geometry are counted apart. All of it is looked up by the number of a GPU's state: 10,000 GPUs take a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from domain.mig.geometry import Layout
from domain.mig.profiles import MigGeometry
from domain.mig.states import NO_STATE, IntArray, StateTable, states_of


@dataclass(frozen=True, slots=True)
class ProfileCapacity:
    """What the free slices are worth to one profile."""

    geometry_name: str
    profile_name: str
    places_now: int
    """How many more instances fit together."""
    places_repacked: int
    """The same after a free repack of each GPU within itself."""
    unusable: float
    """The part of the free compute slices that cannot serve this profile now, 0 to 1; 0 where nothing is free."""


@dataclass(frozen=True, slots=True)
class Fragmentation:
    """A GPU, a node or a fleet."""

    fragmentation: float
    largest_now: int
    """Compute slices of the largest profile that can be placed now, summed over the GPUs."""
    largest_repacked: int
    free_compute_slices: int
    unusable_compute_slices: int
    """Free compute slices that no instances could use now, whichever are placed."""
    free_memory_slices: int
    gpus: int
    """GPUs counted: in service, their layouts legal."""
    illegal: int
    """GPUs in service left out, their layouts being outside the rules of their geometry."""
    profiles: tuple[ProfileCapacity, ...]
    """Per geometry, in its order of profiles."""


Entry = tuple[MigGeometry, Layout, bool]
"""One GPU: its geometry, what is on it, and whether it takes new work."""


def fragmentation(geometry: MigGeometry, layout: Layout) -> Fragmentation:
    """That of one GPU."""
    return fragmentation_of([(geometry, layout, True)])


def fragmentation_of(entries: Iterable[Entry]) -> Fragmentation:
    """That of many GPUs together: a node, a fleet."""
    groups: dict[MigGeometry, tuple[list[int], list[bool]]] = {}
    by_identity: dict[int, tuple[list[int], list[bool]]] = {}  # hashing a geometry for each GPU would take longest
    kept: list[MigGeometry] = []
    illegal = 0
    for geometry, layout, usable in entries:
        if not usable:
            continue
        if layout.state is None:
            illegal += 1
            continue
        group = by_identity.get(id(geometry))
        if group is None:
            group = by_identity[id(geometry)] = groups.setdefault(geometry, ([], []))
            kept.append(geometry)  # an id is only its own while the object lives
        group[0].append(layout.state)
        group[1].append(any("+me" in each.profile_name for each in layout.placements))

    now = repacked = free = unusable = free_memory = 0
    profiles: list[ProfileCapacity] = []
    for geometry, (states, media) in groups.items():
        table = states_of(geometry)
        at = np.array(states, dtype=np.int32)
        free_here = table.compute_slices - table.used_compute[at]
        now += int(table.largest(table.places_now)[at].sum())
        repacked += int(table.largest(table.places_repacked)[at].sum())
        free += int(free_here.sum())
        unusable += int((free_here - _usable_compute(table)[at]).sum())
        free_memory += int((table.memory_slices - table.used_memory[at]).sum())
        profiles += _capacity(geometry, table, at, np.array(media, dtype=np.bool_))
    return Fragmentation(
        fragmentation=1 - now / repacked if repacked else 0.0,
        largest_now=now,
        largest_repacked=repacked,
        free_compute_slices=free,
        unusable_compute_slices=unusable,
        free_memory_slices=free_memory,
        gpus=sum(len(states) for states, _ in groups.values()),
        illegal=illegal,
        profiles=tuple(profiles),
    )


def score_of_states(groups: Iterable[tuple[StateTable, IntArray]]) -> float | None:
    """The score alone, of GPUs that are given by the numbers of their states; None without any."""
    now = repacked = gpus = 0
    for table, at in groups:
        now += int(table.largest(table.places_now)[at].sum())
        repacked += int(table.largest(table.places_repacked)[at].sum())
        gpus += len(at)
    if not gpus:
        return None
    return 1 - now / repacked if repacked else 0.0


def _capacity(
    geometry: MigGeometry, table: StateTable, at: IntArray, media: npt.NDArray[np.bool_]
) -> list[ProfileCapacity]:
    free = int((table.compute_slices - table.used_compute[at]).sum())
    capacities = []
    for profile in geometry.profiles:
        shape = geometry.shape_of[profile.profile_name]
        now, repacked = table.places_now[at, shape], table.places_repacked[at, shape]
        if profile.media_extensions:  # one instance of a GPU has the media engines
            now, repacked = (np.where(media, 0, np.minimum(places, 1)) for places in (now, repacked))
        places = int(now.sum())
        capacities.append(
            ProfileCapacity(
                geometry_name=geometry.name,
                profile_name=profile.profile_name,
                places_now=places,
                places_repacked=int(repacked.sum()),
                unusable=1 - places * profile.compute_slices / free if free else 0.0,
            )
        )
    return capacities


@lru_cache(maxsize=64)
def _usable_compute(table: StateTable) -> IntArray:
    """Per state the most compute slices that further instances, of any profiles, could have together."""
    most = np.zeros(table.count, dtype=np.int32)
    for state in range(table.count - 1, -1, -1):  # larger states first: they have larger numbers
        for shape, compute in enumerate(table.compute):
            after = table.step[state, shape]
            after = after[after != NO_STATE]
            if after.size:
                most[state] = max(most[state], int(compute) + int(most[after].max()))
    return most
