"""Allocations as a stream: the live ones first, then each that changed, as one reader may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from domain.access.policy import Permission, authorise
from domain.access.principal import AccessScope
from domain.allocation.model import Allocation
from domain.allocation.query import AllocationFilter, select_allocations
from domain.fleet.following import deltas
from domain.fleet.view import InventoryView


@dataclass(frozen=True, slots=True)
class AllocationEvents:
    """One message. With `snapshot`, `allocations` are all live ones that match; otherwise those that changed.

    An allocation that ended comes once more, in its final state. `sequence` is the number of the newest change
    that is contained: the same on every replica.
    """

    sequence: int
    snapshot: bool
    allocations: Sequence[Allocation]


async def allocation_events(
    view: InventoryView, scope: AccessScope, where: AllocationFilter
) -> AsyncIterator[AllocationEvents]:
    """Yield a snapshot, then one message per refresh that touched the selection. Never ends by itself."""
    authorise(scope, Permission.READ_FLEET)
    where.check()
    async with aclosing(deltas(view)) as news:
        async for delta in news:
            if delta is None:
                yield _snapshot(view, scope, where)
            elif changed := select_allocations(view, scope, where, delta.allocations):
                yield AllocationEvents(delta.sequence, False, changed)


def _snapshot(view: InventoryView, scope: AccessScope, where: AllocationFilter) -> AllocationEvents:
    return AllocationEvents(max(view.revision, 0), True, select_allocations(view, scope, where))
