"""The three roots: what can be asked, done and watched. Thin: arguments in, one resolver called."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain.fleet.query import DeviceFilter, DeviceOrder, NodeOrder
from domain.paging import PageRequest
from resolvers import mutations, queries, subscriptions
from resolvers.context import Context
from schema.allocation_roots import AllocationMutation, AllocationQuery, AllocationSubscription
from schema.connections import GpuDeviceConnection, GpuModelConnection, GpuNodeConnection
from schema.events import DeviceEvents
from schema.inputs import (
    DeviceOrder as DeviceOrderInput,
)
from schema.inputs import (
    DeviceWhere,
    NodeWhere,
    RecordSamplesInput,
    RegisterDeviceInput,
    ReportNodeInput,
    SetDeviceStatusInput,
    UpdateDeviceInput,
)
from schema.inputs import (
    NodeOrder as NodeOrderInput,
)
from schema.mig_roots import MigMutation, MigQuery, MigSubscription
from schema.results import (
    RecordSamplesResult,
    RegisterDeviceResult,
    ReportNodeResult,
    SetDeviceStatusResult,
    UpdateDeviceResult,
)
from schema.types import Fleet, FleetFrame, GpuMetric, Node, Viewer

Info = strawberry.Info[Context, None]


def _where(where: DeviceWhere | None) -> DeviceFilter | None:
    return None if where is None else where.to_domain()


@strawberry.type
class Query(AllocationQuery, MigQuery):
    @strawberry.field(
        description="GPUs, in fleet order unless ordered otherwise. `first` or `last`: 1 to 1,000, else 100.",
        graphql_type=GpuDeviceConnection,
    )
    async def devices(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        where: DeviceWhere | None = None,
        order_by: DeviceOrderInput | None = None,
    ) -> Any:
        page = PageRequest(first, after, last, before)
        order, descending = (order_by.field, order_by.descending) if order_by else (DeviceOrder.POSITION, False)
        return await queries.devices(info.context, page, _where(where), order, descending)

    @strawberry.field(
        description="Machines with GPUs. `first` or `last`: 1 to 1,000, else 100.", graphql_type=GpuNodeConnection
    )
    async def gpu_nodes(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        where: NodeWhere | None = None,
        order_by: NodeOrderInput | None = None,
    ) -> Any:
        page = PageRequest(first, after, last, before)
        order, descending = (order_by.field, order_by.descending) if order_by else (NodeOrder.POSITION, False)
        where_domain = None if where is None else where.to_domain()
        return await queries.gpu_nodes(info.context, page, where_domain, order, descending)

    @strawberry.field(description="GPU products the fleet knows, by name.", graphql_type=GpuModelConnection)
    async def gpu_models(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        return await queries.gpu_models(info.context, PageRequest(first, after, last, before))

    @strawberry.field(description="The fleet in numbers.", graphql_type=Fleet)
    async def fleet(self, info: Info) -> Any:
        return await queries.fleet(info.context)

    @strawberry.field(description="The frame of this moment, as the subscription sends it.", graphql_type=FleetFrame)
    async def fleet_frame(self, info: Info, where: DeviceWhere | None = None) -> Any:
        return await queries.current_frame(info.context, _where(where))

    @strawberry.field(description="Who you are to the server.", graphql_type=Viewer)
    def viewer(self, info: Info) -> Any:
        return queries.viewer(info.context)

    @strawberry.field(description="Any object by its id.", graphql_type=Node | None)
    async def node(self, info: Info, id: strawberry.ID) -> Any:
        return await queries.node(info.context, id)


@strawberry.type
class Mutation(AllocationMutation, MigMutation):
    @strawberry.mutation(description="Add a device by hand.", graphql_type=RegisterDeviceResult)
    async def register_device(self, info: Info, input: RegisterDeviceInput) -> Any:
        return await mutations.register_device(info.context, input.to_domain)

    @strawberry.mutation(description="Change what people keep about a device.", graphql_type=UpdateDeviceResult)
    async def update_device(self, info: Info, input: UpdateDeviceInput) -> Any:
        return await mutations.update_device(info.context, input.to_domain)

    @strawberry.mutation(
        description="Take a device one step through its life: cordon, drain, maintain, return, retire.",
        graphql_type=SetDeviceStatusResult,
    )
    async def set_device_status(self, info: Info, input: SetDeviceStatusInput) -> Any:
        return await mutations.set_device_status(info.context, input.to_domain)

    @strawberry.mutation(
        description="Register or refresh a node and its GPUs; the same report again changes nothing.",
        graphql_type=ReportNodeResult,
    )
    async def report_node(self, info: Info, input: ReportNodeInput) -> Any:
        return await mutations.report_node(info.context, input.to_domain)

    @strawberry.mutation(
        description="Send one node's readings. Sending a reading twice counts it once.",
        graphql_type=RecordSamplesResult,
    )
    async def record_samples(self, info: Info, input: RecordSamplesInput) -> Any:
        return await mutations.record_samples(info.context, input.cluster_name, input.node_name, input.to_domain)


_INTERVAL = "Milliseconds between messages, 1 to 60,000; at least the server's sample interval, which is the default."


@strawberry.type
class Subscription(AllocationSubscription, MigSubscription):
    @strawberry.subscription(
        description=f"The newest reading of every selected GPU, at each tick. {_INTERVAL}",
        graphql_type=list[GpuMetric],
    )
    async def gpu_metrics(
        self, info: Info, where: DeviceWhere | None = None, interval_ms: int | None = None
    ) -> AsyncGenerator[Any, None]:
        async for metrics in subscriptions.gpu_metrics(info.context, _where(where), interval_ms):
            yield metrics

    @strawberry.subscription(
        description=f"The newest readings as parallel arrays, at each tick: small, for thousands of GPUs. {_INTERVAL}",
        graphql_type=FleetFrame,
    )
    async def fleet_frame(
        self, info: Info, where: DeviceWhere | None = None, interval_ms: int | None = None
    ) -> AsyncGenerator[Any, None]:
        async for frame in subscriptions.fleet_frames(info.context, _where(where), interval_ms):
            yield frame

    @strawberry.subscription(
        description="The fleet in numbers, now and whenever it changes; at most once a tick.", graphql_type=Fleet
    )
    async def fleet(self, info: Info) -> AsyncGenerator[Any, None]:
        async for fleet in subscriptions.fleet(info.context):
            yield fleet

    @strawberry.subscription(description="The inventory: a snapshot, then each change.", graphql_type=DeviceEvents)
    async def device_events(self, info: Info, where: DeviceWhere | None = None) -> AsyncGenerator[Any, None]:
        async for event in subscriptions.device_events(info.context, _where(where)):
            yield event
