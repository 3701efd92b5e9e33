"""Carrying layout commands out on the GPUs that a source reads, on the thread it reads them with.

Each step is a call of its own, so that readings go on between two steps and a driver that hangs is left behind as in
any other call. A step that has begun is not cut off at the command's deadline: none begins after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.clock import Clock, utc_now
from domain.mig.commands import SWITCHES, CommandResult, CommandStep, NodeCommand
from domain.mig.reports import MigReport
from integrations.nvml.collector import NodeCollector
from integrations.nvml.mig_steps import DeviceSteps, StepFailed
from integrations.nvml.query import DeviceLost, SessionLost
from integrations.nvml.reset import RESET_TIMEOUT_SECONDS
from integrations.nvml.worker import CallHung, Worker

logger = logging.getLogger(__name__)

T = TypeVar("T")

STEP_TIMEOUT_SECONDS = 30.0
SWITCH_TIMEOUT_SECONDS = RESET_TIMEOUT_SECONDS + 60.0


class NvmlMigExecutor:
    """Implements `MigExecutor` for all nodes of a source; one command at a time."""

    def __init__(
        self,
        collectors: Sequence[NodeCollector],
        worker: Worker,
        *,
        clock: Clock = utc_now,
        step_timeout: float = STEP_TIMEOUT_SECONDS,
        switch_timeout: float = SWITCH_TIMEOUT_SECONDS,
    ) -> None:
        """Timeouts in seconds, for one step; a switch of the mode may wait for a reset of the GPU."""
        self._collectors = collectors
        self._worker = worker
        self._clock = clock
        self._step_timeout = step_timeout
        self._switch_timeout = switch_timeout
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, command: NodeCommand) -> CommandResult:
        """Do the steps in order, up to the first that fails, and read the layout there is then."""
        async with self._one_at_a_time:
            done, error = await self._do_all(command)
            mig = await self._layout(command.gpu_uuid)
        if error is not None:
            logger.warning("MIG command %s on %s: %s", command.id, command.gpu_uuid, error)
        return CommandResult(command.id, error is None, error, done, mig)

    async def _do_all(self, command: NodeCommand) -> tuple[int, str | None]:
        """How many steps were done, and why no more were."""
        try:
            collector = await self._call(lambda: self._collector_of(command.gpu_uuid), self._step_timeout)
        except StepFailed as failed:
            return 0, str(failed)
        steps = DeviceSteps(collector, command.gpu_uuid)
        for number, step in enumerate(command.steps):
            try:
                if self._clock() >= command.deadline:
                    raise StepFailed("not begun, the command's deadline has passed")
                limit = self._switch_timeout if step.kind in SWITCHES else self._step_timeout
                await self._call(lambda step=step: steps.do(step), limit)  # type: ignore[misc]
            except StepFailed as failed:
                return number, f"step {number + 1} of {len(command.steps)}, {_words(step)}: {failed}"
        return len(command.steps), None

    async def _layout(self, gpu_uuid: str) -> MigReport | None:
        def read() -> MigReport | None:
            device = self._collector_of(gpu_uuid).device(gpu_uuid)
            return None if device is None else device.mig.read()

        try:
            return await self._call(read, self._step_timeout)
        except StepFailed:
            return None

    async def _call(self, call: Callable[[], T], limit_seconds: float) -> T:
        """Run on the worker. Raises `StepFailed` whatever goes wrong."""
        try:
            return await self._worker.run(call, limit_seconds)
        except StepFailed:
            raise
        except (CallHung, DeviceLost, SessionLost) as error:
            raise StepFailed(str(error)) from error
        except Exception as error:
            logger.exception("a MIG command failed unexpectedly")
            raise StepFailed(f"{type(error).__name__}: {error}") from error

    def _collector_of(self, gpu_uuid: str) -> NodeCollector:
        """The node that has the GPU: as last known, else asked. Raises `StepFailed` where none has."""
        for collector in self._collectors:
            if collector.knows(gpu_uuid):
                return collector
        away = []
        for collector in self._collectors:
            try:
                if collector.device(gpu_uuid) is not None:
                    return collector
            except SessionLost as error:
                away.append(f"{collector.node_name}: {error}")
        more = f"; NVML does not answer on {away[0]}" if away else ""
        raise StepFailed(f"there is no GPU {gpu_uuid} here{more}")


def _words(step: CommandStep) -> str:
    if step.kind in SWITCHES:
        return step.kind.value
    return f"{step.kind.value} {step.profile_name or step.gi_profile_id} at {step.placement_start}"
