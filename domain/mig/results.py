"""What became of commands: instances that are ready or gone, allocations that go on or fail.

A result is taken once. One that comes again, or too late, changes nothing: the node's next report tells the layout.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import SYSTEM, Principal
from domain.allocation.holding import Holdings
from domain.allocation.model import Allocation, AllocationStatus
from domain.errors import InvalidInput, NotFound
from domain.fleet.changes import ChangeKind
from domain.fleet.model import GpuDevice
from domain.fleet.requests import check_mig
from domain.fleet.writing import InventoryTransactions, InventoryWriter
from domain.mig.commands import OPEN_STATUSES, CommandRecord, CommandResult, CommandStatus, CommandStep, StepKind
from domain.mig.holders import holder_of
from domain.mig.model import InstanceStatus, MigInstance
from domain.mig.reports import InstanceReport, MigReport

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
"""How long after its deadline a command's result is still waited for: a step that has begun is not cut off."""
ERROR_LENGTH = 500
_FACTS = ("mig_enabled", "mig_pending")


class CommandResults:
    """Takes in what executors say, and ends commands that nobody answers."""

    def __init__(self, transactions: InventoryTransactions, command_timeout: timedelta) -> None:
        self._transactions = transactions
        self._view = transactions.view
        self._timeout = command_timeout

    async def take(self, actor: Principal, result: CommandResult) -> CommandRecord:
        """Store a result; return the command as it is then. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
        authorise(actor, Permission.EXECUTE_COMMANDS)
        if result.mig is not None:
            check_mig(result.mig, ("mig",))
        if result.steps_done < 0:
            raise InvalidInput(f"at least 0, not {result.steps_done:,}", path=("stepsDone",))
        async with self._transactions.begin(actor, current=True) as writer:
            command = self._view.command(result.command_id) or await writer.uow.ledger.command(result.command_id)
            if command is None:
                raise NotFound(f"there is no command {result.command_id!r}", path=("commandId",))
            self._authorise_for(actor, command)
            if command.status not in OPEN_STATUSES:
                return command
            status = CommandStatus.SUCCEEDED if result.succeeded else CommandStatus.FAILED
            return await self._end(self._holdings(writer), writer, command, status, result)

    async def sweep(self) -> int:
        """End the commands whose deadline has passed unanswered; return how many. Raises `Unavailable`."""
        if not self._overdue():
            return 0
        ended = 0
        async with self._transactions.begin(SYSTEM, current=True) as writer:
            holdings = self._holdings(writer)  # one for all: an allocation may wait for several of them
            for command in self._overdue():
                words = (
                    f"node did not answer in time (attempt {command.attempt})"
                    if command.attempt
                    else ("no agent of the node took it in time")
                )
                result = CommandResult(command.id, False, words)
                await self._end(holdings, writer, command, CommandStatus.TIMED_OUT, result)
                ended += 1
        return ended

    def _overdue(self) -> list[CommandRecord]:
        now = self._transactions.clock()
        return [command for command in self._view.commands if now > command.deadline + GRACE]

    def _authorise_for(self, actor: Principal, command: CommandRecord) -> None:
        node = self._view.node(command.node_id)
        if node is not None:
            authorise_node(actor, node.cluster_name, node.node_name)

    def _holdings(self, writer: InventoryWriter) -> Holdings:
        return Holdings(writer, self._view, self._timeout)

    async def _end(
        self,
        holdings: Holdings,
        writer: InventoryWriter,
        command: CommandRecord,
        status: CommandStatus,
        result: CommandResult,
    ) -> CommandRecord:
        error = None if result.error is None else result.error[:ERROR_LENGTH]
        ended = replace(command, status=status, finished_date=writer.clock(), error=error)
        holdings.layouts.save_command(ended, error or "done")
        device = self._view.device(command.device_id)
        if device is None:
            return ended  # it was removed meanwhile, and its allocations with it
        mode = result.mig or _switched(command, result)
        if mode is not None:
            await self._note_mode(writer, device, mode)
        holdings.layouts.note(device, f"command {command.id} {status}")
        _Outcome(holdings, device, command, result).settle()
        return ended

    async def _note_mode(self, writer: InventoryWriter, device: GpuDevice, mig: MigReport) -> None:
        stored = await writer.uow.device(device.id)
        if stored is None or (stored.mig_enabled, stored.mig_pending) == (mig.enabled, mig.pending):
            return
        before = "; ".join(f"{name}={getattr(stored, name)}" for name in _FACTS)
        stored.mig_enabled, stored.mig_pending = mig.enabled, mig.pending
        after = "; ".join(f"{name}={getattr(stored, name)}" for name in _FACTS)
        writer.change_device(stored, ChangeKind.DEVICE_UPDATED, before, after)


def _switched(command: CommandRecord, result: CommandResult) -> MigReport | None:
    """The mode that a switch has left, where its result tells no layout: nobody may be given the GPU as it was."""
    if not result.succeeded:
        return None
    kinds = {step.kind for step in command.steps}
    if StepKind.ENABLE_MIG in kinds:
        return MigReport(enabled=True, pending=True)
    return MigReport(enabled=False, pending=False) if StepKind.DISABLE_MIG in kinds else None


class _Outcome:
    """The effect of one command's end on the instances it names and on who holds them."""

    def __init__(self, holdings: Holdings, device: GpuDevice, command: CommandRecord, result: CommandResult) -> None:
        self._holdings = holdings
        self._device = device
        self._command = command
        self._result = result

    def settle(self) -> None:
        waiting: dict[str, Allocation] = {}
        for number, step in enumerate(self._command.steps):
            instance = self._instance_of(step)
            if instance is None:
                continue
            there, told = self._is_there(number, step)
            if step.kind is StepKind.DELETE_INSTANCE:
                self._deleted(instance, there)
            elif there:
                self._made(instance, told)
                if (holder := holder_of(self._device, instance)) is not None:
                    waiting[holder.id] = holder
            else:
                self._not_made(instance)
        for holder in waiting.values():
            self._go_on(holder)

    def _instance_of(self, step: CommandStep) -> MigInstance | None:
        """The stored instance that a step is about and that waits for it."""
        wanted = {
            StepKind.CREATE_INSTANCE: InstanceStatus.CREATING,
            StepKind.DELETE_INSTANCE: InstanceStatus.DELETING,
        }.get(step.kind)
        for instance in self._device.mig_instances:
            if (
                instance.instance_status is wanted
                and instance.placement_start == step.placement_start
                and instance.profile_name == step.profile_name
            ):
                return instance
        return None

    def _is_there(self, number: int, step: CommandStep) -> tuple[bool, InstanceReport | None]:
        """Whether the instance exists now: as NVML tells it, else as the steps that were done imply."""
        mig = self._result.mig
        if mig is None:
            done = self._result.succeeded or number < self._result.steps_done
            return (done if step.kind is StepKind.CREATE_INSTANCE else not done), None
        told = _listed(mig.instances, step)
        return told is not None, told

    def _deleted(self, instance: MigInstance, still_there: bool) -> None:
        if not still_there:
            self._holdings.layouts.forget(instance)
            return
        words = f"{instance.profile_name} at {instance.placement_start} could not be removed"
        self._holdings.layouts.change(self._device, instance, words).instance_status = InstanceStatus.READY

    def _made(self, instance: MigInstance, told: InstanceReport | None) -> None:
        words = f"{instance.profile_name} at {instance.placement_start} made"
        own = self._holdings.layouts.change(self._device, instance, words)
        own.instance_status = InstanceStatus.READY
        if told is not None:
            own.instance_id, own.mig_uuid = told.gi_id, told.mig_uuid

    def _not_made(self, instance: MigInstance) -> None:
        holder = holder_of(self._device, instance)
        if holder is not None and holder.status in {AllocationStatus.CREATING, AllocationStatus.ACTIVE}:
            error = self._result.error or "the node made no such instance"
            self._holdings.fail(holder, f"its instance could not be made: {error}")
        self._holdings.layouts.forget(instance)

    def _go_on(self, holder: Allocation) -> None:
        """An allocation whose instances are all made becomes ACTIVE."""
        if holder.status is not AllocationStatus.CREATING or self._holdings.book.has_ended(holder.id):
            return
        if self._holdings.layouts.all_ready(resource.mig_id for resource in holder.resources):
            self._holdings.book.move(holder, AllocationStatus.ACTIVE, "its instance is made")


def _listed(instances: Iterable[InstanceReport], step: CommandStep) -> InstanceReport | None:
    for each in instances:
        if each.profile_name == step.profile_name and each.placement_start == step.placement_start:
            return each
    return None
