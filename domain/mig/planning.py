"""From the layout a GPU has to the one somebody wants, at the least harm; or exactly why that cannot be.

What is wanted may leave placements open. Among all arrangements that keep every protected instance, the plan takes
the one with the fewest instances in use stopped, then the fewest deletes and creates, then the least compute
stranded. Deletes come first, idle instances before those in use, then creates, largest first. Every layout on the way
is then a part of the layout now or of the layout wanted, and a part of a legal layout is legal; no list is shorter,
because each instance that only one of the two layouts has takes one step. The layouts are in the plan, to be checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from domain.mig.commands import CommandStep, StepKind
from domain.mig.geometry import Layout, Obstacle, Placement, arrangements, check_placement, stranded_sixths
from domain.mig.profiles import MigGeometry


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds a step is expected to take. Nobody publishes figures: assumptions, to be replaced by measured ones."""

    delete: float = 1.0
    create: float = 2.0
    mode_switch: float = 5.0
    """MIG mode on or off without a reset: Hopper and later (dra-driver-nvidia-gpu PR#1018)."""
    gpu_reset: float = 30.0
    """MIG mode on or off on Ampere, which needs a reset of the GPU."""
    evict: float = 45.0
    """Pods end together: Kubernetes' default grace period of 30 s, and the rest for noticing."""
    plugin_reload: float = 28.0
    """The device plugin starts anew and offers the new instances."""
    pods_start: float = 75.0
    """Stopped pods are scheduled, load their models and are ready."""


ASSUMED = Durations()


class ModeSwitch(StrEnum):
    """What must happen before the GPU takes instances."""

    NONE = "NONE"
    LIVE = "LIVE"
    RESET = "RESET"


def mode_switch_for(architecture: str, *, mig_enabled: bool) -> ModeSwitch:
    """By the architecture as the catalogue names it."""
    if mig_enabled:
        return ModeSwitch.NONE
    return ModeSwitch.RESET if architecture == "Ampere" else ModeSwitch.LIVE


@dataclass(frozen=True, slots=True)
class CurrentInstance:
    """An instance that exists on a GPU."""

    placement: Placement
    key: str
    in_use: bool = False
    holder: str | None = None
    """Who has it, in words."""
    may_stop: bool = False
    """Whether the caller may stop or move what runs on it; of no meaning where it is idle."""

    def __str__(self) -> str:
        return f"{self.placement} ({self.holder})" if self.holder else str(self.placement)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan; `key` is the instance that goes."""

    kind: StepKind
    placement: Placement | None
    key: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """An instance in use that the plan stops; `moves_to`: one with its profile that the plan creates."""

    instance: CurrentInstance
    moves_to: Placement | None


class PhaseName(StrEnum):
    """Parts of the time a change takes, in their order."""

    EVICT = "EVICT"
    MIG_MODE = "MIG_MODE"
    INSTANCES = "INSTANCES"
    PLUGIN_RELOAD = "PLUGIN_RELOAD"
    PODS_START = "PODS_START"


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the time a change takes, expected."""

    name: PhaseName
    seconds: float


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """The shortest way to the wanted layout."""

    target: Layout
    kept: tuple[CurrentInstance, ...]
    steps: tuple[PlanStep, ...]
    layouts: tuple[Layout, ...]
    """The layout before the first step and after each: the proof that every one is legal."""
    stops: tuple[Stop, ...]
    phases: tuple[Phase, ...]

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)

    def commands(self) -> tuple[CommandStep, ...]:
        """The steps as a node gets them."""
        commands = []
        for step in self.steps:
            if step.placement is None:
                commands.append(CommandStep(step.kind))
                continue
            where = step.placement
            gi_profile_id = self.target.geometry.by_name[where.profile_name].gi_profile_id
            commands.append(CommandStep(step.kind, where.profile_name, gi_profile_id, where.start, where.size))
        return tuple(commands)


class RefusalKind(StrEnum):
    """Why there is no plan."""

    CURRENT_LAYOUT = "CURRENT_LAYOUT"
    """The layout as told breaks the rules of the geometry: it must be read again."""
    NEVER = "NEVER"
    """Not even an empty GPU holds the wanted layout."""
    HELD = "HELD"
    """Instances that may not be touched are in the way."""


@dataclass(frozen=True, slots=True)
class LayoutRefusal:
    """Why there is no plan, by which rule, and what would make it fit."""

    kind: RefusalKind
    reason: str
    rule: str
    fix: str | None
    blockers: tuple[Stop, ...] = ()
    """HELD: the fewest protected instances that would have to stop, and where each could go."""
    obstacle: Obstacle | None = None
    """The rule as data where one placement breaks it."""
    fits: tuple[str, ...] = ()
    """The largest part of the wanted profiles, by compute and then memory, that fits beside what is protected."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.reason, self.fix, self.rule) if part)


def plan_layout(
    geometry: MigGeometry,
    current: Sequence[CurrentInstance],
    wanted: Sequence[str | Placement],
    *,
    locked: Collection[str] = (),
    mode: ModeSwitch = ModeSwitch.NONE,
    durations: Durations = ASSUMED,
) -> LayoutPlan | LayoutRefusal:
    """A plan for the whole wanted layout: profile names are placed as is best, placements are taken as they are.

    Protected, and never touched: instances in use that may not stop, and those whose keys are `locked`.
    """
    now = Layout(geometry, tuple(each.placement for each in current))
    broken = now.obstacle()
    if broken is not None:
        return LayoutRefusal(
            RefusalKind.CURRENT_LAYOUT,
            f"The layout as it was told cannot be: {broken.reason}",
            broken.rule,
            "Wait until the node reports it anew.",
            obstacle=broken,
        )
    fixed = tuple(each for each in wanted if isinstance(each, Placement))
    names = tuple(each for each in wanted if isinstance(each, str))
    protected = {each.placement: each for each in current if (each.in_use and not each.may_stop) or each.key in locked}
    targets = [Layout(geometry, fixed + new) for new in arrangements(geometry, fixed, names)]
    if not targets:
        return _never(geometry, fixed, names, tuple(protected))
    in_use = {each.placement for each in current if each.in_use}

    def harm(target: Layout) -> tuple[int, int, int, int, tuple[Placement, ...]]:
        after = set(target.placements)
        changed = len(after.symmetric_difference(now.placements))
        stopped = len(in_use - after)
        return (len(protected.keys() - after), stopped, changed, stranded_sixths(target), target.placements)

    best = min(targets, key=harm)
    missing = [protected[each] for each in now.placements if each in protected and each not in best.placements]
    if missing:
        return _held(geometry, now, best, missing, (*names, *(each.profile_name for each in fixed)), tuple(protected))
    return _plan(now, best, current, mode, durations)


def why_not(geometry: MigGeometry, layout: Layout, profile_name: str) -> Obstacle | None:
    """None where one more instance of the profile fits; otherwise the start that takes the least to free."""
    profile = geometry.by_name.get(profile_name)
    if profile is None:
        return check_placement(geometry, layout, Placement(profile_name, 0, 1))
    found = []
    for start in profile.starts:
        obstacle = check_placement(geometry, layout, Placement(profile_name, start, profile.memory_slices))
        if obstacle is None:
            return None
        found.append(obstacle)

    def harm(obstacle: Obstacle) -> tuple[bool, int, int, int]:
        slices = sum(each.size for each in obstacle.blockers)
        return (not obstacle.moves, slices, len(obstacle.blockers), obstacle.placement.start)

    return min(found, key=harm)


def _plan(
    now: Layout, target: Layout, current: Sequence[CurrentInstance], mode: ModeSwitch, durations: Durations
) -> LayoutPlan:
    after = set(target.placements)
    kept = tuple(each for each in current if each.placement in after)
    gone = sorted((each for each in current if each.placement not in after), key=lambda each: each.in_use)
    new = sorted(after.difference(now.placements), key=lambda each: (-each.size, each.start))

    steps, layouts, at = [], [now], now
    switch = durations.gpu_reset if mode is ModeSwitch.RESET else durations.mode_switch
    if mode is not ModeSwitch.NONE:
        steps.append(PlanStep(StepKind.ENABLE_MIG, None, None, switch))
        layouts.append(at)
    for instance in gone:
        at = at.minus(instance.placement)
        steps.append(PlanStep(StepKind.DELETE_INSTANCE, instance.placement, instance.key, durations.delete))
        layouts.append(at)
    for placement in new:
        at = at.plus(placement)
        steps.append(PlanStep(StepKind.CREATE_INSTANCE, placement, None, durations.create))
        layouts.append(at)

    stops = _stops([each for each in gone if each.in_use], new)
    instances = len(gone) * durations.delete + len(new) * durations.create
    phases = (
        Phase(PhaseName.EVICT, durations.evict if stops else 0.0),
        Phase(PhaseName.MIG_MODE, 0.0 if mode is ModeSwitch.NONE else switch),
        Phase(PhaseName.INSTANCES, instances),
        Phase(PhaseName.PLUGIN_RELOAD, durations.plugin_reload if steps else 0.0),
        Phase(PhaseName.PODS_START, durations.pods_start if stops else 0.0),
    )
    return LayoutPlan(target, kept, tuple(steps), tuple(layouts), stops, tuple(each for each in phases if each.seconds))


def _stops(stopped: Sequence[CurrentInstance], new: Sequence[Placement]) -> tuple[Stop, ...]:
    free = list(new)
    stops = []
    for instance in stopped:
        target = next((each for each in free if each.profile_name == instance.placement.profile_name), None)
        if target is not None:
            free.remove(target)
        stops.append(Stop(instance, target))
    return tuple(stops)


def _held(
    geometry: MigGeometry,
    now: Layout,
    target: Layout,
    missing: Sequence[CurrentInstance],
    names: Sequence[str],
    protected: Sequence[Placement],
) -> LayoutRefusal:
    new = sorted(set(target.placements).difference(now.placements), key=lambda each: each.start)
    blockers = _stops(missing, new)
    words = ", ".join(str(each) for each in missing)
    fixes = [
        f"Move {each.instance.placement} to {each.moves_to.span}."
        if each.moves_to is not None
        else f"Stop {each.instance.placement}."
        for each in blockers
    ]
    return LayoutRefusal(
        RefusalKind.HELD,
        f"The layout has no room for {words}, which must stay.",
        "Instances that are in use or locked are never removed without leave.",
        " ".join(fixes),
        blockers,
        fits=_largest_part(geometry, protected, names),
    )


def _never(
    geometry: MigGeometry, fixed: Sequence[Placement], names: Sequence[str], protected: Sequence[Placement]
) -> LayoutRefusal:
    every = (*names, *(each.profile_name for each in fixed))
    fits = _largest_part(geometry, protected, every)
    beside = " beside what must stay" if protected else ""
    fix = f"{_counted(fits)} of it fits{beside}." if fits else None
    obstacle = Layout(geometry, tuple(fixed)).obstacle()
    if obstacle is None:
        unknown = next((name for name in names if name not in geometry.by_name), None)
        if unknown is not None:
            obstacle = check_placement(geometry, Layout(geometry), Placement(unknown, 0, 1))
    if obstacle is not None:
        return LayoutRefusal(RefusalKind.NEVER, obstacle.reason, obstacle.rule, fix, obstacle=obstacle, fits=fits)
    reason, rule = _limit(geometry, every)
    return LayoutRefusal(RefusalKind.NEVER, reason, rule, fix, fits=fits)


def _limit(geometry: MigGeometry, names: Sequence[str]) -> tuple[str, str]:
    """The plainest limit that the profiles exceed on an empty GPU, and the rule."""
    profiles = [geometry.by_name[name] for name in names]
    for name, count in Counter(names).items():
        most = geometry.by_name[name].max_instances
        if count > most:
            return f"{count} × {name} are wanted.", f"A GPU takes at most {most} × {name}."
    if sum(each.media_extensions for each in profiles) > 1:
        return "Several +me instances are wanted.", "A GPU takes one +me instance."
    compute = sum(each.compute_slices for each in profiles)
    if compute > geometry.compute_slices:
        return f"{compute} compute slices are wanted.", f"The GPU has {geometry.compute_slices} compute slices."
    memory = sum(each.memory_slices for each in profiles)
    if memory > geometry.memory_slices:
        return f"{memory} memory slices are wanted.", f"The GPU has {geometry.memory_slices} memory slices."
    starts = "; ".join(
        f"{name} may start at {', '.join(map(str, geometry.by_name[name].starts))}" for name in dict.fromkeys(names)
    )
    return f"No arrangement holds {_counted(names)}.", f"{starts}."


def _largest_part(geometry: MigGeometry, protected: Sequence[Placement], names: Sequence[str]) -> tuple[str, ...]:
    """The largest part of the profiles that fits; protected instances stay and count as theirs where they match."""
    wanted = Counter(name for name in names if name in geometry.by_name)
    held = Counter(each.profile_name for each in protected)
    for part in _parts(geometry, wanted):
        missing = Counter(part) - held
        if next(arrangements(geometry, protected, tuple(missing.elements())), None) is not None:
            return tuple(Counter(part).elements())
    return ()


def _parts(geometry: MigGeometry, wanted: Mapping[str, int]) -> Iterator[Mapping[str, int]]:
    """The parts of a multiset that the slices could hold, largest first."""
    known = geometry.by_name
    ranges = [range(min(count, known[name].max_instances) + 1) for name, count in wanted.items()]
    parts = []
    for counts in product(*ranges):
        compute = sum(count * known[name].compute_slices for name, count in zip(wanted, counts, strict=True))
        memory = sum(count * known[name].memory_slices for name, count in zip(wanted, counts, strict=True))
        if compute <= geometry.compute_slices and memory <= geometry.memory_slices:
            parts.append((-compute, -memory, sum(counts), counts))
    for *_, counts in sorted(parts):
        yield dict(zip(wanted, counts, strict=True))


def _counted(names: Sequence[str]) -> str:
    return " + ".join(f"{count} × {name}" for name, count in Counter(names).items())
