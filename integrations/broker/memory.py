"""The broker of one process: no server, no other replica.

What it publishes reaches nobody, because the publisher applies its own data directly. Brokers made with the same
`MemoryHub` are as replicas to each other: that is how two of them are tested in one process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from domain.metrics.ports import BrokerStatus, Handler
from integrations.broker.handlers import MESSAGE_BYTES_MAX, Handlers


class MemoryHub:
    """Where the brokers of one process meet."""

    def __init__(self) -> None:
        self.brokers: list[MemoryBroker] = []
        """The started ones."""


class MemoryBroker:
    """Implements `domain.metrics.ports.Broker` within one event loop."""

    def __init__(self, hub: MemoryHub | None = None) -> None:
        self._hub = hub or MemoryHub()
        self._handlers = Handlers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._published = 0
        self._received = 0
        self._dropped = 0
        self.on_reconnect: list[Callable[[], None]] = []
        """Never called: nothing here can be lost. Present so that both brokers are used alike."""

    @property
    def status(self) -> BrokerStatus:
        started = self._loop is not None
        detail = "in memory: one process, no other replica" if started else "not started"
        return BrokerStatus(started, detail, self._published, self._received, self._dropped, reconnects=0)

    @property
    def handler_failures(self) -> int:
        """Exceptions raised by handlers since start."""
        return self._handlers.failures

    async def start(self) -> None:
        """Join the hub. Starting twice changes nothing."""
        if self._loop is None:
            self._handlers.close()
            self._loop = asyncio.get_running_loop()
            self._hub.brokers.append(self)

    async def stop(self) -> None:
        """Leave the hub; messages on their way to this broker are not delivered. It may be started again."""
        if self._loop is not None:
            self._hub.brokers.remove(self)
            self._loop = None
            self._handlers.reopen()

    def publish(self, channel: str, payload: bytes) -> None:
        """Hand to the other brokers of the hub on their next turn of the event loop.

        A payload over `MESSAGE_BYTES_MAX` bytes is dropped and counted, and so is one published before `start()`.
        """
        if self._loop is None or len(payload) > MESSAGE_BYTES_MAX:
            self._dropped += 1
            return
        self._published += 1
        for broker in self._hub.brokers:
            if broker is not self and broker._loop is not None:
                broker._loop.call_soon(broker._receive, channel, payload)

    def subscribe(self, channel: str, handler: Handler) -> None:
        """Raises `RuntimeError` once started."""
        self._handlers.add(channel, handler)

    def _receive(self, channel: str, payload: bytes) -> None:
        if self._loop is not None and channel in self._handlers.channels:
            self._received += 1
            self._handlers.deliver(channel, payload)
