"""The objects of the business of holding GPUs: allocations, what they hold, their history, quotas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum


class AllocationStatus(StrEnum):
    """Where an allocation is in its life; the legal steps are in `lifecycle.py`."""

    REQUESTED = "REQUESTED"
    QUEUED = "QUEUED"
    RESERVED = "RESERVED"
    CREATING = "CREATING"
    ACTIVE = "ACTIVE"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    NO_RESOURCE = "NO_RESOURCE"


class ResourceType(StrEnum):
    """What an allocation holds: whole devices, MIG instances, or a share of a device's memory and compute."""

    FULL = "FULL"
    MIG = "MIG"
    SHARED = "SHARED"


class WorkloadType(StrEnum):
    """What runs on it."""

    VLLM = "VLLM"
    SGLANG = "SGLANG"
    TRAINING = "TRAINING"
    NOTEBOOK = "NOTEBOOK"
    BATCH = "BATCH"
    OTHER = "OTHER"


class Spread(StrEnum):
    """How close several GPUs of one job must be."""

    SAME_NVLINK = "SAME_NVLINK"
    SAME_NODE = "SAME_NODE"
    ANY = "ANY"


class Priority(IntEnum):
    """Who goes first in the queue. Waiting raises it: see `queue.py`."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    PRODUCTION = 3


class QuotaScope(StrEnum):
    """Whom a quota binds."""

    TEAM = "TEAM"
    USER = "USER"
    NAMESPACE = "NAMESPACE"


@dataclass(frozen=True, slots=True)
class AllocatedResource:
    """One thing an allocation holds or held: a device, an instance's slices, or a share.

    `gpu_equivalent` is 1 for a device, memory slices of the instance / slices of the device, or thousandths / 1,000.
    """

    allocation_id: str
    position: int
    device_id: str
    node_id: str
    gpu_equivalent: float
    memory_mib: int
    mig_slices: int = 0
    """Compute slices of an instance: four 1g count 4, a 7g counts 7."""
    mig_id: str | None = None
    profile_name: str | None = None
    placement_start: int = 0
    placement_size: int = 1
    """The slices claimed: all of the device for FULL, the instance's for MIG, none for a share."""
    share_milli: int | None = None


@dataclass(slots=True, eq=False)
class Allocation:
    """A request and what became of it (GPU_ALLOCATIONS). Times are UTC.

    `resources` are joined by the reader; they stay when the allocation has ended, as what it held.
    """

    id: str
    namespace: str | None
    pod_name: str | None
    workload_type: WorkloadType
    resource_type: ResourceType
    allocated_resource: str | None
    """In words: `h100-07/3, 3g.40gb at 0`. None before something is held."""
    requested_memory_gb: float | None
    allocation_time: datetime | None
    """When it got what it holds."""
    planned_release_time: datetime | None
    """When it ends by itself; None: it does not."""
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
    compute_milli: int
    """Thousandths of each device: 1,000 for whole ones."""
    cpu_milli: int
    host_memory_mib: int
    model_names: tuple[str, ...]
    """GPU products that will do; empty: any."""
    cluster_name: str | None
    node_name: str | None
    spread: Spread
    priority: Priority
    hours: float | None
    policy: str | None
    score: float | None
    explanation: str | None
    """Compact JSON of how the place was chosen: see `answers.py`."""
    version: int
    resources: tuple[AllocatedResource, ...] = ()

    @property
    def device_ids(self) -> set[str]:
        return {resource.device_id for resource in self.resources}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of an allocation's life (ALLOCATION_HISTORY): who, when, why."""

    allocation_id: str
    step: int
    from_status: AllocationStatus | None
    to_status: AllocationStatus
    changed_at: datetime
    changed_by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class SliceClaim:
    """The exclusive right to one memory slice of one device. Device and slice are the primary key."""

    device_id: str
    slice_no: int
    allocation_id: str


@dataclass(frozen=True, slots=True)
class Usage:
    """GPU-equivalents, GiB of device memory, and MIG compute slices."""

    gpus: float = 0.0
    memory_gib: float = 0.0
    mig_slices: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.gpus + other.gpus, self.memory_gib + other.memory_gib, self.mig_slices + other.mig_slices)


@dataclass(frozen=True, slots=True)
class Quota:
    """What a team, a user or a namespace may hold at once. None: no limit. Soft limits warn, hard ones refuse.

    `used` is not stored: it is filled in for readers.
    """

    id: str
    scope: QuotaScope
    name: str
    gpus_hard: float | None
    gpus_soft: float | None
    memory_gib_hard: float | None
    memory_gib_soft: float | None
    mig_slices_hard: int | None
    mig_slices_soft: int | None
    version: int
    updated_by: str
    updated_date: datetime
    used: Usage = Usage()
