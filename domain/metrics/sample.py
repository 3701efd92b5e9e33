"""One reading of one GPU: as it comes in, and as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.fleet.model import CollectionSource


@dataclass(slots=True, eq=False)
class Sample:
    """A raw reading. None means unknown (the driver does not support it), never zero.

    Units: percent 0-100, MiB, degrees Celsius, watts, MHz. `timestamp` is timezone-aware.
    """

    gpu_uuid: str
    timestamp: datetime
    gpu_utilization_pct: float | None = None
    memory_used_mb: int | None = None
    memory_total_mb: int | None = None
    temperature_c: float | None = None
    power_draw_w: float | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    collection_source: CollectionSource = CollectionSource.NVML


@dataclass(slots=True, eq=False)
class GpuMetric:
    """A validated, enriched reading. Never changed after it is made: frames share it."""

    device_id: str
    mig_id: str | None
    timestamp: datetime
    gpu_utilization_pct: float | None
    memory_used_mb: int | None
    memory_total_mb: int | None
    memory_utilization_pct: float | None
    temperature_c: float | None
    power_draw_w: float | None
    sm_clock_mhz: int | None
    memory_clock_mhz: int | None
    collection_source: CollectionSource
