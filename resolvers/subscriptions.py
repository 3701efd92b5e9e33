"""The live fields: what is yielded at each tick. They read the scope only, since subscribers share them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from domain.allocation.events import AllocationEvents
from domain.allocation.events import allocation_events as allocation_events_of
from domain.allocation.query import AllocationFilter
from domain.fleet.events import DeviceEvents
from domain.fleet.events import device_events as events_of
from domain.fleet.query import DeviceFilter
from domain.fleet.summary import Fleet, summarise
from domain.metrics.frames import FleetFrame, LiveSelection, fleet_frame
from domain.metrics.sample import GpuMetric
from resolvers.context import Context


async def gpu_metrics(
    context: Context, where: DeviceFilter | None, interval_ms: int | None
) -> AsyncIterator[list[GpuMetric]]:
    services = context.services
    selection = LiveSelection(services.view, context.scope, where)
    async for _ in services.frames.ticks(interval_ms):
        yield selection.metrics()


async def fleet_frames(
    context: Context, where: DeviceFilter | None, interval_ms: int | None
) -> AsyncIterator[FleetFrame]:
    services = context.services
    selection = LiveSelection(services.view, context.scope, where)
    async for _ in services.frames.ticks(interval_ms):
        yield fleet_frame(selection, services.frames)


async def fleet(context: Context) -> AsyncIterator[Fleet]:
    """Counts and free capacity change with the inventory; readings alone send nothing."""
    view = context.services.view
    await view.ensure_current()
    seen = -1
    async for _ in context.services.frames.ticks(None):
        if view.version != seen:
            seen = view.version
            yield summarise(view, context.scope)


async def device_events(context: Context, where: DeviceFilter | None) -> AsyncIterator[DeviceEvents]:
    await context.services.view.ensure_current()
    async for event in events_of(context.services.view, context.scope, where):
        context.position = event.sequence
        yield event


async def allocation_events(context: Context, where: AllocationFilter) -> AsyncIterator[AllocationEvents]:
    await context.services.view.ensure_current()
    async for event in allocation_events_of(context.services.view, context.scope, where):
        context.position = event.sequence
        yield event
