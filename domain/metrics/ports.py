"""What the live path needs from outside: a source of readings and a broker between replicas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.fleet.model import CollectionSource
from domain.fleet.reports import NodeReport
from domain.metrics.sample import Sample
from domain.mig.ports import MigExecutor


class MetricSource(Protocol):
    """Something that finds GPUs and reads them: NVML on this machine, or the simulated fleet.

    Neither call blocks the event loop. Both survive lost devices and driver restarts: a device that
    cannot be read is left out of the answer and counted, the others are still read.
    """

    @property
    def collection_source(self) -> CollectionSource: ...
    @property
    def status(self) -> SourceStatus: ...
    @property
    def mig_executor(self) -> MigExecutor | None:
        """Carries layout commands out on the GPUs it reads; None: it only reads."""
        ...

    async def discover(self) -> Sequence[NodeReport]: ...
    async def sample(self) -> Sequence[Sample]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, for /readyz and /metrics."""

    healthy: bool
    detail: str
    devices: int
    failures: int
    """Failed reads since start."""


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """How a broker is doing. Counters are messages since start; `dropped` were not sent because the outbox was full."""

    connected: bool
    detail: str
    published: int
    received: int
    dropped: int
    reconnects: int


Handler = Callable[[bytes], None]


class Broker(Protocol):
    """Best-effort messages between the replicas of one fleet.

    A message reaches the *other* processes only: the publisher applies its own data directly, so losing
    the broker never stops a replica's own path. At most once, in order per publisher while connected.
    """

    on_reconnect: list[Callable[[], None]]
    """Called after every recovery: messages were missed meanwhile."""

    @property
    def status(self) -> BrokerStatus: ...
    async def start(self) -> None:
        """Begin connecting; returns at once even when the other side is away, and keeps trying."""
        ...

    async def stop(self) -> None: ...
    def publish(self, channel: str, payload: bytes) -> None:
        """Queue for sending; never blocks. A full outbox drops its oldest message and counts it."""
        ...

    def subscribe(self, channel: str, handler: Handler) -> None:
        """Call `handler` on the event loop for every message of the channel. Before `start()` only."""
        ...
