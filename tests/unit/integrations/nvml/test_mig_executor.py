"""Layout commands on simulated GPUs: done, done again, completed after a crash, refused, and never hanging."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from typing import Any

import pynvml
import pytest

from domain.mig.commands import CommandResult, CommandStep, StepKind
from domain.mig.ports import MigExecutor
from integrations.nvml import factory, reset
from integrations.nvml.mig_executor import NvmlMigExecutor
from integrations.nvml.simulator import DEFAULT_MIG_LAYOUTS, Fault, FaultKind, SimulatedFleet, SimulatedSource
from tests.unit.integrations.nvml.conftest import HandClock, Rig, rig
from tests.unit.integrations.nvml.layouts import DISABLE, ENABLE, command, create, delete


class Fleet:
    """The default fleet with its layouts, read and commanded through one source."""

    def __init__(self, clock: HandClock) -> None:
        self.fleet = SimulatedFleet(seed=3, clock=clock, mig_layouts=DEFAULT_MIG_LAYOUTS)
        self.source = SimulatedSource(self.fleet)
        self.rig: Rig = rig(self.fleet, 2, clock)

    async def do(self, gpu: int, *steps: CommandStep, **more: Any) -> CommandResult:
        return await self.source.mig_executor.execute(command(self.rig, self.fleet.uuids[gpu], *steps, **more))

    async def utilization(self, gpu: int) -> float | None:
        samples = {sample.gpu_uuid: sample for sample in await self.source.sample()}
        return samples[self.fleet.uuids[gpu]].gpu_utilization_pct

    def node(self, gpu: int) -> Any:
        return self.fleet.node_of(gpu)

    def placed(self, gpu: int) -> list[tuple[str, int]]:
        return [(one.profile.name, one.start) for one in self.node(gpu).board(gpu).instances]


@pytest.fixture
async def sim(clock: HandClock) -> AsyncIterator[Fleet]:
    made = Fleet(clock)
    await made.source.sample()
    yield made
    await made.source.close()


def done(result: CommandResult) -> bool:
    assert result.error is None
    return result.succeeded


async def test_it_is_the_port_the_domain_asks_for(sim: Fleet) -> None:
    executor: MigExecutor = sim.source.mig_executor
    assert isinstance(executor, NvmlMigExecutor)


async def test_a_layout_is_made_and_made_again_without_a_second_effect(sim: Fleet) -> None:
    steps = (ENABLE, create("3g.40gb", 4), create("2g.20gb", 0), create("1g.10gb", 3))
    first = await sim.do(12, *steps)
    assert done(first)
    assert first.steps_done == 4
    assert first.mig is not None
    assert first.mig.enabled
    assert [(one.profile_name, one.placement_start) for one in first.mig.instances] == [
        ("2g.20gb", 0),
        ("1g.10gb", 3),
        ("3g.40gb", 4),
    ]
    assert await sim.do(12, *steps) == first


async def test_a_step_may_name_its_profile_by_the_gi_id(sim: Fleet) -> None:
    step = CommandStep(StepKind.CREATE_INSTANCE, gi_profile_id=14, placement_start=6 - 2, placement_size=2)
    assert done(await sim.do(12, ENABLE, step))
    assert sim.placed(12) == [("2g.20gb", 4)]


async def test_the_readings_follow_the_mode(sim: Fleet) -> None:
    assert await sim.utilization(12) is not None
    assert done(await sim.do(12, ENABLE))
    assert await sim.utilization(12) is None
    assert done(await sim.do(12, DISABLE))
    assert await sim.utilization(12) is not None
    assert sim.source.status.healthy


async def test_instances_are_deleted_and_what_is_gone_stays_gone(sim: Fleet) -> None:
    sim.node(15).stop_programs(3)
    for _ in range(2):
        result = await sim.do(15, delete("1g.10gb", 4), delete("3g.40gb", 0))
        assert done(result)
        assert sim.placed(15) == [("1g.10gb", 5)]
    assert done(await sim.do(15, delete("1g.10gb", 5), DISABLE))
    assert done(await sim.do(15, delete("1g.10gb", 5), DISABLE))


@pytest.mark.parametrize("lost", ["compute", "all"])
async def test_what_a_crash_left_half_made_is_completed(sim: Fleet, lost: str) -> None:
    assert done(await sim.do(12, ENABLE, create("3g.40gb", 4)))
    board = sim.node(12).board(12)
    (instance,) = board.instances
    board.destroy_compute(instance.compute[0])
    if lost == "all":
        board.destroy(instance)
    result = await sim.do(12, ENABLE, create("3g.40gb", 4))
    assert done(result)
    assert result.mig is not None
    assert [one.mig_uuid is not None for one in result.mig.instances] == [True]
    board.destroy_compute(board.instances[0].compute[0])
    assert done(await sim.do(12, delete("3g.40gb", 4)))
    assert sim.placed(12) == []


async def test_an_instance_whose_compute_instance_cannot_be_made_is_taken_back(
    sim: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done(await sim.do(12, ENABLE))

    def fail(*_: Any) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES)

    monkeypatch.setattr(sim.node(12), "nvmlGpuInstanceCreateComputeInstance", fail)
    result = await sim.do(12, create("1g.10gb", 0))
    assert not result.succeeded
    assert sim.placed(12) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (create("1g.10gb", 0), "Insufficient Resources"),
        (create("1g.10gb", 7), "Invalid Argument"),
        (create("3g.40gb", 2), "Invalid Argument"),
        (create("9g.10gb", 0), "does not offer this profile"),
        (CommandStep(StepKind.CREATE_INSTANCE, profile_name="1g.10gb"), "does not say at which memory slice"),
    ],
)
async def test_a_step_that_cannot_be_done_says_which_and_why_and_ends_the_command(
    sim: Fleet, step: CommandStep, words: str
) -> None:
    result = await sim.do(15, create("1g.10gb", 6), step, create("1g.10gb", 3))
    assert not result.succeeded
    assert result.steps_done == 1
    assert result.error is not None
    assert result.error.startswith("step 2 of 3, CREATE_INSTANCE ")
    assert words in result.error
    assert result.mig is not None
    assert len(result.mig.instances) == 4


async def test_an_instance_in_use_is_not_deleted_and_the_process_is_named(sim: Fleet) -> None:
    sim.node(13).stop_programs(1)
    pid = sim.node(13).occupy(1, 2)
    before = sim.placed(13)
    result = await sim.do(13, delete("4g.40gb", 0), delete("3g.40gb", 4))
    assert (result.succeeded, result.steps_done) == (False, 1)
    assert result.error is not None
    assert f"in use by process {pid}" in result.error
    assert sim.placed(13) == before[1:]
    assert sim.node(13).board(13).compute_instances


@pytest.mark.parametrize(("gpu", "step"), [(16, ENABLE), (4, ENABLE)])
async def test_a_busy_gpu_does_not_switch_and_nothing_is_left_pending(sim: Fleet, gpu: int, step: CommandStep) -> None:
    result = await sim.do(gpu, step)
    assert not result.succeeded
    assert result.error is not None
    assert f"in use by process {20_000 + gpu}" in result.error
    assert result.mig is not None
    assert (result.mig.enabled, result.mig.pending) == (False, False)


async def test_a_program_that_comes_between_is_refused_by_the_driver_and_the_switch_withdrawn(
    sim: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim.node(16), "nvmlDeviceGetComputeRunningProcesses", lambda _: [])
    result = await sim.do(16, ENABLE)
    assert result.error is not None
    assert "In use by another client" in result.error
    assert result.mig is not None
    assert (result.mig.enabled, result.mig.pending) == (False, False)


async def test_a_gpu_with_instances_does_not_leave_mig_mode(sim: Fleet) -> None:
    sim.node(13).stop_programs(1)
    result = await sim.do(13, DISABLE)
    assert result.error == "step 1 of 1, DISABLE_MIG: the GPU still has 2 instances: 4g.40gb at 0, 3g.40gb at 4"


async def test_ampere_is_reset_to_switch(sim: Fleet) -> None:
    sim.node(4).stop_programs(0)
    result = await sim.do(4, ENABLE, create("7g.80gb", 0))
    assert done(result)
    assert result.mig is not None
    assert (result.mig.enabled, len(result.mig.instances)) == (True, 1)
    assert len(await sim.source.sample()) == 20
    assert done(await sim.do(4, delete("7g.80gb", 0), DISABLE))
    assert sim.source.status.healthy


async def test_a_reset_that_is_refused_fails_the_command_and_the_node_is_read_on(
    sim: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = sim.node(4)
    node.stop_programs(0)

    def refuse(index: int) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_IN_USE)

    monkeypatch.setattr(node, "reset_gpu", refuse)
    result = await sim.do(4, ENABLE)
    assert result.error is not None
    assert "GPU 0 is not reset: In use by another client" in result.error
    assert result.mig is not None
    assert (result.mig.enabled, result.mig.pending) == (False, True)
    assert len(await sim.source.sample()) == 20
    monkeypatch.undo()
    assert done(await sim.do(4, DISABLE))
    assert node.board(4).pending is False


async def test_a_pending_switch_is_completed_by_the_next_attempt(sim: Fleet) -> None:
    node = sim.node(4)
    node.stop_programs(0)
    node.board(4).pending = True
    result = await sim.do(4, ENABLE)
    assert done(result)
    assert node.board(4).enabled


async def test_after_a_reboot_the_layout_is_made_anew(sim: Fleet) -> None:
    steps = (ENABLE, create("4g.40gb", 0), create("3g.40gb", 4))
    sim.node(13).reboot()
    result = await sim.do(13, *steps)
    assert done(result)
    assert result.mig is not None
    assert len(result.mig.instances) == 2
    assert len(await sim.source.sample()) == 20


async def test_a_driver_that_hangs_fails_the_command_in_time(sim: Fleet, clock: HandClock) -> None:
    executor = NvmlMigExecutor(
        sim.source._collectors, sim.source._worker, clock=sim.source._clock, step_timeout=0.2, switch_timeout=0.2
    )
    hang = sim.fleet.inject(Fault(FaultKind.HANG, gpu=15))
    started = time.monotonic()
    for _ in range(3):
        result = await executor.execute(command(sim.rig, sim.fleet.uuids[15], create("1g.10gb", 6)))
        assert not result.succeeded
        assert result.error is not None
        assert "has not returned" in result.error
        assert result.mig is None
    assert time.monotonic() - started < 1.0
    sim.fleet.clear(hang)
    for _ in range(200):
        if sim.source._worker.stuck_seconds is None:
            break
        time.sleep(0.01)
    assert done(await sim.do(15, create("1g.10gb", 6)))


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.RESET])
async def test_a_lost_gpu_fails_the_command(sim: Fleet, kind: FaultKind) -> None:
    sim.fleet.inject(Fault(kind, gpu=15))
    result = await sim.do(15, create("1g.10gb", 6))
    assert (result.succeeded, result.steps_done, result.mig) == (False, 0, None)
    assert result.error is not None
    assert "step 1 of 1, CREATE_INSTANCE 1g.10gb at 6" in result.error


async def test_a_node_whose_driver_is_away_fails_the_command(sim: Fleet) -> None:
    sim.fleet.inject(Fault(FaultKind.RESTART, gpu=15))
    await sim.source.sample()
    result = await sim.do(15, create("1g.10gb", 6))
    assert (result.succeeded, result.mig) == (False, None)
    assert result.error is not None
    assert "Driver Not Loaded" in result.error


async def test_an_unknown_gpu_and_one_without_mig_fail_the_command(sim: Fleet) -> None:
    result = await sim.source.mig_executor.execute(command(sim.rig, "GPU-nobody", ENABLE))
    assert (result.succeeded, result.error) == (False, "there is no GPU GPU-nobody here")
    result = await sim.do(0, ENABLE)
    assert (result.succeeded, result.mig) == (False, None)
    assert result.error is not None
    assert "Not Supported" in result.error


async def test_no_step_begins_after_the_deadline(sim: Fleet) -> None:
    result = await sim.do(15, create("1g.10gb", 6), seconds=0.0)
    assert (result.succeeded, result.steps_done) == (False, 0)
    assert result.error is not None
    assert "deadline has passed" in result.error
    assert ("1g.10gb", 6) not in sim.placed(15)


async def test_after_the_source_is_closed_commands_fail(sim: Fleet) -> None:
    await sim.source.close()
    result = await sim.do(15, create("1g.10gb", 6))
    assert (result.succeeded, result.mig) == (False, None)


async def test_a_fleet_is_partitioned_where_it_is_asked_to_be() -> None:
    for mig_gpus, expected in ((None, [0, 2, 7, 3, 0, 0, 0, 0]), (0, [0] * 8)):
        source = factory.open_source("simulated", None, simulated_mig_gpus=mig_gpus)
        (*_, node) = await source.discover()
        assert [len(device.mig.instances) if device.mig else None for device in node.devices] == expected
        await source.close()


async def test_the_first_gpus_of_a_larger_fleet_are_partitioned_in_turn() -> None:
    source = factory.open_source("simulated", 16, simulated_mig_gpus=10)
    first, second = await source.discover()
    found = [device.mig and [each.profile_name for each in device.mig.instances] for device in first.devices]
    assert found[0] == ["4g.40gb", "3g.40gb"]
    assert [found[1], found[3]] == [["1g.10gb"] * 7, []]
    assert [len(device.mig.instances) for device in second.devices if device.mig] == [2, 7, 0, 0, 0, 0, 0, 0]
    await source.close()
    with pytest.raises(ValueError, match="16 simulated GPUs can begin partitioned, not 17"):
        factory.open_source("simulated", 16, simulated_mig_gpus=17)


class Smi:
    """Stands in the place of nvidia-smi."""

    def __init__(self, answer: subprocess.CompletedProcess[str] | Exception) -> None:
        self.answer = answer
        self.called: list[Any] = []

    def run(self, arguments: Any, **_: Any) -> subprocess.CompletedProcess[str]:
        self.called.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (subprocess.CompletedProcess([], 255, "GPU 0 is currently\nin use by another process.", ""), "in use by"),
        (subprocess.CompletedProcess([], 3, "", ""), "status 3"),
        (subprocess.TimeoutExpired("nvidia-smi", 90.0), "within 90 s"),
        (FileNotFoundError(2, "No such file or directory"), "cannot be run"),
    ],
)
def test_what_nvidia_smi_refuses_is_told(answer: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reset.subprocess, "run", Smi(answer).run)  # type: ignore[attr-defined]
    with pytest.raises(reset.ResetFailed, match=words):
        reset.reset_with_nvidia_smi(0, "GPU-1")


def test_nvidia_smi_resets_the_gpu_of_the_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    smi = Smi(subprocess.CompletedProcess([], 0, "GPU was successfully reset.", ""))
    monkeypatch.setattr(reset.subprocess, "run", smi.run)  # type: ignore[attr-defined]
    reset.reset_with_nvidia_smi(0, "GPU-1")
    assert smi.called == [["nvidia-smi", "--gpu-reset", "-i", "GPU-1"]]
