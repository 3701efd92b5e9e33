"""The simulator's MIG against NVML's rules."""

from __future__ import annotations

import ctypes
from typing import Any

import pynvml
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.nvml.simulator import DEFAULT_MIG_LAYOUTS, Fault, FaultKind, SimulatedFleet, SimulatedNvml
from integrations.nvml.simulator.mig_profiles import A100_80GB_PROFILES, H100_80GB_PROFILES, H200_PROFILES
from tests.unit.integrations.nvml.conftest import HandClock

# GI id: NVML's enum, compute slices, memory slices, how many, starts - as `nvidia-smi mig -lgip` and `-lgipp` print.
RULES: dict[int, tuple[int, int, int, int, tuple[int, ...]]] = {
    19: (0, 1, 1, 7, (0, 1, 2, 3, 4, 5, 6)),
    20: (7, 1, 1, 1, (0, 1, 2, 3, 4, 5, 6)),
    15: (9, 1, 2, 4, (0, 2, 4, 6)),
    14: (1, 2, 2, 3, (0, 2, 4)),
    9: (2, 3, 4, 2, (0, 4)),
    5: (3, 4, 4, 1, (0,)),
    0: (4, 7, 8, 1, (0,)),
}


class Gpu:
    """One GPU through NVML's functions."""

    def __init__(self, node: SimulatedNvml, index: int) -> None:
        self.node = node
        self.handle = node.nvmlDeviceGetHandleByIndex(index)

    def create(self, gi_profile: int, start: int) -> Any:
        placement = pynvml.c_nvmlGpuInstancePlacement_t(start, RULES[gi_profile][2])
        return self.node.nvmlDeviceCreateGpuInstanceWithPlacement(self.handle, gi_profile, ctypes.byref(placement))

    def instances(self, gi_profile: int) -> list[Any]:
        array, count = (pynvml.c_nvmlGpuInstance_t * 8)(), ctypes.c_uint()
        self.node.nvmlDeviceGetGpuInstances(self.handle, gi_profile, array, ctypes.byref(count))
        return list(array[: count.value])

    def placements(self) -> set[tuple[int, int]]:
        infos = [self.node.nvmlGpuInstanceGetInfo(one) for profile in RULES for one in self.instances(profile)]
        return {(info.profileId, info.placement.start) for info in infos}


@pytest.fixture
def gpu(fleet: SimulatedFleet) -> Gpu:
    """A free H100 in MIG mode."""
    node = fleet.nodes[2]
    node.nvmlInit()
    free = Gpu(node, 0)
    assert node.nvmlDeviceSetMigMode(free.handle, 1) == pynvml.NVML_SUCCESS
    return free


def fits(standing: set[tuple[int, int]], gi_profile: int, start: int) -> bool:
    """The rule by itself: a bitmap of eight memory slices, and how many of a profile there may be."""
    taken = 0
    for profile, at in standing:
        taken |= ((1 << RULES[profile][2]) - 1) << at
    wanted = ((1 << RULES[gi_profile][2]) - 1) << start
    return not taken & wanted and sum(profile == gi_profile for profile, _ in standing) < RULES[gi_profile][3]


ACTIONS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(sorted(RULES)), st.integers(min_value=0, max_value=8)), max_size=40
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_placement_is_what_a_bitmap_allows(gpu: Gpu, actions: list[tuple[bool, int, int]]) -> None:
    gpu.node.board(12).instances.clear()
    standing: set[tuple[int, int]] = set()
    handles: dict[tuple[int, int], Any] = {}
    for creates, profile, start in actions:
        if creates:
            if start not in RULES[profile][4]:
                with pytest.raises(pynvml.NVMLError_InvalidArgument):
                    gpu.create(profile, start)
            elif not fits(standing, profile, start):
                with pytest.raises(pynvml.NVMLError_InsufficientResources):
                    gpu.create(profile, start)
            else:
                handles[profile, start] = gpu.create(profile, start)
                standing.add((profile, start))
        elif (profile, start) in standing:
            gpu.node.nvmlGpuInstanceDestroy(handles[profile, start])
            standing.remove((profile, start))
        assert gpu.placements() == standing
        ids = [one.id for one in gpu.node.board(12).instances]
        assert len(set(ids)) == len(ids)
        for known, (_, _, _, most, starts) in RULES.items():
            left = most - sum(one == known for one, _ in standing)
            expected = min(left, sum(fits(standing, known, at) for at in starts))
            assert gpu.node.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu.handle, known) == expected


def test_as_many_states_can_be_reached_as_on_hardware(gpu: Gpu) -> None:
    """723 placed states of the plain profiles, 298 of them without 1g with double memory."""
    plain = [profile for profile in RULES if profile != 20]
    board = gpu.node.board(12)
    profiles = {profile.gi_id: profile for profile in board.part.mig_profiles}
    seen: set[frozenset[tuple[int, int]]] = {frozenset()}
    todo = [frozenset[tuple[int, int]]()]
    while todo:
        state = todo.pop()
        board.instances.clear()
        for profile, start in state:
            board.create(profiles[profile], start)
        for profile in plain:
            for start in board.free_starts(profiles[profile]):
                after = state | {(profile, start)}
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
    assert len(seen) == 723
    assert sum(all(profile != 15 for profile, _ in state) for state in seen) == 298
    assert max(sum(RULES[profile][1] for profile, _ in state) for state in seen) == 7


@pytest.mark.parametrize("profiles", [A100_80GB_PROFILES, H100_80GB_PROFILES, H200_PROFILES])
def test_profiles_have_the_ids_and_placements_of_the_hardware(profiles: Any) -> None:
    told = {p.gi_id: (p.nvml_profile, p.compute_slices, p.memory_slices, p.max_instances, p.starts) for p in profiles}
    assert told == RULES
    assert sum(len(profile.starts) for profile in profiles) == 25


def test_a_profile_is_asked_for_by_the_enum_and_answers_its_gi_id(gpu: Gpu) -> None:
    for gi_profile, (nvml_profile, *_) in RULES.items():
        info = gpu.node.nvmlDeviceGetGpuInstanceProfileInfo(gpu.handle, nvml_profile)
        assert info.id == gi_profile
        assert gpu.node.nvmlDeviceGetGpuInstanceProfileInfo(gpu.handle, nvml_profile, 1).id == gi_profile
    info = gpu.node.nvmlDeviceGetGpuInstanceProfileInfo(gpu.handle, pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV1)
    assert (info.name, info.memorySizeMB, info.instanceCount) == ("MIG 1g.10gb+me", 9984, 1)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        gpu.node.nvmlDeviceGetGpuInstanceProfileInfo(gpu.handle, pynvml.NVML_GPU_INSTANCE_PROFILE_8_SLICE)
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        gpu.node.nvmlDeviceGetGpuInstanceProfileInfo(gpu.handle, pynvml.NVML_GPU_INSTANCE_PROFILE_COUNT)


def test_with_mig_off_only_profiles_and_placements_are_told(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[2]
    node.nvmlInit()
    off = Gpu(node, 0)
    count = ctypes.c_uint()
    node.nvmlDeviceGetGpuInstancePossiblePlacements(off.handle, 19, None, ctypes.byref(count))
    assert count.value == 7
    for ask in (
        lambda: off.create(19, 0),
        lambda: off.instances(19),
        lambda: node.nvmlDeviceCreateGpuInstance(off.handle, 19),
        lambda: node.nvmlDeviceGetGpuInstanceRemainingCapacity(off.handle, 19),
        lambda: node.nvmlDeviceGetMigDeviceHandleByIndex(off.handle, 0),
    ):
        with pytest.raises(pynvml.NVMLError_NotSupported):
            ask()


def test_a_gpu_instance_goes_only_when_nothing_is_on_it(gpu: Gpu) -> None:
    node = gpu.node
    instance = gpu.create(9, 4)
    compute = node.nvmlGpuInstanceCreateComputeInstance(instance, pynvml.NVML_COMPUTE_INSTANCE_PROFILE_3_SLICE)
    with pytest.raises(pynvml.NVMLError_InsufficientResources):
        node.nvmlGpuInstanceCreateComputeInstance(instance, pynvml.NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        node.nvmlGpuInstanceCreateComputeInstance(instance, pynvml.NVML_COMPUTE_INSTANCE_PROFILE_7_SLICE)
    gi_id = node.nvmlGpuInstanceGetInfo(instance).id
    pid = node.occupy(0, gi_id)
    (process,) = node.nvmlDeviceGetComputeRunningProcesses(gpu.handle)
    assert (process.pid, process.gpuInstanceId, process.computeInstanceId) == (pid, gi_id, 0)
    with pytest.raises(pynvml.NVMLError_InUse):
        node.nvmlComputeInstanceDestroy(compute)
    node.vacate(0, gi_id)
    with pytest.raises(pynvml.NVMLError_InUse):
        node.nvmlGpuInstanceDestroy(instance)
    node.nvmlComputeInstanceDestroy(compute)
    node.nvmlGpuInstanceDestroy(instance)
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlGpuInstanceGetInfo(instance)
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        node.nvmlComputeInstanceGetInfo(compute)


def test_a_mig_device_is_a_device_with_a_part_of_the_gpu(gpu: Gpu) -> None:
    node = gpu.node
    instance = gpu.create(9, 4)
    node.nvmlGpuInstanceCreateComputeInstance(instance, pynvml.NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE)
    node.nvmlGpuInstanceCreateComputeInstance(instance, pynvml.NVML_COMPUTE_INSTANCE_PROFILE_2_SLICE)
    devices = [node.nvmlDeviceGetMigDeviceHandleByIndex(gpu.handle, index) for index in (0, 1)]
    with pytest.raises(pynvml.NVMLError_NotFound):
        node.nvmlDeviceGetMigDeviceHandleByIndex(gpu.handle, 2)
    uuids = [node.nvmlDeviceGetUUID(device) for device in devices]
    assert len(set(uuids)) == 2
    assert all(uuid.startswith("MIG-") and len(uuid) == 40 for uuid in uuids)
    assert [node.nvmlDeviceGetComputeInstanceId(device) for device in devices] == [0, 1]
    assert {node.nvmlDeviceGetGpuInstanceId(device) for device in devices} == {1}
    attributes = node.nvmlDeviceGetAttributes_v2(devices[1])
    assert (attributes.memorySizeMB, attributes.multiprocessorCount) == (40448, 40)
    node.occupy(0, 1, 0.5)
    for version in (None, pynvml.nvmlMemory_v2):
        memory = node.nvmlDeviceGetMemoryInfo(devices[0], version)
        assert (memory.total >> 20, memory.used >> 20) == (40448, 20224)
    board = node.nvmlDeviceGetMemoryInfo(gpu.handle, pynvml.nvmlMemory_v2)
    assert board.used >> 20 == 20224 + 3
    assert board.total == board.used + board.free + board.reserved
    assert node.nvmlDeviceGetName(devices[0]) == "NVIDIA H100 80GB HBM3 MIG 3g.40gb"
    assert node.nvmlDeviceIsMigDeviceHandle(devices[0]).value == 1
    assert node.nvmlDeviceIsMigDeviceHandle(gpu.handle).value == 0
    assert node.nvmlDeviceGetUUID(node.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(devices[0])) == (
        node.nvmlDeviceGetUUID(gpu.handle)
    )
    for function in (node.nvmlDeviceGetPowerUsage, node.nvmlDeviceGetUtilizationRates):
        with pytest.raises(pynvml.NVMLError_NotSupported):
            function(devices[0])


def test_uuids_are_the_same_for_the_same_seed_and_never_come_back(clock: HandClock) -> None:
    def uuids(seed: int) -> list[str]:
        fleet = SimulatedFleet(seed=seed, clock=clock, mig_layouts=DEFAULT_MIG_LAYOUTS)
        board = fleet.nodes[2].board(14)
        found = [one.uuid for one in board.compute_instances]
        board.reboot()
        board.enabled = True
        instance = board.create(board.part.mig_profiles[0], 0)
        return [*found, board.create_compute(instance, 1).uuid]

    assert uuids(1) == uuids(1)
    assert len(set(uuids(1)) | set(uuids(2))) == 16


def test_hopper_switches_at_once_when_idle_and_not_while_in_use(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[2]
    node.nvmlInit()
    busy = Gpu(node, 1)
    assert node.nvmlDeviceSetMigMode(busy.handle, 1) == pynvml.NVML_ERROR_IN_USE
    assert node.nvmlDeviceGetMigMode(busy.handle) == [0, 1]
    node.stop_programs(1)
    assert node.nvmlDeviceSetMigMode(busy.handle, 1) == pynvml.NVML_SUCCESS
    assert node.nvmlDeviceGetMigMode(busy.handle) == [1, 1]
    busy.create(19, 0)
    assert node.nvmlDeviceSetMigMode(busy.handle, 0) == pynvml.NVML_ERROR_IN_USE
    assert node.nvmlDeviceGetMigMode(busy.handle) == [1, 0]


def test_ampere_waits_for_a_reset_that_is_refused_while_the_gpu_is_open(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[1]
    node.nvmlInit()
    handle = node.nvmlDeviceGetHandleByIndex(0)
    node.stop_programs(0)
    assert node.nvmlDeviceSetMigMode(handle, 1) == pynvml.NVML_ERROR_RESET_REQUIRED
    assert node.nvmlDeviceGetMigMode(handle) == [0, 1]
    with pytest.raises(pynvml.NVMLError_InUse):
        node.reset_gpu(0)
    node.nvmlShutdown()
    with pytest.raises(pynvml.NVMLError_InUse):
        node.reset_gpu(1)
    node.reset_gpu(0)
    node.nvmlInit()
    assert node.nvmlDeviceGetMigMode(node.nvmlDeviceGetHandleByIndex(0)) == [1, 1]


def test_a_reset_cures_a_gpu_that_requires_one(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[2]
    fleet.inject(Fault(FaultKind.RESET, gpu=12))
    node.reset_gpu(0)
    node.nvmlInit()
    assert node.nvmlDeviceGetUUID(node.nvmlDeviceGetHandleByIndex(0)) == fleet.uuids[12]


@pytest.mark.parametrize("by_fault", [False, True])
def test_instances_do_not_survive_a_reboot_and_on_hopper_nor_does_the_mode(clock: HandClock, *, by_fault: bool) -> None:
    fleet = SimulatedFleet(
        seed=3, clock=clock, mig_layouts={(1, 0): [("3g.40gb", 0)], (2, 1): [("1g.10gb", at) for at in range(7)]}
    )
    for node, gpu, mode in ((fleet.nodes[1], 4, [1, 1]), (fleet.nodes[2], 13, [0, 0])):
        node.nvmlInit()
        handle = node.nvmlDeviceGetHandleByIndex(gpu - node.first)
        assert node.nvmlDeviceGetMigMode(handle) == [1, 1]
        assert node.board(gpu).compute_instances
        if by_fault:
            fault = fleet.inject(Fault(FaultKind.RESTART, gpu=gpu, start=fleet.elapsed()))
            fleet.clear(fault)
        else:
            node.reboot()
        with pytest.raises(pynvml.NVMLError_Uninitialized):
            node.nvmlDeviceGetMigMode(handle)
        node.nvmlInit()
        handle = node.nvmlDeviceGetHandleByIndex(gpu - node.first)
        assert node.nvmlDeviceGetMigMode(handle) == mode
        assert node.board(gpu).instances == []
        assert node.nvmlDeviceGetComputeRunningProcesses(handle) == []
        assert node.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2).used >> 20 == 3
        clock.sleep(600.0)
        assert node.nvmlDeviceGetPowerUsage(handle) < 1.1 * 1000 * fleet.parts[gpu].idle_w


def test_under_mig_there_is_no_utilisation_but_memory_power_and_temperature(clock: HandClock) -> None:
    fleet = SimulatedFleet(seed=3, clock=clock, mig_layouts=DEFAULT_MIG_LAYOUTS)
    node = fleet.nodes[2]
    node.nvmlInit()
    for index in (1, 2, 3):
        handle = node.nvmlDeviceGetHandleByIndex(index)
        with pytest.raises(pynvml.NVMLError_NotSupported):
            node.nvmlDeviceGetUtilizationRates(handle)
        processes = node.nvmlDeviceGetComputeRunningProcesses(handle)
        used = node.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2).used
        assert sum(process.usedGpuMemory for process in processes) <= used
        assert node.nvmlDeviceGetTemperatureV(handle, 0) > 20
        assert node.nvmlDeviceGetPowerUsage(handle) > 60_000
    assert [one.profile.name for one in node.board(13).instances] == ["4g.40gb", "3g.40gb"]
    assert [one.start for one in node.board(14).instances] == list(range(7))
    assert [(one.profile.name, one.start) for one in node.board(15).instances] == [
        ("3g.40gb", 0), ("1g.10gb", 4), ("1g.10gb", 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "layouts",
    [{(3, 0): ()}, {(2, 8): ()}, {(2, 0): [("9g.1gb", 0)]}],
)
def test_a_layout_no_gpu_there_can_have_is_refused(layouts: Any) -> None:
    with pytest.raises(ValueError, match=r"no (GPU|MIG profile)"):
        SimulatedFleet(mig_layouts=layouts)
    with pytest.raises(pynvml.NVMLError_NotSupported):
        SimulatedFleet(mig_layouts={(0, 0): ()})
