"""The broker over Redis pub/sub.

A supervisor opens two connections - one to send, one subscribed - and serves them with one task each until either
fails; then it closes both, waits and begins again, for ever. Either both work or the status says that they do not.
The server's user needs the commands PUBLISH, SUBSCRIBE and PING on the channels `<prefix>*`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from domain.metrics.ports import BrokerStatus, Handler
from integrations.broker.address import RedisAddress
from integrations.broker.handlers import LOG_EVERY_S, MESSAGE_BYTES_MAX, Handlers
from integrations.broker.link import Link, in_words
from integrations.broker.outbox import Outbox
from integrations.broker.pacing import Backoff, Seldom
from integrations.broker.tasks import first_failure

logger = logging.getLogger(__name__)

ORIGIN_BYTES = 8
BATCH_MESSAGES = 256
BATCH_BYTES = 1024 * 1024
"""At most this much is sent in one round trip."""

TURN_S = 0.005
"""A receiver with a full socket gives way to the rest of the event loop this often."""


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """How patient a broker is and how much it keeps. A hung server is noticed within `health` + `timeout` seconds."""

    timeout_s: float = 2.0
    """For connecting, for a write and for an answer."""
    health_interval_s: float = 1.0
    """A connection silent for this long is asked for a sign of life."""
    backoff_first_s: float = 0.1
    backoff_max_s: float = 5.0
    """The wait between attempts doubles from the first to the largest; up to half is taken off at random."""
    flush_s: float = 1.0
    """How long `stop()` lets a working connection send what waits."""
    outbox_messages: int = 1_000
    outbox_bytes: int = 32 * 1024 * 1024
    message_bytes_max: int = MESSAGE_BYTES_MAX


class RedisBroker:
    """Implements `domain.metrics.ports.Broker`. Used from one event loop."""

    def __init__(self, address: RedisAddress, options: RedisOptions | None = None) -> None:
        self._address = address
        self._options = options or RedisOptions()
        self._prefix = address.prefix.encode()
        self._origin = os.urandom(ORIGIN_BYTES)
        self._handlers = Handlers()
        self._backoff = Backoff(self._options.backoff_first_s, self._options.backoff_max_s)
        self._outbox = Outbox(self._options.outbox_messages, self._options.outbox_bytes)
        self._flushed = asyncio.Event()
        self._flushed.set()
        self._may_log_refusal = Seldom(LOG_EVERY_S)
        self._supervisor: asyncio.Task[None] | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._stopping = False
        self._connected = False
        self._ever_connected = False
        self._failed = False
        self._detail = "not started"
        self._published = 0
        self._received = 0
        self._refused = 0
        self._reconnects = 0
        self.unconfirmed = 0
        """Messages sent on a connection that broke before Redis confirmed them: they may be lost."""
        self.ignored = 0
        """Messages on our channels that no replica can have sent: too short or too large."""
        self.on_reconnect: list[Callable[[], None]] = []
        """Called on the event loop when a connection works after one that failed: messages were missed meanwhile."""

    @property
    def status(self) -> BrokerStatus:
        """`published` were confirmed by Redis; `dropped` were pushed out of a full outbox or too large."""
        return BrokerStatus(
            self._connected,
            self._detail,
            self._published,
            self._received,
            self._outbox.dropped + self._refused,
            self._reconnects,
        )

    @property
    def handler_failures(self) -> int:
        """Exceptions raised by handlers and reconnect callbacks since start."""
        return self._handlers.failures

    def subscribe(self, channel: str, handler: Handler) -> None:
        """Raises `RuntimeError` once started."""
        self._handlers.add(channel, handler)

    def publish(self, channel: str, payload: bytes) -> None:
        """Queue for sending. A payload over `message_bytes_max` is dropped, logged and counted."""
        if len(payload) > self._options.message_bytes_max:
            self._refused += 1
            if self._may_log_refusal():
                what = f"a message of {len(payload):,} bytes for broker channel {channel!r}"
                logger.error("%s was dropped: at most %d bytes are sent", what, self._options.message_bytes_max)
            return
        self._outbox.put((self._prefix + channel.encode(), self._origin + payload))
        self._flushed.clear()

    async def start(self) -> None:
        """Begin connecting; returns at once. Starting twice changes nothing."""
        if self._supervisor is None and self._restart is None:
            self._handlers.close()
            self._stopping = False
            self._failed = False
            self._ever_connected = False
            self._detail = f"connecting to Redis at {self._address.where}"
            self._supervise()

    async def stop(self) -> None:
        """Send what waits if the connection works, within `flush_s`; then end all tasks and connections."""
        self._stopping = True
        try:
            if self._connected and not self._flushed.is_set():
                async with asyncio.timeout(self._options.flush_s):
                    await self._flushed.wait()
        except TimeoutError:
            logger.warning("%d messages still waited when the broker was stopped", len(self._outbox))
        finally:
            if self._restart is not None:
                self._restart.cancel()
                self._restart = None
            task = self._supervisor
            if task is not None:
                if not task.cancelling():
                    task.cancel()
                while not task.done():
                    await asyncio.wait({task}, timeout=2 * self._options.timeout_s)
                    task.cancel()  # again, should anything have swallowed the first
            self._supervisor = None
            self._handlers.reopen()
            self._detail = "stopped"

    # -- the supervisor

    def _supervise(self) -> None:
        self._restart = None
        self._supervisor = asyncio.create_task(self._run(), name="broker-supervisor")
        self._supervisor.add_done_callback(self._supervisor_ended)

    def _supervisor_ended(self, task: asyncio.Task[None]) -> None:
        """Runs for ever unless stopped; whatever else ended it, begin again."""
        error = None if task.cancelled() else task.exception()
        if self._stopping:
            return
        logger.error("the broker's supervisor ended unexpectedly and is restarted", exc_info=error)
        self._failed = True
        self._supervisor = None
        self._restart = task.get_loop().call_later(self._options.backoff_first_s, self._supervise)

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except (RedisError, OSError) as error:
                self._note_failure(error)
            except Exception as error:
                logger.exception("the broker's connection ended by a fault of its own and is begun again")
                self._note_failure(error)
            await asyncio.sleep(self._backoff.next_wait_s())

    async def _session(self) -> None:
        """Open both connections and serve them. Ends only by an exception."""
        async with aclosing(self._link()) as sender, aclosing(self._link()) as receiver:
            await sender.open()
            await receiver.open()
            await self._subscribe(receiver)
            self._note_success()
            try:
                await first_failure(sender=self._send(sender), receiver=self._receive(receiver))
            finally:
                self._connected = False
                self._detail = f"lost the connection to Redis at {self._address.where}"
                self._flushed.set()  # nobody flushes any more

    def _link(self) -> Link:
        return Link(self._address, self._options.timeout_s)

    def _note_success(self) -> None:
        self._connected = True
        self._backoff.worked()
        if self._outbox:
            self._flushed.clear()
        self._detail = f"connected to Redis at {self._address.where}"
        logger.info("the broker is %s", self._detail)
        if self._ever_connected:
            self._reconnects += 1
        self._ever_connected = True
        if self._failed:
            self._failed = False
            self._handlers.tell(self.on_reconnect)

    def _note_failure(self, error: Exception) -> None:
        words = self._address.hide_credentials(in_words(error))
        self._detail = f"no connection to Redis at {self._address.where}: {words}"
        if not self._failed:  # once per outage, not once per attempt
            logger.warning("the broker has %s; trying on", self._detail)
        self._failed = True

    # -- the two tasks of a session

    async def _send(self, link: Link) -> None:
        while True:
            if not await self._outbox.wait(self._options.health_interval_s):
                await link.ping()
                continue
            batch = self._outbox.take(BATCH_MESSAGES, BATCH_BYTES)
            self.unconfirmed += len(batch)
            await link.send_publish(batch)
            for _ in batch:
                await link.confirm_publish()
                self.unconfirmed -= 1
                self._published += 1
            if not self._outbox:
                self._flushed.set()

    async def _subscribe(self, link: Link) -> None:
        channels = [self._prefix + channel.encode() for channel in self._handlers.channels]
        if not channels:
            return
        await link.send_subscribe(channels)
        confirmed = 0
        while confirmed < len(channels):
            said = await link.read(self._options.timeout_s)
            if said is None:
                raise link.no_answer()
            if said[0] == b"subscribe":
                confirmed += 1
            else:
                self._accept(said)

    async def _receive(self, link: Link) -> None:
        asked = False
        turn_ends = 0.0
        while True:
            said = await link.read(self._options.timeout_s if asked else self._options.health_interval_s)
            if said is None:
                if asked:
                    raise link.no_answer()
                await link.send_ping()
                asked = True
                continue
            asked = False
            self._accept(said)
            if time.monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.monotonic() + TURN_S

    def _accept(self, said: list[Any]) -> None:
        if said[0] != b"message":
            return  # a sign of life
        _, channel, body = said
        if body[:ORIGIN_BYTES] == self._origin:
            return
        if not ORIGIN_BYTES <= len(body) <= ORIGIN_BYTES + self._options.message_bytes_max:
            self.ignored += 1
            return
        self._received += 1
        self._handlers.deliver(channel[len(self._prefix) :].decode(), body[ORIGIN_BYTES:])
