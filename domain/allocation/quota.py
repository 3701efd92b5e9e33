"""Quotas: what is held, what more would do to the limits, in three measures at once.

GPU-equivalents alone would let four 1g cost as much as a 4g; slices alone say nothing of whole devices. Each limit
that is set binds. What counts is what live allocations hold, seen by the transaction that gives more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import AllocatedResource, Allocation, Quota, QuotaScope
from domain.fleet.view import InventoryView

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Usage:
    """GPU-equivalents, GiB of device memory, and MIG compute slices."""

    gpus: float = 0.0
    memory_gib: float = 0.0
    mig_slices: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.gpus + other.gpus, self.memory_gib + other.memory_gib, self.mig_slices + other.mig_slices)


@dataclass(frozen=True, slots=True)
class QuotaState:
    """A quota with what is held under it."""

    quota: Quota
    used: Usage


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


def quota_states(view: InventoryView) -> list[QuotaState]:
    """Every quota with what is held under it, by scope and name."""
    quotas = sorted(view.quotas, key=lambda quota: (quota.scope, quota.name))
    return [QuotaState(quota, held_by(view.allocations, quota.scope, quota.name)) for quota in quotas]


def binding(view: InventoryView, allocation: Allocation) -> list[QuotaState]:
    """The quotas that bind this allocation, with what is held under each."""
    names = ((scope, name_in(scope, allocation)) for scope in QuotaScope)
    quotas = [quota for scope, name in names if name is not None and (quota := view.quota(scope, name)) is not None]
    return [QuotaState(quota, held_by(view.allocations, quota.scope, quota.name)) for quota in quotas]


def breaches(states: Sequence[QuotaState], more: Usage) -> list[Breach]:
    """The limits that holding `more` would pass, hard ones first."""
    found = []
    for state in states:
        quota, after = state.quota, state.used + more
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
