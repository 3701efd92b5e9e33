"""What the allocation services are asked to do, and the bounds of each value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.allocation.model import Priority, QuotaScope, ResourceType, Spread, WorkloadType
from domain.errors import InvalidInput
from domain.fleet.requests import check_key, check_text

GPUS_MAX = 512
INSTANCES_MAX = 56
"""Instances in one request: seven on each GPU of a node of eight."""
HOURS_MAX = 24 * 366.0
MEMORY_GB_MAX = 100_000.0
MODELS_MAX = 20
REASON_MAX = 300
PLANNED_PAST_ALLOWED = timedelta(seconds=30)
"""Clocks differ: a release planned this little in the past is a mistake of the clock, not of the caller."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_TEAM = re.compile(r"[A-Za-z0-9]([-_. A-Za-z0-9]{0,61}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """What somebody asks for, as far as they know. Memory in GB (10^9 bytes), compute in thousandths of one device.

    Without `resource_type` the smallest that does is chosen: a profile or a memory size alone gets an instance
    where one fits, else a whole device. `hours` and `planned_release_time` exclude each other; neither: no end.
    """

    workload_type: WorkloadType = WorkloadType.OTHER
    resource_type: ResourceType | None = None
    memory_gb: float | None = None
    profile_name: str | None = None
    compute_milli: int | None = None
    model_names: tuple[str, ...] = ()
    gpu_count: int = 1
    spread: Spread = Spread.SAME_NODE
    cluster_name: str | None = None
    node_name: str | None = None
    cpu_milli: int = 0
    host_memory_mib: int = 0
    hours: float | None = None
    planned_release_time: datetime | None = None
    team_id: str | None = None
    user_id: str | None = None
    namespace: str | None = None
    pod_name: str | None = None
    priority: Priority = Priority.NORMAL
    queue: bool = False
    dry_run: bool = False
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Give back what an allocation holds, or take it out of the queue."""

    allocation_id: str
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ExtendRequest:
    """A new end: `hours` from now, or a time; neither: no end. An earlier end than before is accepted too."""

    allocation_id: str
    hours: float | None = None
    planned_release_time: datetime | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class QuotaRequest:
    """All limits of one team, user or namespace anew. None: no limit."""

    scope: QuotaScope
    name: str
    gpus_hard: float | None = None
    gpus_soft: float | None = None
    memory_gib_hard: float | None = None
    memory_gib_soft: float | None = None
    mig_slices_hard: int | None = None
    mig_slices_soft: int | None = None
    reason: str | None = None
    expected_version: int | None = None


def check_allocation(request: AllocationRequest, now: datetime) -> None:
    """Raise `InvalidInput` naming the first field that is out of bounds."""
    check_key(request.idempotency_key)
    check_reason(request.reason)
    _check_size(request)
    _check_host(request)
    check_end(request.hours, request.planned_release_time, now)
    check_kubernetes_names(request.namespace, request.pod_name)
    check_team(request.team_id)
    check_text(request.user_id, ("userId",))
    if request.user_id == "":
        raise InvalidInput("the user is empty: leave it out for yourself", path=("userId",))
    check_text(request.cluster_name, ("clusterName",))
    check_text(request.node_name, ("nodeName",))
    if request.node_name is not None and request.spread is Spread.ANY and request.gpu_count > 1:
        raise InvalidInput("one node and any spread contradict each other: leave one out", path=("spread",))


def check_end(hours: float | None, planned: datetime | None, now: datetime) -> None:
    if hours is not None and planned is not None:
        raise InvalidInput("give hours or a planned release time, not both", path=("plannedReleaseTime",))
    if hours is not None and not 0 < hours <= HOURS_MAX:
        raise InvalidInput(f"hours are above 0 and at most {HOURS_MAX:,.0f}, not {hours:g}", path=("hours",))
    if planned is None:
        return
    if planned.tzinfo is None:
        raise InvalidInput("the time names no zone: write 2026-11-01T12:00:00Z", path=("plannedReleaseTime",))
    if planned < now - PLANNED_PAST_ALLOWED:
        raise InvalidInput(
            f"{planned.isoformat()} is in the past: it is {now.isoformat()}", path=("plannedReleaseTime",)
        )
    if planned > now + timedelta(hours=HOURS_MAX):
        raise InvalidInput(f"at most {HOURS_MAX:,.0f} hours from now", path=("plannedReleaseTime",))


def check_kubernetes_names(namespace: str | None, pod_name: str | None) -> None:
    if namespace is not None and not _DNS_LABEL.fullmatch(namespace):
        raise InvalidInput(
            f"{namespace[:80]!r} is not a Kubernetes namespace: 1 to 63 of a-z, 0-9 and '-', "
            "starting and ending with a letter or digit",
            path=("namespace",),
        )
    if pod_name is not None and (len(pod_name) > 253 or not _DNS_SUBDOMAIN.fullmatch(pod_name)):
        raise InvalidInput(
            f"{pod_name[:80]!r} is not a Kubernetes pod name: 1 to 253 of a-z, 0-9, '-' and '.', "
            "each part starting and ending with a letter or digit",
            path=("podName",),
        )


def check_team(team_id: str | None, path: tuple[str, ...] = ("teamId",)) -> None:
    if team_id is not None and not _TEAM.fullmatch(team_id):
        raise InvalidInput(
            f"{team_id[:80]!r} is not a team name: 1 to 63 letters, digits, spaces, '-', '_' and '.'", path=path
        )


def check_reason(reason: str | None) -> None:
    if reason is None:
        return
    if len(reason) > REASON_MAX:
        raise InvalidInput(f"at most {REASON_MAX} characters, not {len(reason):,}", path=("reason",))
    if not reason.isprintable():
        raise InvalidInput("only printable characters are accepted", path=("reason",))


def check_quota(request: QuotaRequest) -> None:
    """Raise `InvalidInput` where a limit makes no sense."""
    check_reason(request.reason)
    match request.scope:
        case QuotaScope.TEAM:
            check_team(request.name, ("name",))
        case QuotaScope.USER:
            check_text(request.name, ("name",))
            if not request.name:
                raise InvalidInput("the name is empty", path=("name",))
        case QuotaScope.NAMESPACE:
            check_kubernetes_names(request.name, None)
    for kind, hard, soft in (
        ("gpus", request.gpus_hard, request.gpus_soft),
        ("memoryGib", request.memory_gib_hard, request.memory_gib_soft),
        ("migSlices", request.mig_slices_hard, request.mig_slices_soft),
    ):
        for name, value in (("Hard", hard), ("Soft", soft)):
            if value is not None and not 0 <= value <= 10_000_000:
                raise InvalidInput(f"a limit is between 0 and 10,000,000, not {value:g}", path=(f"{kind}{name}",))
        if hard is not None and soft is not None and soft > hard:
            raise InvalidInput(f"a soft limit is at most the hard one, {hard:g}, not {soft:g}", path=(f"{kind}Soft",))


def _check_size(request: AllocationRequest) -> None:
    kind = request.resource_type
    if request.memory_gb is not None and not 0 < request.memory_gb <= MEMORY_GB_MAX:
        raise InvalidInput(
            f"memory is above 0 and at most {MEMORY_GB_MAX:,.0f} GB, not {request.memory_gb:g}", path=("memoryGb",)
        )
    if request.compute_milli is not None and not 1 <= request.compute_milli <= 1000:
        raise InvalidInput(
            f"compute is 1 to 1,000 thousandths of a device, not {request.compute_milli:,}", path=("computeMilli",)
        )
    if len(request.model_names) > MODELS_MAX:
        raise InvalidInput(f"at most {MODELS_MAX} models, not {len(request.model_names):,}", path=("modelNames",))
    if request.profile_name is not None:
        check_text(request.profile_name, ("profileName",))
        if kind not in {None, ResourceType.MIG}:
            raise InvalidInput(f"a profile goes with MIG, not with {kind}", path=("profileName",))
    if request.compute_milli is not None and kind is not ResourceType.SHARED:
        raise InvalidInput("thousandths of compute go with SHARED only", path=("computeMilli",))
    if kind is ResourceType.MIG and request.profile_name is None and request.memory_gb is None:
        raise InvalidInput("a MIG request names a profile or a memory size", path=("profileName",))
    if kind is ResourceType.SHARED and request.memory_gb is None:
        raise InvalidInput("a share names its memory", path=("memoryGb",))
    most = INSTANCES_MAX if kind is ResourceType.MIG or request.profile_name is not None else GPUS_MAX
    if not 1 <= request.gpu_count <= most:
        raise InvalidInput(f"a count is between 1 and {most}, not {request.gpu_count:,}", path=("gpuCount",))
    if kind is ResourceType.SHARED and request.gpu_count != 1:
        raise InvalidInput("a share is of one device", path=("gpuCount",))


def _check_host(request: AllocationRequest) -> None:
    if not 0 <= request.cpu_milli <= 10_000_000:
        raise InvalidInput(f"between 0 and 10,000,000, not {request.cpu_milli:,}", path=("cpuMilli",))
    if not 0 <= request.host_memory_mib <= 1_000_000_000:
        raise InvalidInput(f"between 0 and 1,000,000,000, not {request.host_memory_mib:,}", path=("hostMemoryMib",))
