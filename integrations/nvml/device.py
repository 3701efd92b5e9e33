"""Reading one device: a straight line while all goes well, a careful walk when something does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pynvml

from domain.fleet.model import CollectionSource
from domain.metrics.sample import Sample
from integrations.nvml.api import Handle, NvmlApi
from integrations.nvml.mig_reader import MigReader
from integrations.nvml.query import SessionLost, query
from integrations.nvml.readings import Read, Readings, unknown

REPROBE_SECONDS = 60.0
"""How often a device is asked again for what it did not support: MIG mode may have been switched off since."""

_READ_ERRORS = (pynvml.NVMLError, AttributeError, TypeError, ValueError)

_NOT_SUPPORTED = object()
_FAILED = object()


class DeviceReader:
    """One device of one NVML session. Not thread-safe; gone with its session."""

    __slots__ = (
        "_api", "_handle", "_memory_clock", "_memory_total", "_memory_used", "_power", "_readings", "_reprobe_at",
        "_sm_clock", "_source", "_temperature", "_utilization", "lost", "mig", "partial_failures", "uuid",
    )  # fmt: skip

    def __init__(self, api: NvmlApi, handle: Handle, uuid: str, readings: Readings, source: CollectionSource) -> None:
        """Raises `DeviceLost` or `SessionLost`: the size of the memory is read here, once."""
        self._api = api
        self._handle = handle
        self.uuid = uuid
        self._readings = readings
        self._source = source
        self._reprobe_at = float("inf")
        self.lost: str | None = None
        """Why the device could not be read in the last round, or None."""
        self.partial_failures = 0
        """Single readings that failed (not: are unsupported) since start."""
        self._utilization = _first(readings.utilization_pct)
        self._memory_used = _first(readings.memory_used_mib)
        self._temperature = _first(readings.temperature_c)
        self._power = _first(readings.power_w)
        self._sm_clock = _first(readings.sm_clock_mhz)
        self._memory_clock = _first(readings.memory_clock_mhz)
        self._memory_total: int | None = self._first_answer(readings.memory_total_mib)[1]
        self.mig = MigReader(api, handle, self._memory_total)

    @property
    def memory_total_mib(self) -> int | None:
        return self._memory_total

    @property
    def handle(self) -> Handle:
        return self._handle

    def ask_anew(self) -> None:
        """Let the next round find out again what is supported: the GPU's MIG mode may have changed."""
        self._reprobe_at = float("-inf")

    def read(self, timestamp: datetime, now: float) -> Sample:
        """One sample. `now` is a monotonic time in seconds. Raises `DeviceLost` or `SessionLost`."""
        handle = self._handle
        if now < self._reprobe_at:
            try:
                return Sample(
                    self.uuid,
                    timestamp,
                    self._utilization(handle),
                    self._memory_used(handle),
                    self._memory_total,
                    self._temperature(handle),
                    self._power(handle),
                    self._sm_clock(handle),
                    self._memory_clock(handle),
                    self._source,
                )
            except _READ_ERRORS:
                pass
        return self._read_carefully(timestamp, now)

    def _read_carefully(self, timestamp: datetime, now: float) -> Sample:
        # Each reading by itself, so that one that fails leaves the others; settles anew which of them are supported.
        readings = self._readings
        self._utilization, utilization = self._first_answer(readings.utilization_pct)
        self._memory_used, used = self._first_answer(readings.memory_used_mib)
        self._temperature, temperature = self._first_answer(readings.temperature_c)
        self._power, power = self._first_answer(readings.power_w)
        self._sm_clock, sm_clock = self._first_answer(readings.sm_clock_mhz)
        self._memory_clock, memory_clock = self._first_answer(readings.memory_clock_mhz)
        if self._memory_total is None:
            self._memory_total = self._first_answer(readings.memory_total_mib)[1]
        self._reprobe_at = now + REPROBE_SECONDS if self._anything_unknown() else float("inf")
        return Sample(
            self.uuid,
            timestamp,
            utilization,
            used,
            self._memory_total,
            temperature,
            power,
            sm_clock,
            memory_clock,
            self._source,
        )

    def _first_answer(self, alternatives: Sequence[Read]) -> tuple[Read, Any]:
        """The alternative to use from now on, and its value now: None where unsupported or failed."""
        for read in alternatives:
            value = query(read, self._handle, default=_NOT_SUPPORTED, failed=_FAILED)
            if value is _FAILED:
                self._check_handle()
                self.partial_failures += 1
                return read, None
            if value is not _NOT_SUPPORTED:
                return read, value
        return unknown, None

    def _check_handle(self) -> None:
        # A handle from before a driver restart answers "invalid argument" and may even name another device.
        uuid = query(self._api.nvmlDeviceGetUUID, self._handle)
        if uuid != self.uuid and uuid != self.uuid.encode():
            raise SessionLost(f"the handle of {self.uuid} is no longer valid")

    def _anything_unknown(self) -> bool:
        return unknown in (
            self._utilization, self._memory_used, self._temperature, self._power, self._sm_clock, self._memory_clock
        )  # fmt: skip


def _first(alternatives: Sequence[Read]) -> Read:
    return alternatives[0] if alternatives else unknown
