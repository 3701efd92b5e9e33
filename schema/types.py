"""The objects a client sees. Each type reads the attributes of the domain object of the same meaning."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.access import policy
from domain.access import principal as access
from domain.clock import utc_now
from domain.fleet import model
from domain.fleet.status import NEXT_STATUSES
from domain.metrics import sample
from resolvers import allocation_queries, mig_queries
from resolvers.context import Context
from schema.enums import CollectionSource, DeviceStatus, NodeStatus, Permission, Role, SharingMode

if TYPE_CHECKING:
    from schema.allocation_types import GpuAllocation
    from schema.mig_types import MigCommand, MigInstance, ProfilePlaces

_Info = strawberry.Info[Context, None]
_field = strawberry.field


@strawberry.interface(description="An object with a globally unique id, readable by `node(id:)`.")
class Node:
    id: strawberry.ID


@strawberry.type(description="A GPU product.")
class GpuModel(Node):
    model_name: str
    manufacturer: str
    architecture: str
    memory_gb: int = _field(description="Marketed size in GB. What fits is decided by the measured memory.")
    cuda_cores: int | None
    tensor_cores: int | None
    power_consumption_w: int | None
    mig_support: bool
    max_mig_instances: int
    created_date: datetime

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.GpuModel)


@strawberry.type(description="A machine of a Kubernetes cluster.")
class GpuNode(Node):
    node_name: str
    cluster_name: str
    node_ip: str | None
    total_gpus: int
    available_gpus: int = _field(description="Devices that take new work.")
    node_status: NodeStatus
    nvidia_driver_version: str | None
    collection_source: CollectionSource
    last_report_at: datetime | None
    cpu_milli: int | None = _field(description="Thousandths of CPUs; null: not reported, so not a limit.")
    memory_mib: int | None
    created_date: datetime

    @strawberry.field(description="0 to 1 over its GPUs with MIG on; null: it has none.")
    def fragmentation(self: Any, info: _Info) -> float | None:
        return mig_queries.fragmentation_of_node(info.context, self)

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.GpuNode)


@strawberry.type(description="One reading of one GPU. null: unknown, never zero. MiB, degrees Celsius, watts, MHz.")
class GpuMetric:
    device_id: strawberry.ID
    mig_id: strawberry.ID | None
    timestamp: datetime
    gpu_utilization_pct: float | None
    memory_used_mb: int | None
    memory_total_mb: int | None
    memory_utilization_pct: float | None
    temperature_c: float | None
    power_draw_w: float | None
    sm_clock_mhz: int | None
    memory_clock_mhz: int | None
    collection_source: CollectionSource

    @strawberry.field(description="Age of the reading in seconds when it was sent.")
    def age_seconds(self) -> float:
        return round((utc_now() - self.timestamp).total_seconds(), 3)

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, sample.GpuMetric)


@strawberry.type(description="One physical GPU.")
class GpuDevice(Node):
    node: GpuNode
    model: GpuModel
    device_index: int
    gpu_uuid: str
    serial_number: str | None
    pci_address: str | None
    device_status: DeviceStatus
    status_reason: str | None
    memory_total_mb: int | None
    power_limit_w: float | None
    driver_version: str | None
    installation_date: datetime | None
    last_maintenance_date: datetime | None
    purchase_cost: Decimal | None
    purchase_currency: str | None = _field(description="ISO 4217.")
    version: int = _field(description="Counts the changes of this device; give it as `expectedVersion` to be safe.")
    created_date: datetime
    latest_metric: GpuMetric | None = _field(description="The newest reading; null before the first.")
    mig_enabled: bool | None = _field(description="null: it cannot be partitioned, or its node has not told.")
    mig_pending: bool | None = _field(description="Differs from `migEnabled` while a switch waits for a GPU reset.")
    sharing_mode: SharingMode
    sharing_memory_mb: int | None = _field(description="Device memory on offer to sharers; null: all of it.")
    sharing_max: int | None
    sharing_overcommit: float
    nvlink_group: str | None

    @strawberry.field(
        description="Allocations that hold a part of it and that you may see.",
        graphql_type=list[Annotated["GpuAllocation", strawberry.lazy("schema.allocation_types")]],
    )
    def allocations(self: Any, info: strawberry.Info[Context, None]) -> Any:
        return allocation_queries.allocations_of(info.context, self)

    @strawberry.field(description="Whether its product can be partitioned.")
    def mig_capable(self: Any, info: _Info) -> bool:
        return mig_queries.geometry_of(info.context, self) is not None

    @strawberry.field(description="Memory slices of the GPU; null: it cannot be partitioned.")
    def memory_slices(self: Any, info: _Info) -> int | None:
        geometry = mig_queries.geometry_of(info.context, self)
        return None if geometry is None else geometry.memory_slices

    @strawberry.field(description="Compute slices of the GPU; null: it cannot be partitioned.")
    def compute_slices(self: Any, info: _Info) -> int | None:
        geometry = mig_queries.geometry_of(info.context, self)
        return None if geometry is None else geometry.compute_slices

    @strawberry.field(
        description="Its GPU instances, by start.",
        graphql_type=list[Annotated["MigInstance", strawberry.lazy("schema.mig_types")]],
    )
    def mig_instances(self: Any) -> Any:
        return self.mig_instances

    @strawberry.field(
        description="What each profile could still do here, smallest first; empty: MIG is off.",
        graphql_type=list[Annotated["ProfilePlaces", strawberry.lazy("schema.mig_types")]],
    )
    def mig_places(self: Any, info: _Info) -> Any:
        return mig_queries.places_of(info.context, self)

    @strawberry.field(
        description="1 - compute slices of the largest profile that has room now / of the largest after a free "
        "repack, by what is in use. null: MIG is off, or it takes no new work."
    )
    def fragmentation(self: Any, info: _Info) -> float | None:
        return mig_queries.fragmentation_of_device(info.context, self)

    @strawberry.field(
        description="Its newest layout commands, newest first; 1 to 100.",
        graphql_type=list[Annotated["MigCommand", strawberry.lazy("schema.mig_types")]],
    )
    async def mig_commands(self: Any, info: _Info, first: int = 10) -> Any:
        return await mig_queries.commands_of(info.context, self, first)

    @strawberry.field(description="Degrees Celsius, of the newest reading.")
    def current_temp_c(self) -> float | None:
        return None if self.latest_metric is None else self.latest_metric.temperature_c

    @strawberry.field(description="Watts, of the newest reading.")
    def current_power_w(self) -> float | None:
        return None if self.latest_metric is None else self.latest_metric.power_draw_w

    @strawberry.field(description="The steps that are legal from here; for whom, the viewer's permissions say.")
    def next_statuses(self) -> list[DeviceStatus]:
        return list(NEXT_STATUSES[self.device_status])

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.GpuDevice)


@strawberry.type(description="How many devices are in a state.")
class StatusCount:
    status: DeviceStatus
    count: int


@strawberry.type(description="How many more instances of a profile could be taken now, on GPUs of one product.")
class FreeProfile:
    model_name: str
    profile_name: str
    places: int
    idle_instances: int = _field(description="Those that stand ready: nothing has to be made for them.")


@strawberry.type(description="Totals over the visible fleet; sums and means over devices with a reading.")
class Fleet:
    total_gpus: int
    available_gpus: int
    total_nodes: int
    cluster_names: list[str]
    status_counts: list[StatusCount]
    collection_sources: list[CollectionSource]
    reporting_gpus: int = _field(description="Devices with a reading.")
    gpu_utilization_pct: float | None
    memory_used_mb: int | None
    memory_total_mb: int | None
    power_draw_w: float | None
    oldest_reading_at: datetime | None
    newest_reading_at: datetime | None
    revision: int = _field(description="Number of the newest change of the inventory that is contained.")

    @strawberry.field(
        description="Free MIG capacity by product and profile; profiles share slices, so they do not add up.",
        graphql_type=list[FreeProfile],
    )
    def free_profiles(self: Any, info: _Info) -> Any:
        return mig_queries.free_profiles(info.context)

    @strawberry.field(description="0 to 1 over the GPUs with MIG on; null: there are none.")
    def fragmentation(self: Any, info: _Info) -> float | None:
        return mig_queries.fragmentation_of_fleet(info.context)


@strawberry.type(description="Who the server takes you for, and what you may do.")
class Viewer:
    subject: str
    role: Role
    team: str | None
    expires_at: datetime | None

    @strawberry.field(description="The names of the visible clusters; null: all.")
    def clusters(self: Any) -> list[str] | None:
        return None if self.clusters is None else sorted(self.clusters)

    @strawberry.field
    def permissions(self: Any) -> list[Permission]:
        return sorted(policy.permissions_of(self.role))

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, access.Principal)


@strawberry.type(
    description="All newest readings at one tick, as parallel arrays in fleet order; null: unknown. "
    "Read `deviceIds` again only when `layoutVersion` changes."
)
class FleetFrame:
    sequence: int
    as_of: datetime
    layout_version: str
    interval_ms: int
    device_ids: list[strawberry.ID]
    device_statuses: list[DeviceStatus]
    gpu_utilization_pct: list[float | None]
    memory_used_mb: list[int | None]
    memory_total_mb: list[int | None]
    temperature_c: list[float | None]
    power_draw_w: list[float | None]
    age_ms: list[int | None] = _field(description="Age of each reading at `asOf`, in milliseconds.")
    collection_sources: list[CollectionSource]
