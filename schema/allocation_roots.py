"""What can be asked, done and watched about allocations. Thin: arguments in, one resolver called."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain.allocation.query import AllocationFilter
from domain.allocation.query import AllocationOrder as Order
from domain.paging import PageRequest
from resolvers import allocation_mutations as mutations
from resolvers import allocation_queries as queries
from resolvers import subscriptions
from resolvers.context import Context
from schema.allocation_inputs import (
    AllocationOrder,
    AllocationWhere,
    DeleteQuotaInput,
    ExtendAllocationInput,
    ReleaseAllocationInput,
    RequestAllocationInput,
    SetDeviceSharingInput,
    SetQuotaInput,
)
from schema.allocation_types import AllocationEvents, Quota
from schema.connections import GpuAllocationConnection
from schema.results import ChangeAllocationResult, QuotaResult, RequestAllocationResult, SetDeviceSharingResult

Info = strawberry.Info[Context, None]


def _where(where: AllocationWhere | None) -> AllocationFilter:
    return AllocationFilter() if where is None else where.to_domain()


@strawberry.type
class AllocationQuery:
    @strawberry.field(
        description="Allocations you may see, newest request first unless ordered otherwise. 1 to 1,000, else 100.",
        graphql_type=GpuAllocationConnection,
    )
    async def allocations(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        where: AllocationWhere | None = None,
        order_by: AllocationOrder | None = None,
    ) -> Any:
        page = PageRequest(first, after, last, before)
        order, descending = (order_by.field, order_by.descending) if order_by else (Order.REQUESTED, True)
        return await queries.allocations(info.context, page, _where(where), order, descending)

    @strawberry.field(
        description="Every quota with what is held under it, as far as you may see.", graphql_type=list[Quota]
    )
    async def quotas(self, info: Info) -> Any:
        return await queries.quotas(info.context)


@strawberry.type
class AllocationMutation:
    @strawberry.mutation(
        description="Ask for GPUs, MIG instances or a share. Want of room or quota is an answer, not an error.",
        graphql_type=RequestAllocationResult,
    )
    async def request_allocation(self, info: Info, input: RequestAllocationInput) -> Any:
        return await mutations.request_allocation(info.context, input.to_domain)

    @strawberry.mutation(
        description="Give back what an allocation holds, or take it out of the queue.",
        graphql_type=ChangeAllocationResult,
    )
    async def release_allocation(self, info: Info, input: ReleaseAllocationInput) -> Any:
        return await mutations.release_allocation(info.context, input.to_domain)

    @strawberry.mutation(description="Give an allocation another end, or none.", graphql_type=ChangeAllocationResult)
    async def extend_allocation(self, info: Info, input: ExtendAllocationInput) -> Any:
        return await mutations.extend_allocation(info.context, input.to_domain)

    @strawberry.mutation(description="Set what a team, user or namespace may hold.", graphql_type=QuotaResult)
    async def set_quota(self, info: Info, input: SetQuotaInput) -> Any:
        return await mutations.set_quota(info.context, input.to_domain)

    @strawberry.mutation(description="Remove all limits of a team, user or namespace.", graphql_type=QuotaResult)
    async def delete_quota(self, info: Info, input: DeleteQuotaInput) -> Any:
        return await mutations.delete_quota(info.context, input.scope, input.name, input.reason)

    @strawberry.mutation(
        description="Let a device be shared by time-slicing or MPS, or end that.", graphql_type=SetDeviceSharingResult
    )
    async def set_device_sharing(self, info: Info, input: SetDeviceSharingInput) -> Any:
        return await mutations.set_device_sharing(info.context, input.to_domain)


@strawberry.type
class AllocationSubscription:
    @strawberry.subscription(
        description="Allocations you may see: a snapshot of the live ones, then each that changed.",
        graphql_type=AllocationEvents,
    )
    async def allocation_events(self, info: Info, where: AllocationWhere | None = None) -> AsyncGenerator[Any, None]:
        async for event in subscriptions.allocation_events(info.context, _where(where)):
            yield event
