"""The state of one simulated node's driver: who has initialised it, which handles are valid, what is wrong."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pynvml

from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.faults import Fault, FaultKind
from integrations.nvml.simulator.layout import NodeLayout
from integrations.nvml.simulator.mig_board import ComputeInstance, GpuInstance, MigBoard
from integrations.nvml.simulator.mig_handles import ComputeInstanceHandle, GpuInstanceHandle, Handles

if TYPE_CHECKING:
    from integrations.nvml.simulator.fleet import SimulatedFleet

_HANG_POLL_SECONDS = 0.01


class SimulatedHandle(pynvml.c_nvmlDevice_t):  # type: ignore[misc, valid-type]
    """A device handle as the binding declares it, which also remembers what it stands for."""

    _type_ = pynvml.struct_c_nvmlDevice_t
    row: int
    """The GPU's number in the fleet."""
    session: object


class SimulatedDriver:
    """One node's driver. Called from one thread at a time, but for `apply_faults`."""

    def __init__(self, fleet: SimulatedFleet, layout: NodeLayout, first: int) -> None:
        self._fleet = fleet
        self._clock = fleet.clock
        self.layout = layout
        self.first = first
        """The fleet's number of this node's GPU 0."""
        self.missing: frozenset[str] = frozenset()
        """Functions this driver is too old to have; `nvmlDeviceGetMemoryInfo_v2` is the versioned one."""
        self.inits = 0
        """How often NVML was initialised here."""
        self._users = 0
        self._session: object | None = None
        self._clear: object | None = None
        """The session, while nothing at all is wrong with this node: the one test of the ordinary path."""
        self._handles: dict[int, SimulatedHandle] = {}
        self._rows_by_address: dict[int, int] = {}
        self._away = False
        self._lost: dict[int, int] = {}
        self._hung: frozenset[int] = frozenset()
        self._unsupported: frozenset[tuple[int, str]] = frozenset()
        self._boards: dict[int, MigBoard] = {}
        """MIG of the GPUs that were ever asked about it, by their number in the fleet."""
        self._partitioned: frozenset[int] = frozenset()
        """The GPUs that are in MIG mode."""
        self._gpu_instances: Handles[GpuInstance, GpuInstanceHandle] = Handles(GpuInstanceHandle)
        self._compute_instances: Handles[ComputeInstance, ComputeInstanceHandle] = Handles(ComputeInstanceHandle)
        self._mig_devices: Handles[ComputeInstance, SimulatedHandle] = Handles(SimulatedHandle)

    def open(self) -> None:
        """Initialise; counted, as NVML does. Raises NVML's "driver not loaded" while it restarts."""
        self._fleet.settle()
        if self._away:
            raise nvml_error(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
        self.inits += 1
        self._users += 1
        if self._session is None:
            self._session = object()
            self._take_handles()
            self.update()

    def shut(self) -> None:
        """Take one initialisation back; the last one ends the session."""
        if self._session is None:
            raise nvml_error(pynvml.NVML_ERROR_UNINITIALIZED)
        self._users -= 1
        if self._users == 0:
            self.invalidate()

    def invalidate(self) -> None:
        """End the session and all its handles, however many have initialised it."""
        self._users = 0
        self._session = None
        for handles in (self._gpu_instances, self._compute_instances, self._mig_devices):
            handles.clear()
        self.update()

    def handle(self, index: int) -> SimulatedHandle:
        """The handle of this node's GPU `index`. Raises `NVMLError` where NVML would."""
        self.require_session()
        row = self.first + index
        if not 0 <= index < self.layout.gpus:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        self.check(row, "nvmlDeviceGetHandleByIndex")
        return self._handles[row]

    def require_session(self) -> None:
        if self._clock() >= self._fleet.stale_at:
            self._fleet.refresh()
        if self._session is None:
            raise nvml_error(pynvml.NVML_ERROR_UNINITIALIZED)

    def row(self, handle: Any, function: str) -> int:
        """The GPU a handle stands for, in the present tick. Raises what is wrong with it or `function`."""
        if self._clock() >= self._fleet.stale_at:
            self._fleet.refresh()
        try:
            if handle.session is self._clear:
                return handle.row  # type: ignore[no-any-return]
        except AttributeError:  # a handle out of an event: the plain pointer
            pass
        return self._checked_row(handle, function)

    def apply_faults(self, faults: Iterable[Fault]) -> None:
        """Let exactly these faults be active."""
        away = False
        lost: dict[int, int] = {}
        hung: set[int] = set()
        unsupported: set[tuple[int, str]] = set()
        for fault in faults:
            if fault.kind is FaultKind.RESTART:
                away = True
            elif fault.gpu is None:
                continue
            elif fault.kind is FaultKind.LOST:
                lost[fault.gpu] = pynvml.NVML_ERROR_GPU_IS_LOST
            elif fault.kind is FaultKind.RESET:
                lost[fault.gpu] = pynvml.NVML_ERROR_RESET_REQUIRED
            elif fault.kind is FaultKind.HANG:
                hung.add(fault.gpu)
            elif fault.kind is FaultKind.UNSUPPORTED:
                unsupported.add((fault.gpu, fault.function or ""))
        self._away = away
        self._lost, self._hung, self._unsupported = lost, frozenset(hung), frozenset(unsupported)
        self.update()

    def update(self) -> None:
        """Find out anew whether anything is wrong. To be called after changing `missing`."""
        wrong = self._away or self._lost or self._hung or self._unsupported or self.missing
        # With nothing valid, a fresh object: no handle has it, not even one without a session.
        self._clear = object() if wrong or self._session is None else self._session

    def check(self, row: int, function: str) -> None:
        """Raise what is wrong with a GPU, or with this function of it; does not return while its driver hangs."""
        if function in self.missing:
            raise nvml_error(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        while row in self._hung:
            time.sleep(_HANG_POLL_SECONDS)
            self._fleet.settle()
        if row in self._lost:
            raise nvml_error(self._lost[row])
        if (row, function) in self._unsupported:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def _take_handles(self) -> None:
        # Other addresses than in any session before, so that a handle from then is recognised as what it is.
        self._handles, self._rows_by_address = {}, {}
        for slot in range(self.layout.gpus):
            address = (self.layout.number + 1) << 32 | (self.inits & 0xFFFF) << 12 | (slot + 1) << 4
            handle = ctypes.cast(address, SimulatedHandle)
            handle.row = self.first + slot
            handle.session = self._session
            self._handles[handle.row] = handle
            self._rows_by_address[address] = handle.row

    def _checked_row(self, handle: Any, function: str) -> int:
        if self._session is None:
            raise nvml_error(pynvml.NVML_ERROR_UNINITIALIZED)
        if function in self.missing:
            raise nvml_error(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        row = self._rows_by_address.get(ctypes.cast(handle, ctypes.c_void_p).value or 0)
        if row is None:
            # What exists for whole GPUs only says so to a MIG device.
            known = self._mig_devices.thing(handle) is not None
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED if known else pynvml.NVML_ERROR_INVALID_ARGUMENT)
        self.check(row, function)
        return row
