"""The bounds and the order of the buffer."""

from __future__ import annotations

import pytest

from server.agent.buffer import NodeKey, Reading, ReadingBuffer
from tests.unit.server.agent.fakes import make_sample

A: NodeKey = ("east", "a")
B: NodeKey = ("east", "b")


def readings(at: float, count: int = 1) -> list[Reading]:
    return [Reading(make_sample(f"GPU-{index}"), at) for index in range(count)]


def moments(buffer: ReadingBuffer, node: NodeKey, most: int = 100) -> list[float]:
    return [reading.read_at for reading in buffer.take(node, most)]


def test_takes_the_oldest_of_the_node_that_waits_longest() -> None:
    buffer = ReadingBuffer(100, 60)
    buffer.add(B, readings(1.0))
    buffer.add(A, readings(2.0))
    buffer.add(B, readings(3.0))
    assert buffer.next_node() == B
    assert moments(buffer, B, 1) == [1.0]
    assert buffer.next_node() == A
    assert len(buffer) == 2


def test_a_node_that_may_not_be_sent_does_not_hold_up_the_others() -> None:
    buffer = ReadingBuffer(100, 60)
    buffer.add(A, readings(1.0))
    buffer.add(B, readings(2.0))
    assert buffer.next_node(lambda node: node != A) == B


def test_what_is_put_back_comes_first_and_in_order() -> None:
    buffer = ReadingBuffer(100, 60)
    buffer.add(A, [*readings(1.0), *readings(2.0), *readings(3.0)])
    taken = buffer.take(A, 2)
    buffer.put_back(A, taken)
    assert moments(buffer, A) == [1.0, 2.0, 3.0]
    assert len(buffer) == 0
    assert buffer.next_node() is None


def test_drops_the_oldest_of_all_nodes_when_there_are_too_many() -> None:
    buffer = ReadingBuffer(4, 60)
    for at in (1.0, 2.0, 3.0):
        buffer.add(A, readings(at))
        buffer.add(B, readings(at))
    assert buffer.bound(3.0) == 2
    assert buffer.dropped == 2
    assert moments(buffer, A) == [2.0, 3.0]
    assert moments(buffer, B) == [2.0, 3.0]


def test_keeps_as_many_of_one_moment_as_there_is_room_for() -> None:
    buffer = ReadingBuffer(5, 60)
    buffer.add(A, readings(1.0, 8))
    assert buffer.bound(1.0) == 3
    assert len(buffer) == 5


def test_drops_what_is_too_old() -> None:
    buffer = ReadingBuffer(100, 10)
    for at in (1.0, 2.0, 15.0):
        buffer.add(A, readings(at, 2))
    assert buffer.bound(20.0) == 4
    assert moments(buffer, A) == [15.0, 15.0]


def test_nothing_is_dropped_within_the_bounds() -> None:
    buffer = ReadingBuffer(100, 10)
    buffer.add(A, readings(1.0, 3))
    assert buffer.bound(11.0) == 0


@pytest.mark.parametrize(("samples", "age"), [(0, 1.0), (1, 0.0)])
def test_bounds_that_hold_nothing_are_refused(samples: int, age: float) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        ReadingBuffer(samples, age)
