"""How old the newest readings are: shared by the readiness answer and the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice

SILENT_INTERVALS = 3
STALE_INTERVALS = 5
STALE_LEAST_S = 30.0


def silent_after(interval_s: float) -> timedelta:
    """A device whose newest reading is older than this misses readings."""
    return timedelta(seconds=SILENT_INTERVALS * interval_s)


def stale_after(interval_s: float) -> timedelta:
    """A reading older than this is not shown as the present any more."""
    return timedelta(seconds=max(STALE_INTERVALS * interval_s, STALE_LEAST_S))


@dataclass(frozen=True, slots=True)
class Freshness:
    """The fleet's readings at one moment. Retired devices are left out: nobody reads them."""

    newest_age_s: float | None
    """Age of the newest reading of any device; None where there is none."""
    devices: int
    reporting: int
    """Devices with a reading that is not silent."""
    silent: int
    """Devices that reported once and are silent now."""
    never_reported: int
    simulated: int
    """Devices that do not exist: of the simulated fleet."""


def measure(devices: Iterable[GpuDevice], interval_s: float, now: datetime) -> Freshness:
    """Count the devices by the age of their newest reading."""
    heard_since = now - silent_after(interval_s)
    newest: datetime | None = None
    total = reporting = silent = simulated = 0
    for device in devices:
        if device.device_status is DeviceStatus.RETIRED:
            continue
        total += 1
        simulated += device.node.collection_source is CollectionSource.SIMULATED
        metric = device.latest_metric
        if metric is None:
            continue
        if newest is None or metric.timestamp > newest:
            newest = metric.timestamp
        if metric.timestamp >= heard_since:
            reporting += 1
        else:
            silent += 1
    # A sender's clock may be ahead of ours.
    age = None if newest is None else max(0.0, (now - newest).total_seconds())
    return Freshness(age, total, reporting, silent, total - reporting - silent, simulated)
