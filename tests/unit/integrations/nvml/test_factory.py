from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pynvml
import pytest

from domain.fleet.model import CollectionSource
from integrations.nvml import open_source
from integrations.nvml.probe import probe
from integrations.nvml.simulator import Fault, FaultKind, FaultSpecError, SimulatedFleet, SimulatedSource


def no_driver() -> bool:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        return True
    except pynvml.NVMLError:
        return False
    pynvml.nvmlShutdown()
    return False


without_driver = pytest.mark.skipif(not no_driver(), reason="this machine has an NVIDIA library")


@without_driver
async def test_nvml_without_a_driver_is_unhealthy_with_the_reason_and_keeps_trying() -> None:
    source = open_source("nvml", None, 0, "node-1", "prod", None)
    assert source.collection_source is CollectionSource.NVML
    assert list(await source.discover()) == []
    assert list(await source.sample()) == []
    status = source.status
    assert not status.healthy
    assert status.detail == (
        "NVML does not answer on node-1: NVML Shared Library Not Found (NVMLError_LibraryNotFound)"
    )
    assert status.failures == 2
    await source.close()


@without_driver
async def test_auto_without_a_driver_is_the_simulated_fleet_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    source = open_source("auto", None, 0, "node-1", "prod", None)
    assert source.collection_source is CollectionSource.SIMULATED
    assert "NVML Shared Library Not Found" in caplog.text
    assert "simulated" in caplog.text
    assert len(await source.sample()) == 20
    await source.close()


async def test_auto_with_gpus_is_the_machines_own() -> None:
    node = SimulatedFleet(4).nodes[0]
    source = open_source("auto", 100, 0, "node-1", "prod", None, node_ip="10.1.2.3", api=node)
    assert source.collection_source is CollectionSource.NVML
    (report,) = await source.discover()
    assert (report.cluster_name, report.node_name, report.node_ip) == ("prod", "node-1", "10.1.2.3")
    assert len(report.devices) == 4
    assert {sample.collection_source for sample in await source.sample()} == {CollectionSource.NVML}
    await source.close()


async def test_nvml_finds_the_driver_that_comes_later() -> None:
    fleet = SimulatedFleet(2)
    away = fleet.inject(Fault(FaultKind.RESTART))
    source = open_source("nvml", None, 0, "node-1", "prod", None, api=fleet.nodes[0])
    assert list(await source.discover()) == []
    fleet.clear(away)
    time.sleep(1.05)  # the first pause between attempts
    assert len((await source.discover())[0].devices) == 2
    assert source.status.healthy
    await source.close()


def test_auto_with_a_driver_and_no_gpu_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    node = SimulatedFleet(1).nodes[0]
    monkeypatch.setattr(node, "nvmlDeviceGetCount", lambda: 0)
    assert open_source("auto", 1, api=node).collection_source is CollectionSource.SIMULATED
    assert probe(node).detail == "the driver answers and has no GPU"


def test_a_driver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    node = SimulatedFleet(1).nodes[0]
    returns = threading.Event()
    monkeypatch.setattr(node, "nvmlInit", returns.wait)
    found = probe(node, timeout=0.05)
    assert (found.gpus, found.detail) == (0, "the driver has not answered for 0.05 s")
    returns.set()


async def test_the_simulated_fleet_takes_size_seed_and_faults() -> None:
    source = open_source("simulated", 11, 7, "node-1", "prod", "lost:3,restart:8")
    assert isinstance(source, SimulatedSource)
    assert source.fleet.uuids == SimulatedFleet(11, 7).uuids
    assert len(await source.sample()) == 7
    await source.close()
    again: Any = open_source("simulated", 2, faults=[Fault(FaultKind.LOST, gpu=0)])
    assert len(await again.sample()) == 1
    await again.close()


@pytest.mark.parametrize("gpus", [0, -1, 10_001])
def test_a_size_outside_the_limits_is_refused(gpus: int) -> None:
    with pytest.raises(ValueError, match=r"between 1 and 10,000 GPUs, not"):
        open_source("simulated", gpus)


def test_faults_that_make_no_sense_are_refused() -> None:
    with pytest.raises(FaultSpecError, match="there is no GPU 20, the last of this fleet is 19"):
        open_source("simulated", faults="lost:20")


def test_opening_says_nothing_where_nothing_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        open_source("simulated", 1)
    assert caplog.records == []
