from __future__ import annotations

import logging
from typing import Any

import pynvml
import pytest

from domain.fleet.model import CollectionSource
from integrations.nvml.simulator import Fault, FaultKind
from tests.unit.integrations.nvml.conftest import Rig


def test_discovery_reports_what_the_driver_says(h100: Rig) -> None:
    report = h100.collector.discover()
    assert report is not None
    assert (report.cluster_name, report.node_name) == ("test", "sim-h100-01")
    assert report.collection_source is CollectionSource.SIMULATED
    assert report.nvidia_driver_version == "580.95.05"
    assert [device.device_index for device in report.devices] == list(range(8))
    device = report.devices[0]
    assert device.gpu_uuid == h100.fleet.uuids[12]
    assert device.model_name == "NVIDIA H100 80GB HBM3"
    assert device.pci_address == "00000000:1B:00.0"
    assert device.serial_number is not None
    assert device.serial_number.isdigit()
    assert (device.memory_total_mb, device.power_limit_w) == (81559, 700.0)
    assert (device.architecture, device.cuda_cores) == ("Hopper", 16896)
    assert (device.mig_capable, device.max_mig_instances) == (True, 7)
    assert device.driver_version == "580.95.05"


def test_a_geforce_has_no_serial_and_no_mig(rtx4090: Rig) -> None:
    report = rtx4090.collector.discover()
    assert report is not None
    for device in report.devices:
        assert device.model_name == "NVIDIA GeForce RTX 4090"
        assert device.serial_number is None
        assert (device.mig_capable, device.max_mig_instances) == (False, 0)


def test_mig_is_counted_by_the_driver_where_the_mode_is_on(h100: Rig) -> None:
    h100.sample()
    h100.node.nvmlDeviceSetMigMode(h100.node.nvmlDeviceGetHandleByIndex(0), 1)
    assert h100.node.nvmlDeviceGetMaxMigDeviceCount(h100.node.nvmlDeviceGetHandleByIndex(0)) == 7
    assert h100.node.nvmlDeviceGetMaxMigDeviceCount(h100.node.nvmlDeviceGetHandleByIndex(1)) == 0
    report = h100.collector.discover()
    assert report is not None
    assert {device.max_mig_instances for device in report.devices} == {7}


def test_whether_mig_is_possible_stays_unknown_when_the_question_fails(
    h100: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)

    monkeypatch.setattr(h100.node, "nvmlDeviceGetMigMode", fail)
    report = h100.collector.discover()
    assert report is not None
    assert {(device.mig_capable, device.max_mig_instances) for device in report.devices} == {(None, None)}


def test_all_samples_of_a_round_share_one_timestamp(h100: Rig) -> None:
    assert len({id(sample.timestamp) for sample in h100.sample().values()}) == 1


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.RESET])
def test_a_lost_device_is_left_out_and_counted_and_the_others_are_read(
    h100: Rig, kind: FaultKind, caplog: pytest.LogCaptureFixture
) -> None:
    h100.sample()
    lost = h100.fleet.uuids[14]
    fault = h100.fleet.inject(Fault(kind, gpu=14))
    for _ in range(5):
        samples = h100.sample()
        assert len(samples) == 7
        assert lost not in samples
    assert h100.collector.failures == 5
    assert h100.collector.readable == 7
    assert h100.collector.trouble is None
    assert list(h100.collector.lost) == [lost]
    assert len([record for record in caplog.records if lost in record.message]) == 1

    with caplog.at_level(logging.INFO):
        h100.fleet.clear(fault)
        assert lost in h100.sample()
    assert h100.collector.lost == {}
    assert "answers again" in caplog.text


def test_a_device_lost_before_discovery_is_reported_once_it_is_back(h100: Rig) -> None:
    fault = h100.fleet.inject(Fault(FaultKind.LOST, gpu=12))
    report = h100.collector.discover()
    assert report is not None
    assert [device.device_index for device in report.devices] == [1, 2, 3, 4, 5, 6, 7]
    assert list(h100.collector.lost) == ["index 0"]
    assert len(h100.sample()) == 7
    h100.fleet.clear(fault)
    report = h100.collector.discover()
    assert report is not None
    assert len(report.devices) == len(h100.sample()) == 8
    assert h100.collector.lost == {}


def test_a_driver_restart_is_survived_with_new_handles(h100: Rig, caplog: pytest.LogCaptureFixture) -> None:
    assert len(h100.sample()) == 8
    handle = h100.node.nvmlDeviceGetHandleByIndex(0)
    h100.fleet.inject(Fault(FaultKind.RESTART, gpu=12, start=h100.fleet.elapsed(), duration=5.0))
    for _ in range(4):
        assert h100.sample() == {}
        assert h100.collector.discover() is None
        h100.clock.sleep(1.0)
    assert h100.collector.trouble == "Driver Not Loaded (NVMLError_DriverNotLoaded)"
    assert h100.collector.readable == 0
    assert h100.collector.failures >= 32

    rounds = 0
    while not h100.sample():
        h100.clock.sleep(1.0)
        rounds += 1
        assert rounds < 10
    assert len(h100.sample()) == 8
    assert h100.collector.trouble is None
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        h100.node.nvmlDeviceGetPowerUsage(handle)
    assert len([record for record in caplog.records if "does not answer" in record.message]) <= 3


def test_a_restart_nobody_saw_is_noticed_by_its_dead_handles(h100: Rig) -> None:
    h100.sample()
    h100.fleet.inject(Fault(FaultKind.RESTART, gpu=12, start=h100.fleet.elapsed() + 1.0, duration=0.5))
    h100.clock.sleep(10.0)
    assert h100.sample() == {}
    assert len(h100.sample()) == 8
    assert h100.node.inits == 2


def test_handles_another_program_invalidated_are_taken_again(h100: Rig) -> None:
    """The session answers, the handles of before do not: "invalid argument" where a value was."""
    h100.sample()
    h100.node.invalidate()
    h100.node.nvmlInit()
    assert h100.sample() == {}
    assert h100.collector.trouble == f"the handle of {h100.fleet.uuids[12]} is no longer valid"
    assert len(h100.sample()) == 8


def test_one_node_restarting_leaves_the_others_alone(h100: Rig, rtx4090: Rig) -> None:
    h100.sample()
    rtx4090.sample()
    h100.fleet.inject(Fault(FaultKind.RESTART, gpu=0, duration=60.0))
    assert len(h100.sample()) == 8
    assert rtx4090.sample() == {}


def test_a_thermal_fault_is_seen_in_temperature_clock_and_power(h100: Rig) -> None:
    gpu = next(gpu for gpu in range(12, 20) if h100.fleet.loads[gpu].name in {"SERVING", "TRAINING"})
    uuid = h100.fleet.uuids[gpu]
    before = h100.sample()[uuid]
    h100.fleet.inject(Fault(FaultKind.THERMAL, gpu=gpu, start=h100.fleet.elapsed()))
    h100.clock.sleep(120.0)
    after = h100.sample()[uuid]
    assert after.temperature_c is not None
    assert after.temperature_c >= h100.fleet.parts[gpu].slowdown_c
    assert before.sm_clock_mhz is not None
    assert after.sm_clock_mhz is not None
    assert after.sm_clock_mhz < 0.7 * before.sm_clock_mhz
    reasons = h100.node.nvmlDeviceGetCurrentClocksEventReasons(h100.node.nvmlDeviceGetHandleByIndex(gpu - 12))
    assert reasons & pynvml.nvmlClocksEventReasonHwThermalSlowdown


def test_without_a_library_the_reason_is_exact(h100: Rig) -> None:
    """For real: this has no libnvidia-ml, or has it and then says something else."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        pass
    else:
        pynvml.nvmlShutdown()
        pytest.skip("this machine has an NVIDIA driver")
    collector = type(h100.collector)(pynvml, "node", "test", CollectionSource.NVML)
    assert collector.discover() is None
    assert collector.trouble == "NVML Shared Library Not Found (NVMLError_LibraryNotFound)"
