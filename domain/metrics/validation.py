"""What makes a reading believable. One bad sample is refused by name; its batch goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.metrics.sample import Sample

PCT_MAX = 100.0
MEMORY_MAX_MIB = 4 * 1024 * 1024
TEMPERATURE_MIN_C = -40.0
TEMPERATURE_MAX_C = 150.0
POWER_MAX_W = 5000.0
CLOCK_MAX_MHZ = 20_000


class RejectReason(StrEnum):
    """Why a sample was refused."""

    UNKNOWN_DEVICE = "UNKNOWN_DEVICE"
    NOT_YOUR_NODE = "NOT_YOUR_NODE"
    NOT_FINITE = "NOT_FINITE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NO_TIME_ZONE = "NO_TIME_ZONE"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    TOO_OLD = "TOO_OLD"
    DUPLICATE = "DUPLICATE"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    RETIRED_DEVICE = "RETIRED_DEVICE"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused sample: its position in the batch, what is wrong, and with which field."""

    index: int
    gpu_uuid: str
    reason: RejectReason
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SampleLimits:
    """How far a sample's clock may be off."""

    future: timedelta = timedelta(seconds=30)
    age: timedelta = timedelta(hours=24)


_RANGES: tuple[tuple[str, str, float, float], ...] = (
    ("gpu_utilization_pct", "gpuUtilizationPct", 0.0, PCT_MAX),
    ("memory_used_mb", "memoryUsedMb", 0, MEMORY_MAX_MIB),
    ("memory_total_mb", "memoryTotalMb", 0, MEMORY_MAX_MIB),
    ("temperature_c", "temperatureC", TEMPERATURE_MIN_C, TEMPERATURE_MAX_C),
    ("power_draw_w", "powerDrawW", 0.0, POWER_MAX_W),
    ("sm_clock_mhz", "smClockMhz", 0, CLOCK_MAX_MHZ),
    ("memory_clock_mhz", "memoryClockMhz", 0, CLOCK_MAX_MHZ),
)
"""Attribute, its name in messages, and what it may be."""


def values_believable(s: Sample) -> bool:
    """Whether all values are in range: the quick test for the ordinary case. NaN fails every comparison."""
    return (
        (s.gpu_utilization_pct is None or 0.0 <= s.gpu_utilization_pct <= PCT_MAX)
        and (s.temperature_c is None or TEMPERATURE_MIN_C <= s.temperature_c <= TEMPERATURE_MAX_C)
        and (s.power_draw_w is None or 0.0 <= s.power_draw_w <= POWER_MAX_W)
        and (s.memory_total_mb is None or 0 <= s.memory_total_mb <= MEMORY_MAX_MIB)
        and (s.memory_used_mb is None or 0 <= s.memory_used_mb <= (s.memory_total_mb or MEMORY_MAX_MIB))
        and (s.sm_clock_mhz is None or 0 <= s.sm_clock_mhz <= CLOCK_MAX_MHZ)
        and (s.memory_clock_mhz is None or 0 <= s.memory_clock_mhz <= CLOCK_MAX_MHZ)
    )


def explain_values(index: int, sample: Sample) -> Rejection:
    """Which value is not believable, for a sample that `values_believable` refused."""
    for attribute, name, low, high in _RANGES:
        value = getattr(sample, attribute)
        if value is None or low <= value <= high:
            continue
        if not math.isfinite(value):
            return Rejection(index, sample.gpu_uuid, RejectReason.NOT_FINITE, name, f"{name} is {value}, not a number")
        message = f"{name} must be between {low:g} and {high:g}, not {value:g}"
        return Rejection(index, sample.gpu_uuid, RejectReason.OUT_OF_RANGE, name, message)
    message = f"memoryUsedMb is {sample.memory_used_mb}, more than memoryTotalMb ({sample.memory_total_mb})"
    return Rejection(index, sample.gpu_uuid, RejectReason.OUT_OF_RANGE, "memoryUsedMb", message)


def check_time(
    index: int, sample: Sample, latest: datetime | None, earliest: datetime, furthest: datetime
) -> Rejection | None:
    """Whether the time of a sample is acceptable: after the device's latest, not too old, not from the future."""
    at = sample.timestamp
    if at.tzinfo is None:
        message = f"{at.isoformat()} has no time zone: write it as {at.isoformat()}Z"
        return Rejection(index, sample.gpu_uuid, RejectReason.NO_TIME_ZONE, "timestamp", message)
    if latest is not None and at <= latest:
        if at == latest:
            return Rejection(
                index, sample.gpu_uuid, RejectReason.DUPLICATE, "timestamp", f"a reading of {at.isoformat()} is known"
            )
        message = f"{at.isoformat()} is before the newest reading of this device ({latest.isoformat()})"
        return Rejection(index, sample.gpu_uuid, RejectReason.OUT_OF_ORDER, "timestamp", message)
    if at > furthest:
        message = f"{at.isoformat()} is in the future: the latest accepted is {furthest.isoformat()}; check the clock"
        return Rejection(index, sample.gpu_uuid, RejectReason.FROM_THE_FUTURE, "timestamp", message)
    if at < earliest:
        message = f"{at.isoformat()} is too old: the earliest accepted is {earliest.isoformat()}"
        return Rejection(index, sample.gpu_uuid, RejectReason.TOO_OLD, "timestamp", message)
    return None
