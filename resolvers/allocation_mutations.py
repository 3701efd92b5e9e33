"""How the mutations of allocations act: one domain call each."""

from __future__ import annotations

from collections.abc import Callable

from domain.allocation.administration import SharingRequest
from domain.allocation.answers import AllocationAnswer
from domain.allocation.model import Allocation, Quota, QuotaScope
from domain.allocation.requests import AllocationRequest, ExtendRequest, QuotaRequest, ReleaseRequest
from domain.fleet.model import GpuDevice
from resolvers.context import Context
from resolvers.mutations import failures_as_data


@failures_as_data
async def request_allocation(context: Context, request: Callable[[], AllocationRequest]) -> AllocationAnswer:
    return await context.services.allocations.request(context.principal, request())


@failures_as_data
async def release_allocation(context: Context, request: Callable[[], ReleaseRequest]) -> Allocation:
    return await context.services.allocations.release(context.principal, request())


@failures_as_data
async def extend_allocation(context: Context, request: Callable[[], ExtendRequest]) -> Allocation:
    return await context.services.allocations.extend(context.principal, request())


@failures_as_data
async def set_quota(context: Context, request: Callable[[], QuotaRequest]) -> Quota:
    return await context.services.administration.set_quota(context.principal, request())


@failures_as_data
async def delete_quota(context: Context, scope: QuotaScope, name: str, reason: str | None) -> Quota:
    return await context.services.administration.delete_quota(context.principal, scope, name, reason)


@failures_as_data
async def set_device_sharing(context: Context, request: Callable[[], SharingRequest]) -> GpuDevice:
    return await context.services.administration.set_sharing(context.principal, request())
