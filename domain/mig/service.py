"""Layouts and MIG mode: planned for everybody, changed by operators, carried out by nodes.

A change is planned anew inside the transaction that orders it, under the inventory's writer lock: what the plan
found free cannot be taken before the command is written. The rows say from then on how the device is meant to be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.access.policy import Permission, authorise
from domain.access.principal import Principal
from domain.allocation.access import authorise_change, may_see
from domain.allocation.holding import Holdings
from domain.allocation.lifecycle import ENDABLE
from domain.allocation.model import Allocation, AllocationStatus
from domain.allocation.ports import AllocationArchive
from domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound, Unavailable
from domain.fleet.model import GpuDevice
from domain.fleet.once import done_before, remember
from domain.fleet.query import visible_device
from domain.fleet.requests import fingerprint
from domain.fleet.writing import InventoryTransactions
from domain.mig.commands import CommandRecord, StepKind
from domain.mig.geometry import Layout, ObstacleKind, Placement, check_placement, placement_of
from domain.mig.holders import holder_in_the_way, holder_of
from domain.mig.layout_plans import DeviceLayoutPlan, MigLayoutPlan, RefusalKind, placement_of_instance
from domain.mig.model import STANDING, MigInstance
from domain.mig.offers import Offers
from domain.mig.planner import LayoutPlanner
from domain.mig.planning import why_not
from domain.mig.requests import (
    CreateInstanceRequest,
    DeleteInstanceRequest,
    LayoutRequest,
    MigModeRequest,
    check_create,
    check_delete,
    check_layout,
    check_mode,
)

Request = LayoutRequest | CreateInstanceRequest | DeleteInstanceRequest | MigModeRequest
COMMANDS_MAX = 16


@dataclass(frozen=True, slots=True)
class MigLayoutApplied:
    """A change that was ordered: its plan, and the commands that carry it out, one for each device that changes."""

    plan: MigLayoutPlan
    commands: Sequence[CommandRecord]


@dataclass(frozen=True, slots=True)
class MigInstanceChanged:
    """An instance that is to be made or removed. `command` is None where nothing has to be done."""

    instance: MigInstance
    command: CommandRecord | None


@dataclass(frozen=True, slots=True)
class MigModeChanged:
    """A device whose MIG mode is to be switched. `command` is None where it is so already."""

    device: GpuDevice
    command: CommandRecord | None


class LayoutService:
    """What people and programs do with layouts."""

    def __init__(
        self,
        transactions: InventoryTransactions,
        offers: Offers,
        archive: AllocationArchive,
        command_timeout: timedelta,
    ) -> None:
        self._transactions = transactions
        self._view = transactions.view
        self._offers = offers
        self._archive = archive
        self._timeout = command_timeout
        self._planner = LayoutPlanner(self._view, offers, transactions.clock)

    async def plan(self, actor: Principal, request: LayoutRequest) -> MigLayoutPlan:
        """The way to a layout, or exactly why there is none; a refusal is an answer.

        Raises `InvalidInput`, `NotFound` and, for an allocation the actor may not end, `Forbidden`.
        """
        authorise(actor, Permission.READ_FLEET)
        check_layout(request)
        await self._view.ensure_current()
        return self._planner.plan(actor.personal_scope, request, self._releasable(actor, request.release_allocations))

    async def apply(self, actor: Principal, request: LayoutRequest) -> MigLayoutApplied:
        """Order the change. Raises as `plan`, and `Conflict` or `InvalidInput` where there is no plan."""
        authorise(actor, Permission.MANAGE_LAYOUTS)
        check_layout(request)
        plans: list[MigLayoutPlan] = []

        def change(holdings: Holdings) -> Sequence[str]:
            released = self._releasable(actor, request.release_allocations)
            plan = self._planner.plan(actor.personal_scope, request, released)
            _refuse(plan)
            for device_plan in plan.devices:
                self._order(holdings, device_plan, released, request.reason)
            plans.append(plan)
            return [plan.device_id for plan in plan.devices]

        commands = await self._once(actor, "applyMigLayout", request, change)
        plan = plans[0] if plans else await self.plan(actor, replace(request, release_allocations=()))
        return MigLayoutApplied(plan, commands)

    async def create(self, actor: Principal, request: CreateInstanceRequest) -> MigInstanceChanged:
        """Have one more instance made. Raises `Conflict` where it does not fit beside what is there."""
        authorise(actor, Permission.MANAGE_LAYOUTS)
        check_create(request)

        def change(holdings: Holdings) -> Sequence[str]:
            device = self._planner.device(actor.scope, request.device_id)
            standing = [each for each in device.mig_instances if each.instance_status in STANDING]
            there = [placement_of_instance(each) for each in standing]
            wanted = self._one_more(device, request, there)
            plan = self._planner.plan_device(
                actor.personal_scope, device, [*there, wanted], (), [each.id for each in standing]
            )
            _refuse(MigLayoutPlan((plan,), self._transactions.clock()))
            self._order(holdings, plan, (), request.reason)
            return [device.id]

        commands = await self._once(actor, "createMigInstance", request, change)
        return MigInstanceChanged(self._made_by(commands[0]), commands[0])

    async def delete(self, actor: Principal, request: DeleteInstanceRequest) -> MigInstanceChanged:
        """Have an instance removed. Raises `Conflict` where it is in use and its allocation is not named."""
        authorise(actor, Permission.MANAGE_LAYOUTS)
        check_delete(request)
        found: list[MigInstance] = []

        def change(holdings: Holdings) -> Sequence[str]:
            instance = self._view.instance(request.mig_id)
            device = None if instance is None else visible_device(self._view, actor.scope, instance.device_id)
            if instance is None or device is None:
                raise NotFound(f"there is no MIG instance {request.mig_id!r}", path=("migId",))
            named = () if request.release_allocation is None else (request.release_allocation,)
            released = self._releasable(actor, named, "releaseAllocation")
            self._check_usable(device, released)
            if instance.instance_status not in STANDING:
                raise Conflict("it is being removed already", path=("migId",))
            self._remove(actor, holdings, device, instance, released, request.reason)
            found.append(instance)
            return [device.id]

        commands = await self._once(actor, "deleteMigInstance", request, change)
        instance = self._view.instance(request.mig_id) or (found[0] if found else None)
        if instance is None:
            raise NotFound(f"there is no MIG instance {request.mig_id!r} any more", path=("migId",))
        return MigInstanceChanged(instance, commands[0] if commands else None)

    async def switch(self, actor: Principal, request: MigModeRequest) -> MigModeChanged:
        """Have MIG mode switched. Raises `Conflict` where the device or an instance is in use and not named."""
        authorise(actor, Permission.MANAGE_LAYOUTS)
        check_mode(request)

        def change(holdings: Holdings) -> Sequence[str]:
            device = self._planner.device(actor.scope, request.device_id)
            released = self._releasable(actor, request.release_allocations)
            self._check_usable(device, released)
            if device.mig_enabled is request.enable and device.mig_pending in {None, request.enable}:
                return []
            self._release_whole(holdings, device, released, request.reason)
            for instance in () if request.enable else device.mig_instances:
                self._remove(actor, holdings, device, instance, released, request.reason)
            holdings.layouts.give_reason(device, request.reason)
            holdings.layouts.switch_mode(device, request.enable)
            return [device.id]

        operation = "enableMig" if request.enable else "disableMig"
        commands = await self._once(actor, operation, request, change)
        await self._view.ensure_current()
        return MigModeChanged(self._planner.device(actor.scope, request.device_id), commands[0] if commands else None)

    # -- inside the transaction

    async def _once(
        self,
        actor: Principal,
        operation: str,
        request: Request,
        change: Callable[[Holdings], Sequence[str]],
    ) -> Sequence[CommandRecord]:
        """Do it, unless it was done under the same key before; return the commands of the devices it names."""
        key, done = request.idempotency_key, None
        request_hash = fingerprint((operation, replace(request, idempotency_key=None)))
        holdings: Holdings | None = None
        async with self._transactions.begin(actor, current=True) as writer:
            if key is not None:
                done = await done_before(writer, key, request_hash)
            if done is None:
                holdings = Holdings(writer, self._view, self._timeout)
                devices = change(holdings)
                ids = [command for each in devices if (command := holdings.layouts.command_id(each)) is not None]
                if key is not None:
                    await remember(writer, key, request_hash, ids[0] if ids else NOTHING)
        if holdings is not None:
            return holdings.layouts.commands
        return [] if done is None or done.result_id == NOTHING else await self._sent_with(done.result_id)

    async def _sent_with(self, command_id: str) -> Sequence[CommandRecord]:
        """A command, and after it those that were written in one transaction with it."""
        first = await self._archive.command(command_id)
        if first is None:
            raise Unavailable("this was done before, but its command cannot be read any more")
        devices = [device.id for device in self._view.devices_of_node(first.node_id)]
        recent = await self._archive.commands_of_devices(devices, COMMANDS_MAX)
        together = (first.created_date, first.requested_by)
        found = [
            each
            for commands in recent.values()
            for each in commands
            if (each.created_date, each.requested_by) == together and each.id != first.id
        ]
        return [first, *found]

    def _one_more(
        self, device: GpuDevice, request: CreateInstanceRequest, there: Sequence[Placement]
    ) -> str | Placement:
        """What is wanted beside what is there. Raises `Conflict` or `InvalidInput` where the geometry forbids it."""
        geometry = self._offers.geometry(device.model)
        if geometry is None:
            return request.profile_name  # the plan says why not
        name, start = request.profile_name, request.placement_start
        if name not in geometry.by_name:
            offered = ", ".join(geometry.by_name)
            raise InvalidInput(
                f"a {device.model.model_name} has no profile {name[:80]!r}; it has: {offered}", path=("profileName",)
            )
        layout = Layout(geometry, tuple(there))
        wanted = name if start is None else placement_of(geometry, name, start)
        obstacle = (
            why_not(geometry, layout, name) if isinstance(wanted, str) else check_placement(geometry, layout, wanted)
        )
        if obstacle is None:
            return wanted
        if obstacle.kind is ObstacleKind.START:
            raise InvalidInput(str(obstacle), path=("placementStart",))
        raise Conflict(str(obstacle), path=("profileName",) if start is None else ("placementStart",))

    def _order(self, holdings: Holdings, plan: DeviceLayoutPlan, released: Collection[str], reason: str | None) -> None:
        """Write what a plan needs: releases, then the instances that go and come, as one command."""
        device, layouts = plan.device, holdings.layouts
        if plan.unchanged:
            return
        layouts.give_reason(device, reason)
        self._release_whole(holdings, device, released, reason)
        for step in plan.steps:
            if step.kind is StepKind.ENABLE_MIG:
                layouts.switch_mode(device, enable=True)
            elif step.kind is StepKind.DELETE_INSTANCE:
                instance = self._view.instance(step.mig_id or "")
                if instance is not None:
                    self._release_holder(holdings, device, instance, reason)
                    layouts.remove_instance(device, instance)
            elif step.profile_name is not None and step.placement_start is not None:
                profile = self._offers.profiles(device.model)[step.profile_name]
                layouts.make_instance(device, profile, step.placement_start)

    def _remove(
        self,
        actor: Principal,
        holdings: Holdings,
        device: GpuDevice,
        instance: MigInstance,
        released: Collection[str],
        reason: str | None,
    ) -> None:
        holder = holder_of(device, instance)
        if holder is not None and holder.id not in released:
            visible = [holder.id] if may_see(actor.personal_scope, self._view, holder) else []
            who = holder_in_the_way(holder, visible)
            raise Conflict(
                f"{instance.profile_name} at {instance.placement_start} is held by {who}: "
                "release it first, or name its allocation to release it with this",
                path=("migId",),
            )
        holdings.layouts.give_reason(device, reason)
        self._release_holder(holdings, device, instance, reason)
        holdings.layouts.remove_instance(device, instance)

    def _release_holder(self, holdings: Holdings, device: GpuDevice, instance: MigInstance, reason: str | None) -> None:
        if (holder := holder_of(device, instance)) is not None:
            self._release(holdings, holder, reason)

    def _release_whole(
        self, holdings: Holdings, device: GpuDevice, released: Collection[str], reason: str | None
    ) -> None:
        for holder in device.allocations:
            whole = any(each.device_id == device.id and each.mig_id is None for each in holder.resources)
            if whole and holder.id in released:
                self._release(holdings, holder, reason)

    def _release(self, holdings: Holdings, holder: Allocation, reason: str | None) -> None:
        if not holdings.book.has_ended(holder.id):
            why = f"the layout of its GPU changes: {reason}" if reason else "the layout of its GPU changes"
            holdings.give_back(holder, AllocationStatus.RELEASED, why)

    def _releasable(
        self, actor: Principal, allocation_ids: Sequence[str], field: str = "releaseAllocations"
    ) -> frozenset[str]:
        """The named allocations. Raises `NotFound`, `Forbidden`, `IllegalTransition` for one that may not be ended."""
        for position, allocation_id in enumerate(allocation_ids):
            path = (field,) if field == "releaseAllocation" else (field, str(position))
            found = self._view.allocation(allocation_id)
            if found is None or not may_see(actor.personal_scope, self._view, found):
                raise NotFound(f"there is no live allocation {allocation_id!r}", path=path)
            authorise_change(actor, found)
            if found.status not in ENDABLE:
                raise IllegalTransition(f"an allocation that is {found.status} cannot be released", path=path)
        return frozenset(allocation_ids)

    def _check_usable(self, device: GpuDevice, released: Collection[str]) -> None:
        visible = {each.id for each in device.allocations}
        if (refusal := self._planner.why_not(device, released, visible)) is not None:
            raise Conflict(refusal.message, path=("deviceId",))

    def _made_by(self, command: CommandRecord) -> MigInstance:
        """The instance that a command of one step makes, as it is stored now."""
        device = self._view.device(command.device_id)
        made = command.steps[-1]
        for instance in () if device is None else device.mig_instances:
            if (instance.profile_name, instance.placement_start) == (made.profile_name, made.placement_start):
                return instance
        raise Unavailable("it was ordered; it cannot be read back now")


NOTHING = "nothing"
"""What a keyed request did that changed nothing."""


def _refuse(plan: MigLayoutPlan) -> None:
    """Raise the refusal of a plan that is not ready."""
    if plan.ready:
        return
    kinds = {each.refusal.kind for each in plan.devices if each.refusal is not None}
    if kinds == {RefusalKind.NEVER}:
        raise InvalidInput(plan.message, path=("profiles",))
    raise Conflict(plan.message)
