"""What is read of a device each round, and the ways to read it from new drivers and old ones.

A reading is a list of alternatives, newest first; each device keeps the first that its driver answers. The
binding's structures decode every attribute in Python, so the fields read each round are read past that, through
the ctypes descriptors of the class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pynvml

from integrations.nvml.api import Handle, NvmlApi

Read: TypeAlias = Callable[[Handle], Any]

_utilization_gpu = pynvml.c_nvmlUtilization_t.gpu.__get__
_memory_v1_used = pynvml.c_nvmlMemory_t.used.__get__
_memory_v1_total = pynvml.c_nvmlMemory_t.total.__get__
_memory_v2_used = pynvml.c_nvmlMemory_v2_t.used.__get__
_memory_v2_total = pynvml.c_nvmlMemory_v2_t.total.__get__


@dataclass(frozen=True, slots=True)
class Readings:
    """The alternatives for each field of a sample, in the sample's units. Shared by all devices of a session."""

    utilization_pct: Sequence[Read]
    memory_used_mib: Sequence[Read]
    memory_total_mib: Sequence[Read]
    temperature_c: Sequence[Read]
    power_w: Sequence[Read]
    sm_clock_mhz: Sequence[Read]
    memory_clock_mhz: Sequence[Read]

    @classmethod
    def of(cls, api: NvmlApi) -> Readings:
        """The readings this NVML offers. A function that the binding lacks is simply no alternative."""
        return cls(
            utilization_pct=_utilization(api),
            memory_used_mib=_memory(api, _memory_v2_used, _memory_v1_used),
            memory_total_mib=_memory(api, _memory_v2_total, _memory_v1_total),
            temperature_c=_temperature(api),
            power_w=_power(api),
            sm_clock_mhz=_clock(api, pynvml.NVML_CLOCK_SM),
            memory_clock_mhz=_clock(api, pynvml.NVML_CLOCK_MEM),
        )


def unknown(handle: Handle) -> None:
    """Reads nothing: takes the place of a reading the device's driver does not support."""


def _utilization(api: NvmlApi) -> Sequence[Read]:
    get, gpu = api.nvmlDeviceGetUtilizationRates, _utilization_gpu
    return [_named("nvmlDeviceGetUtilizationRates", lambda handle: float(gpu(get(handle))))]


def _memory(api: NvmlApi, v2_field: Read, v1_field: Read) -> Sequence[Read]:
    # Version 2 counts what the driver keeps for itself apart, as nvidia-smi does; drivers before 510 have only 1.
    get, version_2 = api.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2
    return [
        _named("nvmlDeviceGetMemoryInfo_v2", lambda handle: v2_field(get(handle, version_2)) >> 20),
        _named("nvmlDeviceGetMemoryInfo", lambda handle: v1_field(get(handle)) >> 20),
    ]


def _temperature(api: NvmlApi) -> Sequence[Read]:
    # The versioned call replaces the plain one, which drivers from CUDA 14 on no longer have.
    sensor = pynvml.NVML_TEMPERATURE_GPU

    def alternative(name: str) -> Read:
        get = getattr(api, name)
        return _named(name, lambda handle: float(get(handle, sensor)))

    names = ("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature")
    return [alternative(name) for name in names if hasattr(api, name)]


def _power(api: NvmlApi) -> Sequence[Read]:
    get = api.nvmlDeviceGetPowerUsage
    return [_named("nvmlDeviceGetPowerUsage", lambda handle: get(handle) / 1000)]


def _clock(api: NvmlApi, kind: int) -> Sequence[Read]:
    get = api.nvmlDeviceGetClockInfo
    return [_named("nvmlDeviceGetClockInfo", lambda handle: get(handle, kind))]


def _named(name: str, read: Read) -> Read:
    read.__name__ = name
    return read
