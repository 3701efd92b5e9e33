"""The outbox: bounded twice, in order, the oldest gives way."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from integrations.broker.outbox import Outbox


def filled(outbox: Outbox, *bodies: bytes) -> Outbox:
    for body in bodies:
        outbox.put((b"c", body))
    return outbox


def bodies(outbox: Outbox, messages_max: int = 1000, bytes_max: int = 1 << 20) -> list[bytes]:
    return [body for _, body in outbox.take(messages_max, bytes_max)]


def test_the_oldest_gives_way_when_there_are_too_many() -> None:
    outbox = filled(Outbox(3, 1000), b"1", b"2", b"3", b"4", b"5")
    assert outbox.dropped == 2
    assert bodies(outbox) == [b"3", b"4", b"5"]


def test_the_oldest_give_way_when_they_are_too_large() -> None:
    outbox = filled(Outbox(100, 10), b"aaaa", b"bbbb", b"cccccccc")
    assert outbox.dropped == 2
    assert outbox.bytes == 8
    assert bodies(outbox) == [b"cccccccc"]


def test_what_can_never_fit_is_dropped_itself() -> None:
    outbox = filled(Outbox(100, 10), b"x" * 11)
    assert (len(outbox), outbox.bytes, outbox.dropped) == (0, 0, 1)


def test_a_batch_is_limited_in_messages_and_in_bytes() -> None:
    outbox = filled(Outbox(100, 1000), b"aa", b"bb", b"cc", b"dddddd", b"e")
    assert bodies(outbox, messages_max=2) == [b"aa", b"bb"]
    assert bodies(outbox, bytes_max=7) == [b"cc"]
    assert bodies(outbox, bytes_max=3) == [b"dddddd"], "one message goes even where it is over the limit"
    assert bodies(outbox) == [b"e"]
    assert outbox.bytes == 0


async def test_waiting() -> None:
    outbox = Outbox(10, 100)
    assert await outbox.wait(0.01) is False
    waiter = asyncio.create_task(outbox.wait(5))
    await asyncio.sleep(0)
    outbox.put((b"c", b"1"))
    assert await waiter is True
    outbox.take(10, 100)
    assert await outbox.wait(0.01) is False


@given(st.lists(st.integers(0, 12)), st.integers(1, 5), st.integers(1, 20))
def test_whatever_is_put_the_bounds_hold_and_nothing_is_uncounted(
    sizes: list[int], messages_max: int, bytes_max: int
) -> None:
    outbox = Outbox(messages_max, bytes_max)
    for size in sizes:
        outbox.put((b"c", b"x" * size))
        assert len(outbox) <= messages_max
        assert outbox.bytes <= bytes_max
    waiting = len(outbox)
    taken: list[bytes] = []
    while batch := bodies(outbox, 2, 10):
        taken += batch
    assert [len(body) for body in taken] == sizes[len(sizes) - len(taken) :] if taken else waiting == 0
    assert len(taken) + outbox.dropped == len(sizes)
    assert outbox.bytes == 0
