"""A real Prometheus scrapes the running server, and its queries give every device."""

from __future__ import annotations

import subprocess
from typing import Any

import httpx
import pytest

from server.observability.device_series import DCGM_SERIES
from tests.integration.observability.support import ROOT, GpuServer, Prometheus, until

DEVICES = """{ devices(first: 1000) { edges { node {
  gpuUuid deviceIndex pciAddress deviceStatus model { modelName } node { nodeName clusterName }
} } } }"""


@pytest.fixture(scope="module")
def devices(server: GpuServer) -> dict[str, Any]:
    """What the API says of every device, by UUID."""
    edges = server.graphql(DEVICES)["devices"]["edges"]
    return {edge["node"]["gpuUuid"]: edge["node"] for edge in edges}


@pytest.fixture(scope="module")
def scraped(prometheus: Prometheus) -> Prometheus:
    """The Prometheus after some scrapes."""
    until(lambda: prometheus.query("count_over_time(up[1m]) > 2"), what="scraping")
    return prometheus


def test_the_target_is_up(scraped: Prometheus) -> None:
    (target,) = httpx.get(f"{scraped.url}/api/v1/targets").json()["data"]["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")


@pytest.mark.parametrize("name", [series.name for series in DCGM_SERIES])
def test_every_device_has_its_series(scraped: Prometheus, devices: dict[str, Any], name: str) -> None:
    found = {sample["metric"]["UUID"]: sample["metric"] for sample in scraped.query(name)}
    assert found.keys() == devices.keys()
    for uuid, device in devices.items():
        labels = found[uuid]
        assert labels["gpu"] == str(device["deviceIndex"])
        assert labels["device"] == f"nvidia{device['deviceIndex']}"
        assert labels["pci_bus_id"] == device["pciAddress"]
        assert labels["modelName"] == device["model"]["modelName"]
        assert labels["Hostname"] == device["node"]["nodeName"]
        assert labels["cluster"] == device["node"]["clusterName"]
        assert labels["collection_source"] == "SIMULATED"


def test_values_are_those_of_gpus(scraped: Prometheus, devices: dict[str, Any]) -> None:
    assert scraped.value("max(DCGM_FI_DEV_GPU_UTIL)") <= 100
    assert 10 < scraped.value("min(DCGM_FI_DEV_GPU_TEMP)") < 110
    total = "sum(DCGM_FI_DEV_FB_USED + on (UUID) DCGM_FI_DEV_FB_FREE) * 2^20"
    assert scraped.value(f"{total} - sum(gpu_fleet_memory_bytes)") == 0
    power = "sum(DCGM_FI_DEV_POWER_USAGE)"  # in one expression: two questions may meet two scrapes
    assert scraped.value(power) > 0
    assert abs(scraped.value(f"{power} - sum(gpu_fleet_power_watts)")) < 1e-3


def test_status_and_totals(scraped: Prometheus, devices: dict[str, Any]) -> None:
    statuses = {s["metric"]["UUID"]: s["metric"]["status"] for s in scraped.query("gpu_device_status == 1")}
    assert statuses == {uuid: device["deviceStatus"] for uuid, device in devices.items()}
    assert scraped.value("sum(gpu_fleet_devices)") == len(devices)
    assert scraped.value('sum(gpu_fleet_readings{freshness="fresh"})') == len(devices)
    until(lambda: scraped.query("max(gpu_data_age_seconds) < 5"), what="young readings")


def test_the_server_is_seen_at_work(scraped: Prometheus, devices: dict[str, Any]) -> None:
    until(lambda: scraped.query("rate(gpu_collector_rounds_total[2s]) > 1"), what="a rate of rounds")
    samples = f"rate(gpu_samples_accepted_total[3s]) > {len(devices)}"
    until(lambda: scraped.query(samples), what=samples)
    assert scraped.value("gpu_server_ready") == 1
    assert scraped.value('gpu_http_requests_total{path="/graphql",method="POST",status="200"}') >= 1
    assert scraped.value('gpu_graphql_operations_total{transport="http",type="query",outcome="ok"}') >= 1
    p99 = 'histogram_quantile(0.99, gpu_http_request_duration_seconds_bucket{path="/metrics"})'
    assert scraped.value(p99) > 0
    assert scraped.value("process_resident_memory_bytes") > 1e7


def test_promtool_finds_nothing_wrong(server: GpuServer, promtool: str) -> None:
    text = server.get("/metrics").content
    check = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    found = (check.stdout + check.stderr).decode().splitlines()
    # NVIDIA's exporter names a label `modelName`, and so must we where we speak its language.
    allowed = {f"{s.name} label names should be written in 'snake_case' not 'camelCase'" for s in DCGM_SERIES}
    assert set(found) <= allowed
    ours = server.get("/metrics?part=server").content
    check = subprocess.run([promtool, "check", "metrics"], input=ours, capture_output=True, check=False)
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b"")


def test_the_example_configuration_is_valid(promtool: str) -> None:
    example = ROOT / "deploy" / "prometheus" / "scrape.example.yml"
    command = [promtool, "check", "config", "--lint=all", "--lint-fatal", str(example)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    commented = example.read_text().partition("these two jobs instead.")[2]
    assert commented.count("job_name") == 2
