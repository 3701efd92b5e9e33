"""The collector's rounds: find the GPUs, register them, read them at every interval."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from domain.access.principal import SYSTEM
from domain.clock import utc_now
from domain.errors import DomainError
from domain.fleet.model import CollectionSource, node_id_for
from domain.fleet.reporting import NodeReporting
from domain.metrics.live import LiveState
from domain.metrics.ports import MetricSource
from domain.metrics.sample import GpuMetric
from domain.metrics.validation import RejectReason

logger = logging.getLogger("gpu.collection")

DISCOVER_EVERY_S = 60.0
DISCOVER_AGAIN_S = 5.0
"""After a discovery that could not be stored, or a reading of a GPU that is not registered."""


class Collection:
    """Runs one source of readings for this process."""

    def __init__(
        self,
        source: MetricSource,
        reporting: NodeReporting,
        live: LiveState,
        share: Callable[[Sequence[GpuMetric]], None],
        interval_s: float,
    ) -> None:
        self.source = source
        self._reporting = reporting
        self._live = live
        self._share = share
        self._interval_s = interval_s
        self._discover_at = 0.0
        self.node_ids: frozenset[str] = frozenset()
        """The nodes it reads, as discovered last."""
        self.rounds = 0
        self.rounds_late = 0
        """Rounds that took longer than the interval, since start."""
        self.last_round_s = 0.0

    async def begin(self) -> None:
        """The first discovery and round, so that a server that is ready has something to show."""
        try:
            async with asyncio.timeout(20):
                await self._discover()
                await self._round()
        except (DomainError, TimeoutError) as error:
            logger.warning("the first collection did not finish: %s", error)

    async def run(self) -> None:
        """Collect at every interval until cancelled. A late round is followed at once, but none is made up for."""
        due = time.monotonic()
        while True:
            due = max(due + self._interval_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            if time.monotonic() >= self._discover_at:
                await self._discover()
            await self._round()

    async def _round(self) -> None:
        began = time.monotonic()
        outcome = self._live.ingest(await self.source.sample())
        self._share(outcome.metrics)
        self.rounds += 1
        self.last_round_s = time.monotonic() - began
        self.rounds_late += self.last_round_s > self._interval_s
        if outcome.rejected[RejectReason.UNKNOWN_DEVICE]:
            self._discover_at = min(self._discover_at, time.monotonic() + DISCOVER_AGAIN_S)

    async def _discover(self) -> None:
        read_at = utc_now()
        reports = await self.source.discover()
        self._discover_at = time.monotonic() + DISCOVER_EVERY_S
        try:
            await self._reporting.report_nodes(SYSTEM, reports, read_at)
            self.node_ids = frozenset(node_id_for(report.cluster_name, report.node_name) for report in reports)
            if self.source.collection_source is CollectionSource.SIMULATED:
                for cluster_name in {report.cluster_name for report in reports}:
                    await self._reporting.forget_simulated_nodes(SYSTEM, cluster_name, self.node_ids)
        except DomainError as error:
            logger.warning("the discovered GPUs could not be registered: %s", error.message)
            self._discover_at = time.monotonic() + DISCOVER_AGAIN_S
