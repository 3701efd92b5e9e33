"""Waits between attempts, and tasks that end together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from integrations.broker.pacing import Backoff, Seldom
from integrations.broker.tasks import first_failure


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = 1000.0

    def move(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    return move


def test_waits_double_up_to_the_largest_and_vary() -> None:
    backoff = Backoff(0.1, 1.0)
    for expected in (0.1, 0.2, 0.4, 0.8, 1.0, 1.0):
        assert expected / 2 <= backoff.next_wait_s() <= expected
    assert len({backoff.next_wait_s() for _ in range(20)}) > 1


def test_waits_begin_anew_only_after_it_worked_for_a_while(move_clock: Callable[[float], None]) -> None:
    backoff = Backoff(0.1, 1.0)
    for _ in range(10):
        backoff.next_wait_s()
    backoff.worked()
    move_clock(0.5)
    assert backoff.next_wait_s() >= 0.5, (
        "a server that takes connections and drops them is not asked ten times a second"
    )
    backoff.worked()
    move_clock(1.5)
    assert backoff.next_wait_s() <= 0.1


def test_seldom(move_clock: Callable[[float], None]) -> None:
    seldom = Seldom(10)
    assert [seldom(), seldom()] == [True, False]
    move_clock(10)
    assert [seldom(), seldom()] == [True, False]


async def forever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    await asyncio.sleep(0)
    raise OSError("gone")


async def test_one_failure_ends_the_others() -> None:
    before = asyncio.all_tasks()
    with pytest.raises(OSError, match="gone"):
        await first_failure(a=forever(), b=failing())
    assert asyncio.all_tasks() == before


async def test_a_task_cancelled_from_outside_ends_the_others_too() -> None:
    before = asyncio.all_tasks()
    both = asyncio.create_task(first_failure(a=forever(), b=forever()))
    await asyncio.sleep(0)
    (victim,) = (task for task in asyncio.all_tasks() if task.get_name() == "broker-b")
    victim.cancel()
    with pytest.raises(RuntimeError, match="unexpectedly"):
        await both
    assert asyncio.all_tasks() == before


async def test_cancelling_the_whole_cancels_the_parts() -> None:
    before = asyncio.all_tasks()
    both = asyncio.create_task(first_failure(a=forever(), b=forever()))
    await asyncio.sleep(0)
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    assert asyncio.all_tasks() == before
