"""What nodes say about MIG, taken into the inventory: the profiles of a product, the instances of a device.

A device whose layout is being changed is left alone until its command has ended: its result says what there is.
Otherwise the node is right. An instance that it lists and nobody knew is adopted, idle. One that it does not list any
more (a reboot loses all of them) is forgotten where it was idle, and made again where somebody holds it: what nobody
knew and stands in its place makes way, if the driver finds nothing running on it. Where that fails, the allocation
ends as FAILED.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.allocation.holding import Holdings
from domain.fleet.changes import ChangeKind
from domain.fleet.identity import new_id
from domain.fleet.model import GpuDevice, GpuModel
from domain.fleet.view import InventoryDelta, InventoryView
from domain.fleet.writing import InventoryWriter
from domain.mig.model import InstanceStatus, MigInstance, OfferedProfile, profile_id_for
from domain.mig.offers import offered_by
from domain.mig.profiles import MigGeometry, differences, geometry_for, geometry_from_report
from domain.mig.reports import InstanceReport, MigReport

logger = logging.getLogger(__name__)

_Place = tuple[str, int, int]


@dataclass(slots=True)
class ToldProfiles:
    """What one transaction was told of the profiles of products: to be kept once it is committed."""

    answers: set[tuple[str, MigGeometry]] = field(default_factory=set)
    written: dict[str, dict[str, OfferedProfile]] = field(default_factory=dict)
    """By product, as this transaction leaves them: the view has them only after its commit."""


class MigTakingIn:
    """Compares reports with the view, and writes the differences in a transaction whose view is current."""

    def __init__(self, view: InventoryView) -> None:
        self._view = view
        self._met: set[tuple[str, MigGeometry]] = set()  # bounded by the products and drivers of the fleet
        """Answers of NVML that were dealt with: two nodes that differ do not overwrite each other for ever."""
        self._changed_at: dict[str, datetime] = {}
        """By device: when its layout was changed last, as far as this process has seen it."""
        view.on_change(self._follow)

    def is_known(self, device: GpuDevice, report: MigReport, read_at: datetime) -> bool:
        """Whether nothing has to be written: the view shows what the report says, or what is newer than it."""
        if self._view.commands_of(device.id) or read_at < self._changed_at.get(device.id, read_at):
            return True
        if len(report.instances) != len(device.mig_instances):
            return False
        known = {_place_of(instance): instance for instance in device.mig_instances}
        for told in report.instances:
            instance = known.get(_told_place(told))
            if instance is None or instance.instance_status is not InstanceStatus.READY or _is_renamed(instance, told):
                return False
        return self._view.profiles_of(device.model.id) != {} or not report.profiles

    async def profiles(self, writer: InventoryWriter, model: GpuModel, report: MigReport, told: ToldProfiles) -> None:
        """Store the profiles of the product as NVML tells them; where they differ from what is known, log it."""
        answer = geometry_from_report(report, model.model_name)
        stored = told.written.get(model.id) or self._view.profiles_of(model.id)
        if answer is None or (model.id, answer) in told.answers:
            return
        if (model.id, answer) in self._met and stored.keys() >= answer.by_name.keys():
            return
        told.answers.add((model.id, answer))
        known = geometry_for(model.model_name)
        if known is not None and (lines := differences(known, answer)):
            logger.warning("MIG of %s as NVML tells it differs from the table: %s", model.model_name, "; ".join(lines))
        offered = offered_by(model.id, answer)
        added = [profile for name, profile in offered.items() if name not in stored]
        changed = [
            merged
            for name, profile in offered.items()
            if name in stored and (merged := _merged(stored[name], profile)) != stored[name]
        ]
        if not added and not changed:
            return
        await writer.uow.ledger.save_profiles(added, changed)
        told.written[model.id] = {**stored, **{each.profile_name: each for each in (*added, *changed)}}
        names = ", ".join(profile.profile_name for profile in (*added, *changed))
        writer.record(ChangeKind.PROFILES_REPORTED, model.id, after=f"{model.model_name}: {names}")

    def committed(self, told: ToldProfiles) -> None:
        """What a transaction was told is dealt with."""
        self._met |= told.answers

    def instances(self, holdings: Holdings, device: GpuDevice, report: MigReport, read_at: datetime) -> bool:
        """Bring the stored instances of a device to what its node lists; return whether anything differed."""
        if self.is_known(device, report, read_at):
            return False
        told = {_told_place(each): each for each in report.instances}
        lost = []
        for instance in device.mig_instances:
            listed = told.pop(_place_of(instance), None)
            if listed is not None:
                self._found(holdings, device, instance, listed)
            elif instance.allocated:
                lost.append(instance)
            else:
                holdings.layouts.forget(instance)
        known = self._view.profiles_of(device.model.id).keys() | {each.profile_name for each in report.profiles}
        for each in told.values():
            if each.profile_name not in known:
                logger.warning("%s lists an instance of %s, not offered", device.gpu_uuid, each.profile_name)
                continue
            adopted = self._adopted(holdings, device, each)
            holdings.layouts.adopt(device, adopted)
            if any(_overlap(adopted, instance) for instance in lost):
                holdings.layouts.remove_instance(device, adopted)
        self._make_again(holdings, device, lost, report)
        return True

    def _make_again(
        self, holdings: Holdings, device: GpuDevice, lost: Sequence[MigInstance], report: MigReport
    ) -> None:
        if not lost:
            return
        if not report.enabled:
            holdings.layouts.switch_mode(device, enable=True)  # Hopper and later forget the mode in a reboot
        holdings.layouts.give_reason(device, "instances in use were lost and are made again")
        for instance in lost:
            profile = self._view.profiles_of(device.model.id).get(instance.profile_name)
            if profile is not None:
                holdings.layouts.make_again(device, instance, profile)

    def _follow(self, delta: InventoryDelta) -> None:
        for change in delta.changes:
            if change.kind is ChangeKind.DEVICE_LAYOUT_CHANGED:
                self._changed_at[change.entity_id] = change.at
        for device_id in delta.removed_device_ids:
            self._changed_at.pop(device_id, None)

    def _found(self, holdings: Holdings, device: GpuDevice, instance: MigInstance, told: InstanceReport) -> None:
        if instance.instance_status is InstanceStatus.READY and not _is_renamed(instance, told):
            return
        own = holdings.layouts.change(device, instance, f"{instance.profile_name} at {instance.placement_start} there")
        own.instance_status, own.instance_id = InstanceStatus.READY, told.gi_id
        own.mig_uuid = told.mig_uuid or own.mig_uuid

    def _adopted(self, holdings: Holdings, device: GpuDevice, told: InstanceReport) -> MigInstance:
        return MigInstance(
            id=new_id("mig"),
            device_id=device.id,
            profile_id=profile_id_for(device.model.id, told.profile_name),
            profile_name=told.profile_name,
            instance_id=told.gi_id,
            mig_uuid=told.mig_uuid,
            allocated=False,
            instance_status=InstanceStatus.READY,
            placement_start=told.placement_start,
            placement_size=told.placement_size,
            created_date=holdings.book.now,
        )


def _merged(stored: OfferedProfile, told: OfferedProfile) -> OfferedProfile:
    """The newest answer, with the smaller memory of the two: what fits must fit whichever driver a node has."""
    sizes = [size for size in (stored.memory_mb, told.memory_mb) if size is not None]
    return OfferedProfile(
        **{name: getattr(told, name) for name in OfferedProfile.__slots__ if name != "memory_mb"},
        memory_mb=min(sizes, default=None),
    )


def _overlap(one: MigInstance, other: MigInstance) -> bool:
    return not set(one.slices).isdisjoint(other.slices)


def _is_renamed(instance: MigInstance, told: InstanceReport) -> bool:
    return instance.instance_id != told.gi_id or (told.mig_uuid is not None and instance.mig_uuid != told.mig_uuid)


def _place_of(instance: MigInstance) -> _Place:
    return (instance.profile_name, instance.placement_start, instance.placement_size)


def _told_place(told: InstanceReport) -> _Place:
    return (told.profile_name, told.placement_start, told.placement_size)
