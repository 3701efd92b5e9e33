"""The agent: reads at every interval, discovers now and then, delivers, and says how it is doing."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.metrics.ports import MetricSource
from server.agent.api import OpenApi
from server.agent.buffer import Reading, ReadingBuffer
from server.agent.clock import steady_seconds
from server.agent.commands import AgentCommands
from server.agent.connection import Connection
from server.agent.counters import Counters
from server.agent.delivery import Delivery
from server.agent.inventory import NodeReports
from server.agent.naming import Naming

logger = logging.getLogger("gpu.agent")

DISCOVER_EVERY_S = 60.0
DISCOVER_AGAIN_S = 5.0
"""After a round that read other GPUs than the one before, or a discovery that found nothing."""

STATUS_EVERY_S = 60.0
FLUSH_S = 3.0


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """How an agent works. Times in seconds."""

    servers: Sequence[str]
    interval_s: float = 1.0
    buffer_samples_max: int = 200_000
    buffer_age_max_s: float = 3600.0
    status_every_s: float = STATUS_EVERY_S
    flush_s: float = FLUSH_S


class Agent:
    """One agent process. `run` until `stop` is called."""

    def __init__(
        self,
        source: MetricSource,
        options: AgentOptions,
        open_api: OpenApi,
        naming: Naming | None = None,
        steady: Callable[[], float] = steady_seconds,
    ) -> None:
        self.counters = Counters()
        self._source = source
        self._options = options
        self._naming = naming or Naming()
        self._steady = steady
        self._buffer = ReadingBuffer(options.buffer_samples_max, options.buffer_age_max_s)
        self._reports = NodeReports()
        connection = Connection(options.servers, open_api)
        self.delivery = Delivery(connection, self._buffer, self._reports, self.counters, steady)
        self._connection = connection
        executor = source.mig_executor
        self._commands = (
            None
            if executor is None
            else AgentCommands(connection, open_api, self._reports, self.delivery, executor, steady)
        )
        self._discover_at = 0.0
        self._gpus_read: frozenset[str] | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End `run`: what waits is still delivered, for a few seconds."""
        self._stopping.set()

    async def run(self) -> None:
        """Read and deliver until `stop`. Raises `Refused` where no server has ever let this agent in."""
        tasks = [
            asyncio.create_task(self._read_for_ever(), name="read"),
            asyncio.create_task(self.delivery.run(), name="deliver"),
            asyncio.create_task(self._say_for_ever(), name="status"),
        ]
        if self._commands is not None:
            tasks.append(asyncio.create_task(self._commands.run(), name="commands"))
        stopping = asyncio.create_task(self._stopping.wait(), name="stopping")
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            failed = [task for task in tasks if task in done]
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.wait([*tasks, stopping])
        try:
            for task in failed:
                task.result()
            await self._flush()
        finally:
            await self._connection.close()
            await self._source.close()

    async def _flush(self) -> None:
        try:
            async with asyncio.timeout(self._options.flush_s):
                await self.delivery.flush()
        except TimeoutError:
            pass
        left = self.delivery.waiting
        logger.log(logging.WARNING if left else logging.INFO, "stopped; %s", self.status())

    # -- reading

    async def _read_for_ever(self) -> None:
        interval = self._options.interval_s
        await self._discover()
        # Not all agents at the same moment of each second.
        due = time.monotonic() + random.uniform(0, min(interval, 1.0))  # noqa: S311 - spreads agents
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() >= self._discover_at:
                await self._discover()
            await self._read()
            due = max(due + interval, time.monotonic())

    async def _read(self) -> None:
        began = self._steady()
        samples = await self._source.sample()
        read_at = (began + self._steady()) / 2
        self.counters.read += len(samples)
        taken = 0
        for node, of_node in self._reports.by_node(samples).items():
            self._buffer.add(node, [Reading(sample, read_at) for sample in of_node])
            taken += len(of_node)
        self.counters.unassigned += len(samples) - taken
        dropped = self._buffer.bound(self._steady())
        if dropped:
            if not self.counters.dropped:
                logger.warning("the buffer is full: the oldest readings are dropped")
            self.counters.dropped += dropped
        gpus = frozenset(sample.gpu_uuid for sample in samples)
        if gpus != self._gpus_read and (self._gpus_read is not None or taken < len(samples)):
            self._discover_at = min(self._discover_at, time.monotonic() + DISCOVER_AGAIN_S)
        self._gpus_read = gpus
        self.delivery.notify()

    async def _discover(self) -> None:
        reports = await self._source.discover()
        self._discover_at = time.monotonic() + (DISCOVER_EVERY_S if reports else DISCOVER_AGAIN_S)
        self._reports.discovered(self._naming.applied(reports))
        self.delivery.notify()

    # -- saying how it is

    def status(self) -> str:
        """One line about everything since the start."""
        counters = self.counters
        refused = f", {counters.refused.total():,} refused" if counters.refused else ""
        dropped = f", {counters.dropped:,} dropped" if counters.dropped else ""
        return (
            f"{counters.read:,} samples read, {counters.delivered:,} delivered, "
            f"{self.delivery.waiting:,} waiting{dropped}{refused}; {self._source.status.detail}; "
            f"server {self._connection.server}"
        )

    async def _say_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._options.status_every_s)
            logger.info("%s", self.status())
