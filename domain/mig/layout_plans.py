"""Layout plans in the fleet's own words: a device's plan with who holds what, what stops, and what it costs in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.access.policy import SOMEBODY
from domain.allocation.model import Allocation
from domain.fleet.model import GpuDevice
from domain.mig.commands import StepKind
from domain.mig.fragmentation import fragmentation
from domain.mig.geometry import Layout, Placement
from domain.mig.holders import holder_of, holder_words
from domain.mig.model import STANDING, MigInstance
from domain.mig.planning import CurrentInstance, LayoutPlan, LayoutRefusal, Phase
from domain.mig.planning import Stop as PlannedStop
from domain.mig.profiles import MigGeometry


class RefusalKind(StrEnum):
    """Why a layout is refused. The first three are the geometry's; DEVICE: the device cannot be changed now."""

    CURRENT_LAYOUT = "CURRENT_LAYOUT"
    NEVER = "NEVER"
    HELD = "HELD"
    DEVICE = "DEVICE"


@dataclass(frozen=True, slots=True)
class LayoutPlacement:
    """One instance of a layout. `mig_id` is that of the instance which is there; None: it would be made."""

    profile_name: str
    placement_start: int
    placement_size: int
    mig_id: str | None = None
    in_use: bool = False
    holder: str | None = None
    allocation_id: str | None = None

    def __str__(self) -> str:
        return f"{self.profile_name} at {self.placement_start}"


@dataclass(frozen=True, slots=True)
class LayoutStop:
    """Something in use that stops: an instance, or, without one, the allocation that holds the whole device."""

    mig_id: str | None
    profile_name: str | None
    placement_start: int | None
    placement_size: int | None
    holder: str
    allocation_id: str | None
    namespace: str | None
    pod_name: str | None
    moves_to: int | None
    """Where the plan makes an instance with its profile."""


@dataclass(frozen=True, slots=True)
class LayoutStep:
    """One step of a plan, and the layout after it: each is legal."""

    kind: StepKind
    profile_name: str | None
    placement_start: int | None
    placement_size: int | None
    mig_id: str | None
    seconds: float
    layout_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanRefusal:
    """Why there is no plan; `message` says it all in one go."""

    kind: RefusalKind
    reason: str
    rule: str
    fix: str | None = None
    fits: tuple[str, ...] = ()
    blockers: tuple[LayoutStop, ...] = ()

    @property
    def message(self) -> str:
        return " ".join(part for part in (self.reason, self.fix, self.rule) if part)


@dataclass(frozen=True, slots=True)
class DeviceLayoutPlan:
    """The way of one device to a wanted layout, or why there is none."""

    device: GpuDevice
    current: tuple[LayoutPlacement, ...]
    target: tuple[LayoutPlacement, ...] = ()
    steps: tuple[LayoutStep, ...] = ()
    stops: tuple[LayoutStop, ...] = ()
    phases: tuple[Phase, ...] = ()
    refusal: PlanRefusal | None = None
    fragmentation_before: float | None = None
    fragmentation_after: float | None = None

    @property
    def device_id(self) -> str:
        return self.device.id

    @property
    def ready(self) -> bool:
        return self.refusal is None

    @property
    def unchanged(self) -> bool:
        """It is as wanted already."""
        return self.ready and not self.steps

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)

    @property
    def name(self) -> str:
        return f"{self.device.node.node_name}/{self.device.device_index}"


@dataclass(frozen=True, slots=True)
class MigLayoutPlan:
    """A plan for one device, or for the devices of a node that take part."""

    devices: tuple[DeviceLayoutPlan, ...]
    checked_at: datetime
    refusal: str | None = None
    """Of a node: what has no room anywhere on it."""

    @property
    def ready(self) -> bool:
        return self.refusal is None and all(plan.ready for plan in self.devices)

    @property
    def seconds(self) -> float:
        """Devices change at the same time."""
        return max((plan.seconds for plan in self.devices if plan.ready), default=0.0)

    @property
    def message(self) -> str:
        """The plan in one or two sentences, the same for every client."""
        refused = [_refused(plan) for plan in self.devices if plan.refusal is not None]
        if self.refusal is not None or refused:
            return " ".join(part for part in (self.refusal, *refused) if part)
        steps = [step for plan in self.devices for step in plan.steps]
        if not steps:
            return "The layout is as wanted."
        kinds = Counter(step.kind for step in steps)
        words = [
            f"{kinds[kind]} to {word}"
            for kind, word in ((StepKind.DELETE_INSTANCE, "remove"), (StepKind.CREATE_INSTANCE, "make"))
            if kinds[kind]
        ]
        if kinds[StepKind.ENABLE_MIG]:
            words.insert(0, "MIG to switch on")
        stops = sum(len(plan.stops) for plan in self.devices)
        harm = f"{stops} in use stop" if stops else "nothing in use stops"
        return f"{', '.join(words)}; {harm}; about {self.seconds:,.0f} s."


def _refused(plan: DeviceLayoutPlan) -> str:
    message = "" if plan.refusal is None else plan.refusal.message
    return message if plan.name in message else f"{plan.name}: {message}"


def current_instances(
    device: GpuDevice, may_stop: Collection[str], visible: Collection[str] = ()
) -> list[CurrentInstance]:
    """What stands on a device. `may_stop`: allocations that may be released for the plan; `visible`: to be named."""
    found = []
    for instance in device.mig_instances:
        if instance.instance_status in STANDING:
            holder = holder_of(device, instance)
            found.append(
                CurrentInstance(
                    placement=placement_of_instance(instance),
                    key=instance.id,
                    in_use=instance.allocated,
                    holder=_named(holder, visible),
                    may_stop=holder is not None and holder.id in may_stop,
                )
            )
    return found


def _named(holder: Allocation | None, visible: Collection[str]) -> str | None:
    if holder is None:
        return None
    return holder_words(holder) if holder.id in visible else SOMEBODY


def placement_of_instance(instance: MigInstance) -> Placement:
    return Placement(instance.profile_name, instance.placement_start, instance.placement_size)


class PlanWords:
    """Turns a plan of the geometry into one with names, as far as the reader may see who holds what."""

    def __init__(self, device: GpuDevice, geometry: MigGeometry | None, visible: Mapping[str, Allocation]) -> None:
        """`visible`: the allocations of the device that the reader may see, by id."""
        self._device = device
        self._geometry = geometry
        self._visible = visible
        self._instances = {instance.id: instance for instance in device.mig_instances}

    def refused(self, refusal: PlanRefusal) -> DeviceLayoutPlan:
        current = self.current()
        return DeviceLayoutPlan(
            self._device, current, current, refusal=refusal, fragmentation_before=self._fragmentation(current)
        )

    def plan(self, outcome: LayoutPlan | LayoutRefusal, whole: Sequence[Allocation] = ()) -> DeviceLayoutPlan:
        """`whole`: allocations of all of the device that the plan ends."""
        if isinstance(outcome, LayoutRefusal):
            return self.refused(self._refusal(outcome))
        current = self.current()
        there = {(each.profile_name, each.placement_start): each for each in current}
        target = tuple(
            there.get((each.profile_name, each.start)) or LayoutPlacement(each.profile_name, each.start, each.size)
            for each in outcome.target.placements
        )
        steps = tuple(
            LayoutStep(
                step.kind,
                None if step.placement is None else step.placement.profile_name,
                None if step.placement is None else step.placement.start,
                None if step.placement is None else step.placement.size,
                step.key,
                step.seconds,
                tuple(str(placement) for placement in layout.placements),
            )
            for step, layout in zip(outcome.steps, outcome.layouts[1:], strict=True)
        )
        stops = (*self.whole(whole), *(self._stop(each) for each in outcome.stops))
        return DeviceLayoutPlan(
            self._device,
            current,
            target,
            steps,
            stops,
            outcome.phases,
            fragmentation_before=self._fragmentation(current),
            fragmentation_after=self._fragmentation(target),
        )

    def whole(self, holders: Iterable[Allocation]) -> tuple[LayoutStop, ...]:
        """Allocations of all of the device, as what stops."""
        return tuple(self._stop_of(holder, None, None, None) for holder in holders)

    def current(self) -> tuple[LayoutPlacement, ...]:
        return tuple(
            self._placement(instance) for instance in self._device.mig_instances if instance.instance_status in STANDING
        )

    def _placement(self, instance: MigInstance) -> LayoutPlacement:
        holder = holder_of(self._device, instance)
        return LayoutPlacement(
            instance.profile_name,
            instance.placement_start,
            instance.placement_size,
            instance.id,
            instance.allocated,
            _named(holder, self._visible),
            holder.id if holder is not None and holder.id in self._visible else None,
        )

    def _stop(self, stop: PlannedStop) -> LayoutStop:
        instance = self._instances.get(stop.instance.key)
        holder = None if instance is None else holder_of(self._device, instance)
        where = stop.instance.placement
        moves_to = None if stop.moves_to is None else stop.moves_to.start
        return self._stop_of(holder, stop.instance.key, where, moves_to)

    def _stop_of(
        self, holder: Allocation | None, mig_id: str | None, where: Placement | None, moves_to: int | None
    ) -> LayoutStop:
        seen = holder if holder is not None and holder.id in self._visible else None
        return LayoutStop(
            mig_id,
            None if where is None else where.profile_name,
            None if where is None else where.start,
            None if where is None else where.size,
            _named(holder, self._visible) or "nobody known",
            None if seen is None else seen.id,
            None if seen is None else seen.namespace,
            None if seen is None else seen.pod_name,
            moves_to,
        )

    def _refusal(self, refusal: LayoutRefusal) -> PlanRefusal:
        return PlanRefusal(
            RefusalKind(refusal.kind.value),
            refusal.reason,
            refusal.rule,
            refusal.fix,
            refusal.fits,
            tuple(self._stop(each) for each in refusal.blockers),
        )

    def _fragmentation(self, placements: Sequence[LayoutPlacement]) -> float | None:
        if self._geometry is None:
            return None
        placed = tuple(Placement(each.profile_name, each.placement_start, each.placement_size) for each in placements)
        return round(fragmentation(self._geometry, Layout(self._geometry, placed)).fragmentation, 4)
