"""Simulated readings: the same for the same second, believable, and moving as real ones do."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from domain.metrics.sample import Sample
from domain.metrics.validation import values_believable
from integrations.nvml.simulator import SimulatedFleet, SimulatedSource
from integrations.nvml.simulator.loads import DAY, Load
from tests.unit.integrations.nvml.conftest import WEDNESDAY_NOON, HandClock

HOUR = 3_600.0


def tick(fleet: SimulatedFleet) -> dict[str, Any]:
    fleet.refresh()
    now = fleet.tick
    return {
        "busy": now.busy,
        "temperature": now.temperature,
        "power_mw": now.power_mw,
        "sm_clock": now.sm_clock,
        "memory_clock": now.memory_clock,
        "used": [memory.used for memory in now.memory_v2],
    }


async def read(seed: int, gpus: int = 64, at: float = WEDNESDAY_NOON) -> list[list[object]]:
    source = SimulatedSource(SimulatedFleet(gpus, seed, clock=HandClock(at)))
    fields = [name for name in Sample.__slots__ if name != "timestamp"]
    samples = [[getattr(sample, name) for name in fields] for sample in await source.sample()]
    await source.close()
    return samples


async def test_the_same_seed_and_time_give_the_same_readings() -> None:
    assert await read(5) == await read(5)
    assert await read(5) != await read(6)
    assert await read(5) != await read(5, at=WEDNESDAY_NOON + 60)


def test_readings_do_not_depend_on_the_way_to_the_moment() -> None:
    walking, jumping = HandClock(), HandClock(WEDNESDAY_NOON + 300.0)
    walked = SimulatedFleet(200, 1, clock=walking)
    for _ in range(300):
        walking.sleep(1.0)
        walked.refresh()
    assert tick(walked) == tick(SimulatedFleet(200, 1, clock=jumping))


def test_the_first_gpus_are_the_same_in_a_larger_fleet(clock: HandClock) -> None:
    small, large = SimulatedFleet(16, 1, clock=clock), SimulatedFleet(160, 1, clock=clock)
    assert small.uuids == large.uuids[:16]
    assert {name: values[:16] for name, values in tick(large).items()} == tick(small)


def test_neighbouring_seeds_are_different_fleets() -> None:
    first, second = SimulatedFleet(400, 1).loads, SimulatedFleet(400, 2).loads
    for shift in range(3):
        same = sum(a is b for a, b in zip(first[shift:], second, strict=False)) / 400
        assert same < 0.8


def test_uuids_have_nvmls_format_and_are_unique() -> None:
    uuids = SimulatedFleet(10_000).uuids
    assert len(set(uuids)) == 10_000
    assert all(re.fullmatch(r"GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid) for uuid in uuids)


@pytest.mark.parametrize("hours", [0, 3, 9, 14, 20, 100])
async def test_values_stay_within_what_the_part_can_do(hours: int) -> None:
    fleet = SimulatedFleet(400, 2, clock=HandClock(WEDNESDAY_NOON + hours * HOUR))
    source = SimulatedSource(fleet)
    for sample, part, load in zip(await source.sample(), fleet.parts, fleet.loads, strict=True):
        assert values_believable(sample)
        assert sample.power_draw_w is not None
        assert 0.8 * part.idle_w <= sample.power_draw_w <= part.power_limit_w
        assert sample.temperature_c is not None
        assert 22 <= sample.temperature_c < part.slowdown_c
        assert sample.memory_used_mb is not None
        assert sample.memory_used_mb <= part.memory_mib == sample.memory_total_mb
        assert sample.sm_clock_mhz is not None
        assert part.sm_clock_idle_mhz <= sample.sm_clock_mhz <= part.sm_clock_max_mhz
        assert (sample.gpu_utilization_pct == 0.0) or load in {Load.SERVING, Load.TRAINING}
        if load is Load.FREE:
            assert sample.memory_used_mb < 16
            assert sample.power_draw_w < 1.1 * part.idle_w
        if load is Load.SERVING:
            assert 0.8 < sample.memory_used_mb / part.memory_mib < 0.95
    await source.close()


def test_every_kind_of_load_occurs() -> None:
    loads = SimulatedFleet(1_000).loads
    for load in Load:
        assert loads.count(load) > 50


def test_serving_follows_the_day() -> None:
    clock = HandClock()
    fleet = SimulatedFleet(400, 2, clock=clock)
    serving = [gpu for gpu, load in enumerate(fleet.loads) if load is Load.SERVING]
    midnight = WEDNESDAY_NOON - 12 * HOUR

    def mean_at(hour: float) -> float:
        values = []
        for minute in range(10):
            clock.now = midnight + hour * HOUR + 60 * minute
            values.append(np.mean(np.array(tick(fleet)["busy"])[serving]))
        return float(np.mean(values))

    night, afternoon = mean_at(4), mean_at(16)
    assert night < 25 < 45 < afternoon < 85
    midnight += 3 * DAY
    assert mean_at(16) < 0.8 * afternoon  # a Saturday


def test_training_runs_on_a_plateau_with_dips() -> None:
    clock = HandClock()
    fleet = SimulatedFleet(400, 2, clock=clock)
    training = [gpu for gpu, load in enumerate(fleet.loads) if load is Load.TRAINING]
    seen = []
    for _ in range(900):
        clock.sleep(4.0)
        fleet.refresh()
        seen.append(np.array(fleet.tick.busy)[training])
    busy = np.array(seen)
    assert np.mean(busy >= 95) > 0.93
    assert np.mean(busy < 15) > 0.003
    assert (busy.min(axis=0) < 15).all()  # every job writes a checkpoint within the hour


def test_temperature_follows_power_late() -> None:
    """When a job writes a checkpoint, power falls at once and the temperature over the next half minute."""
    clock = HandClock()
    fleet = SimulatedFleet(200, 2, clock=clock)
    history = []
    for _ in range(1_500):
        clock.sleep(1.0)
        history.append(tick(fleet))
    power = np.array([now["power_mw"] for now in history], dtype=float)
    heat = np.array([now["temperature"] for now in history], dtype=float)
    assert np.abs(np.diff(heat, axis=0)).max() <= 3
    falls = [
        (second, gpu)
        for second, gpu in np.argwhere(np.diff(power, axis=0) < -0.4 * power.max(axis=0))
        if second < len(power) - 40 and fleet.loads[gpu] is Load.TRAINING
    ]
    assert len(falls) > 20
    at_once = [heat[second, gpu] - heat[second + 2, gpu] for second, gpu in falls]
    later = [heat[second, gpu] - heat[second : second + 40, gpu].min() for second, gpu in falls]
    assert np.mean(at_once) < 2 < 6 < np.mean(later)


def test_clocks_fall_as_power_rises() -> None:
    fleet = SimulatedFleet(400, 2, clock=HandClock())
    now = tick(fleet)
    for part in {part.key: part for part in fleet.parts}.values():
        rows = [
            gpu
            for gpu, own in enumerate(fleet.parts)
            if own is part and fleet.loads[gpu] in {Load.SERVING, Load.TRAINING}
        ]
        power, clocks = np.array(now["power_mw"])[rows], np.array(now["sm_clock"])[rows]
        assert np.corrcoef(power, clocks)[0, 1] < -0.9
        assert (clocks % 15 == 0).all()
