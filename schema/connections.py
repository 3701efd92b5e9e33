"""Relay connections over the domain's pages. Edges, cursors and the count are made only when selected."""

from __future__ import annotations

import strawberry

from schema.allocation_types import GpuAllocation
from schema.mig_types import MigInstance
from schema.types import GpuDevice, GpuModel, GpuNode

_COUNT = "How many match in all, whatever the page."


@strawberry.type(description="Where a page stands in the whole list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class GpuDeviceEdge:
    node: GpuDevice
    cursor: str


@strawberry.type(description="A page of devices.")
class GpuDeviceConnection:
    nodes: list[GpuDevice]
    edges: list[GpuDeviceEdge]
    page_info: PageInfo
    total_count: int = strawberry.field(description=_COUNT)


@strawberry.type
class GpuNodeEdge:
    node: GpuNode
    cursor: str


@strawberry.type(description="A page of nodes.")
class GpuNodeConnection:
    nodes: list[GpuNode]
    edges: list[GpuNodeEdge]
    page_info: PageInfo
    total_count: int = strawberry.field(description=_COUNT)


@strawberry.type
class GpuModelEdge:
    node: GpuModel
    cursor: str


@strawberry.type(description="A page of models.")
class GpuModelConnection:
    nodes: list[GpuModel]
    edges: list[GpuModelEdge]
    page_info: PageInfo
    total_count: int = strawberry.field(description=_COUNT)


@strawberry.type
class GpuAllocationEdge:
    node: GpuAllocation
    cursor: str


@strawberry.type(description="A page of allocations.")
class GpuAllocationConnection:
    nodes: list[GpuAllocation]
    edges: list[GpuAllocationEdge]
    page_info: PageInfo
    total_count: int = strawberry.field(description=_COUNT)


@strawberry.type
class MigInstanceEdge:
    node: MigInstance
    cursor: str


@strawberry.type(description="A page of GPU instances.")
class MigInstanceConnection:
    nodes: list[MigInstance]
    edges: list[MigInstanceEdge]
    page_info: PageInfo
    total_count: int = strawberry.field(description=_COUNT)
