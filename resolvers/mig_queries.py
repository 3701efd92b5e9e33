"""How the fields of MIG get their values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from domain.access.policy import SOMEBODY, Permission, authorise, sees_requester
from domain.allocation.access import may_see
from domain.allocation.free_capacity import DefragmentationPlan, FreeProfile
from domain.allocation.model import Allocation
from domain.errors import InvalidInput
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.query import visible_device
from domain.mig.commands import CommandRecord, NodeCommand
from domain.mig.holders import holder_of
from domain.mig.model import MigInstance, OfferedProfile
from domain.mig.places import ProfilePlaces, places_on
from domain.mig.profiles import MigGeometry
from domain.mig.query import InstanceFilter, all_profiles, page_of_instances
from domain.paging import Page, PageRequest
from resolvers.context import Context

COMMANDS_MAX = 100


async def profiles(context: Context, model_name: str | None) -> Sequence[OfferedProfile]:
    services = context.services
    authorise(context.scope, Permission.READ_FLEET)
    await services.view.ensure_current()
    return all_profiles(services.view, services.offers, model_name)


async def instances(context: Context, page: PageRequest, where: InstanceFilter) -> Page[MigInstance]:
    await context.services.view.ensure_current()
    return page_of_instances(context.services.view, context.scope, page, where)


async def defragmentation(
    context: Context, node_id: str | None, cluster_name: str | None, profile_name: str | None, most_moves: int
) -> DefragmentationPlan:
    return await context.services.free_capacity.defragmentation(
        context.scope, node_id, cluster_name, profile_name, most_moves
    )


def geometry_of(context: Context, device: GpuDevice) -> MigGeometry | None:
    return context.services.offers.geometry(device.model)


def model_of(context: Context, profile: OfferedProfile) -> GpuModel | None:
    return context.services.view.model(profile.model_id)


def places_of(context: Context, device: GpuDevice) -> Sequence[ProfilePlaces]:
    return places_on(context.services.offers, device)


def fragmentation_of_device(context: Context, device: GpuDevice) -> float | None:
    return context.services.free_capacity.fragmentation_on([device])


def fragmentation_of_node(context: Context, node: GpuNode) -> float | None:
    return context.services.free_capacity.fragmentation(context.scope, node.id)


def fragmentation_of_fleet(context: Context) -> float | None:
    return context.services.free_capacity.fragmentation(context.scope)


def free_profiles(context: Context) -> Sequence[FreeProfile]:
    return context.services.free_capacity.profiles(context.scope)


async def commands_of(context: Context, device: GpuDevice, most: int) -> Sequence[CommandRecord]:
    if not 1 <= most <= COMMANDS_MAX:
        raise InvalidInput(f"between 1 and {COMMANDS_MAX}, not {most:,}", path=("first",))
    return await context.loaders.commands.load((device.id, most))


def requester_of(context: Context, command: CommandRecord) -> str:
    """Who wanted it, where the reader may see that: a request for an instance is a command too."""
    return command.requested_by if sees_requester(context.scope, command.requested_by) else SOMEBODY


def device_of(context: Context, instance: MigInstance) -> GpuDevice | None:
    return visible_device(context.services.view, context.scope, instance.device_id)


def profile_of(context: Context, instance: MigInstance) -> OfferedProfile | None:
    device = context.services.view.device(instance.device_id)
    return None if device is None else context.services.offers.profiles(device.model).get(instance.profile_name)


def allocation_of(context: Context, instance: MigInstance) -> Allocation | None:
    """Who holds it, where the reader may see that."""
    device = context.services.view.device(instance.device_id)
    holder = None if device is None else holder_of(device, instance)
    return holder if holder is not None and may_see(context.scope, context.services.view, holder) else None


async def node_commands(context: Context, cluster_name: str, node_name: str) -> AsyncIterator[NodeCommand]:
    await context.services.view.ensure_current()
    async for command in context.services.commands.stream(context.scope, cluster_name, node_name):
        context.position += 1
        yield command
