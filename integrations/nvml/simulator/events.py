"""NVML's event sets on a simulated node: how a program is told of an XID while it waits."""

# ruff: noqa: N802, N803 - the names are NVML's

from __future__ import annotations

import ctypes
import queue
import time

import pynvml

from integrations.nvml.simulator.driver import SimulatedDriver, SimulatedHandle
from integrations.nvml.simulator.errors import nvml_error

_POLL_SECONDS = 0.05
_ALL_INSTANCES = 0xFFFFFFFF


class SimulatedEventSet(pynvml.c_nvmlEventSet_t):  # type: ignore[misc, valid-type]
    """An event set as the binding declares it, with what has happened and not been fetched."""

    _type_ = pynvml.struct_c_nvmlEventSet_t
    rows: set[int]
    events: queue.SimpleQueue[pynvml.c_nvmlEventData_t]


class EventFunctions(SimulatedDriver):
    """The functions over event sets. Only XIDs ever happen here."""

    _event_sets: tuple[SimulatedEventSet, ...] = ()

    def report_xid(self, gpu: int, xid: int) -> None:
        """Tell every set that has registered for the GPU (its number in the fleet). From any thread."""
        for event_set in self._event_sets:
            if gpu not in event_set.rows:
                continue
            data = pynvml.c_nvmlEventData_t()
            if gpu in self._handles:
                data.device = self._handles[gpu]
            data.eventType = pynvml.nvmlEventTypeXidCriticalError
            data.eventData = xid
            data.gpuInstanceId = data.computeInstanceId = _ALL_INSTANCES
            event_set.events.put(data)

    def nvmlEventSetCreate(self) -> SimulatedEventSet:
        self.require_session()
        event_set = ctypes.cast(0x1000 + 0x10 * len(self._event_sets), SimulatedEventSet)
        event_set.rows = set()
        event_set.events = queue.SimpleQueue()
        self._event_sets = (*self._event_sets, event_set)
        return event_set

    def nvmlDeviceGetSupportedEventTypes(self, handle: SimulatedHandle) -> int:
        self.row(handle, "nvmlDeviceGetSupportedEventTypes")
        return int(pynvml.nvmlEventTypeXidCriticalError)

    def nvmlDeviceRegisterEvents(self, handle: SimulatedHandle, eventTypes: int, eventSet: SimulatedEventSet) -> None:
        row = self.row(handle, "nvmlDeviceRegisterEvents")
        if eventTypes & ~self.nvmlDeviceGetSupportedEventTypes(handle):
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        if eventTypes:
            eventSet.rows.add(row)

    def nvmlEventSetWait_v2(self, eventSet: SimulatedEventSet, timeoutms: int) -> pynvml.c_nvmlEventData_t:
        """The oldest event, or NVML's "timeout" after `timeoutms` milliseconds."""
        until = time.monotonic() + timeoutms / 1000
        while True:
            self.require_session()
            left = until - time.monotonic()
            try:
                return eventSet.events.get(timeout=max(0.0, min(_POLL_SECONDS, left)))
            except queue.Empty:
                if left <= 0:
                    raise nvml_error(pynvml.NVML_ERROR_TIMEOUT) from None

    def nvmlEventSetWait(self, eventSet: SimulatedEventSet, timeoutms: int) -> pynvml.c_nvmlEventData_t:
        return self.nvmlEventSetWait_v2(eventSet, timeoutms)

    def nvmlEventSetFree(self, eventSet: SimulatedEventSet) -> None:
        self._event_sets = tuple(known for known in self._event_sets if known is not eventSet)
