from __future__ import annotations

import asyncio
import threading
import time

import pytest

from integrations.nvml.worker import CallHung, Worker


@pytest.fixture
def worker() -> Worker:
    return Worker("test-worker")


async def test_calls_run_on_one_thread_of_its_own(worker: Worker) -> None:
    names = {await worker.run(lambda: threading.current_thread().name, 1.0) for _ in range(20)}
    assert names == {"test-worker"}
    worker.close()


async def test_calls_that_overlap_run_one_after_another(worker: Worker) -> None:
    running = 0
    most = 0

    def call() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.005)
        running -= 1

    await asyncio.gather(*(worker.run(call, 1.0) for _ in range(8)))
    assert most == 1
    worker.close()


async def test_what_the_call_raises_is_raised(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 / 0, 1.0)
    worker.close()


async def test_a_hung_call_costs_one_thread_and_its_late_answer_is_dropped(worker: Worker) -> None:
    before = threading.active_count()
    returns = threading.Event()
    calls = []
    with pytest.raises(CallHung, match=r"0\.05 s"):
        await worker.run(returns.wait, 0.05)
    for _ in range(10):
        started = time.monotonic()
        with pytest.raises(CallHung, match="has not returned"):
            await worker.run(lambda: calls.append(1), 5.0)
        assert time.monotonic() - started < 1.0
    assert worker.stuck_seconds is not None
    assert threading.active_count() <= before + 1

    returns.set()
    for _ in range(200):
        if worker.stuck_seconds is None:
            break
        await asyncio.sleep(0.005)
    assert await worker.run(lambda: "well again", 1.0) == "well again"
    assert calls == []
    worker.close()


async def test_the_loop_runs_on_while_a_call_blocks(worker: Worker) -> None:
    call = asyncio.create_task(worker.run(lambda: time.sleep(0.1), 1.0))
    turns = 0
    while not call.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    worker.close()


async def test_a_call_whose_caller_gave_up_in_the_queue_is_never_made(worker: Worker) -> None:
    calls = []
    first = asyncio.create_task(worker.run(lambda: time.sleep(0.1), 1.0))
    await asyncio.sleep(0.01)
    with pytest.raises(CallHung):
        await worker.run(lambda: calls.append(1), 0.01)
    await first
    assert await worker.run(lambda: "next", 1.0) == "next"
    assert calls == []
    worker.close()


async def test_after_closing_the_thread_ends_and_calls_are_refused(worker: Worker) -> None:
    await worker.run(lambda: None, 1.0)
    worker.close()
    with pytest.raises(CallHung, match="closed"):
        await worker.run(lambda: None, 1.0)
    for _ in range(200):
        if not any(thread.name == "test-worker" for thread in threading.enumerate()):
            break
        await asyncio.sleep(0.005)
    assert not any(thread.name == "test-worker" for thread in threading.enumerate())


def test_it_serves_one_event_loop_after_another(worker: Worker) -> None:
    for number in range(3):
        assert asyncio.run(worker.run(lambda number=number: number, 1.0)) == number
    worker.close()
