"""What operators decide about holding GPUs: quotas, and which devices may be shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.access.policy import Permission, allows, authorise
from domain.access.principal import Principal
from domain.allocation.holding import held_on
from domain.allocation.model import Quota, QuotaScope
from domain.allocation.quota import with_usage
from domain.allocation.requests import QuotaRequest, check_quota, check_reason
from domain.errors import Conflict, InvalidInput, NotFound
from domain.fleet.changes import ChangeKind
from domain.fleet.identity import derived_id
from domain.fleet.model import GpuDevice, SharingMode
from domain.fleet.writing import InventoryTransactions

OVERCOMMIT_MAX = 10.0
SHARERS_MAX = 48
"""MPS takes 48 clients a device (NVIDIA MPS documentation, Volta and newer)."""


@dataclass(frozen=True, slots=True)
class SharingRequest:
    """How a device may be shared from now on; mode NONE: not at all."""

    device_id: str
    mode: SharingMode
    memory_mb: int | None = None
    max_sharers: int | None = None
    overcommit: float = 1.0
    reason: str | None = None
    expected_version: int | None = None


class Administration:
    """The operators' side of allocations."""

    def __init__(self, transactions: InventoryTransactions) -> None:
        self._transactions = transactions
        self._view = transactions.view

    async def quotas(self, actor: Principal) -> Sequence[Quota]:
        """Every quota with what is held under it; a user sees those of the own team and name."""
        authorise(actor, Permission.READ_FLEET)
        await self._view.ensure_current()
        quotas = sorted(self._view.quotas, key=lambda quota: (quota.scope, quota.name))
        if not allows(actor, Permission.READ_ALL_ALLOCATIONS):
            own = {(QuotaScope.USER, actor.subject), (QuotaScope.TEAM, actor.team)}
            quotas = [quota for quota in quotas if (quota.scope, quota.name) in own]
        return [with_usage(self._view, quota) for quota in quotas]

    async def set_quota(self, actor: Principal, request: QuotaRequest) -> Quota:
        """Set all limits of a team, user or namespace anew. Raises `InvalidInput`, `Conflict`, `Forbidden`."""
        authorise(actor, Permission.MANAGE_QUOTAS)
        check_quota(request)
        async with self._transactions.begin(actor, current=True) as writer:
            known = self._view.quota(request.scope, request.name)
            if request.expected_version is not None and request.expected_version != (known.version if known else 0):
                raise Conflict("the quota has changed; read it again", path=("expectedVersion",))
            quota = Quota(
                id=derived_id("quota", f"{request.scope}\x00{request.name}"),
                scope=request.scope,
                name=request.name,
                gpus_hard=request.gpus_hard,
                gpus_soft=request.gpus_soft,
                memory_gib_hard=request.memory_gib_hard,
                memory_gib_soft=request.memory_gib_soft,
                mig_slices_hard=request.mig_slices_hard,
                mig_slices_soft=request.mig_slices_soft,
                version=1 if known is None else known.version + 1,
                updated_by=actor.subject,
                updated_date=writer.clock(),
            )
            if known is None:
                await writer.uow.ledger.add_quota(quota)
            else:
                await writer.uow.ledger.save_quota(quota)
            before = None if known is None else _limits(known)
            writer.record(
                ChangeKind.QUOTA_CHANGED, quota.id, before=before, after=_limits(quota), reason=request.reason
            )
        return with_usage(self._view, quota)

    async def delete_quota(self, actor: Principal, scope: QuotaScope, name: str, reason: str | None) -> Quota:
        """Remove all limits of a team, user or namespace. Raises `NotFound`, `Forbidden`."""
        authorise(actor, Permission.MANAGE_QUOTAS)
        check_reason(reason)
        async with self._transactions.begin(actor, current=True) as writer:
            quota = self._view.quota(scope, name)
            if quota is None:
                raise NotFound(f"{scope.lower()} {name!r} has no quota", path=("name",))
            await writer.uow.ledger.delete_quota(quota.id)
            writer.record(ChangeKind.QUOTA_CHANGED, quota.id, before=_limits(quota), reason=reason)
        return quota

    async def set_sharing(self, actor: Principal, request: SharingRequest) -> GpuDevice:
        """Let a device be shared, or end that. Raises `Conflict` where what is held now would not fit, `NotFound`."""
        authorise(actor, Permission.MANAGE_LAYOUTS)
        check_reason(request.reason)
        _check_sharing(request)
        async with self._transactions.begin(actor, current=True) as writer:
            stored = await writer.uow.device(request.device_id)
            if stored is None or not actor.scope.sees_cluster(stored.node.cluster_name):
                raise NotFound(f"there is no device {request.device_id!r}", path=("deviceId",))
            if request.expected_version is not None and request.expected_version != stored.version:
                raise Conflict("the device has changed; read it again", path=("expectedVersion",))
            _check_sharers(self._view.device(request.device_id) or stored, request)
            device = replace(stored)
            device.sharing_mode = request.mode
            shared = request.mode is not SharingMode.NONE
            device.sharing_memory_mb = request.memory_mb if shared else None
            device.sharing_max = request.max_sharers if shared else None
            device.sharing_overcommit = request.overcommit if shared else 1.0
            writer.change_device(
                device, ChangeKind.DEVICE_SHARING_CHANGED, _sharing(stored), _sharing(device), request.reason
            )
        return self._view.device(request.device_id) or device


def _check_sharing(request: SharingRequest) -> None:
    if request.memory_mb is not None and not 1 <= request.memory_mb <= 4 * 1024 * 1024:
        raise InvalidInput(f"between 1 and {4 * 1024 * 1024:,} MiB, not {request.memory_mb:,}", path=("memoryMb",))
    if request.max_sharers is not None and not 1 <= request.max_sharers <= SHARERS_MAX:
        raise InvalidInput(f"between 1 and {SHARERS_MAX} sharers, not {request.max_sharers:,}", path=("maxSharers",))
    if not 1 <= request.overcommit <= OVERCOMMIT_MAX:
        raise InvalidInput(
            f"a factor between 1 (none) and {OVERCOMMIT_MAX:g}, not {request.overcommit:g}", path=("overcommit",)
        )


def _check_sharers(device: GpuDevice, request: SharingRequest) -> None:
    if request.mode is not SharingMode.NONE and (device.mig_enabled or device.mig_pending):
        what = (
            "MPS does not go with MIG"
            if request.mode is SharingMode.MPS
            else "a device with MIG on is shared by its instances"
        )
        raise Conflict(f"{what}: switch MIG off first", path=("mode",))
    held = [resource for resource in held_on(device) if resource.share_milli is not None]
    if not held:
        return
    if request.mode is SharingMode.NONE:
        raise Conflict(f"{len(held)} allocations share it: release them first", path=("mode",))
    if request.max_sharers is not None and len(held) > request.max_sharers:
        raise Conflict(f"{len(held)} allocations share it now", path=("maxSharers",))
    if sum(resource.memory_mib for resource in held) > (request.memory_mb or device.memory_total_mb or 0):
        raise Conflict("its sharers hold more memory than that", path=("memoryMb",))
    if sum(resource.share_milli or 0 for resource in held) > 1000 * request.overcommit:
        raise Conflict("its sharers hold more compute than that", path=("overcommit",))


def _limits(quota: Quota) -> str:
    names = ("gpus_hard", "gpus_soft", "memory_gib_hard", "memory_gib_soft", "mig_slices_hard", "mig_slices_soft")
    return "; ".join(f"{name}={getattr(quota, name)}" for name in names)


def _sharing(device: GpuDevice) -> str:
    return (
        f"mode={device.sharing_mode}; memory_mb={device.sharing_memory_mb}; max={device.sharing_max}; "
        f"overcommit={device.sharing_overcommit:g}"
    )
