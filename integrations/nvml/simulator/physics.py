"""From load to watts, degrees and megahertz. Heat follows power late: a GPU that starts to work warms over a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.nvml.simulator.loads import Load, Loads
from integrations.nvml.simulator.noise import Floats, keys_for, uniform
from integrations.nvml.simulator.parts import Part

_STEP = 5.0
"""Seconds between the points heat is computed at; between them it is a straight line."""
_POINTS = 24
_TIME_CONSTANT = 28.0
_THROTTLE_SECONDS = 12.0
_THROTTLED_CLOCK = 0.45
_THROTTLED_POWER = 0.30
_CLOCK_STEP_MHZ = 15

_decay = np.exp(-_STEP / _TIME_CONSTANT * np.arange(_POINTS))
_WEIGHTS = _decay / _decay.sum()


@dataclass(frozen=True, slots=True)
class Readings:
    """All GPUs of a fleet at one moment, in NVML's units: percent, degrees, milliwatts, MHz."""

    at: float
    utilization: NDArray[np.uint32]
    memory_activity: NDArray[np.uint32]
    temperature: NDArray[np.int64]
    power_mw: NDArray[np.int64]
    sm_clock: NDArray[np.int64]
    memory_clock: NDArray[np.int64]


class Physics:
    """The fleet's state as a function of time; nothing is carried over from the moment asked for before.

    But for GPUs that are released: they are idle from then on.
    """

    def __init__(
        self, seed: int, parts: Sequence[Part], node_of: NDArray[np.int64], slot_of: NDArray[np.int64], loads: Loads
    ) -> None:
        self._loads = loads
        gpu = node_of * 16 + slot_of
        taken = loads.kind != Load.FREE

        def column(values: list[float]) -> Floats:
            return np.array(values, dtype=np.float64)

        self._limit_w = column([p.power_limit_w for p in parts])
        self._rest_w = np.where(taken, column([p.held_w for p in parts]), column([p.idle_w for p in parts]))
        self._reach_w = (self._limit_w - self._rest_w) * (0.82 + 0.16 * uniform(keys_for(seed, 200, gpu)))
        self._power_noise = keys_for(seed, 201, gpu)
        self._air_c = 24.0 + 5.0 * uniform(keys_for(seed, 202, node_of)) + 0.35 * slot_of  # the air warms on its way
        self._rise_per_w = column([p.temperature_rise_c for p in parts]) / self._limit_w
        self._slowdown_c = column([float(p.slowdown_c) for p in parts])
        idle_clock = column([float(p.sm_clock_idle_mhz) for p in parts])
        self._sm_clock = np.where(taken, column([float(p.sm_clock_max_mhz) for p in parts]), idle_clock)
        self._sm_droop = np.where(taken, 0.12, 0.0) / self._limit_w
        self._idle_w = column([p.idle_w for p in parts])
        self._idle_clock = idle_clock
        self._idle_memory_clock = [p.memory_clock_idle_mhz for p in parts]
        self._memory_clock = np.array(
            [p.memory_clock_max_mhz if t else p.memory_clock_idle_mhz for p, t in zip(parts, taken, strict=True)]
        )
        self._released: Floats = np.ones(len(parts))
        """0 where a GPU was released."""
        self._history_step: int | None = None
        self._history: Floats = np.zeros((_POINTS + 1, len(parts)))
        self._earlier_w: Floats = np.zeros(len(parts))
        self._gain_w: Floats = self._earlier_w

    def release(self, gpu: int) -> None:
        """Let a GPU be idle from now on: nothing runs there any more. It cools down as any other."""
        self._rest_w[gpu], self._reach_w[gpu] = self._idle_w[gpu], 0.0
        self._sm_clock[gpu], self._sm_droop[gpu] = self._idle_clock[gpu], 0.0
        self._memory_clock[gpu] = self._idle_memory_clock[gpu]
        self._released[gpu] = 0.0

    def readings(self, at: float, throttled_since: dict[int, float]) -> Readings:
        """The fleet at `at` (seconds since 1970). `throttled_since`: GPUs that overheat, and from when on."""
        busy = self._loads.utilization(at) * self._released
        noise = 0.985 + 0.03 * uniform(self._power_noise, int(at * 10))
        power = np.minimum((self._rest_w + self._reach_w * busy) * noise, self._limit_w)
        temperature = self._air_c + self._rise_per_w * self._smoothed_power(at)
        clock = self._sm_clock * (1.0 - self._sm_droop * power)
        for gpu, since in throttled_since.items():
            severity = 1.0 - np.exp(-max(0.0, at - since) / _THROTTLE_SECONDS)
            temperature[gpu] += (self._slowdown_c[gpu] + 1.0 - temperature[gpu]) * severity
            clock[gpu] *= 1.0 - _THROTTLED_CLOCK * severity
            power[gpu] *= 1.0 - _THROTTLED_POWER * severity
        percent = np.rint(busy * 100.0)
        return Readings(
            at=at,
            utilization=percent.astype(np.uint32),
            memory_activity=(percent * 0.55).astype(np.uint32),
            temperature=np.rint(temperature).astype(np.int64),
            power_mw=(power * 1000.0).astype(np.int64),
            sm_clock=(clock / _CLOCK_STEP_MHZ).astype(np.int64) * _CLOCK_STEP_MHZ,
            memory_clock=self._memory_clock,
        )

    def _smoothed_power(self, at: float) -> Floats:
        step = int(at // _STEP)
        share = at / _STEP - step
        if step != self._history_step:
            self._remember(step)
            self._earlier_w = _WEIGHTS @ self._history[1:]
            self._gain_w = _WEIGHTS @ self._history[:-1] - self._earlier_w
        return self._earlier_w + self._gain_w * share

    def _remember(self, newest: int) -> None:
        # Newest first. One step on, the usual case, computes one row; after a jump all are computed anew.
        known = self._history_step
        missing = _POINTS + 1
        if known is not None and 0 <= newest - known < missing:
            missing = newest - known
        self._history = np.roll(self._history, missing, axis=0)
        for row in range(missing):
            busy = self._loads.utilization((newest - row) * _STEP)
            self._history[row] = self._rest_w + self._reach_w * busy
        self._history_step = newest
