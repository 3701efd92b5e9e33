"""The simulator against the binding it stands in for: names, signatures, types and errors."""

from __future__ import annotations

import ctypes
import inspect
import typing
from typing import Any

import pynvml
import pytest

from integrations.nvml.api import NvmlApi
from integrations.nvml.simulator import Fault, FaultKind, SimulatedFleet, SimulatedNvml
from tests.unit.integrations.nvml.conftest import HandClock

FUNCTIONS = sorted(name for name in dir(SimulatedNvml) if name.startswith("nvml"))

ARGUMENTS: dict[str, Any] = {
    "nvmlInitWithFlags": (0,),
    "nvmlDeviceGetHandleByIndex": (0,),
    "nvmlDeviceGetTemperature": (pynvml.NVML_TEMPERATURE_GPU,),
    "nvmlDeviceGetTemperatureV": (pynvml.NVML_TEMPERATURE_GPU,),
    "nvmlDeviceGetTemperatureThreshold": (pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,),
    "nvmlDeviceGetClockInfo": (pynvml.NVML_CLOCK_SM,),
    "nvmlDeviceGetMaxClockInfo": (pynvml.NVML_CLOCK_MEM,),
    "nvmlDeviceSetMigMode": (pynvml.NVML_DEVICE_MIG_DISABLE,),
    "nvmlDeviceGetGpuInstanceProfileInfo": (pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE,),
}


@pytest.fixture
def node(fleet: SimulatedFleet) -> SimulatedNvml:
    """The H100 node, initialised."""
    node = fleet.nodes[2]
    node.nvmlInit()
    return node


def arguments(node: SimulatedNvml, name: str) -> tuple[Any, ...]:
    """Arguments a function accepts: the handle, where it takes one, comes first."""
    handle = node.nvmlDeviceGetHandleByIndex(0)
    event_set = node.nvmlEventSetCreate()
    if "Instance" in name or "Mig" in name or "Attributes" in name:
        return mig_arguments(node, name, handle)
    special = {
        "nvmlDeviceGetHandleByUUID": (node.nvmlDeviceGetUUID(handle),),
        "nvmlDeviceRegisterEvents": (handle, pynvml.nvmlEventTypeXidCriticalError, event_set),
        "nvmlEventSetWait": (event_set, 0),
        "nvmlEventSetWait_v2": (event_set, 0),
        "nvmlEventSetFree": (event_set,),
    }
    if name in special:
        return special[name]
    first = next(iter(inspect.signature(getattr(node, name)).parameters), None)
    return ((handle,) if first in {"handle", "device"} else ()) + ARGUMENTS.get(name, ())


def mig_arguments(node: SimulatedNvml, name: str, handle: Any) -> tuple[Any, ...]:
    """Arguments on a GPU in MIG mode with an instance at each end, of which the second is empty."""
    board = node.board(node.first)
    if not board.instances:
        node.begin_with(0, [("3g.40gb", 4)])
        node.stop_programs(0)
        placed = pynvml.c_nvmlGpuInstancePlacement_t(0, 1)
        node.nvmlDeviceCreateGpuInstanceWithPlacement(handle, 19, ctypes.byref(placed))
    gpu_instance = node.nvmlDeviceGetGpuInstanceById(handle, 1)
    empty = node.nvmlDeviceGetGpuInstanceById(handle, 7)
    compute_instances = (pynvml.c_nvmlComputeInstance_t * 8)()
    count = ctypes.c_uint()
    node.nvmlGpuInstanceGetComputeInstances(gpu_instance, 2, compute_instances, ctypes.byref(count))
    mig_device = node.nvmlDeviceGetMigDeviceHandleByIndex(handle, 0)
    given: dict[str, tuple[Any, ...]] = {
        "nvmlComputeInstanceDestroy": (compute_instances[0],),
        "nvmlComputeInstanceGetInfo": (compute_instances[0],),
        "nvmlDeviceCreateGpuInstance": (handle, 19),
        "nvmlDeviceCreateGpuInstanceWithPlacement": (handle, 19, pynvml.c_nvmlGpuInstancePlacement_t(1, 1)),
        "nvmlDeviceGetAttributes": (mig_device,),
        "nvmlDeviceGetAttributes_v2": (mig_device,),
        "nvmlDeviceGetComputeInstanceId": (mig_device,),
        "nvmlDeviceGetDeviceHandleFromMigDeviceHandle": (mig_device,),
        "nvmlDeviceGetGpuInstanceById": (handle, 1),
        "nvmlDeviceGetGpuInstanceId": (mig_device,),
        "nvmlDeviceGetGpuInstancePossiblePlacements": (handle, 19, None, count),
        "nvmlDeviceGetGpuInstanceRemainingCapacity": (handle, 19),
        "nvmlDeviceGetGpuInstances": (handle, 9, (pynvml.c_nvmlGpuInstance_t * 8)(), count),
        "nvmlDeviceGetMigDeviceHandleByIndex": (handle, 0),
        "nvmlGpuInstanceCreateComputeInstance": (empty, 0),
        "nvmlGpuInstanceDestroy": (empty,),
        "nvmlGpuInstanceGetComputeInstanceProfileInfo": (gpu_instance, 2, 0),
        "nvmlGpuInstanceGetComputeInstances": (gpu_instance, 2, (pynvml.c_nvmlComputeInstance_t * 8)(), count),
        "nvmlGpuInstanceGetInfo": (gpu_instance,),
    }
    return given.get(name) or (handle, *ARGUMENTS.get(name, ()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_binding_has_the_function_with_the_same_parameters(name: str) -> None:
    theirs = inspect.signature(getattr(pynvml, name)).parameters
    ours = inspect.signature(getattr(SimulatedNvml, name)).parameters
    assert list(ours)[1:] == list(theirs)
    for parameter, our in list(ours.items())[1:]:
        assert our.default == theirs[parameter].default


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "Wait" not in name])
def test_results_have_the_declared_type(node: SimulatedNvml, name: str) -> None:
    declared = typing.get_type_hints(getattr(SimulatedNvml, name))["return"]
    result = getattr(node, name)(*arguments(node, name))
    assert isinstance(result, list if typing.get_origin(declared) is list else declared)


def test_structures_are_the_bindings_own(node: SimulatedNvml) -> None:
    handle = node.nvmlDeviceGetHandleByIndex(0)
    assert isinstance(handle, pynvml.c_nvmlDevice_t)
    assert type(node.nvmlDeviceGetUtilizationRates(handle)) is pynvml.c_nvmlUtilization_t
    assert type(node.nvmlDeviceGetMemoryInfo(handle)) is pynvml.c_nvmlMemory_t
    memory = node.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2)
    assert type(memory) is pynvml.c_nvmlMemory_v2_t
    assert memory.version == pynvml.nvmlMemory_v2
    assert memory.total == memory.used + memory.free + memory.reserved
    assert type(node.nvmlDeviceGetPciInfo(handle)) is pynvml.nvmlPciInfo_t
    assert node.nvmlDeviceGetPciInfo(handle).busId == "00000000:1B:00.0"


def test_a_structure_keeps_its_values_when_time_goes_on(node: SimulatedNvml, clock: HandClock) -> None:
    handles = [node.nvmlDeviceGetHandleByIndex(index) for index in range(8)]
    before = [node.nvmlDeviceGetUtilizationRates(handle) for handle in handles]
    values = [rates.gpu for rates in before]
    clock.sleep(3_600.0)
    after = [node.nvmlDeviceGetUtilizationRates(handle).gpu for handle in handles]
    assert [rates.gpu for rates in before] == values != after


def test_the_collectors_protocol_is_in_the_binding_and_in_the_simulator() -> None:
    for name in [name for name in dir(NvmlApi) if name.startswith("nvml")]:
        assert hasattr(pynvml, name)
        assert name in FUNCTIONS
        wanted = list(inspect.signature(getattr(NvmlApi, name)).parameters)[1:]
        assert wanted == list(inspect.signature(getattr(pynvml, name)).parameters)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if not name.startswith(("nvmlInit", "nvmlEventSetFree"))])
def test_nothing_answers_before_it_is_initialised(fleet: SimulatedFleet, name: str) -> None:
    node = fleet.nodes[2]
    node.nvmlInit()
    given = arguments(node, name)
    node.nvmlShutdown()
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        getattr(node, name)(*given)


@pytest.mark.parametrize(
    "name",
    [name for name in FUNCTIONS if name.startswith("nvmlDevice") and "Count" not in name and "Handle" not in name],
)
def test_every_function_of_a_lost_device_says_so(fleet: SimulatedFleet, node: SimulatedNvml, name: str) -> None:
    given = arguments(node, name)
    fleet.inject(Fault(FaultKind.LOST, gpu=12))
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        getattr(node, name)(*given)
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        node.nvmlDeviceGetHandleByIndex(0)
    assert node.nvmlDeviceGetCount() == 8


def test_initialising_is_counted(node: SimulatedNvml) -> None:
    node.nvmlInit()
    node.nvmlShutdown()
    assert node.nvmlDeviceGetCount() == 8
    node.nvmlShutdown()
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        node.nvmlDeviceGetCount()


def test_handles_of_another_node_or_session_are_invalid(fleet: SimulatedFleet, node: SimulatedNvml) -> None:
    fleet.nodes[1].nvmlInit()
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlDeviceGetName(fleet.nodes[1].nvmlDeviceGetHandleByIndex(0))
    old = node.nvmlDeviceGetHandleByIndex(0)
    node.nvmlShutdown()
    node.nvmlInit()
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlDeviceGetName(old)
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlDeviceGetHandleByIndex(8)
    with pytest.raises(pynvml.NVMLError_NotFound):
        node.nvmlDeviceGetHandleByUUID("GPU-nobody")


def test_a_geforce_answers_as_a_geforce(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[0]
    node.nvmlInit()
    handle = node.nvmlDeviceGetHandleByIndex(0)
    for name in ("nvmlDeviceGetSerial", "nvmlDeviceGetMigMode"):
        with pytest.raises(pynvml.NVMLError_NotSupported):
            getattr(node, name)(handle)
    assert node.nvmlDeviceGetMaxMigDeviceCount(handle) == 0
    assert node.nvmlDeviceGetBrand(handle) == pynvml.NVML_BRAND_GEFORCE


def test_an_ampere_board_in_use_keeps_its_mig_mode_pending(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[1]
    node.nvmlInit()
    busy = next(gpu for gpu in range(4, 12) if fleet.loads[gpu].name != "FREE")
    handle = node.nvmlDeviceGetHandleByIndex(busy - 4)
    assert node.nvmlDeviceSetMigMode(handle, pynvml.NVML_DEVICE_MIG_ENABLE) == pynvml.NVML_ERROR_IN_USE
    assert node.nvmlDeviceGetMigMode(handle) == [0, 1]


def test_processes_hold_the_memory_that_is_used(fleet: SimulatedFleet, node: SimulatedNvml) -> None:
    for index in range(8):
        handle = node.nvmlDeviceGetHandleByIndex(index)
        used = node.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2).used
        processes = node.nvmlDeviceGetComputeRunningProcesses(handle)
        if fleet.loads[12 + index].name == "FREE":
            assert processes == []
            assert used < 2**24
        else:
            assert [process.usedGpuMemory for process in processes] == [used]


def test_energy_only_grows_and_by_what_was_drawn(node: SimulatedNvml, clock: HandClock) -> None:
    handle = node.nvmlDeviceGetHandleByIndex(0)
    before = node.nvmlDeviceGetTotalEnergyConsumption(handle)
    clock.sleep(1.0)
    after = node.nvmlDeviceGetTotalEnergyConsumption(handle)
    assert after - before == pytest.approx(node.nvmlDeviceGetPowerUsage(handle), rel=0.01)


def test_versions_that_do_not_exist_are_refused(node: SimulatedNvml) -> None:
    handle = node.nvmlDeviceGetHandleByIndex(0)
    with pytest.raises(pynvml.NVMLError_ArgumentVersionMismatch):
        node.nvmlDeviceGetMemoryInfo(handle, version=1)
    with pytest.raises(pynvml.NVMLError_ArgumentVersionMismatch):
        node.nvmlDeviceGetTemperatureV(handle, 0, version=1)
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlDeviceGetTemperature(handle, 7)
