"""Readings: what is believed, what is refused and why, and that none counts twice."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access.principal import AccessScope, Principal, Role
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.fleet.model import CollectionSource, DeviceStatus
from domain.metrics.frames import FrameClock, LiveSelection, fleet_frame
from domain.metrics.live import REJECTIONS_LISTED, LiveState
from domain.metrics.sample import GpuMetric, Sample
from domain.metrics.service import MetricService
from domain.metrics.validation import RejectReason
from integrations.metric_codec import decode_metrics, encode_metrics
from tests.unit.fleet_factory import NOW, make_view

UUID = "GPU-east-node-0-0001"


def sample(seconds: float = 0, uuid: str = UUID, **values: Any) -> Sample:
    good = {"gpu_utilization_pct": 50.0, "memory_used_mb": 1000, "temperature_c": 60.0, "power_draw_w": 300.0}
    return Sample(uuid, NOW + timedelta(seconds=seconds), **(good | values))


async def live_state() -> LiveState:
    view, _ = await make_view(nodes=2, per_node=4)
    for device in view.devices:
        device.latest_metric = None
    return LiveState(view, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({"gpu_utilization_pct": math.nan}, RejectReason.NOT_FINITE, "gpuUtilizationPct"),
        ({"power_draw_w": math.inf}, RejectReason.NOT_FINITE, "powerDrawW"),
        ({"gpu_utilization_pct": -1.0}, RejectReason.OUT_OF_RANGE, "gpuUtilizationPct"),
        ({"gpu_utilization_pct": 100.5}, RejectReason.OUT_OF_RANGE, "gpuUtilizationPct"),
        ({"temperature_c": 200.0}, RejectReason.OUT_OF_RANGE, "temperatureC"),
        ({"memory_used_mb": -5}, RejectReason.OUT_OF_RANGE, "memoryUsedMb"),
        ({"memory_used_mb": 2000, "memory_total_mb": 1000}, RejectReason.OUT_OF_RANGE, "memoryUsedMb"),
        ({"sm_clock_mhz": -1}, RejectReason.OUT_OF_RANGE, "smClockMhz"),
        ({"uuid": "GPU-none"}, RejectReason.UNKNOWN_DEVICE, "gpuUuid"),
        ({"seconds": 31}, RejectReason.FROM_THE_FUTURE, "timestamp"),
        ({"seconds": -3}, RejectReason.OUT_OF_ORDER, "timestamp"),
        ({"seconds": -90_000, "uuid": "GPU-east-node-0-0002"}, RejectReason.TOO_OLD, "timestamp"),
    ],
)
async def test_one_bad_sample_is_refused_by_name_and_its_batch_goes_on(
    values: dict[str, Any], reason: RejectReason, field: str
) -> None:
    live = await live_state()
    outcome = live.ingest([sample(-2), sample(**({"seconds": -1.0} | values)), sample(0)])
    assert outcome.accepted == 2
    assert [(r.index, r.reason, r.field) for r in outcome.rejections] == [(1, reason, field)]
    assert live.rejected[reason] == 1


async def test_unknown_is_not_zero() -> None:
    live = await live_state()
    blank = {"gpu_utilization_pct": None, "memory_used_mb": None, "temperature_c": None, "power_draw_w": None}
    assert live.ingest([sample(**blank)]).accepted == 1
    metric = live._view.device_by_uuid(UUID).latest_metric  # type: ignore[union-attr]
    assert metric is not None
    assert (metric.gpu_utilization_pct, metric.memory_used_mb, metric.memory_utilization_pct) == (None, None, None)


async def test_memory_size_is_filled_in_from_the_inventory() -> None:
    live = await live_state()
    (metric,) = live.ingest([sample(memory_used_mb=40_000)]).metrics
    assert metric.memory_total_mb == 81559
    assert metric.memory_utilization_pct == pytest.approx(49.04, abs=0.01)


async def test_a_batch_sent_twice_counts_once() -> None:
    live = await live_state()
    batch = [sample(-3), sample(-2), sample(-1)]
    assert live.ingest(batch).accepted == 3
    again = live.ingest(batch)
    assert again.accepted == 0
    assert again.rejected == {RejectReason.DUPLICATE: 1, RejectReason.OUT_OF_ORDER: 2}
    assert live.accepted == 3


async def test_another_nodes_device_is_refused() -> None:
    live = await live_state()
    node = live._view.device_by_uuid("GPU-east-node-1-0000").node  # type: ignore[union-attr]
    outcome = live.ingest([sample()], node.id)
    assert outcome.rejected == {RejectReason.NOT_YOUR_NODE: 1}


async def test_a_retired_device_is_refused() -> None:
    live = await live_state()
    live._view.device_by_uuid(UUID).device_status = DeviceStatus.RETIRED  # type: ignore[union-attr]
    assert live.ingest([sample()]).rejected == {RejectReason.RETIRED_DEVICE: 1}


async def test_the_list_of_rejections_is_bounded_and_the_count_is_not() -> None:
    live = await live_state()
    outcome = live.ingest([sample(uuid="GPU-none") for _ in range(REJECTIONS_LISTED + 50)])
    assert len(outcome.rejections) == REJECTIONS_LISTED
    assert outcome.rejected[RejectReason.UNKNOWN_DEVICE] == REJECTIONS_LISTED + 50


async def test_readings_of_other_replicas_do_not_go_back_in_time() -> None:
    live = await live_state()
    (metric,) = live.ingest([sample(-1)]).metrics
    older = replace(metric, timestamp=NOW - timedelta(seconds=5))
    assert live.apply_remote([older, metric])
    assert live._view.device(metric.device_id).latest_metric is metric  # type: ignore[union-attr]
    assert live.accepted == 1
    assert not live.apply_remote([replace(metric, device_id="dev_elsewhere")])


def test_the_wire_keeps_every_value() -> None:
    at = datetime(2026, 11, 1, 12, 0, 0, 123457, tzinfo=UTC)
    metric = GpuMetric("dev_1", None, at, 99.5, 1, 2, 50.0, None, 0.1, None, 9, CollectionSource.SIMULATED)
    (back,) = decode_metrics(encode_metrics([metric]))
    assert all(getattr(back, name) == getattr(metric, name) for name in GpuMetric.__slots__)
    for broken in (b"[]", b"{}", b'{"v":2,"rows":[]}', b'{"v":1,"rows":[[1]]}', b"\xff"):
        with pytest.raises((ValueError, KeyError, TypeError)):
            decode_metrics(broken)


# -- who may send


async def test_rights_to_send() -> None:
    live = await live_state()
    service = MetricService(live._view, live, clock=lambda: NOW)
    agent = Principal("agent", Role.SERVICE, clusters=frozenset({"east"}), node_name="node-0")
    recorded = await service.record_samples(agent, "east", "node-0", [sample()])
    assert recorded.outcome.accepted == 1
    assert recorded.server_time == NOW
    with pytest.raises(Forbidden):
        await service.record_samples(agent, "east", "node-1", [sample()])
    with pytest.raises(Forbidden):
        await service.record_samples(agent, "west", "node-0", [sample()])
    with pytest.raises(Forbidden):
        await service.record_samples(Principal("u", Role.USER), "east", "node-0", [sample()])
    with pytest.raises(NotFound):
        await service.record_samples(Principal("s", Role.SERVICE), "east", "never-seen", [sample()])
    with pytest.raises(InvalidInput):
        await service.record_samples(Principal("s", Role.SERVICE), "east", "node-0", [sample()] * 10_001)


# -- frames


async def test_a_frame_shows_age_and_unknown() -> None:
    live = await live_state()
    live.ingest([sample(-2, gpu_utilization_pct=None)])
    selection = LiveSelection(live._view, AccessScope(Role.VIEWER), None)
    frame = fleet_frame(selection, FrameClock(1.0), now=lambda: NOW)
    position = frame.device_ids.index(live._view.device_by_uuid(UUID).id)  # type: ignore[union-attr]
    assert frame.age_ms[position] == 2000
    assert frame.gpu_utilization_pct[position] is None
    assert frame.temperature_c[position] == 60.0
    assert frame.age_ms[position - 1] is None
    lengths = {len(getattr(frame, n)) for n in ("device_ids", "age_ms", "power_draw_w", "device_statuses")}
    assert lengths == {8}


async def test_the_clock_ticks_once_per_interval_and_on_news_only() -> None:
    clock = FrameClock(0.05, heartbeat_s=10)
    running = asyncio.create_task(clock.run())
    try:
        for _ in range(40):
            clock.mark_dirty()
            await asyncio.sleep(0.005)
        assert 3 <= clock.sequence <= 6
        quiet = clock.sequence
        await asyncio.sleep(0.2)
        assert clock.sequence <= quiet + 1
    finally:
        running.cancel()


async def test_a_slow_reader_of_ticks_misses_some_and_gets_the_newest() -> None:
    clock = FrameClock(0.01, heartbeat_s=10)
    running = asyncio.create_task(clock.run())
    ticks = clock.ticks()
    try:
        await anext(ticks)
        for _ in range(10):
            clock.mark_dirty()
            await asyncio.sleep(0.015)
        newest = clock.sequence
        assert await asyncio.wait_for(anext(ticks), 1) == newest
    finally:
        running.cancel()


async def test_an_interval_out_of_bounds_is_refused() -> None:
    for interval in (0, -5, 60_001):
        with pytest.raises(InvalidInput):
            await anext(FrameClock(1.0).ticks(interval))


async def test_a_tick_that_comes_too_early_for_a_reader_is_not_lost() -> None:
    clock = FrameClock(0.2, heartbeat_s=100)
    running = asyncio.create_task(clock.run())
    ticks = clock.ticks()
    try:
        await anext(ticks)
        clock.mark_dirty()  # at once, and nothing after it
        assert await asyncio.wait_for(anext(ticks), 1) == 1
    finally:
        running.cancel()


async def test_a_longer_interval_gets_every_second_tick() -> None:
    clock = FrameClock(0.05, heartbeat_s=100)
    running = asyncio.create_task(clock.run())
    seen: list[int] = []

    async def read() -> None:
        async for tick in clock.ticks(100):
            seen.append(tick)  # noqa: PERF401 - it never ends

    reading = asyncio.create_task(read())
    try:
        for _ in range(100):
            clock.mark_dirty()
            await asyncio.sleep(0.01)
        assert 7 <= len(seen) <= 14, seen
    finally:
        running.cancel()
        reading.cancel()
