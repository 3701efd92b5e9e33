"""What is near a refused MIG request and would work: another profile now, the same later, a GPU to partition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.allocation.answers import Alternative, AlternativeKind
from domain.allocation.feed import takes_new_work
from domain.allocation.mig_feed import MigFeed, NodeMask, Wish
from domain.allocation.model import ResourceType, Spread
from domain.allocation.nearest import until
from domain.allocation.policies.mig import MigPolicy
from domain.allocation.wanted import Wanted
from domain.fleet.model import GpuDevice, SharingMode
from domain.fleet.view import InventoryView
from domain.mig.geometry import Layout, Placement, legal_starts_now
from domain.mig.offers import Offers
from domain.mig.profiles import MigGeometry, MigProfile

MOST = 5
LOOKED_AT_MAX = 500
"""Devices whose planned ends are looked at, those that end first."""

BUSY_MIB = 1024
"""A driver alone takes a few hundred MiB."""


def nearest_instances(
    view: InventoryView,
    offers: Offers,
    feed: MigFeed,
    policy: MigPolicy,
    wanted: Wanted,
    wish: Wish,
    nodes: NodeMask | None,
) -> Sequence[Alternative]:
    """Best first."""
    found: list[Alternative] = []
    if wanted.count > 1:
        found += _fewer(view, feed, wanted, wish, nodes)
    found += _other_profiles(view, feed, policy, wanted, wish, nodes)
    found += _later(view, offers, wanted, wish)
    found += _to_partition(view, offers, wanted, wish)
    return found[:MOST]


def _fewer(
    view: InventoryView, feed: MigFeed, wanted: Wanted, wish: Wish, nodes: NodeMask | None
) -> Iterable[Alternative]:
    places = feed.places_by_node(wish, nodes)
    best = int(places.argmax()) if places.size else 0
    count = min(int(places[best]), wanted.count - 1) if places.size else 0
    name = next((p.profile_name for group in feed.fleet.groups if (p := wish(group.geometry)) is not None), None)
    if count and name is not None:
        node = view.node(feed.node_id(best))
        words = f"{count} × {name} on {'one node' if node is None else node.node_name} now"
        yield Alternative(AlternativeKind.FEWER_GPUS, words, ResourceType.MIG, name, gpu_count=count)
    if wanted.allocation.spread is not Spread.ANY and places.sum() >= wanted.count and name is not None:
        words = f"{wanted.count} × {name} over several nodes now (spread ANY)"
        yield Alternative(AlternativeKind.WIDER_SPREAD, words, ResourceType.MIG, name)


def _other_profiles(
    view: InventoryView, feed: MigFeed, policy: MigPolicy, wanted: Wanted, wish: Wish, nodes: NodeMask | None
) -> Iterable[Alternative]:
    """The profile nearest below and nearest above the wanted one that has room now."""
    sizes: dict[tuple[int, int], str] = {}
    target: tuple[int, int] | None = None
    for group in feed.fleet.groups:
        if wanted.models is not None and group.geometry.name not in wanted.models:
            continue
        if (profile := wish(group.geometry)) is not None:
            target = (profile.memory_slices, profile.compute_slices)
        for each in group.geometry.profiles:
            if not each.media_extensions:
                sizes[each.memory_slices, each.compute_slices] = each.profile_name
    if target is None:  # nothing is large enough: offer the largest that has room
        target = max(sizes, default=(0, 0))
        sizes = {size: name for size, name in sizes.items() if size <= target}
        below, above = sorted(sizes, reverse=True), []
    else:
        below = sorted((size for size in sizes if size < target), reverse=True)
        above = sorted(size for size in sizes if size > target)
    for candidates in (above, below):
        for size in candidates:
            choices = policy.rank(feed.fleet, sizes[size], 1, nodes=nodes)
            if choices:
                words = f"{sizes[size]} is free on {_node_name(view, choices[0].gpu)} now"
                yield Alternative(
                    AlternativeKind.OTHER_PROFILE,
                    words,
                    ResourceType.MIG,
                    sizes[size],
                    device_id=choices[0].gpu,
                )
                break


def _later(view: InventoryView, offers: Offers, wanted: Wanted, wish: Wish) -> Iterable[Alternative]:
    """When planned ends leave room for one: at the earliest, anywhere it may go."""
    ending = [
        (min(ends), device)
        for device in view.devices
        if device.mig_enabled
        and takes_new_work(device)
        and _in_reach(device, wanted)
        and (ends := [end for each in device.allocations if (end := each.planned_release_time) is not None])
    ]
    ending.sort(key=lambda each: each[0])
    best: tuple[datetime, str, GpuDevice] | None = None
    for first, device in ending[:LOOKED_AT_MAX]:
        if best is not None and first >= best[0]:
            break
        geometry = offers.geometry(device.model)
        profile = None if geometry is None else wish(geometry)
        if geometry is None or profile is None:
            continue
        at = _room_at(device, geometry, profile)
        if at is not None and (best is None or at < best[0]):
            best = (at, profile.profile_name, device)
    if best is not None and wanted.count == 1:
        at, name, device = best
        words = f"{name} on {device.node.node_name} {until(wanted.allocation.requested_time, at)}"
        yield Alternative(AlternativeKind.LATER, words, ResourceType.MIG, name, device_id=device.id, available_at=at)


def _room_at(device: GpuDevice, geometry: MigGeometry, profile: MigProfile) -> datetime | None:
    """The first planned end after which the profile fits beside what is still held; None: not by planned ends."""
    held = {
        each.mig_id: (
            allocation.planned_release_time,
            Placement(each.profile_name, each.placement_start, each.placement_size),
        )
        for allocation in device.allocations
        for each in allocation.resources
        if each.device_id == device.id and each.mig_id is not None and each.profile_name is not None
    }
    for end in sorted({end for end, _ in held.values() if end is not None}):
        left = tuple(place for until, place in held.values() if until is None or until > end)
        if legal_starts_now(geometry, Layout(geometry, left), profile.profile_name):
            return end
    return None


def _to_partition(view: InventoryView, offers: Offers, wanted: Wanted, wish: Wish) -> Iterable[Alternative]:
    """A free GPU that would offer the profile once MIG is switched on there."""
    for device in view.devices:
        if (
            device.mig_enabled
            or device.allocations
            or view.commands_of(device.id)
            or device.sharing_mode is not SharingMode.NONE
            or not takes_new_work(device)
            or is_busy(device)
            or not offers.told(device.model)
            or not _in_reach(device, wanted)
        ):
            continue
        geometry = offers.geometry(device.model)
        profile = None if geometry is None else wish(geometry)
        if profile is not None:
            name = f"{device.node.node_name}/{device.device_index}"
            words = f"{name} is free: an operator can switch MIG on there, and it offers {profile.profile_name}"
            yield Alternative(
                AlternativeKind.ENABLE_MIG, words, ResourceType.MIG, profile.profile_name, device_id=device.id
            )
            return


def _in_reach(device: GpuDevice, wanted: Wanted) -> bool:
    return (
        (wanted.models is None or device.model.model_name in wanted.models)
        and (wanted.clusters is None or device.node.cluster_name in wanted.clusters)
        and (wanted.nodes is None or device.node.id in wanted.nodes)
    )


def is_busy(device: GpuDevice) -> bool:
    """Whether its newest reading shows that something runs there, whoever it is."""
    metric = device.latest_metric
    return metric is not None and (metric.memory_used_mb or 0) > BUSY_MIB


def _node_name(view: InventoryView, device_id: str) -> str:
    device = view.device(device_id)
    return "a node that has just gone" if device is None else device.node.node_name
