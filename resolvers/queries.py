"""How the query fields get their values: make sure the view is current, then one domain call."""

from __future__ import annotations

from domain.access.principal import Principal
from domain.allocation.model import Allocation
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.query import (
    DeviceFilter,
    DeviceOrder,
    NodeFilter,
    NodeOrder,
    page_of_devices,
    page_of_models,
    page_of_nodes,
    visible_device,
    visible_node,
)
from domain.fleet.summary import Fleet, summarise
from domain.metrics.frames import FleetFrame, LiveSelection, fleet_frame
from domain.mig.model import MigInstance, OfferedProfile
from domain.mig.query import all_profiles, visible_instance
from domain.paging import Page, PageRequest
from resolvers.context import Context


async def devices(
    context: Context, page: PageRequest, where: DeviceFilter | None, order: DeviceOrder, descending: bool
) -> Page[GpuDevice]:
    await context.services.view.ensure_current()
    return page_of_devices(context.services.view, context.scope, page, where=where, order=order, descending=descending)


async def gpu_nodes(
    context: Context, page: PageRequest, where: NodeFilter | None, order: NodeOrder, descending: bool
) -> Page[GpuNode]:
    await context.services.view.ensure_current()
    return page_of_nodes(context.services.view, context.scope, page, where=where, order=order, descending=descending)


async def gpu_models(context: Context, page: PageRequest) -> Page[GpuModel]:
    await context.services.view.ensure_current()
    return page_of_models(context.services.view, context.scope, page)


async def fleet(context: Context) -> Fleet:
    await context.services.view.ensure_current()
    return summarise(context.services.view, context.scope)


async def current_frame(context: Context, where: DeviceFilter | None) -> FleetFrame:
    view = context.services.view
    await view.ensure_current()
    return fleet_frame(LiveSelection(view, context.scope, where), context.services.frames)


async def node(
    context: Context, global_id: str
) -> GpuDevice | GpuNode | GpuModel | Allocation | MigInstance | OfferedProfile | None:
    """Any object by its id, with the same rules of sight as the lists."""
    view = context.services.view
    await view.ensure_current()
    kind, _, _ = global_id.partition("_")
    if kind == "dev":
        return visible_device(view, context.scope, global_id)
    if kind == "node":
        return visible_node(view, context.scope, global_id)
    if kind == "alloc":
        return await context.services.allocations.allocation(context.principal, global_id)
    if kind == "mig":
        return visible_instance(view, context.scope, global_id)
    if kind == "prof":
        return next((each for each in all_profiles(view, context.services.offers) if each.id == global_id), None)
    return view.model(global_id) if kind == "model" else None


def viewer(context: Context) -> Principal:
    return context.principal
