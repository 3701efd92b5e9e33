from __future__ import annotations

from collections import Counter
from typing import Any

import pynvml
import pytest

from integrations.nvml.device import REPROBE_SECONDS
from integrations.nvml.simulator import Fault, FaultKind
from tests.unit.integrations.nvml.conftest import Rig

POWER = "nvmlDeviceGetPowerUsage"


def count_calls(rig: Rig, monkeypatch: pytest.MonkeyPatch, *names: str) -> Counter[str]:
    """Count calls of NVML functions. The readings bind functions when the collector is made, so make it after this."""
    calls: Counter[str] = Counter()
    for name in names:
        original = getattr(rig.node, name)

        def counted(*args: Any, name: str = name, original: Any = original) -> Any:
            calls[name] += 1
            return original(*args)

        monkeypatch.setattr(rig.node, name, counted)
    rig.collector = type(rig.collector)(rig.node, "node", "test", rig.collector._source, monotonic=rig.clock)
    return calls


def test_values_are_those_of_nvml_in_our_units(h100: Rig) -> None:
    samples = h100.sample()
    node = h100.node
    for index, uuid in enumerate(h100.fleet.uuids[12:]):
        handle = node.nvmlDeviceGetHandleByIndex(index)
        sample = samples[uuid]
        memory = node.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2)
        assert sample.gpu_utilization_pct == node.nvmlDeviceGetUtilizationRates(handle).gpu
        assert sample.memory_used_mb == memory.used // 2**20
        assert sample.memory_total_mb == memory.total // 2**20 == 81559
        assert sample.temperature_c == node.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)
        assert sample.power_draw_w == node.nvmlDeviceGetPowerUsage(handle) / 1000
        assert sample.sm_clock_mhz == node.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)
        assert sample.memory_clock_mhz == node.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)


def test_an_unsupported_function_is_none_and_the_rest_is_read(h100: Rig) -> None:
    h100.fleet.inject(Fault(FaultKind.UNSUPPORTED, gpu=13, function=POWER))
    samples = h100.sample()
    without, with_power = samples[h100.fleet.uuids[13]], samples[h100.fleet.uuids[14]]
    assert without.power_draw_w is None
    assert None not in (
        without.gpu_utilization_pct,
        without.memory_used_mb,
        without.temperature_c,
        with_power.power_draw_w,
    )
    assert h100.collector.failures == 0


def test_what_is_unsupported_is_remembered_and_asked_again_now_and_then(
    h100: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_calls(h100, monkeypatch, POWER)
    faults = [h100.fleet.inject(Fault(FaultKind.UNSUPPORTED, gpu=gpu, function=POWER)) for gpu in range(12, 20)]
    h100.sample()
    calls.clear()
    for _ in range(10):
        h100.clock.sleep(1.0)
        h100.sample()
    assert calls[POWER] == 0

    for fault in faults:
        h100.fleet.clear(fault)
    h100.clock.sleep(REPROBE_SECONDS)
    assert all(sample.power_draw_w is not None for sample in h100.sample().values())
    calls.clear()
    h100.sample()
    assert calls[POWER] == 8


def test_under_mig_mode_utilisation_is_unknown_until_it_is_switched_off(h100: Rig) -> None:
    uuid = h100.fleet.uuids[12]
    h100.sample()
    handle = h100.node.nvmlDeviceGetHandleByIndex(0)
    assert h100.node.nvmlDeviceSetMigMode(handle, pynvml.NVML_DEVICE_MIG_ENABLE) == pynvml.NVML_SUCCESS
    sample = h100.sample()[uuid]
    assert sample.gpu_utilization_pct is None
    assert sample.memory_used_mb is not None

    h100.node.nvmlDeviceSetMigMode(handle, pynvml.NVML_DEVICE_MIG_DISABLE)
    h100.clock.sleep(REPROBE_SECONDS)
    assert h100.sample()[uuid].gpu_utilization_pct is not None


def test_an_old_driver_is_read_through_the_old_functions(h100: Rig) -> None:
    new = next(iter(h100.sample().values()))
    h100.node.missing = frozenset({"nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetTemperatureV"})
    h100.node.update()
    old = next(iter(h100.sample().values()))
    assert old.temperature_c == new.temperature_c
    assert old.memory_used_mb is not None
    assert new.memory_used_mb is not None
    assert old.memory_used_mb == new.memory_used_mb + h100.fleet.parts[12].reserved_mib  # version 1 counts it in
    assert old.memory_total_mb == new.memory_total_mb


def test_a_binding_without_the_versioned_temperature_does_as_well(h100: Rig) -> None:
    class OldBinding:
        def __getattr__(self, name: str) -> Any:
            if name == "nvmlDeviceGetTemperatureV":
                raise AttributeError(name)
            return getattr(h100.node, name)

    h100.collector = type(h100.collector)(OldBinding(), "node", "test", h100.collector._source, monotonic=h100.clock)
    assert all(sample.temperature_c is not None for sample in h100.sample().values())


def test_a_read_that_fails_this_once_is_counted_and_read_again(h100: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    count_calls(h100, monkeypatch, POWER)
    h100.sample()
    uuid = h100.fleet.uuids[12]
    broken = h100.node.nvmlDeviceGetHandleByIndex(0)
    original = h100.node.nvmlDeviceGetPowerUsage
    failing = True

    def power(handle: Any) -> Any:
        if failing and handle is broken:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
        return original(handle)

    monkeypatch.setattr(h100.node, POWER, power)
    h100.collector = type(h100.collector)(h100.node, "node", "test", h100.collector._source, monotonic=h100.clock)
    for _ in range(3):
        sample = h100.sample()[uuid]
        assert sample.power_draw_w is None
        assert sample.temperature_c is not None
    assert h100.collector.failures == 3
    failing = False
    assert h100.sample()[uuid].power_draw_w is not None
    assert h100.collector.failures == 3


def test_bytes_from_an_old_binding_become_text(h100: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlDeviceGetSerial", "nvmlSystemGetDriverVersion"):
        original = getattr(h100.node, name)
        monkeypatch.setattr(h100.node, name, lambda *args, original=original: original(*args).encode())
    report = h100.collector.discover()
    assert report is not None
    assert report.nvidia_driver_version == "580.95.05"
    assert [device.gpu_uuid for device in report.devices] == h100.fleet.uuids[12:]
    assert report.devices[0].model_name == "NVIDIA H100 80GB HBM3"
    assert set(h100.sample()) == set(h100.fleet.uuids[12:])
