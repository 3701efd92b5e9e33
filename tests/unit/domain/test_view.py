"""The inventory in memory follows the change record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access.principal import AccessScope, Role
from domain.errors import Unavailable
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.events import device_events
from domain.fleet.model import DeviceStatus, GpuDevice
from domain.fleet.query import DeviceFilter, DeviceOrder, page_of_devices, select_devices, visible_device
from domain.fleet.summary import summarise
from domain.fleet.view import InventoryDelta, InventoryView
from domain.paging import PageRequest
from tests.unit.fleet_factory import NOW, FakeReader, make_device, make_metric, make_model, make_node, make_view

ALL = AccessScope(Role.VIEWER)


async def test_a_change_elsewhere_is_seen_and_the_reading_kept() -> None:
    view, reader = await make_view(nodes=2, per_node=2)
    old = view.devices[0]
    reading = old.latest_metric
    reader.replace(old, replace(old, device_status=DeviceStatus.DRAINING, version=2, latest_metric=None))
    await view.ensure_current()
    new = view.device(old.id)
    assert new is not None
    assert new.device_status is DeviceStatus.DRAINING
    assert new.latest_metric is reading
    assert view.device_by_uuid(old.gpu_uuid) is new
    assert len(view.devices) == 4


async def test_a_removed_device_is_gone_everywhere() -> None:
    view, reader = await make_view(nodes=1, per_node=2)
    gone, stays = view.devices
    deltas: list[InventoryDelta] = []
    view.on_change(deltas.append)
    reader.replace(gone, None, ChangeKind.DEVICE_REMOVED)
    await view.ensure_current()
    assert view.devices == (view.device(stays.id),)
    assert view.device_by_uuid(gone.gpu_uuid) is None
    assert [d.removed_device_ids for d in deltas] == [(gone.id,)]


async def test_a_moved_device_is_on_one_node_only() -> None:
    view, reader = await make_view(nodes=2, per_node=1)
    device, other = view.devices
    moved = replace(device, node=other.node, device_index=7)
    reader.devices[0] = moved
    for node in (device.node, other.node):
        reader.changes.append(
            InventoryChange(
                ChangeKind.DEVICE_UPDATED, device.id, node.id, "test", NOW, sequence=len(reader.changes) + 1
            )
        )
    await view.ensure_current()
    assert view.devices_of_node(device.node.id) == []
    assert {d.id for d in view.devices_of_node(other.node.id)} == {device.id, other.id}
    assert view.device(device.id).latest_metric is device.latest_metric  # type: ignore[union-attr]


async def test_nothing_new_costs_one_statement() -> None:
    view, reader = await make_view()
    before = reader.reads
    await view.ensure_current()
    assert reader.reads == before + 1


async def test_concurrent_readers_share_a_refresh_that_starts_after_them() -> None:
    view, reader = await make_view()
    before = reader.reads
    await asyncio.gather(*(view.ensure_current() for _ in range(50)))
    assert reader.reads <= before + 2


class Away(FakeReader):
    """A database that can be switched off."""

    away = False

    async def revision(self) -> int:
        if self.away:
            raise Unavailable("gone")
        return await super().revision()


async def away_view() -> tuple[InventoryView, Away, Sequence[GpuDevice]]:
    model, node = make_model(), make_node("n")
    devices = [make_device(node, model, 0)]
    reader = Away(devices, [model])
    return InventoryView(reader), reader, devices


async def test_queries_go_on_from_memory_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.fleet.view.RETRY_AFTER_S", 0.0)
    view, reader, devices = await away_view()
    await view.refresh()
    reader.away = True
    await view.ensure_current()
    assert view.unavailable == "gone"
    assert len(view.devices) == 1
    reader.away = False
    reader.replace(devices[0], replace(devices[0], device_status=DeviceStatus.UNHEALTHY))
    await view.ensure_current()
    assert view.unavailable is None
    assert view.devices[0].device_status is DeviceStatus.UNHEALTHY


async def test_without_any_load_it_says_so() -> None:
    view, reader, _ = await away_view()
    reader.away = True
    with pytest.raises(Unavailable):
        await view.ensure_current()


async def test_a_record_that_starts_again_is_read_whole() -> None:
    """A restored backup has a lower number: the view must not believe it is ahead."""
    view, reader = await make_view(nodes=1, per_node=2)
    reader.replace(view.devices[0], replace(view.devices[0], version=2))
    await view.ensure_current()
    reader.changes.clear()
    reader.devices.pop()
    await view.ensure_current()
    assert view.revision == 0
    assert len(view.devices) == 1


# -- what a reader may see, and asked for


async def two_clusters() -> tuple[InventoryView, FakeReader]:
    model = make_model()
    devices = [
        make_device(make_node(name, cluster), model, index)
        for cluster, name in (("east", "a"), ("west", "b"))
        for index in range(3)
    ]
    nodes = {device.node.id: device.node for device in devices}
    for device in devices:
        device.node = nodes[device.node.id]
    reader = FakeReader(devices, [model])
    view = InventoryView(reader)
    await view.refresh()
    return view, reader


async def test_a_scope_shows_its_clusters_only() -> None:
    view, _ = await two_clusters()
    east = AccessScope(Role.USER, frozenset({"east"}))
    assert {d.node.cluster_name for d in select_devices(view, east)} == {"east"}
    assert summarise(view, east).total_gpus == 3
    hidden = next(d for d in view.devices if d.node.cluster_name == "west")
    assert visible_device(view, east, hidden.id) is None
    assert visible_device(view, ALL, hidden.id) is hidden


async def test_filters_are_joined_by_and() -> None:
    view, _ = await two_clusters()
    view.devices[1].latest_metric = make_metric(view.devices[1], utilization=80.0)
    view.devices[2].latest_metric = make_metric(view.devices[2], utilization=None)
    assert len(select_devices(view, ALL, DeviceFilter(cluster_names=("west",), text="WEST-B-0001"))) == 1
    assert select_devices(view, ALL, DeviceFilter(gpu_utilization_pct_min=50)) == [view.devices[1]]
    assert select_devices(view, ALL, DeviceFilter(statuses=())) == []
    assert len(select_devices(view, ALL, DeviceFilter(text=""))) == 6


@pytest.mark.parametrize("descending", [False, True])
async def test_unknown_readings_come_last_in_both_directions(descending: bool) -> None:
    view, _ = await two_clusters()
    for position, device in enumerate(view.devices[:4]):
        device.latest_metric = make_metric(device, utilization=None if position == 3 else float(position))
    page = page_of_devices(view, ALL, PageRequest(), order=DeviceOrder.UTILIZATION, descending=descending)
    values = [d.latest_metric.gpu_utilization_pct if d.latest_metric else None for d in page.nodes]
    assert values[:3] == ([2.0, 1.0, 0.0] if descending else [0.0, 1.0, 2.0])
    assert values[3:] == [None, None, None]


# -- the stream of events


async def test_events_begin_with_everything_then_tell_changes() -> None:
    view, reader = await two_clusters()
    events = device_events(view, AccessScope(Role.USER, frozenset({"east"})))
    first = await anext(events)
    assert first.snapshot
    assert len(first.devices) == 3
    hidden = next(d for d in reader.devices if d.node.cluster_name == "west")
    reader.replace(hidden, replace(hidden, device_status=DeviceStatus.UNHEALTHY))
    await view.refresh()  # nothing of this reader's
    seen = next(d for d in reader.devices if d.node.cluster_name == "east")
    reader.replace(seen, replace(seen, device_status=DeviceStatus.CORDONED), ChangeKind.DEVICE_STATUS_CHANGED)
    await view.refresh()
    second = await asyncio.wait_for(anext(events), 1)
    assert not second.snapshot
    assert [(d.id, d.device_status) for d in second.devices] == [(seen.id, DeviceStatus.CORDONED)]
    assert [c.kind for c in second.changes] == [ChangeKind.DEVICE_STATUS_CHANGED]
    assert second.sequence == 2
    await events.aclose()  # type: ignore[attr-defined]
    assert view._listeners == []


async def test_a_device_that_leaves_the_selection_is_removed() -> None:
    view, reader = await two_clusters()
    active = DeviceFilter(statuses=(DeviceStatus.ACTIVE,))
    events = device_events(view, ALL, active)
    shown = (await anext(events)).devices
    victim = next(d for d in reader.devices if d.id == shown[0].id)
    reader.replace(victim, replace(victim, device_status=DeviceStatus.OFFLINE))
    await view.refresh()
    event = await asyncio.wait_for(anext(events), 1)
    assert event.devices == []
    assert list(event.removed_device_ids) == [victim.id]


async def test_a_reader_that_falls_behind_gets_everything_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.fleet.following.DELTAS_WAITING_MAX", 3)
    view, reader = await two_clusters()
    events = device_events(view, ALL)
    await anext(events)
    for _ in range(6):
        device = reader.devices[0]
        reader.replace(device, replace(device, version=device.version + 1))
        await view.refresh()
    event = await asyncio.wait_for(anext(events), 1)
    assert event.snapshot
    assert event.sequence == 6
    assert len(event.devices) == 6


async def test_totals() -> None:
    view, _ = await two_clusters()
    for device in view.devices[:2]:
        device.latest_metric = make_metric(device, NOW + timedelta(seconds=device.device_index), utilization=40.0)
    view.devices[5].device_status = DeviceStatus.RETIRED
    fleet = summarise(view, ALL)
    assert (fleet.total_gpus, fleet.reporting_gpus, fleet.total_nodes) == (5, 2, 2)
    assert fleet.gpu_utilization_pct == 40.0
    assert fleet.power_draw_w == pytest.approx(824.5)
    assert fleet.oldest_reading_at == NOW
    assert sum(count.count for count in fleet.status_counts) == 6
