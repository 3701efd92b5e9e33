"""A clock to turn by hand, and small simulated fleets on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from domain.fleet.model import CollectionSource
from domain.metrics.sample import Sample
from integrations.nvml import query
from integrations.nvml.collector import NodeCollector
from integrations.nvml.simulator import SimulatedFleet, SimulatedNvml

WEDNESDAY_NOON = datetime(2025, 10, 8, 12, 0, tzinfo=UTC).timestamp()


@dataclass
class HandClock:
    """Seconds since 1970 that pass when told to. Serves as the wall clock and as the monotonic one."""

    now: float = WEDNESDAY_NOON

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Rig:
    """One simulated node with its collector."""

    fleet: SimulatedFleet
    node: SimulatedNvml
    collector: NodeCollector
    clock: HandClock

    def sample(self) -> dict[str, Sample]:
        """One round: samples by UUID."""
        samples: list[Sample] = []
        self.collector.sample(datetime.fromtimestamp(self.clock.now, UTC), samples)
        return {sample.gpu_uuid: sample for sample in samples}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def fleet(clock: HandClock) -> SimulatedFleet:
    """The default fleet: 4 RTX 4090 (GPUs 0-3), 8 A100 (4-11), 8 H100 (12-19)."""
    return SimulatedFleet(seed=3, clock=clock)


@pytest.fixture
def h100(fleet: SimulatedFleet, clock: HandClock) -> Rig:
    return rig(fleet, 2, clock)


@pytest.fixture
def rtx4090(fleet: SimulatedFleet, clock: HandClock) -> Rig:
    return rig(fleet, 0, clock)


def rig(fleet: SimulatedFleet, number: int, clock: HandClock) -> Rig:
    node = fleet.nodes[number]
    collector = NodeCollector(node, node.layout.name, "test", CollectionSource.SIMULATED, monotonic=clock)
    return Rig(fleet, node, collector, clock)


@pytest.fixture(autouse=True)
def _nothing_logged_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "_logged", set())
