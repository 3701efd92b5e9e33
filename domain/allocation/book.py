"""Writing allocations: every step with its history, every holding with its claims, in one transaction.

What is written is gathered and sent in few statements when the transaction ends. The allocations given here are
never objects of the view: readers must not see what is not committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.allocation.lifecycle import FINAL, HOLDING, check_transition
from domain.allocation.model import (
    AllocatedResource,
    Allocation,
    AllocationStatus,
    HistoryEntry,
    ResourceType,
    SliceClaim,
)
from domain.fleet.changes import ChangeKind
from domain.fleet.writing import InventoryWriter

REASON_LENGTH = 500


class AllocationBook:
    """The allocations of one transaction. Made over its writer; flushed by it."""

    def __init__(self, writer: InventoryWriter) -> None:
        self._writer = writer
        self._new: dict[str, Allocation] = {}
        self._changed: dict[str, Allocation] = {}
        self._steps: dict[str, list[HistoryEntry]] = {}
        self._resources: list[AllocatedResource] = []
        self._claims: list[SliceClaim] = []
        self._released: list[str] = []
        writer.before_flush(self._flush)

    @property
    def now(self) -> datetime:
        return self._writer.clock()

    def open(self, allocation: Allocation, reason: str | None) -> None:
        """A new one, in the state REQUESTED."""
        self._new[allocation.id] = allocation
        self._step(allocation, None, reason)

    def move(self, allocation: Allocation, status: AllocationStatus, reason: str | None) -> Allocation:
        """Take it a step further; returns the object that is written. Ending gives back all that it holds."""
        check_transition(allocation.status, status)
        before = allocation.status
        written = self._own(allocation)
        written.status = status
        written.status_reason = None if reason is None else reason[:REASON_LENGTH]
        if status in FINAL:
            written.ended_time = self.now
            self._released.append(written.id)
        self._step(written, before, reason)
        return written

    def change(self, allocation: Allocation, reason: str) -> Allocation:
        """The object to change without a step of its life: a new end. It is recorded all the same."""
        written = self._own(allocation)
        self._step(written, written.status, reason)
        return written

    def has_ended(self, allocation_id: str) -> bool:
        """Whether this transaction ends it."""
        return allocation_id in self._released

    def hold(self, allocation: Allocation, resources: Sequence[AllocatedResource]) -> None:
        """Give it these, and claim their slices. A share claims none: its device's version is compared instead."""
        allocation.resources = tuple(resources)
        self._resources += resources
        if allocation.resource_type is not ResourceType.SHARED:
            self._claims += [
                SliceClaim(resource.device_id, number, allocation.id)
                for resource in resources
                for number in range(resource.placement_start, resource.placement_start + resource.placement_size)
            ]

    def _own(self, allocation: Allocation) -> Allocation:
        if allocation.id in self._new:
            return self._new[allocation.id]
        if allocation.id not in self._changed:
            self._changed[allocation.id] = replace(allocation, version=allocation.version + 1)
        return self._changed[allocation.id]

    def _step(self, allocation: Allocation, before: AllocationStatus | None, reason: str | None) -> None:
        actor, now = self._writer.actor.subject, self.now
        words = None if reason is None else reason[:REASON_LENGTH]
        steps = self._steps.setdefault(allocation.id, [])
        steps.append(HistoryEntry(allocation.id, 0, before, allocation.status, now, actor, words))
        self._writer.record(
            ChangeKind.ALLOCATION_CHANGED, allocation.id, before=before, after=allocation.status, reason=words
        )

    async def _flush(self) -> None:
        ledger = self._writer.uow.ledger
        for allocation_id in self._released:  # first: what is given back may be given away in the same transaction
            await ledger.release_claims(allocation_id)
        for allocation in self._new.values():
            await ledger.add_allocation(allocation)
        for allocation in self._changed.values():
            await ledger.save_allocation(allocation)
        if self._resources:
            await ledger.add_resources(self._resources)
        if self._claims:
            await ledger.claim(self._claims)
        history: list[HistoryEntry] = []
        for allocation_id, steps in self._steps.items():
            last = 0 if allocation_id in self._new else await ledger.last_step(allocation_id)
            history += [replace(step, step=last + number) for number, step in enumerate(steps, start=1)]
        if history:
            await ledger.add_history(history)
        self._writer.allocations += [*self._new.values(), *self._changed.values()]


def fail_allocations_on(
    writer: InventoryWriter, allocations: Iterable[Allocation], node_ids: Collection[str], reason: str
) -> None:
    """End those that hold something of nodes that are about to be deleted."""
    book = AllocationBook(writer)
    for allocation in allocations:
        if allocation.status in HOLDING and any(resource.node_id in node_ids for resource in allocation.resources):
            book.move(allocation, AllocationStatus.FAILED, reason)
