"""Allocations as a stream: the live ones first, then each that changed, as one reader may see them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.access.policy import Permission, authorise
from domain.access.principal import AccessScope
from domain.allocation.model import Allocation
from domain.allocation.query import AllocationFilter, select_allocations
from domain.fleet.view import InventoryDelta, InventoryView

DELTAS_WAITING_MAX = 256
"""A reader that falls further behind gets the whole selection again instead of the changes it missed."""


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
    waiting: deque[InventoryDelta] = deque(maxlen=DELTAS_WAITING_MAX)
    arrived = asyncio.Event()
    lagged = False

    def receive(delta: InventoryDelta) -> None:
        nonlocal lagged
        lagged = lagged or delta.full or len(waiting) == DELTAS_WAITING_MAX
        waiting.append(delta)
        arrived.set()

    stop = view.on_change(receive)
    try:
        yield _snapshot(view, scope, where)
        while True:
            await arrived.wait()
            arrived.clear()
            if lagged:
                lagged = False
                waiting.clear()
                yield _snapshot(view, scope, where)
                continue
            while waiting and not lagged:
                delta = waiting.popleft()
                changed = select_allocations(view, scope, where, delta.allocations)
                if changed:
                    yield AllocationEvents(delta.sequence, False, changed)
    finally:
        stop()


def _snapshot(view: InventoryView, scope: AccessScope, where: AllocationFilter) -> AllocationEvents:
    return AllocationEvents(max(view.revision, 0), True, select_allocations(view, scope, where))
