"""How the mutations act: one domain call each. An expected failure is the result, not an exception.

The request comes as a function that makes it from the input, so that a value it refuses is data as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from domain.errors import DomainError, Failure
from domain.fleet.model import GpuDevice
from domain.fleet.reporting import NodeReported
from domain.fleet.reports import NodeReport
from domain.fleet.requests import DeviceRegistration, DeviceUpdate, StatusChange
from domain.metrics.sample import Sample
from domain.metrics.service import SamplesRecorded
from resolvers.context import Context

P = ParamSpec("P")
T = TypeVar("T")


def failures_as_data(act: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Failure]]:
    """Return an expected error instead of raising it: it is a member of the mutation's result union."""

    @wraps(act)
    async def acting(*args: P.args, **kwargs: P.kwargs) -> T | Failure:
        try:
            return await act(*args, **kwargs)
        except DomainError as error:
            return Failure(error)

    return acting


@failures_as_data
async def register_device(context: Context, request: Callable[[], DeviceRegistration]) -> GpuDevice:
    return await context.services.fleet.register_device(context.principal, request())


@failures_as_data
async def update_device(context: Context, request: Callable[[], DeviceUpdate]) -> GpuDevice:
    return await context.services.fleet.update_device(context.principal, request())


@failures_as_data
async def set_device_status(context: Context, request: Callable[[], StatusChange]) -> GpuDevice:
    return await context.services.fleet.set_device_status(context.principal, request())


@failures_as_data
async def report_node(context: Context, report: Callable[[], NodeReport]) -> NodeReported:
    return await context.services.reporting.report_node(context.principal, report())


@failures_as_data
async def record_samples(
    context: Context, cluster_name: str, node_name: str, samples: Callable[[], Sequence[Sample]]
) -> SamplesRecorded:
    return await context.services.metrics.record_samples(context.principal, cluster_name, node_name, samples())
