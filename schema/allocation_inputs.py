"""What a client sends about allocations, and how it becomes what the domain takes."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.allocation import administration, query, requests
from domain.allocation.model import Priority as PriorityLevel
from schema.enums import (
    AllocationOrderField,
    AllocationStatus,
    AllocationView,
    Priority,
    QuotaScope,
    ResourceType,
    SharingMode,
    Spread,
    WorkloadType,
)

_KEY = "Makes a retry safe: the same key with the same request is done once."
_field = strawberry.field


@strawberry.input(
    description="What you ask for, as far as you know it. Without a type the smallest that does is chosen. "
    "`hours` and `plannedReleaseTime` exclude each other; neither: no end."
)
class RequestAllocationInput:
    workload_type: WorkloadType = WorkloadType.OTHER
    resource_type: ResourceType | None = None
    memory_gb: float | None = _field(default=None, description="Device memory of each GPU, slice or share; 10^9 bytes.")
    profile_name: str | None = _field(default=None, description="A MIG profile, such as 3g.40gb.")
    compute_milli: int | None = _field(default=None, description="For a share: thousandths of a device's compute.")
    model_names: list[str] | None = _field(default=None, description="Products that will do: `H100` means every H100.")
    gpu_count: int = _field(default=1, description="All or nothing.")
    spread: Spread = Spread.SAME_NODE
    cluster_name: str | None = None
    node_name: str | None = None
    cpu_milli: int = _field(default=0, description="Host CPU in thousandths of a core, for all of it.")
    host_memory_mib: int = 0
    hours: float | None = None
    planned_release_time: datetime | None = None
    team_id: str | None = _field(default=None, description="Who is charged; else your team.")
    user_id: str | None = _field(default=None, description="In whose name; operators only.")
    namespace: str | None = None
    pod_name: str | None = None
    priority: Priority = Priority.NORMAL
    queue: bool = _field(default=False, description="Wait where it is not possible now.")
    dry_run: bool = _field(default=False, description="The same answer, without taking anything.")
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.AllocationRequest:
        return requests.AllocationRequest(
            workload_type=self.workload_type,
            resource_type=self.resource_type,
            memory_gb=self.memory_gb,
            profile_name=self.profile_name,
            compute_milli=self.compute_milli,
            model_names=tuple(self.model_names or ()),
            gpu_count=self.gpu_count,
            spread=self.spread,
            cluster_name=self.cluster_name,
            node_name=self.node_name,
            cpu_milli=self.cpu_milli,
            host_memory_mib=self.host_memory_mib,
            hours=self.hours,
            planned_release_time=self.planned_release_time,
            team_id=self.team_id,
            user_id=self.user_id,
            namespace=self.namespace,
            pod_name=self.pod_name,
            priority=PriorityLevel[self.priority.name],
            queue=self.queue,
            dry_run=self.dry_run,
            reason=self.reason,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input
class ReleaseAllocationInput:
    allocation_id: strawberry.ID
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.ReleaseRequest:
        return requests.ReleaseRequest(str(self.allocation_id), self.reason, self.idempotency_key)


@strawberry.input(description="A new end: hours from now, or a time; neither: no end.")
class ExtendAllocationInput:
    allocation_id: strawberry.ID
    hours: float | None = None
    planned_release_time: datetime | None = None
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.ExtendRequest:
        return requests.ExtendRequest(
            str(self.allocation_id), self.hours, self.planned_release_time, self.reason, self.idempotency_key
        )


@strawberry.input(description="All limits anew; null: no limit. Soft limits warn, hard ones refuse.")
class SetQuotaInput:
    scope: QuotaScope
    name: str
    gpus_hard: float | None = _field(default=None, description="GPU-equivalents.")
    gpus_soft: float | None = None
    memory_gib_hard: float | None = None
    memory_gib_soft: float | None = None
    mig_slices_hard: int | None = _field(default=None, description="MIG compute slices.")
    mig_slices_soft: int | None = None
    reason: str | None = None
    expected_version: int | None = _field(default=None, description="0: there must be none yet.")

    def to_domain(self) -> requests.QuotaRequest:
        return requests.QuotaRequest(
            self.scope,
            self.name,
            self.gpus_hard,
            self.gpus_soft,
            self.memory_gib_hard,
            self.memory_gib_soft,
            self.mig_slices_hard,
            self.mig_slices_soft,
            self.reason,
            self.expected_version,
        )


@strawberry.input
class DeleteQuotaInput:
    scope: QuotaScope
    name: str
    reason: str | None = None


@strawberry.input(description="How a device may be shared from now on; NONE: not at all.")
class SetDeviceSharingInput:
    device_id: strawberry.ID
    mode: SharingMode
    memory_mb: int | None = _field(default=None, description="Device memory on offer, MiB; null: all of it.")
    max_sharers: int | None = _field(default=None, description="null: no limit of its own.")
    overcommit: float = _field(default=1.0, description="Compute on offer as a multiple of the device; 1: none twice.")
    reason: str | None = None
    expected_version: int | None = None

    def to_domain(self) -> administration.SharingRequest:
        return administration.SharingRequest(
            str(self.device_id),
            self.mode,
            self.memory_mb,
            self.max_sharers,
            self.overcommit,
            self.reason,
            self.expected_version,
        )


@strawberry.input(
    description="Every part given must hold; a list holds where any of its values does. "
    "Without `endedSince` only live allocations are listed."
)
class AllocationWhere:
    whose: AllocationView = AllocationView.ALL
    statuses: list[AllocationStatus] | None = None
    resource_types: list[ResourceType] | None = None
    team_ids: list[str] | None = None
    user_ids: list[str] | None = None
    namespaces: list[str] | None = None
    cluster_names: list[str] | None = None
    device_ids: list[strawberry.ID] | None = None
    text: str | None = _field(default=None, description="Part of pod, namespace, user, team or what is held; any case.")
    ends_before: datetime | None = None
    ended_since: datetime | None = _field(default=None, description="Ended ones from then on too; at most 93 days.")
    ended_until: datetime | None = None

    def to_domain(self) -> query.AllocationFilter:
        return query.AllocationFilter(
            whose=self.whose,
            statuses=None if self.statuses is None else tuple(self.statuses),
            resource_types=None if self.resource_types is None else tuple(self.resource_types),
            team_ids=None if self.team_ids is None else tuple(self.team_ids),
            user_ids=None if self.user_ids is None else tuple(self.user_ids),
            namespaces=None if self.namespaces is None else tuple(self.namespaces),
            cluster_names=None if self.cluster_names is None else tuple(self.cluster_names),
            device_ids=None if self.device_ids is None else tuple(str(id_) for id_ in self.device_ids),
            text=self.text,
            ends_before=self.ends_before,
            ended_since=self.ended_since,
            ended_until=self.ended_until,
        )


@strawberry.input
class AllocationOrder:
    field: AllocationOrderField
    descending: bool = False
