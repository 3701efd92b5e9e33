"""How layouts are planned and changed: one domain call each. An expected failure is the result."""

from __future__ import annotations

from collections.abc import Callable

from domain.mig.commands import CommandRecord, CommandResult
from domain.mig.layout_plans import MigLayoutPlan
from domain.mig.requests import CreateInstanceRequest, DeleteInstanceRequest, LayoutRequest, MigModeRequest
from domain.mig.service import MigInstanceChanged, MigLayoutApplied, MigModeChanged
from resolvers.context import Context
from resolvers.mutations import failures_as_data


@failures_as_data
async def plan_layout(context: Context, request: Callable[[], LayoutRequest]) -> MigLayoutPlan:
    return await context.services.layouts.plan(context.principal, request())


@failures_as_data
async def apply_layout(context: Context, request: Callable[[], LayoutRequest]) -> MigLayoutApplied:
    return await context.services.layouts.apply(context.principal, request())


@failures_as_data
async def create_instance(context: Context, request: Callable[[], CreateInstanceRequest]) -> MigInstanceChanged:
    return await context.services.layouts.create(context.principal, request())


@failures_as_data
async def delete_instance(context: Context, request: Callable[[], DeleteInstanceRequest]) -> MigInstanceChanged:
    return await context.services.layouts.delete(context.principal, request())


@failures_as_data
async def switch_mode(context: Context, request: Callable[[], MigModeRequest]) -> MigModeChanged:
    return await context.services.layouts.switch(context.principal, request())


@failures_as_data
async def report_result(context: Context, result: Callable[[], CommandResult]) -> CommandRecord:
    return await context.services.command_results.take(context.principal, result())
