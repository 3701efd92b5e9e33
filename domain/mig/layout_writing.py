"""Writing layouts: instances and the commands that make them true, in one transaction.

The rows of MIG_INSTANCES say how a device is meant to be; CREATING and DELETING ones wait for their command. One
transaction sends at most one command to a device: its deletes come first, then its creates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.errors import Conflict, NotFound
from domain.fleet.changes import ChangeKind
from domain.fleet.identity import new_id
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.fleet.writing import InventoryWriter
from domain.mig.commands import COMMAND_TIMEOUT, CommandRecord, CommandStatus, CommandStep, StepKind
from domain.mig.model import STANDING, InstanceStatus, MigInstance, OfferedProfile


class LayoutWriter:
    """The layouts of one transaction. Made over its writer; flushed by it."""

    def __init__(
        self, writer: InventoryWriter, view: InventoryView, command_timeout: timedelta = COMMAND_TIMEOUT
    ) -> None:
        """`command_timeout`: how long a node has for a command before it counts as failed."""
        self._writer = writer
        self._view = view
        self._timeout = command_timeout
        self._added: dict[str, MigInstance] = {}
        self._changed: dict[str, MigInstance] = {}
        self._deleted: set[str] = set()
        self._steps: dict[str, list[CommandStep]] = {}
        self._command_ids: dict[str, str] = {}
        self._devices: dict[str, GpuDevice] = {}
        self._words: dict[str, list[str]] = {}
        self._reasons: dict[str, str | None] = {}
        self._commands: list[CommandRecord] = []
        self._saved_commands: list[CommandRecord] = []
        writer.after_devices(self._flush)  # instances refer to their devices

    @property
    def commands(self) -> Sequence[CommandRecord]:
        """Those this transaction sends, once it has been flushed."""
        return self._commands

    def make_instance(
        self,
        device: GpuDevice,
        profile: OfferedProfile,
        start: int,
        *,
        removes: Sequence[MigInstance] = (),
        allocated: bool = False,
    ) -> MigInstance:
        """Have an instance made at a start, after idle ones in its way are removed. Raises `Conflict` on an overlap."""
        for instance in removes:
            self.remove_instance(device, instance)
        size = profile.memory_slices
        for other in self.standing_on(device):
            if other.placement_start < start + size and start < other.placement_start + other.placement_size:
                raise Conflict(f"{other.profile_name} at {other.placement_start} is in the way of {start}")
        now = self._writer.clock()
        made = MigInstance(
            id=new_id("mig"),
            device_id=device.id,
            profile_id=profile.id,
            profile_name=profile.profile_name,
            instance_id=None,
            mig_uuid=None,
            allocated=allocated,
            instance_status=InstanceStatus.CREATING,
            placement_start=start,
            placement_size=size,
            created_date=now,
            allocated_date=now if allocated else None,
        )
        self._added[made.id] = made
        self._step(device, StepKind.CREATE_INSTANCE, made, profile.gi_profile_id)
        return made

    def make_again(self, device: GpuDevice, instance: MigInstance, profile: OfferedProfile) -> None:
        """Have an instance that was lost, and is allocated, made again where it was."""
        own = self._own(instance)
        own.instance_status, own.instance_id, own.mig_uuid = InstanceStatus.CREATING, None, None
        self._step(device, StepKind.CREATE_INSTANCE, own, profile.gi_profile_id)

    def remove_instance(self, device: GpuDevice, instance: MigInstance) -> None:
        """Have an instance removed. Raises `Conflict` where it is allocated."""
        own = self._own(instance)
        if own.allocated:
            raise Conflict(f"{own.profile_name} at {own.placement_start} is allocated: release its allocation first")
        own.instance_status = InstanceStatus.DELETING
        profile = self._view.profiles_of(device.model.id).get(own.profile_name)
        self._step(device, StepKind.DELETE_INSTANCE, own, None if profile is None else profile.gi_profile_id)

    def switch_mode(self, device: GpuDevice, enable: bool) -> None:
        """Have MIG mode switched on or off."""
        kind = StepKind.ENABLE_MIG if enable else StepKind.DISABLE_MIG
        self._note(device, "MIG on" if enable else "MIG off")
        self._add_step(device, CommandStep(kind))

    def take_instance(self, device_id: str, mig_id: str) -> MigInstance:
        """An idle instance becomes allocated. Raises `Conflict` where it is not there or not idle."""
        own = self._own(self._known(device_id, mig_id))
        if own.allocated or own.instance_status is not InstanceStatus.READY:
            raise Conflict(f"{own.profile_name} at {own.placement_start} is not idle any more")
        own.allocated, own.allocated_date = True, self._writer.clock()
        self._note_device(device_id, f"{own.profile_name} at {own.placement_start} allocated")
        return own

    def free_instance(self, device_id: str, mig_id: str | None) -> None:
        """An allocated instance becomes idle; one that is gone is no error. A lost one is forgotten."""
        device = self._view.device(device_id)
        if mig_id is None or device is None:
            return
        for instance in device.mig_instances:
            if instance.id == mig_id and instance.id not in self._deleted:
                own = self._own(instance)
                own.allocated, own.allocated_date = False, None
                if own.instance_status is InstanceStatus.LOST:
                    self.forget(own)
                self._note(device, f"{own.profile_name} at {own.placement_start} free")

    def adopt(self, device: GpuDevice, instance: MigInstance) -> None:
        """Write an instance down that its node reported."""
        self._added[instance.id] = instance
        self._note(device, f"{instance.profile_name} at {instance.placement_start} found")

    def change(self, device: GpuDevice, instance: MigInstance, words: str) -> MigInstance:
        """The object to change of a stored instance."""
        self._note(device, words)
        return self._own(instance)

    def forget(self, instance: MigInstance) -> None:
        """Delete the row of an instance that is gone."""
        self._deleted.add(instance.id)
        self._changed.pop(instance.id, None)
        if (device := self._view.device(instance.device_id)) is not None:
            self._note(device, f"{instance.profile_name} at {instance.placement_start} gone")

    def command_id(self, device_id: str) -> str | None:
        """The id of the command that this transaction sends to a device; None: it sends none."""
        return self._command_ids.get(device_id)

    def note(self, device: GpuDevice, words: str) -> None:
        """Record on the device what its layout has to do with, so that everybody looks at it again."""
        self._note(device, words)

    def save_command(self, command: CommandRecord, words: str) -> None:
        """Write a command's new state."""
        self._saved_commands.append(command)
        self._writer.record(ChangeKind.COMMAND_CHANGED, command.id, after=f"{command.status}: {words}")

    def give_reason(self, device: GpuDevice, reason: str | None) -> None:
        """Why the device's layout changes: kept with its command."""
        self._reasons[device.id] = reason

    def all_ready(self, mig_ids: Iterable[str | None]) -> bool:
        """Whether these instances are all there, as this transaction leaves them."""
        return all(mig_id is None or self._status_of(mig_id) is InstanceStatus.READY for mig_id in mig_ids)

    def standing_on(self, device: GpuDevice) -> list[MigInstance]:
        """The instances of a device as this transaction leaves them."""
        stored = [self._changed.get(instance.id, instance) for instance in device.mig_instances]
        stored = [instance for instance in stored if instance.id not in self._deleted]
        added = [instance for instance in self._added.values() if instance.device_id == device.id]
        return [instance for instance in (*stored, *added) if instance.instance_status in STANDING]

    def _status_of(self, mig_id: str) -> InstanceStatus | None:
        if mig_id in self._deleted:
            return None
        instance = self._changed.get(mig_id) or self._added.get(mig_id) or self._view.instance(mig_id)
        return None if instance is None else instance.instance_status

    def _known(self, device_id: str, mig_id: str) -> MigInstance:
        instance = self._view.instance(mig_id)
        if instance is not None and instance.device_id == device_id:
            return instance
        raise NotFound(f"there is no instance {mig_id!r}", path=("migId",))

    def _own(self, instance: MigInstance) -> MigInstance:
        if instance.id in self._added:
            return self._added[instance.id]
        return self._changed.setdefault(instance.id, replace(instance))

    def _step(self, device: GpuDevice, kind: StepKind, instance: MigInstance, gi_profile_id: int | None) -> None:
        word = "make" if kind is StepKind.CREATE_INSTANCE else "remove"
        self._note(device, f"{word} {instance.profile_name} at {instance.placement_start}")
        self._add_step(
            device,
            CommandStep(kind, instance.profile_name, gi_profile_id, instance.placement_start, instance.placement_size),
        )

    def _add_step(self, device: GpuDevice, step: CommandStep) -> None:
        self._command_ids.setdefault(device.id, new_id("cmd"))
        self._steps.setdefault(device.id, []).append(step)

    def _note(self, device: GpuDevice, words: str) -> None:
        self._writer.touch()
        self._devices[device.id] = device
        self._words.setdefault(device.id, []).append(words)

    def _note_device(self, device_id: str, words: str) -> None:
        if (device := self._view.device(device_id)) is not None:
            self._note(device, words)

    async def _flush(self) -> None:
        ledger = self._writer.uow.ledger
        if self._deleted:
            await ledger.delete_instances(self._deleted)
        if self._added:
            await ledger.add_instances(list(self._added.values()))
        if self._changed:
            await ledger.save_instances(list(self._changed.values()))
        now = self._writer.clock()
        for device_id, steps in self._steps.items():
            command = self._command(self._devices[device_id], steps, now)
            self._commands.append(command)
            await ledger.add_command(command)
            self._writer.record(ChangeKind.COMMAND_CHANGED, command.id, after=CommandStatus.PENDING)
        for command in self._saved_commands:
            await ledger.save_command(command)
        for device_id, words in self._words.items():
            device = self._devices[device_id]
            self._writer.record(
                ChangeKind.DEVICE_LAYOUT_CHANGED,
                device.id,
                device.node.id,
                after="; ".join(words),
                reason=self._reasons.get(device_id),
            )

    def _command(self, device: GpuDevice, steps: Sequence[CommandStep], now: datetime) -> CommandRecord:
        # commands go by this date: one may need what those before it do, and replicas' clocks differ
        after = [each.created_date + timedelta(microseconds=1) for each in self._view.commands_of(device.id)]
        order = {StepKind.ENABLE_MIG: 0, StepKind.DELETE_INSTANCE: 1, StepKind.CREATE_INSTANCE: 2}
        return CommandRecord(
            id=self._command_ids[device.id],
            node_id=device.node.id,
            device_id=device.id,
            gpu_uuid=device.gpu_uuid,
            steps=tuple(sorted(steps, key=lambda step: order.get(step.kind, 3))),
            status=CommandStatus.PENDING,
            attempt=0,
            requested_by=self._writer.actor.subject,
            reason=self._reasons.get(device.id),
            created_date=max([now, *after]),
            deadline=now + self._timeout,
        )
