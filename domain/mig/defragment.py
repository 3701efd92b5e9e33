"""Which instances to move so that more fits, fewest and idle ones first.

A GPU is worth the places it has for the wanted profile, less the compute it strands (so little that it only decides
among equals); without a wanted profile only what is stranded counts. One step takes several instances off one GPU: some
to where they do least harm on others, at most two to another start of the same GPU. All such ways of all GPUs are
looked up by their states, the best per move is taken, those that move idle instances only before all others, until
nothing gains or the moves are spent. Greedy: it may miss what needs two GPUs cleared together.

An instance is made at its new place before it is deleted at the old one, so each move has two layouts on the way, and
they are in the plan. Instances in use move only where they may stop; one pod is counted for each. Instances stay among
GPUs of equal geometry. Those with media engines (+me) stay where they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from domain.mig.geometry import Layout, Placement, placement_of
from domain.mig.planning import ASSUMED, CurrentInstance, Durations
from domain.mig.profiles import MigGeometry, profile_on
from domain.mig.states import NO_STATE, IntArray, PlacedShape, StateTable, states_of

_PLACE = 1 << 12
"""Worth of one place; what a GPU strands is at most compute slices times shapes, far below."""

_STAY_MOST = 2
"""Moves of one step within its GPU."""

_TRIES = 16
"""Steps tried before none is taken to gain."""

_Look = tuple[int, tuple[tuple[int, int, bool], ...]]
"""The state of a GPU, and shape, start and whether in use of each instance that may move."""


@dataclass(frozen=True, slots=True)
class DefragDevice:
    """A GPU in MIG mode. `usable`: it takes new work; others are left as they are."""

    key: str
    geometry: MigGeometry
    instances: Sequence[CurrentInstance]
    usable: bool = True


@dataclass(frozen=True, slots=True)
class DefragMove:
    """One instance goes from one place to another: made there first, then deleted here."""

    instance: CurrentInstance
    source: str
    target: str
    placement: Placement
    """Where it will be."""
    step: int
    """Moves of one step belong together: the gain may come with the last."""
    seconds: float
    pods: int
    gain: Mapping[str, int]
    """Profile to how many more of it fit on the two GPUs after this move, together with what was there."""
    target_layouts: tuple[Layout, Layout]
    """The target before and after the instance is made."""
    source_layouts: tuple[Layout, Layout]
    """The source before and after the instance is deleted."""


@dataclass(frozen=True, slots=True)
class DefragPlan:
    """Moves in their order, and what they gain in all."""

    moves: tuple[DefragMove, ...]
    gain: Mapping[str, int]

    @property
    def seconds(self) -> float:
        return sum(move.seconds for move in self.moves)

    @property
    def pods(self) -> int:
        """Each once, also where its instance moves twice."""
        return len({move.instance.key for move in self.moves if move.pods})


@dataclass
class _Gpu:
    device: DefragDevice
    row: int
    instances: dict[PlacedShape, CurrentInstance]
    look: _Look | None = None
    """State and what may move: GPUs that look the same have the same ways. None: it changed."""

    def movable(self) -> list[tuple[int, int, bool]]:
        """Shape, start and whether in use, of each instance that may move."""
        return sorted(
            (shape, start, each.in_use)
            for (shape, start), each in self.instances.items()
            if (each.may_stop or not each.in_use) and "+me" not in each.placement.profile_name
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to take instances off a GPU in a given state."""

    leave: tuple[PlacedShape, ...]
    stay: tuple[tuple[PlacedShape, int], ...]
    """Instances that move within the GPU, each with its new start, in a legal order."""
    value: int
    """What it changes on this GPU."""
    pods: int

    @property
    def moves(self) -> int:
        return len(self.leave) + len(self.stay)


@dataclass
class _Group:
    """The GPUs of one geometry with what they are worth."""

    geometry: MigGeometry
    table: StateTable
    value: IntArray
    gpus: list[_Gpu] = field(default_factory=list)
    states: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    ways: dict[_Look, list[_Way]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        step = self.table.step
        growth = np.where(step != NO_STATE, self.value[step] - self.value[:, None, None], -(1 << 30))
        self.best: IntArray = growth.max(axis=2).astype(np.int32)
        """[state, shape]: the least harm that one more does."""
        self.best_start: IntArray = growth.argmax(axis=2).astype(np.int32)
        self.by_key: dict[str, _Gpu] = {}

    def may_gain(self, way: _Way, least: int) -> bool:
        """Whether a way could gain enough at its best: an instance that arrives strands less there, at most."""
        return way.value + len(way.leave) * self.table.compute_slices * len(self.table.shapes) >= least

    def undo(self, move: DefragMove) -> None:
        """The instance is back where it was; the states are the caller's."""
        source, target = self.by_key[move.source], self.by_key[move.target]
        shape = self.geometry.shape_of[move.placement.profile_name]
        del target.instances[(shape, move.placement.start)]
        source.instances[(shape, move.instance.placement.start)] = move.instance
        source.look = target.look = None


def defragmentation_plan(
    devices: Sequence[DefragDevice],
    wanted: str | Mapping[str, str] | None,
    most_moves: int,
    *,
    durations: Durations = ASSUMED,
) -> DefragPlan:
    """At most so many moves that make room: for the wanted profile (a name, or geometry name to profile name), or all.

    With a wanted profile every step gains places for it; without one every step strands less compute.
    """
    groups = _groups(devices, wanted)
    moves: list[DefragMove] = []
    step = 0
    while len(moves) < most_moves:
        done = _best_step(groups, wanted is not None, most_moves - len(moves), step, durations)
        if not done:
            break
        moves += done
        step += 1
    gain: dict[str, int] = {}
    for move in moves:
        for name, places in move.gain.items():
            gain[name] = gain.get(name, 0) + places
    return DefragPlan(tuple(moves), {name: places for name, places in gain.items() if places})


def _groups(devices: Sequence[DefragDevice], wanted: str | Mapping[str, str] | None) -> list[_Group]:
    groups: dict[MigGeometry, _Group] = {}
    states: dict[MigGeometry, list[int]] = {}
    for device in devices:
        geometry = device.geometry
        state = Layout(geometry, tuple(each.placement for each in device.instances)).state
        if not device.usable or state is None:
            continue
        group = groups.get(geometry)
        if group is None:
            group = groups[geometry] = _new_group(geometry, wanted)
            states[geometry] = []
        shape_of = geometry.shape_of
        placed = {(shape_of[each.placement.profile_name], each.placement.start): each for each in device.instances}
        gpu = group.by_key[device.key] = _Gpu(device, len(group.gpus), placed)
        group.gpus.append(gpu)
        states[geometry].append(state)
    for geometry, group in groups.items():
        group.states = np.array(states[geometry], dtype=np.int32)
    return list(groups.values())


def _new_group(geometry: MigGeometry, wanted: str | Mapping[str, str] | None) -> _Group:
    table = states_of(geometry)
    free = (table.compute_slices - table.used_compute) * len(table.shapes)
    value = table.places_now @ table.compute - free
    profile = None if wanted is None else profile_on(geometry, wanted)
    if profile is not None:
        value = value + _PLACE * table.places_now[:, geometry.shape_of[profile.profile_name]]
    return _Group(geometry, table, value.astype(np.int32))


def _best_step(
    groups: Sequence[_Group], for_profile: bool, most_moves: int, step: int, durations: Durations
) -> list[DefragMove]:
    """Carry out the step that gains most and return its moves; nothing where none gains."""
    least = _PLACE // 2 if for_profile else 1
    candidates: list[tuple[tuple[bool, float, int, int], int, _Group, _Gpu, _Way]] = []
    for group in groups:
        harm = [int(group.best[group.states, shape].max()) for shape in range(len(group.table.shapes))]
        seen: set[_Look] = set()
        for gpu in group.gpus:
            if gpu.look is None:
                gpu.look = (int(group.states[gpu.row]), tuple(gpu.movable()))
            look = gpu.look
            if not look[1] or look in seen:
                continue  # the first stands for all
            seen.add(look)
            if look not in group.ways:
                group.ways[look] = [each for each in _ways(group, *look) if group.may_gain(each, least)]
            for way in group.ways[look]:
                if way.moves > most_moves:
                    continue
                value = way.value + sum(harm[shape] for shape, _ in way.leave)
                if value >= least:
                    rank = (way.pods > 0, -value / way.moves, way.pods, way.moves)
                    candidates.append((rank, len(candidates), group, gpu, way))
    candidates.sort(key=lambda each: each[:2])
    # The promise counts each instance's best target alone; several may want the same one.
    for _, _, group, gpu, way in candidates[:_TRIES]:
        before = group.states.copy()
        moves = _carry_out(group, gpu, way, step, durations)
        if int(group.value[group.states].sum()) - int(group.value[before].sum()) >= least and len(moves) == way.moves:
            return moves
        group.states = before
        for move in reversed(moves):
            group.undo(move)
    return []


def _ways(group: _Group, state: int, movable: Sequence[tuple[int, int, bool]]) -> list[_Way]:
    """The ways to take instances off a GPU, best first among those that send away the same."""
    best: dict[tuple[tuple[int, ...], int, int], _Way] = {}
    in_use = {(shape, start): used for shape, start, used in movable}
    everything = list(in_use)
    for count in range(len(everything) + 1):
        for leave in combinations(everything, count):
            left = _without(group.table, state, leave)
            others = [each for each in everything if each not in leave]
            for stay, after in _rearranged(group.table, left, others):
                value = int(group.value[after] - group.value[state])
                moved = (*leave, *(each for each, _ in stay))
                pods = sum(in_use[each] for each in moved)
                key = (tuple(sorted(shape for shape, _ in leave)), len(stay), pods)
                if moved and (key not in best or best[key].value < value):
                    best[key] = _Way(leave, stay, value, pods)
    return list(best.values())


def _rearranged(
    table: StateTable, state: int, others: Sequence[PlacedShape]
) -> Iterator[tuple[tuple[tuple[PlacedShape, int], ...], int]]:
    """No move, or up to two moves within the GPU, each made before the old one goes; with the state after."""
    yield (), state
    waiting: list[tuple[tuple[tuple[PlacedShape, int], ...], int]] = [((), state)]
    for _ in range(_STAY_MOST):
        grown = []
        for done, at in waiting:
            for shape, start in others:
                if any(each == (shape, start) for each, _ in done):
                    continue
                for target in table.shapes[shape][2]:
                    both = int(table.step[at, shape, target])
                    if both == NO_STATE:
                        continue
                    after = int(table.back[both, shape, start])
                    grown.append(((*done, ((shape, start), target)), after))
        yield from grown
        waiting = grown


def _without(table: StateTable, state: int, leave: Collection[PlacedShape]) -> int:
    for shape, start in leave:
        state = int(table.back[state, shape, start])
    return state


def _carry_out(group: _Group, gpu: _Gpu, way: _Way, step: int, durations: Durations) -> list[DefragMove]:
    """The moves of a way, done on the group's states; fewer where one has no target any more."""
    moves: list[DefragMove] = []
    idle_first = sorted(way.leave, key=lambda each: (gpu.instances[each].in_use, each))
    for shape, start in idle_first:
        harm = group.best[group.states, shape].copy()
        harm[gpu.row] = -(1 << 30)
        best = int(harm.max())
        if best == -(1 << 30):
            return moves
        # Among equal targets the one with most residents: it will be empty last.
        equal = np.flatnonzero(harm == best)
        target = group.gpus[int(equal[group.table.residents[group.states[equal]].argmax()])]
        to = int(group.best_start[group.states[target.row], shape])
        moves.append(_move(group, gpu, target, (shape, start), to, step, durations))
    for placed, to in way.stay:
        moves.append(_move(group, gpu, gpu, placed, to, step, durations))
    return moves


def _move(
    group: _Group, source: _Gpu, target: _Gpu, placed: PlacedShape, to: int, step: int, durations: Durations
) -> DefragMove:
    table, states = group.table, group.states
    shape, start = placed
    rows = sorted({source.row, target.row})
    places = table.places_now[states[rows]].sum(axis=0)

    instance = source.instances[placed]
    placement = placement_of(group.geometry, instance.placement.profile_name, to)
    target_before = _layout(group, target)
    states[target.row] = table.step[states[target.row], shape, to]
    # A move within a GPU has it at both places for a moment.
    target.instances[(shape, to)] = CurrentInstance(
        placement, instance.key, instance.in_use, instance.holder, instance.may_stop
    )
    target_after = source_before = _layout(group, target)
    if source is not target:
        source_before = _layout(group, source)
    states[source.row] = table.back[states[source.row], shape, start]
    del source.instances[placed]
    source.look = target.look = None

    gained = table.places_now[states[rows]].sum(axis=0) - places
    names = {
        group.geometry.shape_of[each.profile_name]: each.profile_name for each in reversed(group.geometry.profiles)
    }
    seconds = durations.create + durations.delete
    if instance.in_use:
        seconds += durations.evict + durations.pods_start
    return DefragMove(
        instance=instance,
        source=source.device.key,
        target=target.device.key,
        placement=placement,
        step=step,
        seconds=seconds,
        pods=int(instance.in_use),
        gain={names[at]: int(count) for at, count in enumerate(gained) if count},
        target_layouts=(target_before, target_after),
        source_layouts=(source_before, _layout(group, source)),
    )


def _layout(group: _Group, gpu: _Gpu) -> Layout:
    return Layout(group.geometry, tuple(each.placement for each in gpu.instances.values()))
