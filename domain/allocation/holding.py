"""Taking hold of a place and giving it back: all that has to change with it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from domain.allocation.answers import Decision, Place, PlacedResource, explanation_of
from domain.allocation.book import AllocationBook
from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import AllocatedResource, Allocation, AllocationStatus, ResourceType
from domain.errors import Conflict
from domain.fleet.changes import ChangeKind
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.fleet.writing import InventoryWriter
from domain.mig.layout_writing import LayoutWriter
from domain.mig.model import MigInstance


class Holdings:
    """What allocations take and give back in one transaction whose view is current."""

    def __init__(self, writer: InventoryWriter, view: InventoryView, command_timeout: timedelta) -> None:
        self.book = AllocationBook(writer)
        self.layouts = LayoutWriter(writer, view, command_timeout)
        self._writer = writer
        self._view = view
        self._shared: dict[str, str] = {}
        writer.before_flush(self._touch_shared)

    def take(self, allocation: Allocation, decision: Decision, reason: str | None = None) -> Allocation:
        """Reserve the place and start what has to be made; the allocation becomes ACTIVE, or CREATING until it is made.

        Raises `Conflict` where a slice of it is held: then the decision was not made on a current view.
        """
        place = decision.place
        if place is None:
            raise ValueError("nothing was found to hold")
        self._check_free(place)
        now = self._writer.clock()
        held = self.book.move(allocation, AllocationStatus.RESERVED, reason or f"chosen by {decision.policy}")
        held.resource_type = place.resource_type
        held.allocated_resource = place.words[:500]
        held.allocation_time = now
        held.policy, held.score = decision.policy, place.score
        held.explanation = explanation_of(decision)
        if held.hours is not None and held.planned_release_time is None:
            held.planned_release_time = now + timedelta(hours=held.hours)
        instances = [self._instance(resource) for resource in place.resources]
        self.book.hold(
            held,
            [
                _held_resource(held.id, position, resource, instance)
                for position, (resource, instance) in enumerate(zip(place.resources, instances, strict=True))
            ],
        )
        if place.resource_type is ResourceType.SHARED:
            self._shared[place.resources[0].device.id] = held.id
        if place.creates:
            return self.book.move(held, AllocationStatus.CREATING, "its instance is being made")
        return self.book.move(held, AllocationStatus.ACTIVE, None)

    def give_back(self, allocation: Allocation, status: AllocationStatus, reason: str | None) -> Allocation:
        """End it (RELEASED, EXPIRED or FAILED). What it held is free with this commit; its instances stay, idle."""
        held = allocation.status in HOLDING
        ended = self.book.move(allocation, status, reason)
        if held:
            for resource in allocation.resources:
                self.layouts.free_instance(resource.device_id, resource.mig_id)
            if allocation.resource_type is ResourceType.SHARED:
                self._shared[allocation.resources[0].device_id] = allocation.id
        return ended

    def fail(self, allocation: Allocation, reason: str) -> None:
        """End it as FAILED, unless this transaction has ended it already: several of its instances may be lost."""
        if not self.book.has_ended(allocation.id):
            self.give_back(allocation, AllocationStatus.FAILED, reason)

    def _instance(self, resource: PlacedResource) -> MigInstance | None:
        if resource.profile is None:
            return None
        if resource.instance is not None:
            return self.layouts.take_instance(resource.device.id, resource.instance.id)
        return self.layouts.make_instance(
            resource.device, resource.profile, resource.start, removes=resource.removes, allocated=True
        )

    async def _touch_shared(self) -> None:
        # A share claims no slice. Its device's version is compared and set instead: two that share it at once meet.
        for device_id, allocation_id in self._shared.items():
            if (device := await self._writer.uow.device(device_id)) is not None:
                words = f"sharers changed with {allocation_id}"
                self._writer.change_device(device, ChangeKind.DEVICE_SHARING_CHANGED, None, words)

    def _check_free(self, place: Place) -> None:
        for resource in place.resources:
            device = self._view.device(resource.device.id)
            if device is None:
                raise Conflict(f"{resource.words} is gone")
            if place.resource_type is not ResourceType.SHARED:
                wanted = range(resource.start, resource.start + resource.size)
                for other in held_on(device):
                    if (
                        other.placement_start < wanted.stop
                        and wanted.start < other.placement_start + other.placement_size
                    ):
                        raise Conflict(f"{resource.words} is held by {other.allocation_id}")


def held_on(device: GpuDevice) -> Sequence[AllocatedResource]:
    """What live allocations hold of a device, by start."""
    found = [
        resource
        for allocation in device.allocations
        for resource in allocation.resources
        if resource.device_id == device.id
    ]
    return sorted(found, key=lambda resource: (resource.placement_start, resource.allocation_id))


def _held_resource(
    allocation_id: str, position: int, resource: PlacedResource, instance: MigInstance | None
) -> AllocatedResource:
    return AllocatedResource(
        allocation_id=allocation_id,
        position=position,
        device_id=resource.device.id,
        node_id=resource.device.node.id,
        gpu_equivalent=resource.gpu_equivalent,
        memory_mib=resource.memory_mib,
        mig_slices=0 if resource.profile is None else resource.profile.compute_slices,
        mig_id=None if instance is None else instance.id,
        profile_name=None if resource.profile is None else resource.profile.profile_name,
        placement_start=resource.start,
        placement_size=resource.size,
        share_milli=resource.share_milli,
    )
