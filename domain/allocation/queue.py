"""Who waits, and who goes next.

Order: priority raised by waiting (one level for every `AGE_PER_LEVEL`), then the team that holds least of what
it may hold, then who came first. Nobody starves: for a request that has waited `GATHER_AFTER`, one node gathers
capacity - the one that is nearest to serving it - and later requests of no higher priority are placed elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.allocation.feed import takes_new_work
from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import Allocation, AllocationStatus, QuotaScope, ResourceType, Spread
from domain.allocation.wanted import could_hold
from domain.fleet.model import GpuDevice, SharingMode
from domain.fleet.view import InventoryView

AGE_PER_LEVEL = timedelta(minutes=30)
GATHER_AFTER = timedelta(hours=1)
GATHERING_MAX = 3
"""Requests that capacity is gathered for at once: the first in line of those that have waited so long."""
QUEUE_MAX = 1000
"""Requests waiting at once: a queue that long is not waited for."""


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
    queued.sort(key=lambda a: (-level(a, now), shares.get(a.team_id, 0.0), a.requested_time, a.id))
    return [Waiting(allocation, position) for position, allocation in enumerate(queued, start=1)]


def level(allocation: Allocation, now: datetime) -> int:
    """Its priority, raised by the time it has waited."""
    return int(allocation.priority) + max(0, (now - allocation.requested_time) // AGE_PER_LEVEL)


def gathering_nodes(view: InventoryView, now: datetime, newcomer: Allocation) -> frozenset[str]:
    """The nodes that gather capacity for others, where the newcomer may not be placed."""
    older = [
        waiting.allocation
        for waiting in line(view, now)
        if now - waiting.allocation.requested_time >= GATHER_AFTER
        and waiting.allocation.requested_time < newcomer.requested_time
        and waiting.allocation.priority >= newcomer.priority
    ]
    nodes = (nearest_node(view, allocation) for allocation in older[:GATHERING_MAX])
    return frozenset(node for node in nodes if node is not None)


def nearest_node(view: InventoryView, allocation: Allocation) -> str | None:
    """The node that could serve the request if it were empty and has most of what it needs; None: there is none."""
    found = {node_id: _suitable(devices, allocation) for node_id, devices in _in_reach(view, allocation).items()}
    able = {node_id: devices for node_id, devices in found.items() if len(devices) >= _needed(allocation)}
    if not able:
        return None
    return max(sorted(able), key=lambda node_id: sum(not device.allocations for device in able[node_id]))


def could_ever_serve(view: InventoryView, allocation: Allocation) -> bool:
    """Whether the fleet could, were it empty: what it could not is not waited for."""
    found = [_suitable(devices, allocation) for devices in _in_reach(view, allocation).values()]
    if allocation.spread is Spread.ANY:
        return sum(len(devices) for devices in found) >= allocation.gpu_count
    return any(len(devices) >= _needed(allocation) for devices in found)


def _needed(allocation: Allocation) -> int:
    if allocation.spread is Spread.ANY or allocation.resource_type is ResourceType.MIG:
        return 1
    return allocation.gpu_count


def _in_reach(view: InventoryView, allocation: Allocation) -> dict[str, list[GpuDevice]]:
    nodes: dict[str, list[GpuDevice]] = {}
    for device in view.devices:
        node = device.node
        if allocation.cluster_name in {None, node.cluster_name} and allocation.node_name in {None, node.node_name}:
            nodes.setdefault(node.id, []).append(device)
    return nodes


def _suitable(devices: Iterable[GpuDevice], allocation: Allocation) -> list[GpuDevice]:
    shared = allocation.resource_type is ResourceType.SHARED
    if allocation.resource_type is ResourceType.MIG:
        names = allocation.model_names
        return [
            d for d in devices if d.mig_enabled and takes_new_work(d) and (not names or d.model.model_name in names)
        ]
    return [
        device
        for device in devices
        if could_hold(device, allocation) and (not shared or device.sharing_mode is not SharingMode.NONE)
    ]


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
