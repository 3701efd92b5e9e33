"""What only the memory broker does; what both do is in the contract tests."""

from __future__ import annotations

import asyncio

from domain.metrics.ports import Broker
from integrations.broker.handlers import MESSAGE_BYTES_MAX
from integrations.broker.memory import MemoryBroker, MemoryHub


async def test_alone_it_reaches_nobody_and_counts() -> None:
    broker: Broker = MemoryBroker()
    got: list[bytes] = []
    broker.subscribe("c", got.append)
    await broker.start()
    broker.publish("c", b"1")
    await asyncio.sleep(0)
    assert got == []
    assert (broker.status.connected, broker.status.published, broker.status.received) == (True, 1, 0)
    await broker.stop()
    assert broker.status.connected is False


async def test_brokers_without_a_common_hub_do_not_meet() -> None:
    one, two = MemoryBroker(), MemoryBroker(MemoryHub())
    got: list[bytes] = []
    two.subscribe("c", got.append)
    await one.start()
    await two.start()
    one.publish("c", b"1")
    await asyncio.sleep(0)
    assert got == []


async def test_what_is_on_its_way_to_a_stopped_broker_is_not_delivered() -> None:
    hub = MemoryHub()
    one, two = MemoryBroker(hub), MemoryBroker(hub)
    got: list[bytes] = []
    two.subscribe("c", got.append)
    await one.start()
    await two.start()
    one.publish("c", b"1")
    assert got == [], "a publisher never runs another replica's handlers"
    await two.stop()
    await asyncio.sleep(0)
    assert got == []
    assert hub.brokers == [one]


async def test_dropped_are_those_before_the_start_and_those_too_large() -> None:
    broker = MemoryBroker()
    broker.publish("c", b"1")
    await broker.start()
    broker.publish("c", bytes(MESSAGE_BYTES_MAX + 1))
    broker.publish("c", bytes(MESSAGE_BYTES_MAX))
    assert (broker.status.published, broker.status.dropped) == (1, 2)
