"""The beat of the live path: one frame per tick, and what a frame shows.

Readings arrive whenever collectors and agents send them. The clock turns that into ticks: at most one per
sample interval, none while nothing changes except a slow heartbeat, so that the age of the data is seen to grow.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.access.principal import AccessScope
from domain.clock import Clock, utc_now
from domain.errors import InvalidInput
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice
from domain.fleet.query import DeviceFilter, select_devices
from domain.fleet.view import InventoryView
from domain.metrics.sample import GpuMetric

HEARTBEAT_S = 5.0
EARLY_FRACTION = 0.25
"""A tick may come this part of an interval early: collectors do not keep time to the millisecond."""

INTERVAL_MS_MAX = 60_000


class FrameClock:
    """Ticks when there is something new to show."""

    def __init__(self, interval_s: float, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.interval_s = interval_s
        self._heartbeat_s = max(heartbeat_s, interval_s)
        self._dirty = asyncio.Event()
        self._tick = asyncio.Event()
        self.sequence = 0

    def mark_dirty(self) -> None:
        self._dirty.set()

    async def run(self) -> None:
        """Tick until cancelled."""
        earliest_gap = self.interval_s * (1 - EARLY_FRACTION)
        last = 0.0
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await self._dirty.wait()
            except TimeoutError:
                pass  # a heartbeat
            if (early := last + earliest_gap - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self._dirty.clear()
            last = time.monotonic()
            self.sequence += 1
            self._tick.set()
            self._tick = asyncio.Event()

    async def ticks(self, interval_ms: int | None = None) -> AsyncIterator[int]:
        """Yield at once, then the number of each tick that is due for this interval. Missed ticks are skipped."""
        interval_s = self._interval_for(interval_ms)
        earliest, latest = interval_s - self.interval_s * 0.5, interval_s + self.interval_s * 0.5
        seen = self.sequence
        last = time.monotonic()
        yield seen
        while True:
            if self.sequence == seen:
                await self._tick.wait()
            while (waited := time.monotonic() - last) < earliest:
                # Too early for this reader: a later tick may be due, and if none comes, this one is not lost.
                with suppress(TimeoutError):
                    async with asyncio.timeout(latest - waited):
                        await self._tick.wait()
            seen = self.sequence
            last = time.monotonic()
            yield seen

    def _interval_for(self, interval_ms: int | None) -> float:
        if interval_ms is None:
            return self.interval_s
        if not 1 <= interval_ms <= INTERVAL_MS_MAX:
            raise InvalidInput(
                f"intervalMs must be between 1 and {INTERVAL_MS_MAX:,}, not {interval_ms:,}", path=("intervalMs",)
            )
        return max(self.interval_s, interval_ms / 1000)


class LiveSelection:
    """The devices a live reader asked for, kept selected while the fleet stays the same."""

    def __init__(self, view: InventoryView, scope: AccessScope, where: DeviceFilter | None) -> None:
        self._view = view
        self._scope = scope
        self._where = where
        self._version = -1
        self._devices: Sequence[GpuDevice] = ()
        self._layout: str | None = None

    def devices(self) -> Sequence[GpuDevice]:
        each_tick = self._where is not None and self._where.depends_on_readings
        if each_tick or self._version != self._view.version:
            self._version = self._view.version
            self._devices = select_devices(self._view, self._scope, self._where)
            self._layout = None
        return self._devices

    def layout_version(self) -> str:
        """The same on every replica for the same devices in the same order."""
        devices = self.devices()
        if self._layout is None:
            self._layout = hashlib.sha256("\n".join(device.id for device in devices).encode()).hexdigest()[:16]
        return self._layout

    def metrics(self) -> list[GpuMetric]:
        """The newest reading of each selected device that has one."""
        return [metric for device in self.devices() if (metric := device.latest_metric) is not None]


@dataclass(slots=True, eq=False)
class FleetFrame:
    """All newest readings at one tick as parallel arrays, in fleet order. None: unknown.

    Units as in `GpuMetric`; `age_ms` is the age of each reading at `as_of`, None where there is none.
    `layout_version` changes exactly when the devices or their order do: a reader that has the identities
    of one version need not ask for them again.
    """

    sequence: int
    as_of: datetime
    layout_version: str
    interval_ms: int
    device_ids: list[str]
    device_statuses: list[DeviceStatus]
    gpu_utilization_pct: list[float | None]
    memory_used_mb: list[int | None]
    memory_total_mb: list[int | None]
    temperature_c: list[float | None]
    power_draw_w: list[float | None]
    age_ms: list[int | None]
    collection_sources: list[CollectionSource]


def fleet_frame(selection: LiveSelection, clock: FrameClock, now: Clock = utc_now) -> FleetFrame:
    """Draw the frame of this moment."""
    devices = selection.devices()
    as_of = now()
    readings = [device.latest_metric or _UNKNOWN for device in devices]
    return FleetFrame(
        sequence=clock.sequence,
        as_of=as_of,
        layout_version=selection.layout_version(),
        interval_ms=round(clock.interval_s * 1000),
        device_ids=[device.id for device in devices],
        device_statuses=[device.device_status for device in devices],
        gpu_utilization_pct=[m.gpu_utilization_pct for m in readings],
        memory_used_mb=[m.memory_used_mb for m in readings],
        memory_total_mb=[m.memory_total_mb for m in readings],
        temperature_c=[m.temperature_c for m in readings],
        power_draw_w=[m.power_draw_w for m in readings],
        age_ms=[None if m is _UNKNOWN else round((as_of - m.timestamp).total_seconds() * 1000) for m in readings],
        collection_sources=sorted({device.node.collection_source for device in devices}),
    )


_UNKNOWN = GpuMetric(
    "",
    None,
    datetime.min.replace(tzinfo=UTC),
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    CollectionSource.MANUAL,
)
