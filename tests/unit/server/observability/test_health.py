"""What /healthz and /readyz answer in every state of the parts."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.routing import Route

from domain.fleet.model import CollectionSource, DeviceStatus
from domain.fleet.view import InventoryView
from domain.metrics.ports import BrokerStatus, SourceStatus
from server.observability import health
from server.observability.health import Readiness, Status, check_readiness, healthz, readyz
from tests.unit.fleet_factory import NOW, FakeReader, make_metric
from tests.unit.server.observability.support import Source, at, lost, make_collection, make_runtime


async def ready(runtime: Any, seconds: float = 2) -> Readiness:
    return await check_readiness(runtime, at(NOW + timedelta(seconds=seconds)))


def client(runtime: Any) -> AsyncClient:
    app = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)])
    app.state.runtime = runtime
    return AsyncClient(transport=ASGITransport(app), base_url="http://test")


async def test_healthz_answers_without_asking_any_part() -> None:
    async with client(None) as http:
        response = await http.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["cache-control"] == "no-store"


async def test_everything_well() -> None:
    readiness = await ready(await make_runtime())
    assert (readiness.ready, readiness.status) == (True, Status.OK)
    assert readiness.database == health.DatabaseHealth(True, "readable", 0)
    assert readiness.broker == health.BrokerHealth(True, "memory", True, "in memory")
    assert readiness.collector == health.CollectorHealth(True, "NVML", False, "8 GPUs read", 8, 3)
    assert readiness.data == health.DataHealth(True, "readings arrive", 1.0, 8, 8, 0, 0, 0)


async def test_answer_is_json_with_each_part() -> None:
    runtime = await make_runtime()
    for device in runtime.view.devices:
        device.latest_metric = None
    async with client(runtime) as http:
        response = await http.get("/readyz")
    body = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert body["status"] == "degraded"
    assert body.keys() == {"ready", "status", "database", "broker", "collector", "data"}
    assert body["data"]["age_seconds"] is None
    assert body["data"]["detail"] == "no device has reported yet"


@pytest.mark.parametrize(("draining", "expected"), [(False, Status.STARTING), (True, Status.DRAINING)])
async def test_not_ready_while_starting_and_draining(draining: bool, expected: Status) -> None:
    runtime = await make_runtime()
    runtime.ready, runtime.endpoint.draining = False, draining
    async with client(runtime) as http:
        response = await http.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, expected)
    assert response.json()["ready"] is False


@pytest.mark.parametrize(("started", "expected"), [(False, Status.STARTING), (True, Status.UNAVAILABLE)])
async def test_not_ready_where_the_database_was_never_read(started: bool, expected: Status) -> None:
    runtime = await make_runtime()
    reader = FakeReader([], [])
    runtime.view, runtime.ready = InventoryView(reader), started
    readiness = await ready(runtime)
    assert (readiness.ready, readiness.status) == (False, expected)
    assert readiness.database == health.DatabaseHealth(False, "not read yet", None)
    assert reader.reads == 0, "a check must not read while the start migrates"


async def test_losing_the_database_later_degrades() -> None:
    runtime = await make_runtime()
    runtime.reader.away = lost()
    readiness = await ready(runtime)
    assert (readiness.ready, readiness.status) == (True, Status.DEGRADED)
    assert readiness.database == health.DatabaseHealth(False, "the database is away", 0)
    assert readiness.broker.ok
    runtime.reader.away = None
    assert (await ready(runtime)).status is Status.OK


async def test_an_unexpected_database_error_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    runtime = await make_runtime()
    runtime.reader.away = RuntimeError("postgresql://user:secret@host")
    readiness = await ready(runtime)
    assert readiness.status is Status.DEGRADED
    assert "secret" not in readiness.database.detail
    assert "the database check failed" in caplog.text


async def test_a_database_that_hangs_is_waited_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = await make_runtime()
    never = asyncio.Event()

    async def hang() -> int:
        await never.wait()
        return 0

    runtime.reader.revision = hang
    monkeypatch.setattr(health, "CHECK_S", 0.05)
    began = time.monotonic()
    readiness = await ready(runtime)
    assert time.monotonic() - began < 5
    assert readiness.database.detail == "no answer within 0.05 s"
    assert (readiness.ready, readiness.status) == (True, Status.DEGRADED)
    never.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_losing_redis_degrades() -> None:
    runtime = await make_runtime(broker_url="redis://:secret@redis:6379/0")
    detail = "no connection to Redis at redis:6379: refused"
    runtime.broker = SimpleNamespace(status=BrokerStatus(False, detail, 0, 0, 0, 0))
    readiness = await ready(runtime)
    assert (readiness.ready, readiness.status) == (True, Status.DEGRADED)
    assert readiness.broker == health.BrokerHealth(False, "redis", False, detail)


async def test_a_collector_in_trouble_degrades() -> None:
    runtime = await make_runtime()
    source = Source()
    source.status = SourceStatus(False, "NVML does not answer", 0, 40)
    runtime.collection = make_collection(source)
    readiness = await ready(runtime)
    assert (readiness.ready, readiness.status) == (True, Status.DEGRADED)
    assert readiness.collector == health.CollectorHealth(False, "NVML", False, "NVML does not answer", 0, 40)


async def test_what_is_simulated_says_so() -> None:
    runtime = await make_runtime()
    source = Source()
    source.collection_source = CollectionSource.SIMULATED
    runtime.collection = make_collection(source)
    for device in runtime.view.devices[:4]:
        device.node.collection_source = CollectionSource.SIMULATED
    readiness = await ready(runtime)
    assert (readiness.collector.source, readiness.collector.simulated) == ("SIMULATED", True)
    assert readiness.data.simulated_devices == 4


async def test_without_a_collector_agents_report() -> None:
    runtime = await make_runtime()
    runtime.collection = None
    readiness = await ready(runtime)
    assert readiness.status is Status.OK
    assert (readiness.collector.ok, readiness.collector.source) == (True, "none")


async def test_silent_devices_are_counted_and_retired_ones_are_not() -> None:
    runtime = await make_runtime()
    first, second, third, *_ = runtime.view.devices
    first.latest_metric = make_metric(first, NOW - timedelta(seconds=60))
    second.latest_metric = None
    third.device_status = DeviceStatus.RETIRED
    data = (await ready(runtime, 1)).data
    assert (data.devices, data.devices_reporting) == (7, 5)
    assert (data.devices_silent, data.devices_never_reported) == (1, 1)
    assert data.ok


async def test_a_silent_fleet_degrades_with_its_age() -> None:
    readiness = await ready(await make_runtime(), 91)
    assert (readiness.ready, readiness.status) == (True, Status.DEGRADED)
    assert (readiness.data.age_seconds, readiness.data.devices_silent) == (90.0, 8)
    assert readiness.data.detail == "the newest reading of any device is 90 s old"


async def test_a_reading_from_a_clock_that_is_ahead_has_no_negative_age() -> None:
    assert (await ready(await make_runtime(), -20)).data.age_seconds == 0.0


async def test_an_empty_fleet_is_fine() -> None:
    runtime = await make_runtime(nodes=0)
    readiness = await ready(runtime)
    assert readiness.status is Status.OK
    assert readiness.data.detail == "no device is registered"
