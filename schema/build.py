"""The executable schema, and its printed form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from schema.allocation_types import GpuAllocation
from schema.execution.documents import DocumentLibrary, DocumentLimits, document_extension
from schema.execution.executor import CompilingExecutor
from schema.mig_types import MigInstance, MigProfile
from schema.roots import Mutation, Query, Subscription
from schema.scalars import DATE_TIME
from schema.types import GpuDevice, GpuModel, GpuNode


class FleetSchema(strawberry.Schema):
    """Strawberry's schema; errors are logged where they are formatted (`execution.failures`)."""

    documents: DocumentLibrary

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing here: a client's mistake is not worth a stack trace."""


def build_schema(limits: DocumentLimits | None = None) -> FleetSchema:
    """Make the schema. `limits` bound every query text."""
    schema = FleetSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[GpuDevice, GpuNode, GpuModel, GpuAllocation, MigInstance, MigProfile],
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map={datetime: DATE_TIME}),
        execution_context_class=CompilingExecutor,
    )
    schema.documents = DocumentLibrary(schema._schema, limits or DocumentLimits())
    schema.extensions = (*schema.extensions, document_extension(schema.documents))
    return schema


def printed_schema() -> str:
    """The schema as `schema/schema.graphql` holds it."""
    return build_schema().as_str() + "\n"
