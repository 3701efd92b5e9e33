"""What can be asked, done and watched about MIG. Thin: arguments in, one resolver called."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain.mig.query import InstanceFilter
from domain.paging import PageRequest
from resolvers import mig_mutations as mutations
from resolvers import mig_queries as queries
from resolvers.context import Context
from schema.connections import MigInstanceConnection
from schema.mig_inputs import (
    CommandResultInput,
    CreateMigInstanceInput,
    DeleteMigInstanceInput,
    MigInstanceWhere,
    MigLayoutInput,
    MigModeInput,
)
from schema.mig_types import DefragmentationPlan, MigProfile, NodeCommand
from schema.results import (
    ApplyMigLayoutResult,
    MigInstanceResult,
    MigLayoutPlanResult,
    MigModeResult,
    ReportCommandResultResult,
)

Info = strawberry.Info[Context, None]


@strawberry.type
class MigQuery:
    @strawberry.field(
        description="The way to a layout: the shortest list of steps, what stops, how long; or exactly why not.",
        graphql_type=MigLayoutPlanResult,
    )
    async def mig_layout_plan(self, info: Info, input: MigLayoutInput) -> Any:
        return await mutations.plan_layout(info.context, input.to_domain)

    @strawberry.field(description="What each product offers, smallest first.", graphql_type=list[MigProfile])
    async def mig_profiles(self, info: Info, model_name: str | None = None) -> Any:
        return await queries.profiles(info.context, model_name)

    @strawberry.field(
        description="GPU instances in fleet order. `first` or `last`: 1 to 1,000, else 100.",
        graphql_type=MigInstanceConnection,
    )
    async def mig_instances(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        where: MigInstanceWhere | None = None,
    ) -> Any:
        page = PageRequest(first, after, last, before)
        return await queries.instances(info.context, page, InstanceFilter() if where is None else where.to_domain())

    @strawberry.field(
        description="Which instances in use to move so that more fits: of one profile, or in all. "
        "At most 50 moves, over at most 2,000 GPUs with MIG on.",
        graphql_type=DefragmentationPlan,
    )
    async def defragmentation_plan(
        self,
        info: Info,
        node_id: strawberry.ID | None = None,
        cluster_name: str | None = None,
        profile_name: str | None = None,
        max_moves: int = 20,
    ) -> Any:
        return await queries.defragmentation(info.context, node_id, cluster_name, profile_name, max_moves)


@strawberry.type
class MigMutation:
    @strawberry.mutation(
        description="Order a layout. It is planned anew; instances in use stop only where their allocation is named.",
        graphql_type=ApplyMigLayoutResult,
    )
    async def apply_mig_layout(self, info: Info, input: MigLayoutInput) -> Any:
        return await mutations.apply_layout(info.context, input.to_domain)

    @strawberry.mutation(description="Have one more instance made.", graphql_type=MigInstanceResult)
    async def create_mig_instance(self, info: Info, input: CreateMigInstanceInput) -> Any:
        return await mutations.create_instance(info.context, input.to_domain)

    @strawberry.mutation(description="Have an instance removed.", graphql_type=MigInstanceResult)
    async def delete_mig_instance(self, info: Info, input: DeleteMigInstanceInput) -> Any:
        return await mutations.delete_instance(info.context, input.to_domain)

    @strawberry.mutation(
        description="Switch MIG mode on. On Ampere the GPU is reset for it.", graphql_type=MigModeResult
    )
    async def enable_mig(self, info: Info, input: MigModeInput) -> Any:
        return await mutations.switch_mode(info.context, lambda: input.to_domain(enable=True))

    @strawberry.mutation(
        description="Remove the idle instances and switch MIG mode off. On Ampere the GPU is reset for it.",
        graphql_type=MigModeResult,
    )
    async def disable_mig(self, info: Info, input: MigModeInput) -> Any:
        return await mutations.switch_mode(info.context, lambda: input.to_domain(enable=False))

    @strawberry.mutation(description="For agents: what became of a command.", graphql_type=ReportCommandResultResult)
    async def report_command_result(self, info: Info, input: CommandResultInput) -> Any:
        return await mutations.report_result(info.context, input.to_domain)


@strawberry.type
class MigSubscription:
    @strawberry.subscription(
        description="For agents: a node's commands, those that are open and each new one; one at a time for a device.",
        graphql_type=NodeCommand,
    )
    async def node_commands(self, info: Info, cluster_name: str, node_name: str) -> AsyncGenerator[Any, None]:
        async for command in queries.node_commands(info.context, cluster_name, node_name):
            yield command
