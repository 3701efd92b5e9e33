"""A runtime of real parts over a fleet in memory, for tests that need no database and no socket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from domain.errors import Unavailable
from domain.fleet.model import CollectionSource
from domain.metrics.frames import FrameClock
from domain.metrics.live import LiveState
from domain.metrics.ports import BrokerStatus, SourceStatus
from server.loops import Loops
from server.observability.traffic import Traffic
from server.settings import Settings
from tests.unit.fleet_factory import NOW, FakeReader, make_view


class Reader(FakeReader):
    """A database that a test can take away."""

    away: Exception | None = None

    async def revision(self) -> int:
        if self.away is not None:
            raise self.away
        return await super().revision()


class Source:
    """A source of readings in whatever state a test wants it."""

    collection_source = CollectionSource.NVML
    status = SourceStatus(True, "8 GPUs read", 8, 3)


def make_collection(source: Any = None) -> Any:
    return SimpleNamespace(source=source or Source(), rounds=11, rounds_late=2, last_round_s=0.25)


async def make_runtime(nodes: int = 2, per_node: int = 4, **settings: Any) -> Any:
    """Looks like `Runtime`: started, everything well at `NOW`."""
    view, reader = await make_view(nodes, per_node)
    reader.__class__ = Reader
    return SimpleNamespace(
        settings=Settings(data_dir=Path("/nonexistent"), **settings),
        view=view,
        reader=reader,
        live=LiveState(view, clock=lambda: NOW),
        frames=FrameClock(1.0),
        broker=SimpleNamespace(status=BrokerStatus(True, "in memory", 5, 4, 3, 2)),
        collection=make_collection(),
        hub=SimpleNamespace(members=7, cohorts=2, executions=100, frames_missed=9, resyncs=1),
        endpoint=SimpleNamespace(draining=False, sockets=6),
        replication=SimpleNamespace(undecodable=1),
        traffic=Traffic(),
        loops=Loops(),
        ready=True,
    )


def lost(message: str = "the database is away") -> Unavailable:
    return Unavailable(message)


def at(moment: datetime) -> Any:
    return lambda: moment
