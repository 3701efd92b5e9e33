"""The metric source over NVML: one or more nodes, read in one call per round on one worker thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.clock import Clock, utc_now
from domain.fleet.model import CollectionSource
from domain.fleet.reports import NodeReport
from domain.metrics.ports import SourceStatus
from domain.metrics.sample import Sample
from domain.mig.ports import MigExecutor
from integrations.nvml.collector import NodeCollector
from integrations.nvml.mig_executor import NvmlMigExecutor
from integrations.nvml.worker import CallHung, Worker

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_TIMEOUT_SECONDS = 2.0


class NvmlSource:
    """Implements `MetricSource`. Neither call raises for what a driver does: `status` says what is wrong."""

    def __init__(
        self,
        collectors: Sequence[NodeCollector],
        source: CollectionSource = CollectionSource.NVML,
        *,
        clock: Clock = utc_now,
        sample_timeout: float = 5.0,
        discover_timeout: float = 30.0,
    ) -> None:
        """Timeouts in seconds, for all nodes together. Discovery is given longer: a sleeping driver wakes slowly."""
        self._collectors = collectors
        self._source = source
        self._clock = clock
        self._sample_timeout = sample_timeout
        self._discover_timeout = discover_timeout
        self._worker = Worker(f"{source.value.lower()}-collector")
        self._mig_executor = NvmlMigExecutor(collectors, self._worker, clock=clock)
        self._trouble: str | None = "not read yet"
        self._failures = 0
        self._closed = False

    @property
    def collection_source(self) -> CollectionSource:
        return self._source

    @property
    def mig_executor(self) -> MigExecutor:
        """Carries layout commands out on the GPUs of these nodes."""
        return self._mig_executor

    @property
    def status(self) -> SourceStatus:
        """Unhealthy while a driver is away or hangs; a single lost GPU is only mentioned. Cheap enough per scrape."""
        collectors = self._collectors
        failures = self._failures + sum(collector.failures for collector in collectors)
        if self._trouble is not None:
            return SourceStatus(False, self._trouble, 0, failures)
        devices = sum(collector.readable for collector in collectors)
        down = [f"{c.node_name}: {c.trouble}" for c in collectors if c.trouble is not None]
        if down:
            return SourceStatus(False, _shortened("NVML does not answer on", down), devices, failures)
        lost = [f"{uuid} of {c.node_name}: {why}" for c in collectors for uuid, why in c.lost.items()]
        detail = _shortened("cannot be read:", lost) if lost else f"{devices:,} GPUs read"
        return SourceStatus(True, detail, devices, failures)

    async def discover(self) -> Sequence[NodeReport]:
        """The nodes whose driver answers now. A node that is not listed is not known to be gone."""
        reports = await self._run(self._discover_all, self._discover_timeout)
        return reports or ()

    async def sample(self) -> Sequence[Sample]:
        """One sample of every device that answers, all with the same timestamp object."""
        samples = await self._run(self._sample_all, self._sample_timeout)
        return samples or ()

    async def close(self) -> None:
        """Shut NVML down and let the thread end; a hung driver is left behind. May be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._worker.stuck_seconds is None:
            await self._run(self._close_all, CLOSE_TIMEOUT_SECONDS)
        self._worker.close()
        self._trouble = "closed"

    async def _run(self, call: Callable[[], T], limit_seconds: float) -> T | None:
        try:
            result = await self._worker.run(call, limit_seconds)
        except CallHung as hung:
            self._failures += 1
            self._report(str(hung))
            return None
        except Exception as error:
            self._failures += 1
            logger.exception("%s collection failed", self._source.value)
            self._report(f"{type(error).__name__}: {error}")
            return None
        self._trouble = None
        return result

    def _report(self, trouble: str) -> None:
        if self._trouble is None:
            logger.warning("%s collection: %s", self._source.value, trouble)
        self._trouble = trouble

    def _discover_all(self) -> list[NodeReport]:
        return [report for collector in self._collectors if (report := collector.discover()) is not None]

    def _sample_all(self) -> list[Sample]:
        timestamp = self._clock()
        samples: list[Sample] = []
        for collector in self._collectors:
            collector.sample(timestamp, samples)
        return samples

    def _close_all(self) -> None:
        for collector in self._collectors:
            collector.close()


def _shortened(what: str, items: Sequence[str], listed: int = 3) -> str:
    more = f" and {len(items) - listed} more" if len(items) > listed else ""
    return f"{what} {'; '.join(items[:listed])}{more}"
