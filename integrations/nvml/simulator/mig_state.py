"""Which GPUs of a simulated node are partitioned and how, and what befalls them from outside NVML.

A reset, a reboot, and programs that come and go on instances are not NVML's to do; tests and the executor do them
here.
"""

from __future__ import annotations

from collections.abc import Sequence

import pynvml

from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.events import EventFunctions
from integrations.nvml.simulator.loads import Load
from integrations.nvml.simulator.mig_board import GpuInstance, InstanceProcess, MigBoard
from integrations.nvml.simulator.noise import share_of

_BUSY_SHARE = 0.6
"""Of the instances a fleet begins with."""
_FIRST_PID = 30_000


class MigState(EventFunctions):
    """The boards of one node, by the GPU's number in the fleet."""

    def board(self, row: int) -> MigBoard:
        """The GPU's MIG. Raises "not supported" where its product has none."""
        board = self._boards.get(row)
        if board is None:
            part = self._fleet.parts[row]
            if not part.mig_profiles:
                raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
            board = self._boards[row] = MigBoard(part, row, self._fleet.uuids[row], self._fleet.seed)
        return board

    def begin_with(self, index: int, layout: Sequence[tuple[str, int]]) -> None:
        """Let GPU `index` begin in MIG mode with these instances, profile and start, most of them in use."""
        board = self.board(self.first + index)
        board.enabled = board.pending = True
        profiles = {profile.name: profile for profile in board.part.mig_profiles}
        for name, start in layout:
            if name not in profiles:
                raise ValueError(f"{board.part.name} has no MIG profile {name}")
            instance = board.create(profiles[name], start)
            compute = board.create_compute(instance, instance.profile.compute_slices)
            unit = share_of(compute.uuid)
            if unit < _BUSY_SHARE:
                self.occupy(index, instance.id, 0.3 + unit)
        self._note(board)
        self._release_if_idle(board)

    def occupy(self, index: int, gi_id: int, memory_share: float = 0.5) -> int:
        """Start a program on an instance of GPU `index` that takes a part of its memory; its process id."""
        instance = self._instance(index, gi_id)
        if not instance.compute:
            raise ValueError(f"instance {gi_id} has no compute instance to run on")
        pid = _FIRST_PID + instance.board.row * 16 + gi_id
        instance.process = InstanceProcess(pid, int(instance.profile.memory_mib * memory_share))
        return pid

    def vacate(self, index: int, gi_id: int) -> None:
        """End the program on an instance."""
        instance = self._instance(index, gi_id)
        instance.process = None
        self._release_if_idle(instance.board)

    def stop_programs(self, index: int) -> None:
        """End every program on GPU `index`, partitioned or not."""
        row = self.first + index
        for instance in self._boards[row].instances if row in self._boards else ():
            instance.process = None
        self._fleet.release(row)

    def busy(self, row: int) -> bool:
        """Whether any program is on the GPU."""
        if row in self._partitioned:
            return any(instance.process is not None for instance in self._boards[row].instances)
        return self._fleet.loads[row] is not Load.FREE

    def reset_gpu(self, index: int) -> None:
        """What `nvidia-smi --gpu-reset` does. Refused, as there, while NVML or a program holds the GPU open."""
        row = self.first + index
        if self._session is not None or self.busy(row):
            raise nvml_error(pynvml.NVML_ERROR_IN_USE)
        self._fleet.end_reset_required(row)
        if row in self._boards:
            self._boards[row].reset()
            self._note(self._boards[row])

    def reboot(self) -> None:
        """Restart the node, or its driver alone: sessions end, and no instance comes back."""
        self.invalidate()
        for board in self._boards.values():
            partitioned = bool(board.instances)
            board.reboot()
            self._note(board)
            if partitioned:
                self._fleet.release(board.row)

    def _note(self, board: MigBoard) -> None:
        # To be called after every change of a mode: the functions read each round ask this set alone.
        self._partitioned = self._partitioned - {board.row} | ({board.row} if board.enabled else set())

    def _release_if_idle(self, board: MigBoard) -> None:
        if not self.busy(board.row):
            self._fleet.release(board.row)

    def _instance(self, index: int, gi_id: int) -> GpuInstance:
        for instance in self.board(self.first + index).instances:
            if instance.id == gi_id:
                return instance
        raise ValueError(f"GPU {index} of {self.layout.name} has no instance {gi_id}")
