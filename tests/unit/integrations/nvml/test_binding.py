"""The collector through the real `pynvml`, over a C library played by the simulator.

Everything of the binding runs as on hardware: its structures, buffers, string conversion and error classes.
"""

# ruff: noqa: N802 - the names are the C library's

from __future__ import annotations

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pynvml
import pytest

from domain.fleet.model import CollectionSource
from domain.metrics.sample import Sample
from integrations.nvml.collector import NodeCollector
from integrations.nvml.mig_executor import NvmlMigExecutor
from integrations.nvml.mig_reader import read_mig
from integrations.nvml.simulator import Fault, FaultKind, SimulatedNvml
from integrations.nvml.worker import Worker
from tests.unit.integrations.nvml.conftest import Rig
from tests.unit.integrations.nvml.layouts import DISABLE, ENABLE, command, create, delete

STRINGS = {"nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlDeviceGetSerial"}
STRUCTURES = {"nvmlDeviceGetUtilizationRates", "nvmlDeviceGetMemoryInfo"}
EMPTY_LISTS = {"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3"}
NUMBERS = {
    "nvmlDeviceGetPowerUsage", "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetArchitecture",
    "nvmlDeviceGetNumGpuCores", "nvmlDeviceGetMaxMigDeviceCount",
}  # fmt: skip


class Library:
    """`libnvidia-ml.so.1` as pynvml calls it: C functions that return a code and write through pointers."""

    def __init__(self, node: SimulatedNvml) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Callable[..., int]:
        def function(*args: Any) -> int:
            try:
                self._call(name, *args)
            except pynvml.NVMLError as error:
                return int(error.value)
            return 0

        if (
            name != "nvmlDeviceGetComputeRunningProcesses_v3"
            and name not in STRINGS | STRUCTURES | NUMBERS
            and not hasattr(type(self), f"_{name}")
        ):
            raise AttributeError(name)
        return function

    def _call(self, name: str, *args: Any) -> None:
        if name in EMPTY_LISTS:
            args[1]._obj.value = 0
        elif name in STRINGS:
            args[1].value = getattr(self._node, name)(args[0]).encode()
        elif name in STRUCTURES:
            ctypes.memmove(args[1], ctypes.byref(getattr(self._node, name)(args[0])), ctypes.sizeof(args[1]._obj))
        elif name in NUMBERS:
            args[1]._obj.value = getattr(self._node, name)(args[0])
        else:
            getattr(self, f"_{name}")(*args)

    def _nvmlInitWithFlags(self, flags: int) -> None:
        self._node.nvmlInit()

    def _nvmlShutdown(self) -> None:
        self._node.nvmlShutdown()

    def _nvmlSystemGetDriverVersion(self, buffer: Any, size: Any) -> None:
        buffer.value = self._node.nvmlSystemGetDriverVersion().encode()

    def _nvmlDeviceGetCount_v2(self, count: Any) -> None:
        count._obj.value = self._node.nvmlDeviceGetCount()

    def _nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> None:
        address = ctypes.cast(self._node.nvmlDeviceGetHandleByIndex(index.value), ctypes.c_void_p).value
        ctypes.c_void_p.from_buffer(handle._obj).value = address

    def _nvmlDeviceGetMemoryInfo_v2(self, handle: Any, memory: Any) -> None:
        answer = self._node.nvmlDeviceGetMemoryInfo(handle, memory._obj.version)
        ctypes.memmove(memory, ctypes.byref(answer), ctypes.sizeof(answer))

    def _nvmlDeviceGetTemperatureV(self, handle: Any, temperature: Any) -> None:
        sensor = temperature._obj.sensorType
        temperature._obj.temperature = self._node.nvmlDeviceGetTemperatureV(handle, sensor)

    def _nvmlDeviceGetTemperature(self, handle: Any, sensor: Any, temperature: Any) -> None:
        temperature._obj.value = self._node.nvmlDeviceGetTemperature(handle, sensor.value)

    def _nvmlDeviceGetClockInfo(self, handle: Any, kind: Any, clock: Any) -> None:
        clock._obj.value = self._node.nvmlDeviceGetClockInfo(handle, kind.value)

    def _nvmlDeviceGetPciInfo_v3(self, handle: Any, info: Any) -> None:
        answer = self._node.nvmlDeviceGetPciInfo(handle)
        ctypes.memmove(info, ctypes.byref(answer), ctypes.sizeof(answer))

    def _nvmlDeviceGetMigMode(self, handle: Any, current: Any, pending: Any) -> None:
        current._obj.value, pending._obj.value = self._node.nvmlDeviceGetMigMode(handle)

    def _nvmlDeviceGetGpuInstanceProfileInfoV(self, handle: Any, profile: int, info: Any) -> None:
        answer = self._node.nvmlDeviceGetGpuInstanceProfileInfo(handle, profile)
        ctypes.memmove(info, ctypes.byref(answer), ctypes.sizeof(answer))

    def _nvmlDeviceSetMigMode(self, handle: Any, mode: int, status: Any) -> None:
        status._obj.value = self._node.nvmlDeviceSetMigMode(handle, mode)

    def _nvmlDeviceGetGpuInstancePossiblePlacements_v2(self, *args: Any) -> None:
        self._node.nvmlDeviceGetGpuInstancePossiblePlacements(*args)

    def _nvmlDeviceCreateGpuInstanceWithPlacement(self, handle: Any, profile: int, placement: Any, made: Any) -> None:
        answer = self._node.nvmlDeviceCreateGpuInstanceWithPlacement(handle, profile, placement)
        self._give(answer, made)

    def _nvmlDeviceGetGpuInstances(self, *args: Any) -> None:
        self._node.nvmlDeviceGetGpuInstances(*args)

    def _nvmlGpuInstanceGetInfo(self, instance: Any, info: Any) -> None:
        answer = self._node.nvmlGpuInstanceGetInfo(instance)
        ctypes.memmove(info, ctypes.byref(answer), ctypes.sizeof(answer))

    def _nvmlGpuInstanceDestroy(self, instance: Any) -> None:
        self._node.nvmlGpuInstanceDestroy(instance)

    def _nvmlGpuInstanceGetComputeInstanceProfileInfoV(
        self, instance: Any, profile: int, engines: int, info: Any
    ) -> None:
        answer = self._node.nvmlGpuInstanceGetComputeInstanceProfileInfo(instance, profile, engines)
        ctypes.memmove(info, ctypes.byref(answer), ctypes.sizeof(answer))

    def _nvmlGpuInstanceCreateComputeInstance(self, instance: Any, profile: int, made: Any) -> None:
        self._give(self._node.nvmlGpuInstanceCreateComputeInstance(instance, profile), made)

    def _nvmlGpuInstanceGetComputeInstances(self, *args: Any) -> None:
        self._node.nvmlGpuInstanceGetComputeInstances(*args)

    def _nvmlComputeInstanceDestroy(self, instance: Any) -> None:
        self._node.nvmlComputeInstanceDestroy(instance)

    def _nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: Any, device: Any) -> None:
        self._give(self._node.nvmlDeviceGetMigDeviceHandleByIndex(handle, index.value), device)

    def _nvmlDeviceGetGpuInstanceId(self, device: Any, number: Any) -> None:
        number._obj.value = self._node.nvmlDeviceGetGpuInstanceId(device)

    @staticmethod
    def _give(handle: Any, place: Any) -> None:
        ctypes.c_void_p.from_buffer(place._obj).value = ctypes.cast(handle, ctypes.c_void_p).value


@pytest.fixture
def through_pynvml(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rig], NodeCollector]:
    def make(rig: Rig) -> NodeCollector:
        monkeypatch.setattr(pynvml, "nvmlLib", Library(rig.node))
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        monkeypatch.setattr(pynvml, "_nvmlLib_refcount", 0)
        return NodeCollector(pynvml, rig.node.layout.name, "test", CollectionSource.SIMULATED, monotonic=rig.clock)

    return make


def sample(collector: NodeCollector, rig: Rig) -> list[list[object]]:
    samples: list[Sample] = []
    collector.sample(datetime.fromtimestamp(rig.clock.now, UTC), samples)
    return [[getattr(sample, name) for name in Sample.__slots__] for sample in samples]


@pytest.mark.parametrize("which", ["h100", "rtx4090"])
def test_the_binding_and_the_simulator_say_the_same(
    which: str, request: pytest.FixtureRequest, through_pynvml: Callable[[Rig], NodeCollector]
) -> None:
    rig: Rig = request.getfixturevalue(which)
    direct_report, direct_samples = rig.collector.discover(), sample(rig.collector, rig)
    collector = through_pynvml(rig)
    assert collector.discover() == direct_report
    assert sample(collector, rig) == direct_samples
    assert len(direct_samples) == rig.node.layout.gpus
    assert collector.failures == 0


async def test_a_layout_is_made_and_read_through_the_binding(
    h100: Rig, through_pynvml: Callable[[Rig], NodeCollector]
) -> None:
    collector = through_pynvml(h100)
    collector.discover()
    executor = NvmlMigExecutor([collector], Worker("test"), clock=lambda: datetime.fromtimestamp(h100.clock.now, UTC))
    uuid = h100.fleet.uuids[15]
    steps = (ENABLE, create("3g.40gb", 4), create("1g.10gb+me", 0))
    for _ in range(2):
        result = await executor.execute(command(h100, uuid, *steps))
        assert (result.succeeded, result.error, result.steps_done) == (True, None, 3)
        assert result.mig is not None
        assert result.mig == read_mig(h100.node, h100.node.nvmlDeviceGetHandleByIndex(3), 81559)
        assert [(one.profile_name, one.placement_start) for one in result.mig.instances] == [
            ("1g.10gb+me", 0),
            ("3g.40gb", 4),
        ]
        assert None not in [one.mig_uuid for one in result.mig.instances]
    result = await executor.execute(command(h100, uuid, delete("3g.40gb", 4), delete("1g.10gb+me", 0), DISABLE))
    assert (result.succeeded, result.error) == (True, None)
    assert result.mig is not None
    assert (result.mig.enabled, result.mig.instances) == (False, ())


def test_faults_arrive_through_the_binding(h100: Rig, through_pynvml: Callable[[Rig], NodeCollector]) -> None:
    collector = through_pynvml(h100)
    assert len(sample(collector, h100)) == 8
    lost = h100.fleet.inject(Fault(FaultKind.LOST, gpu=15))
    h100.fleet.inject(Fault(FaultKind.UNSUPPORTED, gpu=12, function="nvmlDeviceGetUtilizationRates"))
    samples = sample(collector, h100)
    assert len(samples) == 7
    assert samples[0][Sample.__slots__.index("gpu_utilization_pct")] is None
    h100.fleet.clear(lost)

    h100.fleet.inject(Fault(FaultKind.RESTART, start=h100.fleet.elapsed(), duration=2.0))
    assert sample(collector, h100) == []
    h100.clock.sleep(30.0)
    assert len(sample(collector, h100)) == 8


def test_an_old_library_is_read_through_its_old_functions(
    h100: Rig, through_pynvml: Callable[[Rig], NodeCollector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Library, "_nvmlDeviceGetMemoryInfo_v2")
    monkeypatch.delattr(Library, "_nvmlDeviceGetTemperatureV")
    collector = through_pynvml(h100)
    samples = sample(collector, h100)
    assert len(samples) == 8
    assert all(None not in values for values in samples)
