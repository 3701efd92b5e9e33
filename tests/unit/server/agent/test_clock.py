"""What the agent takes for the server's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.agent.buffer import NodeKey, Reading
from server.agent.clock import ServerClock, steady_seconds
from tests.unit.server.agent.fakes import make_sample

NODE: NodeKey = ("east", "n1")
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def stamped(clock: ServerClock, *read_at: float, node: NodeKey = NODE) -> list[datetime]:
    readings = [Reading(make_sample("GPU-1"), at) for at in read_at]
    clock.stamp(node, readings)
    return [reading.stamp for reading in readings if reading.stamp is not None]


def learned(at: float = 100.0, trip: float = 0.02) -> ServerClock:
    clock = ServerClock()
    clock.learn(NOON, at - trip / 2, at + trip / 2)
    return clock


def test_stamps_are_the_servers_time_at_the_reading() -> None:
    assert stamped(learned(), 90.0, 101.5) == [NOON - timedelta(seconds=10), NOON + timedelta(seconds=1.5)]


def test_nothing_is_stamped_before_the_first_answer() -> None:
    with pytest.raises(RuntimeError):
        stamped(ServerClock(), 1.0)


def test_readings_of_one_moment_share_a_stamp() -> None:
    clock = learned()
    first, second = stamped(clock, 101.0, 101.0)
    assert first == second
    assert stamped(clock, 101.0) == [first]


def test_a_stamp_once_given_stays() -> None:
    clock = learned()
    reading = Reading(make_sample("GPU-1"), 101.0, stamp=NOON)
    clock.stamp(NODE, [reading])
    assert reading.stamp == NOON


def test_jitter_of_answers_changes_nothing() -> None:
    clock = learned()
    assert not clock.learn(NOON + timedelta(seconds=1.2), 101.0, 101.1)
    assert stamped(clock, 102.0) == [NOON + timedelta(seconds=2)]


def test_a_slow_first_answer_is_improved_by_a_quick_one() -> None:
    clock = learned(trip=4.0)
    assert not clock.learn(NOON + timedelta(seconds=11.5), 109.99, 110.01)
    assert stamped(clock, 110.0) == [NOON + timedelta(seconds=11.5)]


def test_a_clock_that_was_set_is_followed() -> None:
    clock = learned()
    stamped(clock, 100.0)
    assert clock.learn(NOON + timedelta(hours=2), 100.99, 101.01)
    assert stamped(clock, 101.0) == [NOON + timedelta(hours=2)]
    assert clock.learn(NOON + timedelta(seconds=2), 101.99, 102.01)
    assert stamped(clock, 102.0) == [NOON + timedelta(seconds=2)]


def test_after_a_small_step_back_stamps_still_grow() -> None:
    clock = learned()
    (before,) = stamped(clock, 103.0)
    assert clock.learn(NOON + timedelta(seconds=2), 103.99, 104.01)
    first, second, third = stamped(clock, 104.0, 104.5, 106.0)
    assert before < first < second < third == NOON + timedelta(seconds=4)


def test_each_node_has_its_own_order() -> None:
    clock = learned()
    assert stamped(clock, 101.0, 102.0) == stamped(clock, 101.0, 102.0, node=("east", "n2"))


def test_steady_seconds_grow() -> None:
    first = steady_seconds()
    assert steady_seconds() >= first
