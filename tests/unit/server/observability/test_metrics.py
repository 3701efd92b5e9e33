"""The whole exposition: what is in it, its formats, its parts, and what it costs."""

from __future__ import annotations

import asyncio
import gzip
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from starlette.applications import Starlette
from starlette.routing import Route

from domain.fleet.model import DeviceStatus
from server.observability.metrics import Exposition, metrics
from server.runtime import Runtime
from server.settings import Collector, Settings
from tests.unit.fleet_factory import NOW, make_metric
from tests.unit.server.observability.support import at, lost, make_runtime

SOON = NOW + timedelta(seconds=2)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(body: bytes, openmetrics: bool = False) -> Samples:
    parse = parse_openmetrics if openmetrics else parse_text
    return {(s.name, frozenset(s.labels.items())): s.value for family in parse(body.decode()) for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def scraped(runtime: Any, part: str = "all") -> Samples:
    return parsed((await Exposition(runtime, at(SOON)).scrape("", part))[1])


async def test_the_server_tells_about_itself() -> None:
    runtime = await make_runtime()
    runtime.live.accepted = 12
    runtime.frames.sequence = 3
    runtime.loops.failures = 2
    samples = await scraped(runtime)
    expected = {
        "gpu_server_ready": 1,
        "gpu_inventory_revision": 0,
        "gpu_database_unavailable": 0,
        "gpu_loop_restarts_total": 2,
        "gpu_sockets_open": 6,
        "gpu_subscribers": 7,
        "gpu_cohorts": 2,
        "gpu_executions_total": 100,
        "gpu_frames_total": 3,
        "gpu_frames_missed_total": 9,
        "gpu_resyncs_total": 1,
        "gpu_samples_accepted_total": 12,
        "gpu_broker_connected": 1,
        "gpu_broker_published_total": 5,
        "gpu_broker_received_total": 4,
        "gpu_broker_dropped_total": 3,
        "gpu_broker_reconnects_total": 2,
        "gpu_broker_undecodable_total": 1,
        "gpu_collector_devices": 8,
        "gpu_collector_failures_total": 3,
        "gpu_collector_rounds_total": 11,
        "gpu_collector_rounds_late_total": 2,
        "gpu_collector_last_round_seconds": 0.25,
    }
    assert {name: value(samples, name) for name in expected} == expected
    assert value(samples, "gpu_collector_healthy", collection_source="NVML") == 1
    assert value(samples, "gpu_samples_rejected_total", reason="OUT_OF_RANGE") == 0
    assert value(samples, "process_resident_memory_bytes") > 1e6
    assert value(samples, "python_gc_collections_total", generation="0") >= 0


async def test_the_database_being_away_is_a_flag() -> None:
    runtime = await make_runtime()
    runtime.reader.away = lost()
    await runtime.view.ensure_current()
    assert value(await scraped(runtime), "gpu_database_unavailable") == 1


async def test_a_process_without_a_collector_says_nothing_of_one() -> None:
    runtime = await make_runtime()
    runtime.collection = None
    assert not any(name.startswith("gpu_collector") for name, _ in await scraped(runtime))


async def test_totals_of_the_fleet() -> None:
    runtime = await make_runtime(1, 8)
    devices = runtime.view.devices
    devices[1].device_status = DeviceStatus.RETIRED
    devices[2].latest_metric = None
    devices[3].latest_metric = make_metric(devices[3], NOW - timedelta(minutes=1))
    samples = await scraped(runtime)
    of = {"cluster": "east", "model": "NVIDIA H100 80GB HBM3", "collection_source": "NVML"}
    assert value(samples, "gpu_fleet_devices", status="ACTIVE", **of) == 5
    assert value(samples, "gpu_fleet_devices", status="CORDONED", **of) == 2
    assert value(samples, "gpu_fleet_devices", status="RETIRED", **of) == 1
    assert value(samples, "gpu_fleet_nodes", cluster="east", status="READY") == 1
    for freshness, count in (("fresh", 5), ("stale", 1), ("never", 1)):
        assert value(samples, "gpu_fleet_readings", cluster="east", freshness=freshness) == count
    fresh = [d for d in devices if d.device_index in (0, 4, 5, 6, 7)]
    used = sum(d.latest_metric.memory_used_mb for d in fresh) * 2**20
    assert value(samples, "gpu_fleet_memory_used_bytes", cluster="east") == used
    assert value(samples, "gpu_fleet_memory_bytes", cluster="east") == 5 * 81_559 * 2**20
    assert value(samples, "gpu_fleet_power_watts", cluster="east") == pytest.approx(5 * 412.25)
    mean = sum(d.latest_metric.gpu_utilization_pct for d in fresh) / 5 / 100
    assert value(samples, "gpu_fleet_utilization_ratio", cluster="east") == pytest.approx(mean)


async def test_totals_that_nobody_knows_are_absent() -> None:
    runtime = await make_runtime()
    for device in runtime.view.devices:
        device.latest_metric = None
    names = {name for name, _ in await scraped(runtime)}
    assert "gpu_fleet_readings" in names
    assert not names & {"gpu_fleet_memory_bytes", "gpu_fleet_power_watts", "gpu_fleet_utilization_ratio"}


async def test_openmetrics_says_the_same_as_plain_text() -> None:
    runtime = await make_runtime()
    exposition = Exposition(runtime, at(SOON))
    plain_type, plain = await exposition.scrape("")
    open_type, openmetrics = await exposition.scrape("application/openmetrics-text; version=1.0.0")
    assert plain_type.startswith("text/plain; version=0.0.4")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.count(b"# EOF\n") == 1
    assert openmetrics.endswith(b"# EOF\n")
    assert b"# EOF" not in plain

    def of_ours(samples: Samples) -> Samples:
        return {key: v for key, v in samples.items() if not key[0].startswith(("process_", "python_"))}

    assert of_ours(parsed(plain)) == of_ours(parsed(openmetrics, openmetrics=True))


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=x", "text/plain; version=", "*/*", ";;,="])
async def test_an_odd_accept_header_gets_an_answer(accept: str) -> None:
    _, body = await Exposition(await make_runtime(), at(SOON)).scrape(accept)
    assert b"gpu_server_ready" in body


async def test_parts_add_up_to_the_whole() -> None:
    runtime = await make_runtime()
    names = {part: {name for name, _ in await scraped(runtime, part)} for part in ("all", "fleet", "server")}
    assert names["fleet"] | names["server"] == names["all"]
    assert not names["fleet"] & names["server"]
    assert "DCGM_FI_DEV_GPU_UTIL" in names["fleet"]
    assert "gpu_server_ready" in names["server"]


async def test_the_endpoint() -> None:
    app = Starlette(routes=[Route("/metrics", metrics)])
    app.state.exposition = Exposition(await make_runtime(), at(SOON))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as http:
        plain = await http.get("/metrics", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        async with http.stream("GET", "/metrics", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["content-encoding"] == "gzip"
            raw = b"".join([part async for part in response.aiter_raw()])
        assert parsed(gzip.decompress(raw)).keys() == parsed(plain.content).keys()
        server = await http.get("/metrics?part=server")
        assert "DCGM" not in server.text
        wrong = await http.get("/metrics?part=everything")
        assert (wrong.status_code, wrong.text) == (400, "part is one of all, fleet, server\n")


async def test_scrapes_at_the_same_time_share_one_drawing() -> None:
    exposition = Exposition(await make_runtime(), at(SOON))
    same = await asyncio.gather(*(exposition.scrape("") for _ in range(20)))
    assert len({id(body) for _, body in same}) == 1
    _, later = await exposition.scrape("")
    assert later is not same[0][1]


async def test_a_scraper_that_leaves_takes_nothing_from_the_others() -> None:
    exposition = Exposition(await make_runtime(), at(SOON))
    first = asyncio.create_task(exposition.scrape(""))
    second = asyncio.create_task(exposition.scrape(""))
    await asyncio.sleep(0)
    first.cancel()
    assert b"gpu_server_ready" in (await second)[1]


async def test_two_runtimes_in_one_process(tmp_path: Path) -> None:
    settings = [
        Settings(data_dir=tmp_path / name, collector=Collector.SIMULATED, simulated_gpus=gpus)
        for name, gpus in (("a", 2), ("b", 3))
    ]
    runtimes = [Runtime.build(each) for each in settings]
    try:
        for runtime in runtimes:
            await runtime.start()
        runtimes[0].traffic.request_ended("GET", "/graphql", 200, 0.01)
        bodies = [(await Exposition(runtime).scrape(""))[1] for runtime in runtimes]
    finally:
        for runtime in runtimes:
            await runtime.stop()
    assert [body.count(b"\nDCGM_FI_DEV_GPU_UTIL{") for body in bodies] == [2, 3]
    assert b'collection_source="SIMULATED"' in bodies[0]
    assert [b"gpu_http_requests_total{" in body for body in bodies] == [True, False]


async def test_ten_thousand_devices_are_drawn_in_seconds_at_most() -> None:
    runtime = await make_runtime(1250, 8)
    exposition = Exposition(runtime, at(SOON))
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        _, body = await exposition.scrape("", gzip=True)
        seconds.append(time.perf_counter() - began)
    assert gzip.decompress(body).count(b"\nDCGM_FI_DEV_GPU_UTIL{") == 10_000
    assert min(seconds) < 3
