"""What is near a refused request and would work: now in another way, or later as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain.allocation.answers import Alternative, AlternativeKind
from domain.allocation.feed import CapacityFeed
from domain.allocation.holding import held_on
from domain.allocation.model import ResourceType, Spread
from domain.allocation.policies.base import Policy
from domain.allocation.policies.spread import choose_spread
from domain.allocation.wanted import Wanted, could_hold
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView

NEVER = datetime.max.replace(tzinfo=UTC)
MOST = 4


def nearest_whole(view: InventoryView, feed: CapacityFeed, policy: Policy, wanted: Wanted) -> Sequence[Alternative]:
    """Other products now, fewer GPUs or a wider spread now, the same later; best first."""
    demand = wanted.demand(ResourceType.FULL)
    found: list[Alternative] = []
    if demand.models is not None:
        for choice in policy.rank(feed.capacity, replace(demand, models=None), 1):
            device = view.device(choice.device_keys[0])
            if device is not None:
                found.append(
                    Alternative(
                        AlternativeKind.OTHER_MODEL,
                        f"{demand.gpus} × {device.model.model_name} on {device.node.node_name} now",
                        model_name=device.model.model_name,
                        device_id=device.id,
                    )
                )
    if demand.gpus > 1:
        if wanted.allocation.spread is not Spread.ANY and choose_spread(
            feed.capacity, policy, replace(demand, same_nvlink=False)
        ):
            found.append(
                Alternative(AlternativeKind.WIDER_SPREAD, f"{demand.gpus} GPUs over several nodes now (spread ANY)")
            )
        fewer = _most_at_once(feed, policy, wanted)
        if fewer:
            where = "over several nodes" if wanted.allocation.spread is Spread.ANY else "on one node"
            found.append(Alternative(AlternativeKind.FEWER_GPUS, f"{fewer} {where} now", gpu_count=fewer))
    if (at := whole_free_at(view, wanted)) is not None:
        found.append(
            Alternative(
                AlternativeKind.LATER,
                f"{demand.gpus} {until(wanted.allocation.requested_time, at)}",
                available_at=at,
            )
        )
    return found[:MOST]


def until(now: datetime, at: datetime) -> str:
    """`in 2 h 10 min (14:10 UTC), when ...`: for something held that has a planned end."""
    minutes = max(1, round((at - now).total_seconds() / 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "d"), (hours, "h"), (rest if not days else 0, "min"))
    words = " ".join(f"{count} {unit}" for count, unit in parts if count)
    date = at.strftime("%d %b %H:%M").lstrip("0") if days else at.strftime("%H:%M")
    return f"in {words} ({date} UTC), when what holds it is planned to end"


def whole_free_at(view: InventoryView, wanted: Wanted) -> datetime | None:
    """When enough devices are planned to be free on one node (anywhere, with any spread); None: no end is planned."""
    ends: dict[str, list[datetime]] = {}
    for device in view.devices:
        if _will_do(device, wanted):
            key = "" if wanted.allocation.spread is Spread.ANY else device.node.id
            ends.setdefault(key, []).append(free_at(device))
    times = [sorted(times)[wanted.count - 1] for times in ends.values() if len(times) >= wanted.count]
    at = min(times, default=NEVER)
    return None if at in {NEVER, _LONG_AGO} else at


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def free_at(device: GpuDevice) -> datetime:
    """When the last of what is held of a device is planned to end: the beginning of time for a free one, else never."""
    return max((a.planned_release_time or NEVER for a in device.allocations if held_on(device)), default=_LONG_AGO)


def _will_do(device: GpuDevice, wanted: Wanted) -> bool:
    return (
        could_hold(device, wanted.allocation)
        and (wanted.clusters is None or device.node.cluster_name in wanted.clusters)
        and (wanted.nodes is None or device.node.id in wanted.nodes)
    )


def _most_at_once(feed: CapacityFeed, policy: Policy, wanted: Wanted) -> int:
    """The most GPUs below the wanted number that can be had now; what fits for some number fits for every smaller."""
    demand = wanted.demand(ResourceType.FULL)
    several = wanted.allocation.spread is Spread.ANY

    def fits(gpus: int) -> bool:
        fewer = replace(demand, gpus=gpus)
        return bool(policy.rank(feed.capacity, fewer, 1)) or (
            several and bool(choose_spread(feed.capacity, policy, fewer))
        )

    low, high = 0, demand.gpus - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low if low and fits(low) else 0
