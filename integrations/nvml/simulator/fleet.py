"""The simulated fleet: its nodes, the present tick of all its GPUs, and what is wrong with them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from integrations.nvml.simulator.faults import Fault, FaultKind
from integrations.nvml.simulator.layout import MigLayouts, NodeLayout, gpu_uuid, lay_out
from integrations.nvml.simulator.loads import Load, Loads
from integrations.nvml.simulator.nvml import SimulatedNvml
from integrations.nvml.simulator.parts import Part
from integrations.nvml.simulator.physics import Physics
from integrations.nvml.simulator.tick import Tick

TICK_SECONDS = 0.1
"""How often readings change. Real ones do every 1/6 to 1 second."""

XIDS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class XidEvent:
    """An error a simulated driver has reported. `at` in seconds since 1970."""

    gpu: int
    gpu_uuid: str
    xid: int
    at: float


@dataclass(slots=True)
class _Injected:
    fault: Fault
    begun: bool = False


class SimulatedFleet:
    """All simulated nodes. Readings depend on the seed and the clock alone, energy counters on how often they are read.

    `clock` counts seconds since 1970: a day's load follows the time of day. Faults may be injected and
    cleared from any thread.
    """

    def __init__(
        self,
        gpus: int | None = None,
        seed: int = 0,
        *,
        faults: Iterable[Fault] = (),
        clock: Callable[[], float] = time.time,
        mig_layouts: MigLayouts | None = None,
        idle: Iterable[tuple[int, int]] = (),
    ) -> None:
        """`mig_layouts`: GPUs that begin partitioned, most of their instances in use; without, MIG is off everywhere.
        `idle`: GPUs that nothing runs on, by node and index.

        Raises `ValueError` for less than 1 or more than 10,000 GPUs, a fault of a GPU that does not exist, or a
        layout that no GPU there can have.
        """
        self.seed = seed
        self.clock = clock
        self.layout: tuple[NodeLayout, ...] = lay_out(gpus)
        self.parts: list[Part] = [node.part for node in self.layout for _ in range(node.gpus)]
        self.uuids: list[str] = [gpu_uuid(seed, node.name, slot) for node in self.layout for slot in range(node.gpus)]
        self.started_at = clock()
        node_of = np.array([node.number for node in self.layout for _ in range(node.gpus)], dtype=np.int64)
        slot_of = np.array([slot for node in self.layout for slot in range(node.gpus)], dtype=np.int64)
        loads = Loads(seed, node_of, slot_of, [self._row(*place) for place in mig_layouts or {}])
        self.loads: list[Load] = [Load(kind) for kind in loads.kind]
        self._physics = Physics(seed, self.parts, node_of, slot_of, loads)
        self._memory_share = loads.memory_share
        self._lock = threading.RLock()
        self._faults: list[_Injected] = []
        self._active: list[Fault] = []
        self.xids: deque[XidEvent] = deque(maxlen=XIDS_KEPT)
        """What drivers have reported, newest last."""
        self.stale_at = 0.0
        """When the present tick ends, in seconds of the clock."""
        self._nodes: list[SimulatedNvml] = []
        self.tick = Tick.empty(self.parts, self._memory_share)
        self._node_of: list[int] = node_of.tolist()
        first = 0
        for node in self.layout:
            self._nodes.append(SimulatedNvml(self, node, first))
            first += node.gpus
        for (number, index), instances in (mig_layouts or {}).items():
            self._nodes[number].begin_with(index, instances)
        for number, index in idle:
            self._nodes[number].stop_programs(index)
        self.refresh()
        for fault in faults:
            self.inject(fault)

    @property
    def gpus(self) -> int:
        return len(self.parts)

    @property
    def nodes(self) -> list[SimulatedNvml]:
        """The nodes' NVML libraries, in the order of the layout."""
        return self._nodes

    def node_of(self, gpu: int) -> SimulatedNvml:
        """The NVML library of the node that holds a GPU."""
        return self._nodes[self._node_of[gpu]]

    def release(self, gpu: int) -> None:
        """Let a GPU be free and idle from now on: what ran there has ended."""
        with self._lock:
            self.loads[gpu] = Load.FREE
            self._physics.release(gpu)
            self.stale_at = 0.0

    def end_reset_required(self, gpu: int) -> None:
        """End the faults that a reset of the GPU cures."""
        for fault in self.faults:
            if fault.kind is FaultKind.RESET and fault.gpu == gpu:
                self.clear(fault)

    @property
    def faults(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(injected.fault for injected in self._faults)

    def elapsed(self) -> float:
        """Seconds since the fleet's start."""
        return self.clock() - self.started_at

    def inject(self, fault: Fault) -> Fault:
        """Let something go wrong, at the fault's start or at once if that has passed. Returns it, to be cleared."""
        if fault.gpu is not None and not 0 <= fault.gpu < self.gpus:
            raise ValueError(f"there is no GPU {fault.gpu} to go wrong: the last of this fleet is {self.gpus - 1}")
        with self._lock:
            self._faults.append(_Injected(fault))
            self.settle()
            self.stale_at = 0.0
        return fault

    def clear(self, fault: Fault) -> None:
        """End a fault. One that is not known, or has ended, is no error."""
        with self._lock:
            self._faults = [injected for injected in self._faults if injected.fault is not fault]
            self.settle()
            self.stale_at = 0.0

    def refresh(self) -> None:
        """Compute the tick the clock is in now. Called by NVML functions when the last one has ended."""
        with self._lock:
            self.settle()
            at = int(self.clock() / TICK_SECONDS) * TICK_SECONDS
            throttled = {
                fault.gpu: self.started_at + fault.start
                for fault in self._active
                if fault.kind is FaultKind.THERMAL and fault.gpu is not None
            }
            self.tick = self.tick.next(self._physics.readings(at, throttled), set(throttled))
            self.stale_at = at + TICK_SECONDS

    def settle(self) -> None:
        """Begin and end the faults whose time has come."""
        with self._lock:
            elapsed = self.elapsed()
            for injected in self._faults:
                if not injected.begun and injected.fault.start <= elapsed:
                    injected.begun = True
                    self._begin(injected.fault)
            active = [injected.fault for injected in self._faults if injected.fault.active(elapsed)]
            if active == self._active:
                return
            for node in self._nodes_of([*active, *self._active]):
                node.apply_faults([f for f in active if f.gpu is None or self.node_of(f.gpu) is node])
            self._active = active

    def _begin(self, fault: Fault) -> None:
        # What happens once, even if nobody looked while it lasted.
        if fault.kind is FaultKind.RESTART:
            for node in self._nodes_of([fault]):
                node.reboot()
        elif fault.kind is FaultKind.XID and fault.gpu is not None and fault.xid is not None:
            at = self.started_at + fault.start
            self.xids.append(XidEvent(fault.gpu, self.uuids[fault.gpu], fault.xid, at))
            self.node_of(fault.gpu).report_xid(fault.gpu, fault.xid)

    def _row(self, node: int, index: int) -> int:
        if not (0 <= node < len(self.layout) and 0 <= index < self.layout[node].gpus):
            raise ValueError(f"there is no GPU {index} of node {node} to partition in this fleet")
        return sum(known.gpus for known in self.layout[:node]) + index

    def _nodes_of(self, faults: Iterable[Fault]) -> list[SimulatedNvml]:
        gpus = {fault.gpu for fault in faults}
        if None in gpus:
            return self._nodes
        return [self._nodes[number] for number in sorted({self._node_of[gpu] for gpu in gpus if gpu is not None})]
