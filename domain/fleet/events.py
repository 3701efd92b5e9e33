"""The inventory as a stream: everything first, then what changed, as one reader may see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from domain.access.policy import SOMEBODY, sees_requester
from domain.access.principal import AccessScope
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.following import deltas
from domain.fleet.model import GpuDevice
from domain.fleet.query import DeviceFilter, select_devices
from domain.fleet.view import InventoryDelta, InventoryView


@dataclass(frozen=True, slots=True)
class DeviceEvents:
    """One message of the stream. With `snapshot`, `devices` are all that match; otherwise those that changed.

    `sequence` is the number of the newest change that is contained: the same on every replica.
    `removed_device_ids` left the selection: deleted, or they match no longer.
    """

    sequence: int
    snapshot: bool
    devices: Sequence[GpuDevice]
    removed_device_ids: Sequence[str]
    changes: Sequence[InventoryChange]


async def device_events(
    view: InventoryView, scope: AccessScope, where: DeviceFilter | None = None
) -> AsyncIterator[DeviceEvents]:
    """Yield a snapshot, then one message per refresh that touched the selection. Never ends by itself."""
    shown: set[str] = set()
    async with aclosing(deltas(view)) as news:
        async for delta in news:
            if delta is None:
                event = snapshot_of(view, scope, where)
                shown = {device.id for device in event.devices}
                yield event
                continue
            matching = {device.id for device in select_devices(view, scope, where)}
            devices = [device for device in delta.devices if device.id in matching]
            removed = sorted((shown - matching) & _touched(delta))
            changes = [
                _as_seen(change, scope) for change in delta.changes if _concerns(change, view, scope, matching, removed)
            ]
            shown = (shown | {device.id for device in devices}) - set(removed)
            if devices or removed:
                yield DeviceEvents(delta.sequence, False, devices, removed, changes)


def snapshot_of(view: InventoryView, scope: AccessScope, where: DeviceFilter | None) -> DeviceEvents:
    return DeviceEvents(max(view.revision, 0), True, select_devices(view, scope, where), (), ())


def _as_seen(change: InventoryChange, scope: AccessScope) -> InventoryChange:
    """Without who asked for it, where that is nobody's business: requests for GPUs change layouts and sharers."""
    personal = change.kind in {ChangeKind.DEVICE_LAYOUT_CHANGED, ChangeKind.DEVICE_SHARING_CHANGED}
    return change if not personal or sees_requester(scope, change.actor) else replace(change, actor=SOMEBODY)


def _touched(delta: InventoryDelta) -> set[str]:
    return {device.id for device in delta.devices} | set(delta.removed_device_ids)


def _concerns(
    change: InventoryChange, view: InventoryView, scope: AccessScope, matching: set[str], removed: Sequence[str]
) -> bool:
    if change.entity_id in matching or change.entity_id in removed:
        return True
    node = view.node(change.entity_id)
    return node is not None and scope.sees_cluster(node.cluster_name)
