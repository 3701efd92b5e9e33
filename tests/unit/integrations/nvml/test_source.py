from __future__ import annotations

import asyncio
import threading
import time

import pytest

from domain.fleet.model import CollectionSource
from domain.metrics.ports import MetricSource
from integrations.nvml.simulator import Fault, FaultKind, SimulatedFleet, SimulatedSource
from integrations.nvml.source import NvmlSource
from tests.unit.integrations.nvml.conftest import HandClock


async def until_healthy(source: NvmlSource) -> None:
    for _ in range(200):
        await source.sample()
        if source.status.healthy:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(source.status.detail)


async def test_it_is_the_port_the_domain_asks_for(fleet: SimulatedFleet) -> None:
    source: MetricSource = SimulatedSource(fleet)
    assert source.collection_source is CollectionSource.SIMULATED
    assert not source.status.healthy
    await source.close()


async def test_all_nodes_are_found_and_read_in_one_round(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet)
    reports = await source.discover()
    assert [(report.cluster_name, report.node_name, len(report.devices)) for report in reports] == [
        ("simulated", "sim-rtx4090-01", 4),
        ("simulated", "sim-a100-01", 8),
        ("simulated", "sim-h100-01", 8),
    ]
    assert {report.collection_source for report in reports} == {CollectionSource.SIMULATED}
    samples = await source.sample()
    assert [sample.gpu_uuid for sample in samples] == fleet.uuids
    assert len({id(sample.timestamp) for sample in samples}) == 1
    assert samples[0].timestamp.timestamp() == fleet.clock()
    assert {sample.collection_source for sample in samples} == {CollectionSource.SIMULATED}
    assert source.status.healthy
    assert (source.status.devices, source.status.failures) == (20, 0)
    assert source.status.detail == "20 GPUs read"
    await source.close()


async def test_sampling_needs_no_discovery_before(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet)
    assert len(await source.sample()) == 20
    await source.close()


async def test_a_lost_device_is_mentioned_and_the_source_stays_healthy(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet)
    await source.sample()
    fleet.inject(Fault(FaultKind.LOST, gpu=5))
    assert len(await source.sample()) == 19
    status = source.status
    assert status.healthy
    assert (status.devices, status.failures) == (19, 1)
    assert fleet.uuids[5] in status.detail
    await source.close()


async def test_a_node_without_driver_makes_the_source_unhealthy_until_it_is_back(
    fleet: SimulatedFleet, clock: HandClock
) -> None:
    source = SimulatedSource(fleet)
    await source.sample()
    restart = fleet.inject(Fault(FaultKind.RESTART, gpu=4))
    assert len(await source.sample()) == 12
    assert [report.node_name for report in await source.discover()] == ["sim-rtx4090-01", "sim-h100-01"]
    status = source.status
    assert not status.healthy
    assert status.detail == ("NVML does not answer on sim-a100-01: Driver Not Loaded (NVMLError_DriverNotLoaded)")
    assert status.devices == 12
    fleet.clear(restart)
    for collector in source._collectors:
        collector._session._retry_at = 0.0
    assert len(await source.sample()) == 20
    assert source.status.healthy
    await source.close()


async def test_a_hung_driver_makes_the_source_unhealthy_and_costs_one_thread(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet, sample_timeout=0.2, discover_timeout=0.2)
    await source.sample()
    threads = threading.active_count()
    hang = fleet.inject(Fault(FaultKind.HANG, gpu=7))
    started = time.monotonic()
    for _ in range(20):
        assert list(await source.sample()) == []
        assert list(await source.discover()) == []
    assert time.monotonic() - started < 2.0
    assert threading.active_count() == threads
    status = source.status
    assert not status.healthy
    assert "has not returned" in status.detail
    assert (status.devices, status.failures) == (0, 40)

    fleet.clear(hang)
    await until_healthy(source)
    assert len(await source.sample()) == 20
    await source.close()


async def test_a_hang_ends_by_itself_when_its_time_is_over() -> None:
    fleet = SimulatedFleet(4)
    source = SimulatedSource(fleet, sample_timeout=0.2)
    await source.sample()
    fleet.inject(Fault(FaultKind.HANG, gpu=1, start=fleet.elapsed(), duration=0.5))
    assert list(await source.sample()) == []
    await until_healthy(source)
    await source.close()


async def test_closing_while_the_driver_hangs_does_not_wait(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet, sample_timeout=0.2)
    await source.sample()
    hang = fleet.inject(Fault(FaultKind.HANG, gpu=0))
    await source.sample()
    started = time.monotonic()
    await source.close()
    assert time.monotonic() - started < 0.5
    fleet.clear(hang)


async def test_closing_shuts_every_node_down_and_may_be_repeated(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet)
    await source.sample()
    await source.close()
    await source.close()
    assert all(node._session is None for node in fleet.nodes)
    assert source.status.detail == "closed"
    assert list(await source.sample()) == []


async def test_an_unexpected_error_is_logged_and_reported_not_raised(
    fleet: SimulatedFleet, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SimulatedSource(fleet)
    with monkeypatch.context() as patch:
        patch.setattr(fleet, "refresh", lambda: 1 / 0)
        fleet.stale_at = 0.0
        assert list(await source.sample()) == []
    assert source.status.detail.startswith("ZeroDivisionError")
    assert "collection failed" in caplog.text
    assert len(await source.sample()) == 20
    await source.close()


async def test_the_loop_is_not_blocked_by_a_round_of_ten_thousand() -> None:
    source = SimulatedSource(SimulatedFleet(10_000))
    await source.sample()
    round_ = asyncio.create_task(source.sample())
    turns = 0
    while not round_.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(round_.result()) == 10_000
    assert turns > 3
    await source.close()
