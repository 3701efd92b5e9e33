"""Allocations, quotas and the answers to requests as a client sees them."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain.allocation import answers, model
from domain.allocation.model import Priority as PriorityLevel
from resolvers import allocation_queries as queries
from resolvers.context import Context
from schema.enums import (
    AllocationStatus,
    AlternativeKind,
    Priority,
    QuotaScope,
    RequestStep,
    ResourceType,
    Spread,
    WorkloadType,
)
from schema.types import GpuDevice, Node

_field = strawberry.field
Info = strawberry.Info[Context, None]


@strawberry.type(description="One device, instance or share that an allocation holds, or held.")
class AllocatedResource:
    device_id: strawberry.ID
    node_id: strawberry.ID
    mig_id: strawberry.ID | None
    profile_name: str | None
    placement_start: int = _field(description="The first memory slice.")
    placement_size: int = _field(description="Memory slices; 0: a share.")
    share_milli: int | None = _field(description="Thousandths of the device's compute; null: not a share.")
    memory_mib: int
    gpu_equivalent: float = _field(description="1 for a device; slices of an instance, thousandths of a share.")
    mig_slices: int = _field(description="Compute slices: four 1g count 4, a 7g counts 7.")

    @strawberry.field(description="null: it is gone, or you may not see its cluster.", graphql_type=GpuDevice | None)
    def device(self: Any, info: Info) -> Any:
        return queries.device_of(info.context, self.device_id)


@strawberry.type(description="One step of an allocation's life.")
class AllocationHistoryEntry:
    step: int
    from_status: AllocationStatus | None
    to_status: AllocationStatus
    changed_at: datetime
    changed_by: str
    reason: str | None


@strawberry.type(description="One named part of a score; the parts add up, lower is better.")
class ScorePart:
    name: str
    value: float
    meaning: str | None = _field(description="null: kept from an earlier choice, without its words.")


@strawberry.type(description="The right of a workload to devices, instances or a share, from request to release.")
class GpuAllocation(Node):
    namespace: str | None
    pod_name: str | None
    workload_type: WorkloadType
    resource_type: ResourceType
    allocated_resource: str | None = _field(description="What is held, in words; null before something is.")
    requested_memory_gb: float | None = _field(description="GB of 10^9 bytes, as GPUs are sold.")
    allocation_time: datetime | None = _field(description="When it got what it holds.")
    planned_release_time: datetime | None = _field(description="When it ends by itself; null: it does not.")
    status: AllocationStatus
    cost_per_hour: Decimal | None
    total_cost: Decimal | None
    user_id: str
    team_id: str
    requested_time: datetime
    ended_time: datetime | None
    status_reason: str | None
    gpu_count: int
    profile_name: str | None
    cpu_milli: int
    host_memory_mib: int
    model_names: list[str] = _field(description="Products that will do; empty: any.")
    cluster_name: str | None
    node_name: str | None
    spread: Spread
    hours: float | None
    policy: str | None = _field(description="The placement policy that chose.")
    score: float | None
    version: int
    resources: list[AllocatedResource]

    @strawberry.field
    def priority(self: Any) -> Priority:
        return Priority[PriorityLevel(self.priority).name]

    @strawberry.field(description="GPU-equivalents held, as quotas count them.")
    def gpu_equivalents(self: Any) -> float:
        return float(round(sum(resource.gpu_equivalent for resource in self.resources), 6))

    @strawberry.field(description="The parts of the score by which its place was chosen.", graphql_type=list[ScorePart])
    def score_parts(self: Any) -> Any:
        parts = json.loads(self.explanation)["parts"] if self.explanation else []
        return [ScorePart(name=part["name"], value=part["value"], meaning=None) for part in parts]

    @strawberry.field(description="Its place in the queue, from 1; null: it does not wait.")
    def queue_position(self: Any, info: Info) -> int | None:
        return queries.queue_position(info.context, self)

    @strawberry.field(description="Every step, oldest first.", graphql_type=list[AllocationHistoryEntry])
    async def history(self: Any, info: Info) -> Any:
        return await queries.history_of(info.context, self.id)

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.Allocation)


@strawberry.type(description="What one step of a request found.")
class RequestCheck:
    step: RequestStep
    passed: bool
    warning: bool = _field(description="It passed, and there is something to say.")
    message: str


@strawberry.type(description="One part of a place.")
class PlacedResource:
    device: GpuDevice
    memory_mib: int
    gpu_equivalent: float
    start: int
    size: int
    share_milli: int | None
    words: str

    @strawberry.field
    def profile_name(self: Any) -> str | None:
        return None if self.profile is None else self.profile.profile_name

    @strawberry.field(description="An idle instance is used; false: it is made first, or none is needed.")
    def ready(self: Any) -> bool:
        return self.instance is not None or self.profile is None

    @strawberry.field(description="Idle instances that make way for the new one.")
    def removes(self: Any) -> list[strawberry.ID]:
        return [strawberry.ID(instance.id) for instance in self.removes]

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, answers.PlacedResource)


@strawberry.type(description="Where a request can go: all of it. Lower scores are better.")
class Place:
    resource_type: ResourceType
    words: str
    score: float
    parts: list[ScorePart]
    resources: list[PlacedResource]
    creates: bool = _field(description="An instance has to be made first.")


@strawberry.type(description="Something near the request that would work.")
class Alternative:
    kind: AlternativeKind
    message: str
    resource_type: ResourceType | None
    profile_name: str | None
    model_name: str | None
    gpu_count: int | None
    device_id: strawberry.ID | None
    available_at: datetime | None


@strawberry.type(
    description="The answer to a request: where and why there, or at which step it ended and what would do."
)
class AllocationAnswer:
    status: AllocationStatus = _field(description="Of a dry run: what the allocation would be.")
    granted: bool
    dry_run: bool
    message: str = _field(description="The answer in one sentence.")
    allocation: GpuAllocation | None = _field(description="null: a dry run.")
    checks: list[RequestCheck] = _field(description="What each step found, in order; empty for a repeated request.")

    @strawberry.field(description="The chosen place; null: refused, or a repeated request.", graphql_type=Place | None)
    def place(self: Any) -> Any:
        return self.decision.place

    @strawberry.field(description="The next best places.", graphql_type=list[Place])
    def runners_up(self: Any) -> Any:
        return self.decision.runners_up

    @strawberry.field(description="What would work instead, best first.", graphql_type=list[Alternative])
    def alternatives(self: Any) -> Any:
        return self.decision.alternatives

    @strawberry.field(description="The placement policy that chose.")
    def policy(self: Any) -> str:
        return self.decision.policy or ""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, answers.AllocationAnswer)


@strawberry.type(description="GPU-equivalents, GiB of device memory, MIG compute slices.")
class QuotaUsage:
    gpus: float
    memory_gib: float
    mig_slices: int


@strawberry.type(description="What a team, user or namespace may hold at once, and holds. null: no limit.")
class Quota:
    id: strawberry.ID
    scope: QuotaScope
    name: str
    gpus_hard: float | None = _field(description="GPU-equivalents; above it a request is refused.")
    gpus_soft: float | None = _field(description="Above it a request is granted with a warning.")
    memory_gib_hard: float | None
    memory_gib_soft: float | None
    mig_slices_hard: int | None
    mig_slices_soft: int | None
    version: int
    updated_by: str
    updated_date: datetime
    used: QuotaUsage

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.Quota)


@strawberry.type(
    description="With `snapshot`, all live allocations that match; otherwise those that changed. "
    "One that ended comes once more, in its final state."
)
class AllocationEvents:
    sequence: int
    snapshot: bool
    allocations: list[GpuAllocation]
