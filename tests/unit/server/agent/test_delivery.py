"""Delivery against a server that fails in every way: everything arrives, once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agent import delivery as module
from server.agent.api import AgentApi
from server.agent.buffer import NodeKey, Reading
from server.agent.connection import Connection
from server.cli.api_errors import CallFailed, Refused
from tests.unit.server.agent.bench import GPUS, Bench, lost
from tests.unit.server.agent.fakes import FakeServer, Trouble, make_report


async def test_reports_first_then_learns_the_time_then_sends() -> None:
    bench = Bench()
    bench.read(3)
    await bench.deliver()
    bench.check_all_once_and_in_order()
    assert bench.server.reports == bench.node_reports
    assert bench.apis["http://0"].batches == [0, 6]


async def test_stamps_are_the_servers_time_whatever_this_machines_clock_says() -> None:
    bench = Bench()
    bench.server.clock_off = timedelta(days=400)
    bench.read()
    await bench.deliver()
    assert bench.server.accepted[0][1] == bench.server.now


@pytest.mark.parametrize("done", [True, False])
async def test_an_unanswered_batch_is_sent_again_and_counted_once(done: bool) -> None:
    bench = Bench([None, None, lost(done=done), lost(done=done)])
    bench.read(5)
    await bench.deliver()
    bench.check_all_once_and_in_order()
    assert bench.counters.retries == 2


async def test_a_batch_is_the_same_when_it_comes_again_even_if_the_clock_was_corrected_between() -> None:
    bench = Bench([None, None, lost(done=True)])
    bench.read(5)
    await bench.deliver()
    bench.server.clock_off = timedelta(seconds=3)
    bench.read(2)
    await bench.deliver()
    bench.check_all_once_and_in_order()


@given(st.data())
def test_everything_arrives_once_whatever_fails(data: st.DataObject) -> None:
    troubles = st.sampled_from(
        [None, None, lost(done=True), lost(done=False), Trouble(CallFailed("away", "UNAVAILABLE"), done=False)]
    )
    plans = [data.draw(st.lists(troubles, max_size=12)) for _ in range(data.draw(st.integers(1, 3)))]
    bench = Bench(*plans, nodes=data.draw(st.integers(1, 3)))

    async def run() -> None:
        for _ in range(data.draw(st.integers(1, 4))):
            bench.read(data.draw(st.integers(0, 4)))
            await bench.deliver()
            bench.server.clock_off += timedelta(seconds=data.draw(st.sampled_from([0, 0, 0.5, 7200])))
        await bench.deliver()

    asyncio.run(run())
    bench.check_all_once_and_in_order()


async def test_goes_on_to_the_next_server_and_stays_there() -> None:
    bench = Bench([None, None, lost(done=False), lost(done=False)], [])
    bench.read(2)
    await bench.deliver()
    bench.read(2)
    await bench.deliver()
    bench.check_all_once_and_in_order()
    assert bench.opened == ["http://0", "http://1"]
    assert bench.counters.failovers == 1


async def test_a_server_that_lost_its_database_is_told_everything_again() -> None:
    bench = Bench()
    bench.read()
    await bench.deliver()
    bench.server.devices.clear()
    bench.read()
    await bench.deliver()
    bench.check_all_once_and_in_order()
    assert len(bench.server.reports) == 2


async def test_a_device_registered_late_is_reported_and_its_readings_follow() -> None:
    bench = Bench()
    bench.read()
    await bench.deliver()
    del bench.server.devices["GPU-n0-0001"]
    bench.read(3)
    await bench.deliver()
    bench.check_all_once_and_in_order()


async def test_a_clock_set_back_makes_readings_come_from_the_future_and_they_are_stamped_anew() -> None:
    bench = Bench()
    bench.read()
    await bench.deliver()
    bench.server.clock_off = timedelta(hours=-2)
    bench.server.latest.clear()
    bench.read(3)
    await bench.deliver()
    assert len(bench.server.accepted) == 4 * GPUS
    assert bench.server.accepted[-1][1] <= bench.server.now
    assert bench.counters.corrections == 1
    assert bench.counters.refused.total() == 0


async def test_a_clock_set_forward_makes_readings_too_old_and_they_are_stamped_anew() -> None:
    bench = Bench()
    bench.read()
    await bench.deliver()
    bench.server.clock_off = timedelta(days=3)
    bench.read(3)
    await bench.deliver()
    bench.check_all_once_and_in_order()
    assert bench.server.accepted[-1][1] == bench.server.now


async def test_the_newest_inventory_is_sent_until_it_is_acknowledged() -> None:
    bench = Bench([lost(done=False), lost(done=True), lost(done=False)])
    newest = make_report("n0", 1)
    bench.reports.discovered([newest])
    await bench.deliver()
    assert bench.server.reports == [newest, newest]
    assert bench.counters.reports == 1


async def test_a_body_that_is_too_large_is_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_SAMPLES_MAX", 8)

    class SmallServer(FakeServer):
        def record(self, node: NodeKey, readings: Sequence[Reading]) -> object:  # type: ignore[override]
            if len(readings) > 3:
                raise CallFailed("too large", "BODY_TOO_LARGE")
            return super().record(node, readings)

    bench = Bench()
    bench.apis["http://0"].server = SmallServer(bench.time)
    bench.server = bench.apis["http://0"].server
    bench.read(6)
    await bench.deliver()
    bench.check_all_once_and_in_order()


async def test_a_batch_the_server_cannot_take_does_not_block_the_next() -> None:
    bench = Bench([None, None, Trouble(CallFailed("no such thing", "INVALID_INPUT"), done=False)])
    bench.read(1)
    await bench.deliver()
    bench.read(1)
    await bench.deliver()
    assert len(bench.server.accepted) == GPUS
    assert bench.counters.refused.total() == GPUS


async def test_a_refused_report_does_not_hold_up_the_other_nodes() -> None:
    bench = Bench([Trouble(CallFailed("a bad name", "INVALID_INPUT"), done=False)], nodes=2)
    bench.read()
    await bench.deliver()
    assert {uuid for uuid, _, _ in bench.server.accepted} == {"GPU-n1-0000", "GPU-n1-0001"}
    assert bench.delivery.waiting == GPUS


async def test_an_agent_that_no_server_lets_in_ends() -> None:
    refused = [Trouble(Refused("the token has expired"), done=False)] * 3
    bench = Bench(list(refused), list(refused))
    with pytest.raises(Refused):
        await bench.deliver()


async def test_an_agent_that_was_let_in_once_keeps_trying() -> None:
    bench = Bench([None, None, *[Trouble(Refused("the token has expired"), done=False)] * 5])
    bench.read(4)
    await bench.deliver()
    bench.check_all_once_and_in_order()


async def test_flush_delivers_what_there_is() -> None:
    bench = Bench([None, None, lost(done=True)])
    bench.read(3)
    await bench.delivery.flush()
    bench.check_all_once_and_in_order()


async def test_flush_gives_up_when_nobody_answers() -> None:
    bench = Bench([lost(done=False)] * 50)
    bench.read(3)
    await bench.delivery.flush()
    assert bench.delivery.waiting == 3 * GPUS


async def test_while_catching_up_the_server_is_left_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    class SlowServer(FakeServer):
        def record(self, node: NodeKey, readings: Sequence[Reading]) -> object:  # type: ignore[override]
            self._steady.passes(0.4)
            return super().record(node, readings)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    bench = Bench()
    bench.delivery._batch_max = 4
    bench.apis["http://0"].server = bench.server = SlowServer(bench.time)
    bench.read(8)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    await bench.delivery.flush()
    assert len([wait for wait in waits if 0.2 <= wait <= 0.6]) == 2
    assert bench.delivery.waiting == 0


def test_waits_grow_only_when_every_server_was_tried() -> None:
    def opens(_address: str) -> AbstractAsyncContextManager[AgentApi]:
        raise AssertionError

    connection = Connection(["a", "b"], opens, retry_first_s=1.0, retry_most_s=4.0)

    async def waits() -> list[float]:
        found = []
        for _ in range(10):
            await connection.failed()
            found.append(connection.wait_s)
        return found

    found = asyncio.run(waits())
    assert found[0::2] == [0.0] * 5
    for wait, longest in zip(found[1::2], [1.0, 2.0, 4.0, 4.0, 4.0], strict=True):
        assert longest / 2 <= wait <= longest
    connection.worked()
    assert connection.wait_s == 0.0
