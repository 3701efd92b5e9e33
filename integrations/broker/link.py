"""One connection to Redis: the few calls the broker makes of redis-py's own connection class.

The connection class is used rather than redis-py's client and PubSub because those reconnect by themselves inside a
call: an outage would stay unseen, and a broker must know of it to count it and to tell that messages were missed.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from integrations.broker.address import RedisAddress
from integrations.broker.outbox import Message


class Link:
    """A connection that is opened once and closed once. Every failure is a `RedisError` or an `OSError`."""

    def __init__(self, address: RedisAddress, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        # As Any: redis-py leaves the methods used here without types.
        # RESP2: the same answers from every server version, and no handshake beyond the log-in.
        # No socket_timeout: redis-py would write under asyncio.wait_for, which before Python 3.12 loses a
        # cancellation that comes as the write ends. Every call here is limited by asyncio.timeout instead.
        self._connection = cast(Any, address.connection_class)(
            **address.options, socket_timeout=None, socket_connect_timeout=timeout_s, protocol=2
        )

    async def open(self) -> None:
        """Connect, log in and see one answer: a server that hangs still accepts connections."""
        async with self._limit():
            await self._connection.connect()
        await self.ping()

    async def ping(self) -> None:
        """Not on a subscribed connection: there `read` sees the answer."""
        await self.send_ping()
        await self._answer()

    async def send_ping(self) -> None:
        await self._send("PING")

    async def send_subscribe(self, channels: Sequence[bytes]) -> None:
        await self._send("SUBSCRIBE", *channels)

    async def read(self, timeout_s: float) -> list[Any] | None:
        """The next thing Redis says on a subscribed connection: kind, channel, data. None: nothing came in time."""
        said = await self._connection.read_response(timeout=timeout_s)
        return cast("list[Any] | None", said)

    async def send_publish(self, messages: Sequence[Message]) -> None:
        """Send the messages in one write. Each must be followed by one `confirm_publish`."""
        commands = [(b"PUBLISH", channel, body) for channel, body in messages]
        packed = self._connection.pack_commands(commands)
        async with self._limit():
            await self._connection.send_packed_command(packed, check_health=False)

    async def confirm_publish(self) -> None:
        await self._answer()

    async def aclose(self) -> None:
        """Close without waiting for what is still to be written: to a server that hangs that would be for ever."""
        writer = self._connection._writer  # redis-py has no public way to abort
        if writer is not None:
            writer.transport.abort()
        with suppress(RedisError, OSError):  # it is closed; how the other side took it does not matter
            await self._connection.disconnect()

    def no_answer(self) -> RedisTimeout:
        """The error for a connection on which nothing answers."""
        return RedisTimeout(f"no answer within {self._timeout_s:g} s")

    async def _send(self, *command: str | bytes) -> None:
        async with self._limit():
            await self._connection.send_command(*command, check_health=False)

    async def _answer(self) -> None:
        if await self._connection.read_response(timeout=self._timeout_s) is None:
            raise self.no_answer()

    @asynccontextmanager
    async def _limit(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError:
            raise self.no_answer() from None


def in_words(error: BaseException) -> str:
    """What went wrong as a person would say it: "Connection refused" rather than a number and an address twice."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return cause.strerror or "the host name cannot be resolved"
        number = cause.errno if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) else None
        if number is not None and number in errno.errorcode:
            return os.strerror(number)
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
