"""The readings of one tick as NVML hands them out: plain numbers and the binding's own structures.

The structures are views of one buffer per tick, so handing one out costs no copy, and what was handed out
keeps its values when the next tick comes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pynvml

from integrations.nvml.simulator.loads import FREE_MIB
from integrations.nvml.simulator.noise import Floats
from integrations.nvml.simulator.parts import Part
from integrations.nvml.simulator.physics import Readings

MIB = 1024 * 1024
_SECONDS_PER_TICK_MAX = 10.0

_UTILIZATION = np.dtype([("gpu", "u4"), ("memory", "u4")])
_MEMORY_V1 = np.dtype([("total", "u8"), ("free", "u8"), ("used", "u8")])
_MEMORY_V2 = np.dtype(
    [("version", "u4"), ("total", "u8"), ("reserved", "u8"), ("free", "u8"), ("used", "u8")], align=True
)


@dataclass(frozen=True, slots=True)
class Tick:
    """Indexed by the GPU's number in the fleet."""

    at: float
    utilization: Sequence[pynvml.c_nvmlUtilization_t]
    memory_v1: Sequence[pynvml.c_nvmlMemory_t]
    memory_v2: Sequence[pynvml.c_nvmlMemory_v2_t]
    temperature: list[int]
    power_mw: list[int]
    sm_clock: list[int]
    memory_clock: list[int]
    busy: list[int]
    energy_mj: Floats
    throttled: set[int]

    @classmethod
    def empty(cls, parts: Sequence[Part], memory_share: Floats) -> Tick:
        """Before the first tick: memory is as it will stay, all else zero."""
        size = len(parts)
        zeros = [0] * size
        total = np.array([part.memory_mib for part in parts], dtype=np.uint64)
        reserved = np.array([part.reserved_mib for part in parts], dtype=np.uint64)
        usable = (total - reserved).astype(np.float64)
        used = np.maximum((usable * memory_share).astype(np.uint64), FREE_MIB)
        memory_v1 = np.zeros(size, dtype=_MEMORY_V1)
        memory_v2 = np.zeros(size, dtype=_MEMORY_V2)
        memory_v2["version"] = pynvml.nvmlMemory_v2
        memory_v2["reserved"] = reserved * MIB
        for memory, taken in ((memory_v1, used + reserved), (memory_v2, used)):
            memory["total"] = total * MIB
            memory["used"] = taken * MIB
            memory["free"] = (total - used - reserved) * MIB
        return cls(
            at=0.0,
            utilization=_structures(pynvml.c_nvmlUtilization_t, np.zeros(size, dtype=_UTILIZATION)),
            memory_v1=_structures(pynvml.c_nvmlMemory_t, memory_v1),
            memory_v2=_structures(pynvml.c_nvmlMemory_v2_t, memory_v2),
            temperature=zeros,
            power_mw=zeros,
            sm_clock=zeros,
            memory_clock=zeros,
            busy=zeros,
            energy_mj=np.zeros(size),
            throttled=set(),
        )

    def next(self, readings: Readings, throttled: set[int]) -> Tick:
        """The tick after this one. Energy adds up while somebody reads; a long gap counts as ten seconds."""
        utilization = np.empty(len(readings.utilization), dtype=_UTILIZATION)
        utilization["gpu"] = readings.utilization
        utilization["memory"] = readings.memory_activity
        seconds = min(max(readings.at - self.at, 0.0), _SECONDS_PER_TICK_MAX)
        return Tick(
            at=readings.at,
            utilization=_structures(pynvml.c_nvmlUtilization_t, utilization),
            memory_v1=self.memory_v1,
            memory_v2=self.memory_v2,
            temperature=readings.temperature.tolist(),
            power_mw=readings.power_mw.tolist(),
            sm_clock=readings.sm_clock.tolist(),
            memory_clock=readings.memory_clock.tolist(),
            busy=readings.utilization.tolist(),
            energy_mj=self.energy_mj + readings.power_mw * seconds,
            throttled=throttled,
        )


def _structures(kind: Any, records: np.ndarray[Any, Any]) -> Any:
    if ctypes.sizeof(kind) != records.dtype.itemsize:  # the binding has changed its structure
        raise TypeError(f"{kind.__name__} has {ctypes.sizeof(kind)} bytes, not {records.dtype.itemsize}")
    return (kind * len(records)).from_buffer(records)
