from __future__ import annotations

from typing import Any

import pynvml
import pytest

from integrations.nvml.collector import NodeCollector
from integrations.nvml.host import Host, this_host
from integrations.nvml.mig_reader import MigReader, read_mig
from integrations.nvml.simulator import DEFAULT_MIG_LAYOUTS, Fault, FaultKind, SimulatedFleet, SimulatedSource
from tests.unit.integrations.nvml.conftest import HandClock, Rig, rig


@pytest.fixture
def partitioned(clock: HandClock) -> Rig:
    """The H100 node of the fleet that is shown by default."""
    found = rig(SimulatedFleet(seed=3, clock=clock, mig_layouts=DEFAULT_MIG_LAYOUTS), 2, clock)
    found.sample()
    return found


def reader(rig: Rig, index: int) -> MigReader:
    return MigReader(rig.node, rig.node.nvmlDeviceGetHandleByIndex(index), 81559)


def test_a_report_has_the_mode_the_profiles_and_the_instances(partitioned: Rig) -> None:
    report = partitioned.collector.discover()
    assert report is not None
    off, halves, sevenths, mixed, *_ = [device.mig for device in report.devices]
    assert off is not None
    assert halves is not None
    assert sevenths is not None
    assert mixed is not None
    assert (off.enabled, off.pending, off.instances) == (False, False, ())
    assert (halves.enabled, halves.pending) == (True, True)
    assert [(i.profile_name, i.gi_profile_id, i.placement_start, i.placement_size) for i in halves.instances] == [
        ("4g.40gb", 5, 0, 4),
        ("3g.40gb", 9, 4, 4),
    ]
    assert len({instance.mig_uuid for instance in sevenths.instances}) == 7
    assert off.profiles == halves.profiles == mixed.profiles
    assert [profile.profile_name for profile in off.profiles] == [
        "1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb", "1g.10gb+me", "1g.20gb",
    ]  # fmt: skip
    smallest = off.profiles[0]
    assert (smallest.gi_profile_id, smallest.nvml_profile, smallest.memory_slices) == (19, 0, 1)
    assert (smallest.memory_mb, smallest.max_instances, smallest.multiprocessors) == (9984, 7, 16)
    assert smallest.starts == (0, 1, 2, 3, 4, 5, 6)


def test_a_gpu_without_mig_has_no_report(rtx4090: Rig) -> None:
    rtx4090.sample()
    assert read_mig(rtx4090.node, rtx4090.node.nvmlDeviceGetHandleByIndex(0), 24564) is None
    report = rtx4090.collector.discover()
    assert report is not None
    assert {device.mig for device in report.devices} == {None}


@pytest.mark.parametrize(
    ("gpus", "index", "memory"), [(None, 1, 81920), (None, 2, 81559), (56, 6, 143771)], ids=["a100", "h100", "h200"]
)
def test_an_old_driver_without_names_is_given_the_same_ones(
    gpus: int | None, index: int, memory: int, clock: HandClock
) -> None:
    node = SimulatedFleet(gpus, clock=clock).nodes[index]
    node.nvmlInit()
    told = read_mig(node, node.nvmlDeviceGetHandleByIndex(0), memory)
    node.missing = frozenset({"nvmlDeviceGetGpuInstanceProfileInfoV"})
    node.update()
    named = read_mig(node, node.nvmlDeviceGetHandleByIndex(0), memory)
    assert told is not None
    assert told.profiles
    assert named == told


def test_profiles_are_asked_for_once_and_again_after_a_failure(
    partitioned: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    failing = True
    original = partitioned.node.nvmlDeviceGetGpuInstanceProfileInfo

    def info(device: Any, profile: int, version: int = 2) -> Any:
        asked.append(profile)
        if failing and profile == pynvml.NVML_GPU_INSTANCE_PROFILE_3_SLICE:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
        return original(device, profile, version)

    monkeypatch.setattr(partitioned.node, "nvmlDeviceGetGpuInstanceProfileInfo", info)
    one = reader(partitioned, 1)
    report = one.read()
    assert report is not None
    assert len(report.profiles) == 6
    assert [instance.profile_name for instance in report.instances] == ["4g.40gb"]
    failing = False
    report = one.read()
    assert report is not None
    assert (len(report.profiles), len(report.instances)) == (7, 2)
    asked.clear()
    assert one.read() == report
    assert asked == []


@pytest.mark.parametrize(
    "function",
    [
        "nvmlDeviceGetGpuInstancePossiblePlacements",
        "nvmlDeviceGetGpuInstances",
        "nvmlGpuInstanceGetInfo",
        "nvmlDeviceGetMaxMigDeviceCount",
        "nvmlDeviceGetMigDeviceHandleByIndex",
        "nvmlDeviceGetGpuInstanceId",
        "nvmlDeviceGetUUID",
    ],
)
@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_UNKNOWN, pynvml.NVML_ERROR_NO_PERMISSION])
def test_a_question_that_fails_leaves_the_others(
    partitioned: Rig, function: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reader(partitioned, 3)

    def fail(*_: Any) -> None:
        raise pynvml.NVMLError(code)

    monkeypatch.setattr(partitioned.node, function, fail)
    report = one.read()
    assert report is not None
    assert report.enabled
    assert len(report.profiles) == 7
    assert [profile.memory_slices for profile in report.profiles] == [1, 2, 4, 4, 8, 1, 2]
    lists = function not in {"nvmlDeviceGetGpuInstances", "nvmlGpuInstanceGetInfo"}
    assert len(report.instances) == (3 if lists else 0)


def test_an_instance_without_compute_instance_has_no_uuid_and_holes_are_skipped(partitioned: Rig) -> None:
    board = partitioned.node.board(14)
    partitioned.node.stop_programs(2)
    board.destroy_compute(board.instances[2].compute[0])
    report = reader(partitioned, 2).read()
    assert report is not None
    assert [instance.placement_start for instance in report.instances if instance.mig_uuid is None] == [2]


def test_a_lost_gpu_is_left_out_of_the_report(partitioned: Rig) -> None:
    partitioned.fleet.inject(Fault(FaultKind.LOST, gpu=13))
    report = partitioned.collector.discover()
    assert report is not None
    assert partitioned.fleet.uuids[13] not in {device.gpu_uuid for device in report.devices}
    assert len(report.devices) == 7


async def test_a_simulated_node_says_what_host_it_has(fleet: SimulatedFleet) -> None:
    source = SimulatedSource(fleet)
    assert [(report.cpu_milli, report.memory_mib) for report in await source.discover()] == [
        (96_000, 262_144),
        (192_000, 2_097_152),
        (192_000, 2_097_152),
    ]
    await source.close()


def test_this_host_has_cpus_and_memory(tmp_path: Any, h100: Rig) -> None:
    host = this_host()
    assert host.cpu_milli is not None
    assert host.cpu_milli % 1000 == 0
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemFree: 1 kB\nMemTotal:       2048000 kB\n")
    assert this_host(meminfo).memory_mib == 2000
    assert this_host(tmp_path / "nothing").memory_mib is None
    collector = NodeCollector(h100.node, "n", "c", h100.collector._source, host=Host(8000, 4096))
    report = collector.discover()
    assert report is not None
    assert (report.cpu_milli, report.memory_mib) == (8000, 4096)
