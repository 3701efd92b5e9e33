"""Quotas: what is held, what more would do to the limits, in three measures at once.

GPU-equivalents alone would let four 1g cost as much as a 4g; slices alone say nothing of whole devices. Each limit
that is set binds. What counts is what live allocations hold, seen by the transaction that gives more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.allocation.answers import Check, Decision, Step
from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import AllocatedResource, Allocation, Quota, QuotaScope, ResourceType, Usage
from domain.fleet.view import InventoryView

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that would be passed."""

    quota: Quota
    measure: str
    hard: bool
    limit: float
    after: float

    @property
    def message(self) -> str:
        kind = "hard" if self.hard else "soft"
        scope = self.quota.scope.value.lower()
        return (
            f"{scope} {self.quota.name!r} would hold {self.after:,.4g} {self.measure} "
            f"with a {kind} limit of {self.limit:,.4g}"
        )


def usage_of(resources: Iterable[AllocatedResource]) -> Usage:
    gpus, mib, slices = 0.0, 0, 0
    for resource in resources:
        gpus += resource.gpu_equivalent
        mib += resource.memory_mib
        slices += resource.mig_slices
    return Usage(gpus, mib / 1024, slices)


def held_by(allocations: Iterable[Allocation], scope: QuotaScope, name: str) -> Usage:
    """What the live allocations of a team, user or namespace hold."""
    return usage_of(
        resource
        for allocation in allocations
        if allocation.status in HOLDING and name_in(scope, allocation) == name
        for resource in allocation.resources
    )


def name_in(scope: QuotaScope, allocation: Allocation) -> str | None:
    """Whose allocation it is in the sense of a quota's scope."""
    match scope:
        case QuotaScope.TEAM:
            return allocation.team_id
        case QuotaScope.USER:
            return allocation.user_id
        case QuotaScope.NAMESPACE:
            return allocation.namespace


def with_usage(view: InventoryView, quota: Quota) -> Quota:
    """The quota with what is held under it now."""
    return replace(quota, used=held_by(view.allocations, quota.scope, quota.name))


def binding(view: InventoryView, allocation: Allocation) -> list[Quota]:
    """The quotas that bind this allocation, with what is held under each."""
    names = ((scope, name_in(scope, allocation)) for scope in QuotaScope)
    quotas = [quota for scope, name in names if name is not None and (quota := view.quota(scope, name)) is not None]
    return [with_usage(view, quota) for quota in quotas]


def quota_checks(
    view: InventoryView, allocation: Allocation, decision: Decision
) -> tuple[tuple[Check, ...], str | None]:
    """What the quotas say, and the message of the one that refuses, if one does.

    Measured by the place, or, where none was found, by as many whole devices as were asked for.
    """
    more = _would_hold(allocation, decision)
    quotas = binding(view, allocation)
    found = breaches(quotas, more)
    if not found:
        words = "; ".join(_left(quota, more) for quota in quotas) or "no quota binds this request"
        return (Check(Step.QUOTA, True, words),), None
    checks = tuple(Check(Step.QUOTA, not breach.hard, breach.message, not breach.hard) for breach in found)
    return checks, found[0].message if found[0].hard else None


def never_allows(view: InventoryView, allocation: Allocation, decision: Decision) -> bool:
    """Whether a hard limit is below the request alone: no release by anybody would let it in."""
    alone = [replace(quota, used=Usage()) for quota in binding(view, allocation)]
    return any(breach.hard for breach in breaches(alone, _would_hold(allocation, decision)))


def breaches(quotas: Sequence[Quota], more: Usage) -> list[Breach]:
    """The limits that holding `more` would pass, hard ones first."""
    found = []
    for quota in quotas:
        after = quota.used + more
        for measure, used, soft, hard in (
            ("GPUs", after.gpus, quota.gpus_soft, quota.gpus_hard),
            ("GiB", after.memory_gib, quota.memory_gib_soft, quota.memory_gib_hard),
            ("MIG slices", float(after.mig_slices), quota.mig_slices_soft, quota.mig_slices_hard),
        ):
            if hard is not None and used > hard + _ROUNDING:
                found.append(Breach(quota, measure, True, hard, used))
            elif soft is not None and used > soft + _ROUNDING:
                found.append(Breach(quota, measure, False, soft, used))
    return sorted(found, key=lambda breach: not breach.hard)


def _would_hold(allocation: Allocation, decision: Decision) -> Usage:
    if decision.place is None:
        return Usage(float(allocation.gpu_count)) if decision.resource_type is ResourceType.FULL else Usage()
    parts = decision.place.resources
    return Usage(
        sum(part.gpu_equivalent for part in parts),
        sum(part.memory_mib for part in parts) / 1024,
        sum(0 if part.profile is None else part.profile.compute_slices for part in parts),
    )


def _left(quota: Quota, more: Usage) -> str:
    limit = "" if quota.gpus_hard is None else f" of {quota.gpus_hard:,.4g}"
    return f"{quota.name}: {quota.used.gpus + more.gpus:,.4g} GPUs after this{limit}"
