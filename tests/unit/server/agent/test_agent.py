"""The agent's rounds over a source that behaves as it likes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry

from domain.fleet.model import CollectionSource
from domain.fleet.reports import NodeReport
from domain.metrics.ports import SourceStatus
from domain.metrics.sample import Sample
from domain.metrics.validation import RejectReason
from server.agent import agent as module
from server.agent.agent import Agent, AgentOptions
from server.agent.counters import Counters, CountersCollector
from server.cli.api_errors import Unreachable
from tests.unit.server.agent.fakes import FakeApi, FakeServer, FakeTime, Trouble, make_report, make_sample

INTERVAL_S = 0.01


class FakeSource:
    """One node; `gpus` of its GPUs are listed, `readable` of them answer."""

    collection_source = CollectionSource.NVML
    status = SourceStatus(True, "fine", 2, 0)
    mig_executor = None

    def __init__(self, gpus: int = 2) -> None:
        self.gpus = gpus
        self.readable = gpus
        self.discoveries = 0
        self.closed = False

    async def discover(self) -> Sequence[NodeReport]:
        self.discoveries += 1
        return [make_report("n1", self.gpus)] if self.gpus else []

    async def sample(self) -> Sequence[Sample]:
        return [make_sample(f"GPU-n1-{index:04d}") for index in range(self.readable)]

    async def close(self) -> None:
        self.closed = True


class Running:
    """An agent at work, and the server it talks to."""

    def __init__(
        self, source: FakeSource, options: AgentOptions | None = None, plan: list[Trouble | None] | None = None
    ) -> None:
        self.source = source
        self.server = FakeServer(FakeTime())
        self.agent = Agent(
            source, options or AgentOptions(["http://one"], INTERVAL_S), lambda _address: FakeApi(self.server, plan)
        )
        self.server._steady = self.agent._steady  # type: ignore[assignment] # real time passes
        self.task = asyncio.create_task(self.agent.run())

    async def until(self, holds: object) -> None:
        async with asyncio.timeout(5):
            while not holds():  # type: ignore[operator]
                await asyncio.sleep(0.005)
                if self.task.done():
                    self.task.result()

    async def stop(self) -> None:
        self.agent.stop()
        await self.task


async def test_delivers_and_ends_in_order() -> None:
    running = Running(FakeSource())
    await running.until(lambda: running.agent.counters.delivered >= 10)
    await running.stop()
    assert running.source.closed
    assert running.agent.delivery.waiting == 0
    assert running.agent.counters.read == running.agent.counters.delivered == len(running.server.accepted)


async def test_looks_again_soon_after_the_gpus_it_reads_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DISCOVER_AGAIN_S", 0.02)
    running = Running(FakeSource(2))
    await running.until(lambda: running.agent.counters.delivered >= 4)
    assert running.source.discoveries == 1
    running.source.gpus = running.source.readable = 3
    await running.until(lambda: running.source.discoveries == 2)
    await running.until(lambda: any(uuid == "GPU-n1-0002" for uuid, _, _ in running.server.accepted))
    assert running.agent.counters.unassigned > 0
    await running.stop()
    assert running.source.discoveries == 2


async def test_a_machine_without_gpus_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DISCOVER_AGAIN_S", 0.02)
    running = Running(FakeSource(0))
    await running.until(lambda: running.source.discoveries >= 3)
    assert running.server.reports == []
    await running.stop()


async def test_a_full_buffer_drops_the_oldest_counts_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    options = AgentOptions(["http://one"], INTERVAL_S, buffer_samples_max=6, flush_s=0.05)
    running = Running(FakeSource(), options, [Trouble(Unreachable("away"), done=False)] * 1000)
    with caplog.at_level(logging.WARNING, "gpu.agent"):
        await running.until(lambda: running.agent.counters.dropped >= 6)
        running.task.cancel()
        with suppress(asyncio.CancelledError):
            await running.task
    assert running.agent.delivery.waiting == 6
    assert caplog.text.count("the buffer is full: the oldest readings are dropped") == 1


async def test_says_how_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gpu.agent"):
        running = Running(FakeSource(), AgentOptions(["http://one"], INTERVAL_S, status_every_s=0.05))
        await running.until(lambda: "samples read" in caplog.text)
        await running.stop()
    assert "0 waiting; fine; server http://one" in caplog.text


async def test_a_fault_of_the_agent_itself_ends_it() -> None:
    class Broken(FakeSource):
        async def sample(self) -> Sequence[Sample]:
            raise ZeroDivisionError

    running = Running(Broken())
    with pytest.raises(ZeroDivisionError):
        await running.task
    assert running.source.closed


def test_counters_for_prometheus() -> None:
    counters = Counters(read=5, delivered=3)
    counters.refused[RejectReason.TOO_OLD] = 2
    registry = CollectorRegistry()
    registry.register(CountersCollector(counters, lambda: 7))
    assert registry.get_sample_value("gpu_agent_samples_read_total") == 5
    assert registry.get_sample_value("gpu_agent_samples_buffered") == 7
    assert registry.get_sample_value("gpu_agent_samples_refused_total", {"reason": "TOO_OLD"}) == 2
