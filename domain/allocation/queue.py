"""Who waits, and who goes next.

Order: priority raised by waiting (one level for every `AGE_PER_LEVEL`), then the team that holds least of what
it may hold, then who came first. Nobody starves: a request that has waited `GATHER_AFTER` gathers capacity - later
ones of its kind, queued or new, of no higher priority, may not take what it waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import Allocation, AllocationStatus, QuotaScope, ResourceType
from domain.fleet.view import InventoryView

AGE_PER_LEVEL = timedelta(minutes=30)
GATHER_AFTER = timedelta(hours=1)
QUEUE_MAX = 1000
"""Requests waiting at once: a queue that long is not waited for."""
TRIED_PER_SWEEP = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued request and its place in the line, from 1."""

    allocation: Allocation
    position: int


def line(view: InventoryView, now: datetime) -> Sequence[Waiting]:
    """All queued requests in the order in which they go."""
    queued = [allocation for allocation in view.allocations if allocation.status is AllocationStatus.QUEUED]
    if not queued:
        return ()
    shares = _shares(view)
    queued.sort(
        key=lambda a: (-level(a, now), shares.get(a.team_id, 0.0), a.requested_time, a.id),
    )
    return [Waiting(allocation, position) for position, allocation in enumerate(queued, start=1)]


def level(allocation: Allocation, now: datetime) -> int:
    """Its priority, raised by the time it has waited."""
    return int(allocation.priority) + max(0, (now - allocation.requested_time) // AGE_PER_LEVEL)


def gathering(view: InventoryView, now: datetime, newcomer: Allocation) -> Allocation | None:
    """A request that waits so long that the newcomer may not take what it waits for; None: nobody is in the way."""
    for waiting in line(view, now):
        older = waiting.allocation
        if (
            older is not newcomer
            and older.id != newcomer.id
            and now - older.requested_time >= GATHER_AFTER
            and older.requested_time < newcomer.requested_time
            and older.priority >= newcomer.priority
            and _compete(older, newcomer)
        ):
            return older
    return None


def _compete(one: Allocation, other: Allocation) -> bool:
    """Whether both could be given the same thing."""
    whole_or_share = {ResourceType.FULL, ResourceType.SHARED}
    if one.resource_type is not other.resource_type and {one.resource_type, other.resource_type} != whole_or_share:
        return False
    if one.cluster_name and other.cluster_name and one.cluster_name != other.cluster_name:
        return False
    if one.node_name and other.node_name and one.node_name != other.node_name:
        return False
    return not one.model_names or not other.model_names or bool(set(one.model_names) & set(other.model_names))


def _shares(view: InventoryView) -> dict[str, float]:
    """What each team holds as a part of its quota, or, without one, of the fleet."""
    held: dict[str, float] = {}
    for allocation in view.allocations:
        if allocation.status in HOLDING:
            more = sum(resource.gpu_equivalent for resource in allocation.resources)
            held[allocation.team_id] = held.get(allocation.team_id, 0.0) + more
    fleet = max(1, len(view.devices))
    return {team: gpus / _allowed(view, team, fleet) for team, gpus in held.items()}


def _allowed(view: InventoryView, team: str, fleet: int) -> float:
    quota = view.quota(QuotaScope.TEAM, team)
    limit = None if quota is None else quota.gpus_hard
    return float(fleet) if limit is None else max(limit, 1e-6)


def queued_count(allocations: Iterable[Allocation]) -> int:
    return sum(allocation.status is AllocationStatus.QUEUED for allocation in allocations)
