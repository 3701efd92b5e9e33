"""How the fields of allocations get their values."""

from __future__ import annotations

from collections.abc import Sequence

from domain.allocation.access import may_see
from domain.allocation.model import Allocation, AllocationStatus, HistoryEntry, Quota
from domain.allocation.query import AllocationFilter, AllocationOrder, page_of_allocations
from domain.allocation.queue import line
from domain.fleet.model import GpuDevice
from domain.fleet.query import visible_device
from domain.paging import Page, PageRequest
from resolvers.context import Context


async def allocations(
    context: Context, page: PageRequest, where: AllocationFilter, order: AllocationOrder, descending: bool
) -> Page[Allocation]:
    services = context.services
    await services.view.ensure_current()
    return await page_of_allocations(
        services.view, services.archive, context.scope, page, where, order, descending, services.clock()
    )


async def allocation(context: Context, allocation_id: str) -> Allocation | None:
    return await context.services.allocations.allocation(context.principal, allocation_id)


def allocations_of(context: Context, device: GpuDevice) -> Sequence[Allocation]:
    """Those that hold a part of a device and that the reader may see."""
    return [a for a in device.allocations if may_see(context.scope, context.services.view, a)]


def device_of(context: Context, device_id: str) -> GpuDevice | None:
    return visible_device(context.services.view, context.scope, device_id)


def queue_position(context: Context, allocation: Allocation) -> int | None:
    if allocation.status is not AllocationStatus.QUEUED:
        return None
    waiting = line(context.services.view, context.services.clock())
    return next((each.position for each in waiting if each.allocation.id == allocation.id), None)


async def history_of(context: Context, allocation_id: str) -> Sequence[HistoryEntry]:
    return await context.loaders.history.load(allocation_id)


async def quotas(context: Context) -> Sequence[Quota]:
    return await context.services.administration.quotas(context.principal)
