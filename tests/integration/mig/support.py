"""Replicas over one database, the simulated GPUs they partition, and the auditor of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM, Principal
from domain.allocation.answers import AllocationAnswer
from domain.allocation.free_capacity import FreeCapacity
from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import Allocation, AllocationStatus
from domain.allocation.requests import ReleaseRequest
from domain.fleet.model import GpuDevice
from domain.fleet.reporting import NodeReporting
from domain.fleet.view import InventoryView
from domain.mig.commands import CommandRecord, CommandResult, NodeCommand
from domain.mig.dispatch import CommandDesk
from domain.mig.model import STANDING, InstanceStatus, MigInstance
from domain.mig.offers import Offers
from domain.mig.places import places_on
from domain.mig.ports import MigExecutor
from domain.mig.requests import LayoutRequest, WantedPlacement
from domain.mig.results import CommandResults
from domain.mig.service import LayoutService, MigLayoutApplied
from integrations.nvml.simulator import SimulatedFleet, SimulatedSource
from persistence.inventory_reader import SqlInventoryReader
from server.mig_commands import LocalCommands
from tests.integration.allocation.auditor import audit
from tests.integration.allocation.support import OPERATOR, TIMEOUT, Clock, Replica, replica

GPUS = 10
H100, A100 = 0, 8
"""Rows of the first H100 of eight, on one node, and of the first A100 of two, on another."""

Placed = list[tuple[str, int]]
"""Profile and start of instances, in order of their start."""


@dataclass
class MigReplica:
    """One process's worth of services."""

    base: Replica
    layouts: LayoutService
    desk: CommandDesk
    results: CommandResults
    reporting: NodeReporting
    offers: Offers
    capacity: FreeCapacity

    @property
    def view(self) -> InventoryView:
        return self.base.view

    async def ask(self, actor: Principal = OPERATOR, **wanted: Any) -> AllocationAnswer:
        return await self.base.ask(actor, **wanted)

    async def granted(self, actor: Principal = OPERATOR, **wanted: Any) -> Allocation:
        """The allocation of a request that must be granted."""
        answer = await self.ask(actor, **wanted)
        assert answer.granted, answer.message
        assert answer.allocation is not None
        return answer.allocation

    async def release(self, allocation: Allocation, actor: Principal = OPERATOR) -> Allocation:
        return await self.base.allocations.release(actor, ReleaseRequest(allocation.id))

    async def stored(self, allocation: Allocation) -> Allocation:
        """An allocation as it is now, live or ended."""
        found = await self.base.allocations.allocation(OPERATOR, allocation.id)
        assert found is not None
        return found


def mig_replica(engine: AsyncEngine, clock: Clock) -> MigReplica:
    base = replica(engine, clock)
    offers = Offers(base.view)
    return MigReplica(
        base,
        LayoutService(base.transactions, offers, base.archive, TIMEOUT),
        CommandDesk(base.transactions),
        CommandResults(base.transactions, TIMEOUT),
        NodeReporting(base.transactions, TIMEOUT),
        offers,
        FreeCapacity(base.view, offers, base.scheduler.instances.feed),
    )


class Rig:
    """Two replicas, and the GPUs of both nodes that the first of them reads; nothing runs on any."""

    def __init__(self, engine: AsyncEngine, layouts: Mapping[int, Sequence[tuple[str, int]]] | None = None) -> None:
        """`layouts`: the GPUs that begin partitioned, by row."""
        self.engine = engine
        self.clock = Clock()
        self.fleet = SimulatedFleet(
            GPUS,
            seed=3,
            clock=self._seconds,
            mig_layouts={_place(row): layout for row, layout in (layouts or {}).items()},
            idle=[_place(row) for row in range(GPUS)],
        )
        self.source = SimulatedSource(self.fleet)
        self.replicas = [mig_replica(engine, self.clock), mig_replica(engine, self.clock)]
        self.quiet = True
        """Whether the simulated GPUs must be as stored at the end of the test."""

    def _seconds(self) -> float:
        return self.clock.now.timestamp()

    @property
    def first(self) -> MigReplica:
        return self.replicas[0]

    @property
    def second(self) -> MigReplica:
        return self.replicas[1]

    @property
    def executor(self) -> MigExecutor:
        return self.source.mig_executor

    async def start(self) -> None:
        await self.first.view.refresh()
        await self.report()
        await self.second.view.refresh()

    async def report(self) -> int:
        """The nodes report; how many changes that led to."""
        await self.first.view.ensure_current()
        before = self.first.view.revision
        await self.first.reporting.report_nodes(SYSTEM, await self.source.discover())
        return self.first.view.revision - before

    async def carry_out(self, executor: MigExecutor | None = None) -> int:
        """Carry out every open command; how many those were."""
        node_ids = {node.id for node in self.first.view.nodes}
        one = self.first
        commands = LocalCommands(one.view, one.desk, one.results, executor or self.executor, lambda: node_ids)
        done = 0
        await one.view.ensure_current()
        while more := await commands.run_due():
            done += more
        return done

    async def apply(self, row: int, *profiles: str, actor: Principal = OPERATOR, **more: Any) -> MigLayoutApplied:
        """Order a layout of one GPU, a second after what was before: profiles by name, or `name@start`."""
        self.clock.now += timedelta(seconds=1)
        return await self.first.layouts.apply(actor, self.wanted(row, *profiles, **more))

    async def laid_out(self, row: int, *profiles: str) -> None:
        """Order a layout and see it made."""
        await self.apply(row, *profiles)
        assert await self.carry_out() == 1
        assert Counter(name for name, _ in self.placed(row)) == Counter(name.partition("@")[0] for name in profiles)

    def wanted(self, row: int, *profiles: str, **more: Any) -> LayoutRequest:
        split = [profile.partition("@") for profile in profiles]
        return LayoutRequest(
            device_id=self.device(row).id,
            profiles=tuple(name for name, at, _ in split if not at),
            placements=tuple(WantedPlacement(name, int(start)) for name, at, start in split if at),
            **more,
        )

    def device(self, row: int) -> GpuDevice:
        found = self.first.view.device_by_uuid(self.fleet.uuids[row])
        assert found is not None
        return found

    def instance(self, row: int, start: int) -> MigInstance:
        """The stored instance that starts there."""
        (found,) = [each for each in self.device(row).mig_instances if each.placement_start == start]
        return found

    def stored(self, row: int, status: InstanceStatus = InstanceStatus.READY) -> Placed:
        instances = [each for each in self.device(row).mig_instances if each.instance_status is status]
        return sorted(((each.profile_name, each.placement_start) for each in instances), key=lambda each: each[1])

    def placed(self, row: int) -> Placed:
        """What the simulated GPU itself has."""
        instances = self.fleet.node_of(row).board(row).instances
        return sorted(((each.profile.name, each.start) for each in instances), key=lambda each: each[1])

    def index(self, row: int) -> int:
        return _place(row)[1]

    def occupy(self, row: int, start: int) -> None:
        """Start a program on an instance, whoever has it."""
        node = self.fleet.node_of(row)
        (instance,) = [each for each in node.board(row).instances if each.start == start]
        node.occupy(self.index(row), instance.id)

    def vacate(self, row: int) -> None:
        self.fleet.node_of(row).stop_programs(self.index(row))

    def make_by_hand(self, row: int, profile_name: str, start: int, *, runs: bool = False) -> None:
        """As somebody with `nvidia-smi mig -cgi -C` does; `runs`: and starts a program there."""
        board = self.fleet.node_of(row).board(row)
        profile = next(each for each in board.part.mig_profiles if each.name == profile_name)
        made = board.create(profile, start)
        board.create_compute(made, profile.compute_slices)
        if runs:
            node = self.fleet.node_of(row)
            node.occupy(row - node.first, made.id)

    def remove_by_hand(self, row: int, start: int) -> None:
        board = self.fleet.node_of(row).board(row)
        (instance,) = [each for each in board.instances if each.start == start]
        for compute in list(instance.compute):
            board.destroy_compute(compute)
        board.destroy(instance)

    async def reboot(self, row: int) -> None:
        """Restart the node of a GPU. Its driver is back, and nobody has been told what it has lost."""
        self.fleet.node_of(row).reboot()
        await self.source.discover()  # the first call notices that the session is gone

    def switch_by_hand(self, row: int) -> None:
        """As somebody with `nvidia-smi -mig 1` does, where no reset is needed."""
        node = self.fleet.node_of(row)
        node.board(row).switch(True, in_use=False)
        node._note(node.board(row))

    async def command(self, command_id: str) -> CommandRecord:
        """A command as it is stored."""
        found = await self.first.base.archive.command(command_id)
        assert found is not None
        return found

    async def only_command(self, row: int) -> CommandRecord:
        """The one open command of a GPU."""
        await self.first.view.ensure_current()
        (found,) = self.first.view.commands_of(self.device(row).id)
        return found

    async def looked_at(self) -> None:
        """Everything that is computed for readers, of every GPU: nothing in between two states breaks it."""
        for each in self.replicas:
            await each.view.ensure_current()
            for device in each.view.devices:
                for place in places_on(each.offers, device):
                    assert (place.why_not is None) is (place.places_now > 0)
            each.capacity.profiles(OPERATOR.scope)
            fragmentation = each.capacity.fragmentation(OPERATOR.scope)
            assert fragmentation is None or 0 <= fragmentation <= 1
            await each.capacity.defragmentation(OPERATOR.scope)
            for row in (H100, H100 + 1, A100):
                plan = await each.layouts.plan(OPERATOR, self.wanted(row, "3g.40gb", "1g.10gb"))
                assert plan.message

    async def audit(self) -> list[str]:
        """What is wrong in what is stored and in what the GPUs have."""
        wrong = await audit(self.engine)
        view = InventoryView(SqlInventoryReader(self.engine))
        await view.refresh()
        for device in view.devices:
            wrong += _wrong_instances(view, device)
        wrong += _wrong_in_memory(view, self.first)
        if self.quiet:
            for row in range(GPUS):
                device_or_none = view.device_by_uuid(self.fleet.uuids[row])
                board = self.fleet.node_of(row).board(row)
                known = {
                    (i.profile_name, i.placement_start) for i in (device_or_none or self.device(row)).mig_instances
                }
                if known != set(self.placed(row)):
                    wrong.append(f"GPU {row} has {self.placed(row)}, stored are {sorted(known)}")
                if device_or_none is None or bool(device_or_none.mig_enabled) is not board.enabled:
                    wrong.append(f"GPU {row}: MIG is {board.enabled}, which is not what is stored")
        return wrong


def _place(row: int) -> tuple[int, int]:
    return (0, row) if row < A100 else (1, row - A100)


def _wrong_instances(view: InventoryView, device: GpuDevice) -> list[str]:
    wrong = []
    live = [each for each in view.allocations if each.status in HOLDING]
    held = {
        resource.mig_id: (allocation, resource)
        for allocation in live
        for resource in allocation.resources
        if resource.mig_id is not None and resource.device_id == device.id
    }
    counted = Counter(
        resource.mig_id for each in live for resource in each.resources if resource.device_id == device.id
    )
    wrong += [f"{mig_id} is held {times} times" for mig_id, times in counted.items() if mig_id and times > 1]
    known = {instance.id: instance for instance in device.mig_instances}
    wrong += [f"{mig_id} is held and is not there" for mig_id in held.keys() - known.keys()]
    open_steps = [step for command in view.commands_of(device.id) for step in command.steps]
    for instance in device.mig_instances:
        name = f"{device.device_index}: {instance.profile_name} at {instance.placement_start}"
        if instance.allocated is not (instance.id in held):
            wrong.append(f"{name} says allocated={instance.allocated}, held by {held.get(instance.id)}")
        if instance.allocated is not (instance.allocated_date is not None):
            wrong.append(f"{name} says allocated={instance.allocated} since {instance.allocated_date}")
        if instance.id in held:
            allocation, resource = held[instance.id]
            if (resource.placement_start, resource.placement_size) != (
                instance.placement_start,
                instance.placement_size,
            ):
                wrong.append(f"{name} is not where {allocation.id} holds it")
            if allocation.status is AllocationStatus.CREATING and not open_steps:
                siblings = [view.instance(each.mig_id or "") for each in allocation.resources]
                if all(each is not None and each.instance_status is InstanceStatus.READY for each in siblings):
                    wrong.append(f"{allocation.id} waits for nothing")
        waits = instance.instance_status in {InstanceStatus.CREATING, InstanceStatus.DELETING}
        if waits and not any(step.placement_start == instance.placement_start for step in open_steps):
            wrong.append(f"{name} is {instance.instance_status} and no command is open for it")
    # one that waits to be made may lie over one that could not be removed, until its own command ends
    waiting = {InstanceStatus.CREATING} if open_steps else set()
    standing = [each for each in device.mig_instances if each.instance_status in STANDING - waiting]
    taken = Counter(number for each in standing for number in each.slices)
    wrong += [f"{device.device_index}: slice {number} is covered twice" for number, times in taken.items() if times > 1]
    return wrong


def _wrong_in_memory(stored: InventoryView, one: MigReplica) -> list[str]:
    """A replica that has followed every change must know what a fresh reader does."""
    if one.view.revision != stored.revision:
        return []
    wrong = []
    for device in stored.devices:
        own = one.view.device(device.id)
        if own is None or _facts(own) != _facts(device):
            wrong.append(f"the view of {device.device_index} is not what is stored")
    if {command.id for command in one.view.commands} != {command.id for command in stored.commands}:
        wrong.append("the view has other open commands than are stored")
    return wrong


def _facts(device: GpuDevice) -> object:
    instances = [(i.id, i.instance_status, i.allocated, i.instance_id, i.mig_uuid) for i in device.mig_instances]
    return device.mig_enabled, device.mig_pending, sorted(instances), sorted(each.id for each in device.allocations)


class Crashing:
    """An executor that does its work and dies before it can say so."""

    def __init__(self, executor: MigExecutor) -> None:
        self._executor = executor
        self.seen: list[NodeCommand] = []

    async def execute(self, command: NodeCommand) -> CommandResult:
        self.seen.append(command)
        await self._executor.execute(command)
        raise ConnectionError("crashed")


PAST_GRACE = TIMEOUT + timedelta(seconds=31)
