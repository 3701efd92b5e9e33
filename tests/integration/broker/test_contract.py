"""What every broker promises, whatever carries the messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from integrations.broker.handlers import MESSAGE_BYTES_MAX
from integrations.broker.memory import MemoryBroker, MemoryHub
from integrations.broker.redis import RedisBroker
from tests.integration.broker.support import redis_broker, until

AnyBroker = MemoryBroker | RedisBroker
Make = Callable[[], AnyBroker]


@pytest.fixture(params=["memory", "redis", "unix"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Makes brokers that can reach each other; all are stopped at the end."""
    made: list[AnyBroker] = []
    hub = MemoryHub()

    def make_one() -> AnyBroker:
        if request.param == "memory":
            made.append(MemoryBroker(hub))
        else:
            server = request.getfixturevalue("redis_server")
            url = server.url if request.param == "redis" else server.unix_url
            made.append(redis_broker(f"{url}?prefix={request.node.name}:"))
        return made[-1]

    if request.param != "memory":
        request.getfixturevalue("redis_server")
    yield make_one
    for broker in made:
        await broker.stop()


async def started(*brokers: AnyBroker) -> None:
    for broker in brokers:
        await broker.start()
    await until(lambda: all(broker.status.connected for broker in brokers))


async def test_a_message_reaches_the_others_and_not_its_publisher(make: Make) -> None:
    brokers = [make() for _ in range(3)]
    got: list[list[bytes]] = [[], [], []]
    for broker, box in zip(brokers, got, strict=True):
        broker.subscribe("metrics", box.append)
    await started(*brokers)
    brokers[0].publish("metrics", b"\x00\xff one")
    brokers[1].publish("metrics", b"")
    await until(lambda: len(got[2]) == 2 and got[1] and got[0])
    assert got[0] == [b""]
    assert got[1] == [b"\x00\xff one"]
    assert sorted(got[2]) == [b"", b"\x00\xff one"]
    await until(lambda: brokers[0].status.published == 1)
    assert [broker.status.received for broker in brokers] == [1, 1, 2]


async def test_channels_are_kept_apart_and_one_may_have_several_handlers(make: Make) -> None:
    sender, taker = make(), make()
    a: list[bytes] = []
    a_too: list[bytes] = []
    b: list[bytes] = []
    taker.subscribe("a", a.append)
    taker.subscribe("a", a_too.append)
    taker.subscribe("b", b.append)
    await started(sender, taker)
    sender.publish("a", b"1")
    sender.publish("nobody", b"2")
    sender.publish("b", b"3")
    await until(lambda: b)
    assert (a, a_too, b) == ([b"1"], [b"1"], [b"3"])
    assert taker.status.received == 2, "messages are counted, not calls of handlers"


async def test_order_is_kept(make: Make) -> None:
    sender, taker = make(), make()
    got: list[int] = []
    taker.subscribe("c", lambda payload: got.append(int(payload)))
    await started(sender, taker)
    for number in range(1_500):
        sender.publish("c", str(number).encode())
    await until(lambda: len(got) == 1_500)
    assert got == list(range(1_500))
    await until(lambda: sender.status.published == 1_500)
    assert sender.status.dropped == 0


async def test_a_handler_that_fails_stops_nothing(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    sender, taker = make(), make()
    got: list[bytes] = []

    def fail(payload: bytes) -> None:
        raise ValueError("a bug in a handler")

    taker.subscribe("c", fail)
    taker.subscribe("c", got.append)
    await started(sender, taker)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sender.publish("c", b"x")
        await until(lambda: len(got) == 3)
    assert taker.handler_failures == 3
    assert caplog.text.count("a handler of broker channel 'c' failed") == 1, "logged seldom, counted always"
    assert "a bug in a handler" in caplog.text
    assert taker.status.connected


async def test_subscribing_after_the_start_is_a_mistake(make: Make) -> None:
    broker = make()
    await broker.start()
    with pytest.raises(RuntimeError, match="before the broker is started"):
        broker.subscribe("late", lambda payload: None)


async def test_messages_up_to_the_bound_pass_and_larger_ones_are_dropped(make: Make) -> None:
    sender, taker = make(), make()
    got: list[int] = []
    taker.subscribe("c", lambda payload: got.append(len(payload)))
    await started(sender, taker)
    sender.publish("c", bytes(MESSAGE_BYTES_MAX + 1))
    sender.publish("c", bytes(MESSAGE_BYTES_MAX))
    sender.publish("c", b"")
    await until(lambda: len(got) == 2)
    assert got == [MESSAGE_BYTES_MAX, 0]
    assert sender.status.dropped == 1


async def test_start_and_stop_may_be_called_twice_and_again(make: Make) -> None:
    before = asyncio.all_tasks()
    sender, taker = make(), make()
    got: list[bytes] = []
    taker.subscribe("c", got.append)
    await sender.stop()
    for turn in (1, 2):
        await started(sender, sender, taker, taker)
        sender.publish("c", b"x")
        await until(partial(lambda wanted: len(got) == wanted, turn))
        await asyncio.gather(taker.stop(), taker.stop())
        await sender.stop()
        await sender.stop()
        assert not taker.status.connected
        assert asyncio.all_tasks() == before
    assert sender.status.reconnects == 0


async def test_what_was_published_just_before_the_stop_is_sent(make: Make) -> None:
    sender, taker = make(), make()
    got: list[bytes] = []
    taker.subscribe("c", got.append)
    await started(sender, taker)
    for _ in range(500):
        sender.publish("c", bytes(1000))
    await sender.stop()
    assert sender.status.published == 500
    await until(lambda: len(got) == 500)
