"""Which instances a GPU can hold together, and in words why not.

A bitmap of memory slices decides: on every known product the placements that do not overlap never exceed the compute
slices either (enumerated: 723 states of the 8-slice parts, none above 7). Compute slices and each profile's maximum
are checked all the same, because NVML may report another geometry; and of all +me profiles a GPU takes one, which no
bitmap shows. Where an instance may start matters: 3g at 0 blocks 4g, 3g at 4 does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from domain.mig.profiles import MigGeometry, MigProfile
from domain.mig.states import states_of

NAMED_MAX = 3
"""Instances in the way that a sentence names one by one."""


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """A profile at its memory slices."""

    profile_name: str
    start: int
    size: int

    @property
    def bitmap(self) -> int:
        return ((1 << self.size) - 1) << self.start

    @property
    def span(self) -> str:
        """The slices in words: `0-3`, or `6`."""
        return str(self.start) if self.size == 1 else f"{self.start}-{self.start + self.size - 1}"

    def __str__(self) -> str:
        return f"{self.profile_name} at {self.start}"


@dataclass(frozen=True)
class Layout:
    """A set of placements on one geometry, ordered by start. It may be illegal: `obstacle` tells."""

    geometry: MigGeometry
    placements: tuple[Placement, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.placements, key=lambda each: (each.start, each.size, each.profile_name)))
        object.__setattr__(self, "placements", ordered)

    @cached_property
    def bitmap(self) -> int:
        bitmap = 0
        for placement in self.placements:
            bitmap |= placement.bitmap
        return bitmap

    @property
    def free_memory_slices(self) -> int:
        return self.geometry.memory_slices - self.bitmap.bit_count()

    @cached_property
    def used_compute_slices(self) -> int:
        """Compute slices held; a profile the geometry lacks counts none."""
        known = self.geometry.by_name
        return sum(known[each.profile_name].compute_slices for each in self.placements if each.profile_name in known)

    @property
    def free_compute_slices(self) -> int:
        return self.geometry.compute_slices - self.used_compute_slices

    @cached_property
    def state(self) -> int | None:
        """Its number in the geometry's states (`+me` counts as the plain profile), or None where it is illegal."""
        known, shape_of = self.geometry.by_name, self.geometry.shape_of
        placed = set()
        for each in self.placements:
            profile = known.get(each.profile_name)
            if profile is None or profile.memory_slices != each.size:
                return None
            placed.add((shape_of[each.profile_name], each.start))
        if len(placed) < len(self.placements) or over_a_limit(self.geometry, self.placements):
            return None
        return states_of(self.geometry).ids.get(frozenset(placed))

    def obstacle(self) -> Obstacle | None:
        """None where the layout is legal; otherwise what is wrong with the first placement that does not fit."""
        partial = Layout(self.geometry)
        for placement in self.placements:
            found = check_placement(self.geometry, partial, placement)
            if found is not None:
                return found
            partial = partial.plus(placement)
        return None

    def plus(self, *placements: Placement) -> Layout:
        return Layout(self.geometry, (*self.placements, *placements))

    def minus(self, *placements: Placement) -> Layout:
        gone = set(placements)
        return Layout(self.geometry, tuple(each for each in self.placements if each not in gone))


class ObstacleKind(StrEnum):
    """The rule that a placement breaks."""

    UNKNOWN_PROFILE = "UNKNOWN_PROFILE"
    START = "START"
    """The profile may not start there, or covers another number of slices."""
    SLICES_HELD = "SLICES_HELD"
    COMPUTE = "COMPUTE"
    MAXIMUM = "MAXIMUM"
    MEDIA_EXTENSIONS = "MEDIA_EXTENSIONS"


@dataclass(frozen=True, slots=True)
class Move:
    """An instance that leaves one placement for another on the same GPU."""

    source: Placement
    target: Placement


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a placement is refused: the reason, the rule behind it, and the one fix, in words and as data."""

    kind: ObstacleKind
    placement: Placement
    reason: str
    rule: str
    fix: str | None = None
    blockers: tuple[Placement, ...] = ()
    """The instances in the way."""
    place_at: int | None = None
    """The fix: the same profile at this start, which is free."""
    moves: tuple[Move, ...] = ()
    """The fix: these instances move, all at once, and the placement fits."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.reason, self.fix, self.rule) if part)


def placement_of(geometry: MigGeometry, profile_name: str, start: int) -> Placement:
    """A profile of the geometry at a start, legal or not."""
    return Placement(profile_name, start, geometry.by_name[profile_name].memory_slices)


def check_placement(geometry: MigGeometry, layout: Layout, placement: Placement) -> Obstacle | None:
    """None where the placement may be added to the layout; otherwise why not and the one fix."""
    broken = _broken_rule(geometry, layout, placement)
    if broken is None:
        return None
    kind, reason, rule, blockers = broken
    if kind is ObstacleKind.UNKNOWN_PROFILE:
        return Obstacle(kind, placement, reason, rule)
    free = legal_starts_now(geometry, layout, placement.profile_name)
    if free:
        fix = f"Place it at {free[0]}."
        return Obstacle(kind, placement, reason, rule, fix, blockers, place_at=free[0])
    if kind is ObstacleKind.START:
        return Obstacle(kind, placement, reason, rule)
    moves = _moves_away(geometry, layout, placement, blockers) if kind is ObstacleKind.SLICES_HELD else ()
    if moves:
        fix = f"Move {_joined(f'{each.source} to {each.target.span}' for each in moves)}."
    elif len(blockers) > NAMED_MAX:
        fix = f"Remove these {len(blockers)} instances."
    else:
        fix = f"Remove {_joined(str(each) for each in blockers)}."
    return Obstacle(kind, placement, reason, rule, fix, blockers, moves=moves)


def legal_starts_now(geometry: MigGeometry, layout: Layout, profile_name: str) -> tuple[int, ...]:
    """Where one more instance of the profile may start beside the layout."""
    profile = geometry.by_name[profile_name]
    return tuple(
        start
        for start in profile.starts
        if _fits(geometry, layout, Placement(profile_name, start, profile.memory_slices))
    )


def places_now(geometry: MigGeometry, layout: Layout, profile_name: str) -> int:
    """How many more instances of the profile fit together beside the layout."""
    profile = geometry.by_name[profile_name]
    starts = legal_starts_now(geometry, layout, profile_name)
    if layout.state is not None:
        together = int(states_of(geometry).places_now[layout.state, geometry.shape_of[profile_name]])
    else:  # a layout outside the rules: count what is certain
        together = min(len(starts), 1)
    if profile.media_extensions:
        return min(together, len(starts), 1)
    held = sum(each.profile_name == profile_name for each in layout.placements)
    return min(together, profile.max_instances - held)


def best_fit_multiset(
    geometry: MigGeometry, kept: Iterable[Placement], wanted: Iterable[str]
) -> tuple[Placement, ...] | None:
    """Placements for the wanted profiles beside the kept ones, or None where no arrangement holds them all.

    Among the arrangements the one that leaves the most compute slices usable, then the lowest starts.
    """
    kept = tuple(kept)
    found = list(arrangements(geometry, kept, tuple(wanted)))
    if not found:
        return None
    return min(found, key=lambda new: (stranded_sixths(Layout(geometry, kept + new)), [each.start for each in new]))


def arrangements(
    geometry: MigGeometry, kept: Sequence[Placement], wanted: Sequence[str]
) -> Iterator[tuple[Placement, ...]]:
    """Every way to place the wanted profiles beside the kept placements, each set once; none if kept is illegal."""
    if any(name not in geometry.by_name for name in wanted):
        return
    base = Layout(geometry, tuple(kept))
    if base.obstacle() is not None:
        return
    profiles = sorted((geometry.by_name[name] for name in wanted), key=_largest_first)
    memory = sum(each.memory_slices for each in profiles)
    compute = sum(each.compute_slices for each in profiles)
    if memory > base.free_memory_slices or compute > base.free_compute_slices:
        return
    if over_a_limit(geometry, (*base.placements, *(placement_of(geometry, name, 0) for name in wanted))):
        return
    yield from _grow(profiles, base.bitmap, ())


def _grow(
    profiles: Sequence[MigProfile], bitmap: int, placed: tuple[Placement, ...]
) -> Iterator[tuple[Placement, ...]]:
    if len(placed) == len(profiles):
        yield placed
        return
    profile = profiles[len(placed)]
    for start in profile.starts:
        # Equal profiles go in ascending order: a set is met once.
        if placed and placed[-1].profile_name == profile.profile_name and start <= placed[-1].start:
            continue
        placement = Placement(profile.profile_name, start, profile.memory_slices)
        if not bitmap & placement.bitmap:
            yield from _grow(profiles, bitmap | placement.bitmap, (*placed, placement))


def stranded_sixths(layout: Layout) -> int:
    """Free compute slices that the profiles cannot use, times the number of shapes; lower keeps more possible.

    Phi of the placement policy `fill`: the free compute slices less the mean, over the shapes, of what each could
    still use. An illegal layout strands all it has.
    """
    table = states_of(layout.geometry)
    free = layout.free_compute_slices * len(table.shapes)
    return free if layout.state is None else free - int(table.places_now[layout.state] @ table.compute)


def over_a_limit(geometry: MigGeometry, placements: Sequence[Placement]) -> bool:
    """Whether a profile is there more often than it may be, or more than one instance has the media engines."""
    known = geometry.by_name
    held = Counter(each.profile_name for each in placements)
    if any(count > known[name].max_instances for name, count in held.items()):
        return True
    return sum(count for name, count in held.items() if known[name].media_extensions) > 1


def _largest_first(profile: MigProfile) -> tuple[int, int, str]:
    return (-profile.memory_slices, -profile.compute_slices, profile.profile_name)


def _fits(geometry: MigGeometry, layout: Layout, placement: Placement) -> bool:
    return _broken_rule(geometry, layout, placement) is None


def _broken_rule(
    geometry: MigGeometry, layout: Layout, placement: Placement
) -> tuple[ObstacleKind, str, str, tuple[Placement, ...]] | None:
    """The first rule the placement breaks: its kind, reason, rule, and the instances in the way."""
    name = placement.profile_name
    profile = geometry.by_name.get(name)
    if profile is None:
        names = _joined(geometry.by_name)
        return ObstacleKind.UNKNOWN_PROFILE, f"{geometry.name} has no profile {name}.", f"It has {names}.", ()
    starts = f"{name} may start only at {_joined(map(str, profile.starts), 'or')}."
    if placement.start not in profile.starts:
        return ObstacleKind.START, f"{name} cannot start at {placement.start}.", starts, ()
    if placement.size != profile.memory_slices:
        reason = f"{name} covers {profile.memory_slices} memory slices, not {placement.size}."
        return ObstacleKind.START, reason, starts, ()
    blockers = tuple(each for each in layout.placements if each.bitmap & placement.bitmap)
    if blockers:
        many = len(blockers) > NAMED_MAX
        held = f"{len(blockers)} instances hold them." if many else " ".join(_holds(each) for each in blockers)
        # a profile of one slice may start anywhere: that rule tells nobody anything
        others = [] if many else [each for each in _once(blockers) if each.profile_name != name and each.size > 1]
        rules = ([starts] if placement.size > 1 else []) + [_may_start(geometry, each) for each in others]
        reason = f"{name} needs {_slices(placement)}. {held}"
        return ObstacleKind.SLICES_HELD, reason, " ".join(rules), blockers
    if profile.media_extensions:
        media = tuple(each for each in layout.placements if "+me" in each.profile_name)
        if media:
            reason = f"{media[0]} has the media engines already."
            return ObstacleKind.MEDIA_EXTENSIONS, reason, "A GPU takes one +me instance.", media[:1]
    same = tuple(each for each in layout.placements if each.profile_name == name)
    if len(same) >= profile.max_instances:
        reason = f"The GPU has {len(same)} {name} already."
        return ObstacleKind.MAXIMUM, reason, f"It takes at most {profile.max_instances}.", same[:1]
    if profile.compute_slices > layout.free_compute_slices:
        reason = f"{name} needs {profile.compute_slices} compute slices, {layout.free_compute_slices} are free."
        rule = f"The GPU has {geometry.compute_slices} compute slices."
        return ObstacleKind.COMPUTE, reason, rule, _in_the_way_of_compute(geometry, layout, profile)
    return None


def _in_the_way_of_compute(geometry: MigGeometry, layout: Layout, profile: MigProfile) -> tuple[Placement, ...]:
    """The one smallest instance that holds what is lacking, or all where no single one does."""
    lacking = profile.compute_slices - layout.free_compute_slices
    known = geometry.by_name
    held = [(known[each.profile_name].compute_slices, each) for each in layout.placements if each.profile_name in known]
    enough = [each for each in held if each[0] >= lacking]
    return (min(enough)[1],) if enough else layout.placements


def _moves_away(
    geometry: MigGeometry, layout: Layout, placement: Placement, blockers: tuple[Placement, ...]
) -> tuple[Move, ...]:
    """Where the blockers can go while everything else stays; empty where they cannot."""
    kept = layout.minus(*blockers).plus(placement)
    found = best_fit_multiset(geometry, kept.placements, [each.profile_name for each in blockers])
    if found is None:
        return ()
    waiting = list(found)
    moves = []
    for blocker in blockers:
        target = next(each for each in waiting if each.profile_name == blocker.profile_name)
        waiting.remove(target)
        moves.append(Move(blocker, target))
    return tuple(moves)


def _slices(placement: Placement) -> str:
    return f"slice {placement.span}" if placement.size == 1 else f"slices {placement.span}"


def _holds(placement: Placement) -> str:
    return f"{placement.profile_name} holds {placement.span}."


def _may_start(geometry: MigGeometry, placement: Placement) -> str:
    profile = geometry.by_name.get(placement.profile_name)
    if profile is None:
        return f"{geometry.name} has no profile {placement.profile_name}."
    return f"{placement.profile_name} may start at {_joined(map(str, profile.starts), 'or')}."


def _once(placements: Iterable[Placement]) -> list[Placement]:
    return list({each.profile_name: each for each in placements}.values())


def _joined(words: Iterable[str], last: str = "and") -> str:
    *head, tail = list(words)
    return f"{', '.join(head)} {last} {tail}" if head else tail
