"""Planning layouts of devices and nodes from what the view shows. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from domain.access.principal import AccessScope
from domain.allocation.access import may_see
from domain.allocation.model import Allocation
from domain.allocation.policies.mig import FILL
from domain.allocation.policies.mig_fleet import MigFleet
from domain.clock import Clock
from domain.errors import NotFound
from domain.fleet.model import DeviceStatus, GpuDevice, NodeStatus, SharingMode
from domain.fleet.query import visible_device, visible_node
from domain.fleet.view import InventoryView
from domain.mig.geometry import Placement
from domain.mig.holders import holder_in_the_way
from domain.mig.layout_plans import (
    DeviceLayoutPlan,
    MigLayoutPlan,
    PlanRefusal,
    PlanWords,
    RefusalKind,
    current_instances,
)
from domain.mig.model import STANDING
from domain.mig.offers import Offers
from domain.mig.planning import ModeSwitch, mode_switch_for, plan_layout
from domain.mig.profiles import MigGeometry
from domain.mig.requests import LayoutRequest

_AWAY = frozenset({DeviceStatus.OFFLINE, DeviceStatus.RETIRED, DeviceStatus.UNHEALTHY})
Wanted = Sequence[str | Placement]


class LayoutPlanner:
    """Finds the way to a layout, for one reader."""

    def __init__(self, view: InventoryView, offers: Offers, clock: Clock) -> None:
        self._view = view
        self._offers = offers
        self._clock = clock

    def plan(self, scope: AccessScope, request: LayoutRequest, may_stop: Collection[str]) -> MigLayoutPlan:
        """`may_stop`: allocations that may be released for it. Raises `NotFound`, also for a locked instance."""
        if request.node_id is not None:
            return self._plan_node(scope, request, may_stop)
        device = self.device(scope, request.device_id or "")
        _check_locked([device], request.locked)
        explicit = [self._placement(device, each.profile_name, each.placement_start) for each in request.placements]
        plan = self.plan_device(scope, device, [*explicit, *request.profiles], may_stop, request.locked)
        return MigLayoutPlan((plan,), self._clock())

    def device(self, scope: AccessScope, device_id: str) -> GpuDevice:
        found = visible_device(self._view, scope, device_id)
        if found is None:
            raise NotFound(f"there is no device {device_id!r}", path=("deviceId",))
        return found

    def plan_device(
        self,
        scope: AccessScope,
        device: GpuDevice,
        wanted: Wanted,
        may_stop: Collection[str],
        locked: Collection[str] = (),
    ) -> DeviceLayoutPlan:
        """A plan for the whole layout of one device."""
        geometry = self._offers.geometry(device.model)
        visible = {each.id: each for each in device.allocations if may_see(scope, self._view, each)}
        words = PlanWords(device, geometry, visible)
        refusal = self.why_not(device, may_stop, visible.keys())
        if refusal is not None or geometry is None:
            refusal = refusal or PlanRefusal(RefusalKind.DEVICE, "It has no MIG.", "")
            holders = self._whole_holders(device) if refusal.kind is RefusalKind.HELD else ()
            return words.refused(replace(refusal, blockers=words.whole(holders)))
        mode = ModeSwitch.NONE
        if wanted and not device.mig_enabled:
            mode = mode_switch_for(device.model.architecture, mig_enabled=False)
        current = current_instances(device, may_stop, visible)
        outcome = plan_layout(geometry, current, wanted, locked=locked, mode=mode)
        return words.plan(outcome, self._whole_holders(device))

    def why_not(self, device: GpuDevice, may_stop: Collection[str], visible: Collection[str]) -> PlanRefusal | None:
        """Why the device's layout cannot be changed at all now; None: it can."""
        name = f"{device.node.node_name}/{device.device_index}"
        if self._offers.geometry(device.model) is None:
            return _device(f"{name} is a {device.model.model_name}.", "That product has no MIG.")
        if not self._offers.told(device.model):
            return _device(
                f"No node has told which MIG profiles a {device.model.model_name} offers.",
                "Layouts are made by the node's agent, or by a server that runs on the node.",
                f"Start the agent on {device.node.node_name}.",
            )
        if device.device_status in _AWAY:
            return _device(f"{name} is {device.device_status}.", "Only a GPU that its node lists can be changed.")
        if device.node.node_status is not NodeStatus.READY:
            return _device(f"{device.node.node_name} is {device.node.node_status}.", "A silent node takes no commands.")
        if commands := self._view.commands_of(device.id):
            return _device(
                f"The layout of {name} is being changed (command {commands[0].id}).",
                "One layout change at a time.",
                "Try again when it has ended.",
            )
        if device.sharing_mode is not SharingMode.NONE:
            return _device(
                f"{name} may be shared by {device.sharing_mode}.",
                "A GPU with MIG on is shared by its instances.",
                "End its sharing first (setDeviceSharing).",
            )
        for holder in self._whole_holders(device):
            if holder.id not in may_stop:
                return PlanRefusal(
                    RefusalKind.HELD,
                    f"All of {name} is held by {holder_in_the_way(holder, visible)}.",
                    "What is in use is never stopped without leave.",
                    "Release it first, or name it in releaseAllocations.",
                )
        return None

    def _whole_holders(self, device: GpuDevice) -> list[Allocation]:
        return [
            each
            for each in device.allocations
            if any(resource.device_id == device.id and resource.mig_id is None for resource in each.resources)
        ]

    def _placement(self, device: GpuDevice, profile_name: str, start: int) -> Placement:
        geometry = self._offers.geometry(device.model)
        profile = None if geometry is None else geometry.by_name.get(profile_name)
        return Placement(profile_name, start, 1 if profile is None else profile.memory_slices)

    # -- a node

    def _plan_node(self, scope: AccessScope, request: LayoutRequest, may_stop: Collection[str]) -> MigLayoutPlan:
        node = visible_node(self._view, scope, request.node_id or "")
        if node is None:
            raise NotFound(f"there is no node {request.node_id!r}", path=("nodeId",))
        devices = self._view.devices_of_node(node.id)
        _check_locked(devices, request.locked)
        placed, missing = self._spread(devices, request, may_stop)
        plans = [
            self.plan_device(scope, device, self._kept(device, placed[device.id]), may_stop, request.locked)
            for device in devices
            if device.id in placed
        ]
        refusal = None
        if missing:
            counted = " + ".join(f"{count} × {name}" for name, count in Counter(missing).items())
            refusal = f"{node.node_name} has no room for {counted} beside what is in use. {self._offered(devices)}"
        return MigLayoutPlan(tuple(plans), self._clock(), refusal)

    def _spread(
        self, devices: Sequence[GpuDevice], request: LayoutRequest, may_stop: Collection[str]
    ) -> tuple[dict[str, list[Placement]], list[str]]:
        """Where each profile goes, largest first: GPUs with MIG on, then free ones that would be switched."""
        fleet = MigFleet()
        free = []
        for device in devices:
            geometry = self._offers.geometry(device.model)
            if geometry is None or self.why_not(device, may_stop, ()) is not None:
                continue
            if device.mig_enabled:
                self._enter(fleet, device, geometry, request.locked, may_stop)
            else:
                free.append((device, geometry))
        placed: dict[str, list[Placement]] = {}
        missing: list[str] = []
        for name in sorted(request.profiles, key=lambda name: -self._size(devices, name)):
            choices = FILL.rank(fleet, name, 1)
            while not choices and free:
                self._enter(fleet, *free.pop(0), request.locked, may_stop)
                choices = FILL.rank(fleet, name, 1)
            if not choices:
                missing.append(name)
                continue
            fleet.place(choices[0].gpu, choices[0].placement)
            placed.setdefault(choices[0].gpu, []).append(choices[0].placement)
        return placed, missing

    def _enter(
        self,
        fleet: MigFleet,
        device: GpuDevice,
        geometry: MigGeometry,
        locked: Collection[str],
        may_stop: Collection[str],
    ) -> None:
        instances = current_instances(device, may_stop)
        fixed = {each.placement for each in instances if (each.in_use and not each.may_stop) or each.key in locked}
        fleet.set_gpu(
            device.id, geometry, fixed, ready=[each.placement for each in instances if each.placement not in fixed]
        )

    def _kept(self, device: GpuDevice, new: Sequence[Placement]) -> list[Placement]:
        """The new placements and whatever stands beside them."""
        standing = [each.placement for each in current_instances(device, ())]
        return [*new, *(each for each in standing if not any(each.bitmap & other.bitmap for other in new))]

    def _size(self, devices: Sequence[GpuDevice], name: str) -> int:
        geometries = (self._offers.geometry(device.model) for device in devices)
        return max(
            (g.by_name[name].memory_slices for g in geometries if g is not None and name in g.by_name), default=0
        )

    def _offered(self, devices: Sequence[GpuDevice]) -> str:
        names = dict.fromkeys(name for device in devices for name in self._offers.profiles(device.model))
        return f"Its GPUs offer {', '.join(names)}." if names else "None of its GPUs has MIG."


def _check_locked(devices: Sequence[GpuDevice], locked: Sequence[str]) -> None:
    """Raise `NotFound` for an instance that is not there to stay."""
    there = {each.id for device in devices for each in device.mig_instances if each.instance_status in STANDING}
    for position, mig_id in enumerate(locked):
        if mig_id not in there:
            raise NotFound(f"there is no MIG instance {mig_id!r} to keep there", path=("locked", str(position)))


def _device(reason: str, rule: str, fix: str | None = None) -> PlanRefusal:
    return PlanRefusal(RefusalKind.DEVICE, reason, rule, fix)
