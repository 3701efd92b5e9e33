"""Clients that can behave as badly as they like: plain HTTP, one protocol message at a time, and bytes on a socket."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import websockets
from websockets.asyncio.client import ClientConnection

from tests.integration.bad_days.real_server import RealServer

TRANSPORT_WS = "graphql-transport-ws"
LEGACY_WS = "graphql-ws"

GPU_METRICS = "subscription { gpuMetrics { deviceId timestamp gpuUtilizationPct memoryUsedMb powerDrawW } }"
FLEET_FRAME = "subscription { fleetFrame { sequence asOf deviceIds } }"
DEVICE_EVENTS = (
    "subscription { deviceEvents { sequence snapshot devices { id node { clusterName } } changes { kind } } }"
)

INTERNALS = re.compile(
    r"Traceback|File \"|\.py\b|/site-packages/|sqlalchemy|asyncpg|sqlite|uvicorn|0x[0-9a-f]{6,}", re.I
)
"""What no answer may contain."""


def headers(token: str | None = None) -> dict[str, str]:
    return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})


async def ask(
    http: httpx.AsyncClient, url: str, query: str, token: str | None = None, **variables: Any
) -> dict[str, Any]:
    """The whole answer to one operation."""
    answer = await http.post(url, json={"query": query, "variables": variables}, headers=headers(token))
    content: dict[str, Any] = answer.json()
    assert not INTERNALS.search(answer.text), answer.text
    return content


def said(errors: Iterable[dict[str, Any]]) -> tuple[str, str]:
    """The code and message of the only or first error. Each error has both and shows nothing of the inside."""
    first = None
    for error in errors:
        assert error["message"].strip(), error
        assert error["extensions"]["code"].isupper(), error
        assert not INTERNALS.search(error["message"]), error
        first = first or (error["extensions"]["code"], error["message"])
    assert first is not None, "no error at all"
    return first


class Talk:
    """One WebSocket, spoken message by message."""

    def __init__(self, connection: ClientConnection, protocol: str) -> None:
        self.connection = connection
        self._start = "subscribe" if protocol == TRANSPORT_WS else "start"

    async def send(self, *messages: dict[str, Any] | str | bytes) -> None:
        for message in messages:
            await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def subscribe(self, operation_id: Any, query: str, **rest: Any) -> None:
        await self.send({"id": operation_id, "type": self._start, "payload": {"query": query, **rest}})

    async def receive(self, within_s: float = 5.0) -> dict[str, Any]:
        """The next message. Raises `ConnectionClosed` where there is none any more."""
        async with asyncio.timeout(within_s):
            text = await self.connection.recv()
        assert isinstance(text, str), "a binary message"
        message: dict[str, Any] = orjson.loads(text)
        return message

    async def receive_of(self, operation_id: str, within_s: float = 5.0) -> dict[str, Any]:
        """The next message of one operation; those of others are passed over."""
        async with asyncio.timeout(within_s):
            while True:
                message = await self.receive(within_s)
                if message.get("id") == operation_id:
                    return message

    async def rest(self, within_s: float = 5.0) -> tuple[list[dict[str, Any]], int, str]:
        """Everything until the server closes; then the close code and reason."""
        messages = []
        try:
            async with asyncio.timeout(within_s):
                while True:
                    messages.append(await self.receive(within_s))
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            return messages, code, closed.rcvd.reason if closed.rcvd else ""


@asynccontextmanager
async def talking(
    server: RealServer,
    *,
    token: str | None = None,
    protocol: str = TRANSPORT_WS,
    init: bool = True,
    origin: str | None = None,
) -> AsyncIterator[Talk]:
    """A WebSocket that has said who it is, unless told not to."""
    extra = {"Origin": origin} if origin else {}
    async with websockets.connect(
        server.ws_url,
        subprotocols=[websockets.Subprotocol(protocol)],
        additional_headers=extra,
        max_size=None,
        max_queue=None,  # reads on while a test looks elsewhere: those that do not read are `RawSocket`s
        compression=None,
        open_timeout=10,
        close_timeout=5,
    ) as connection:
        talk = Talk(connection, protocol)
        if init:
            payload = {"Authorization": f"Bearer {token}"} if token else {}
            await talk.send({"type": "connection_init", "payload": payload})
            assert (await talk.receive())["type"] == "connection_ack"
        yield talk


class RawSocket:
    """A WebSocket on a plain TCP socket: nothing is sent or read unless a test says so."""

    def __init__(self, server: RealServer, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {TRANSPORT_WS}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1)
        assert b" 101 " in answer, answer

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def begin(self, query: str = GPU_METRICS, subscriptions: int = 1, token: str | None = None) -> None:
        """Say who it is and subscribe, without reading anything."""
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        self.send(
            text_frame({"type": "connection_init", "payload": payload}),
            *(
                text_frame({"id": str(number), "type": "subscribe", "payload": {"query": query}})
                for number in range(subscriptions)
            ),
        )

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Vanish as a crashed peer's kernel does: RST, no close frame."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def is_cut(self) -> bool:
        """Whether the server has ended the connection; reads nothing."""
        state = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state != 1  # TCP_ESTABLISHED


def text_frame(message: object) -> bytes:
    return frame(0x1, orjson.dumps(message))


def frame(opcode: int, data: bytes, *, final: bool = True) -> bytes:
    """One masked frame (RFC 6455, 5.2). The mask is zero: nobody reads along here."""
    first = opcode | (0x80 if final else 0)
    if len(data) < 126:
        header = struct.pack("!BB", first, 0x80 | len(data))
    elif len(data) < 65536:
        header = struct.pack("!BBH", first, 0x80 | 126, len(data))
    else:
        header = struct.pack("!BBQ", first, 0x80 | 127, len(data))
    return header + bytes(4) + data


async def until(condition: Any, within_s: float = 5.0, what: str = "it") -> None:
    """Wait until the condition, asked in a thread, holds. Fails the test where it does not in time."""
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s:g} s"
        await asyncio.sleep(0.05)
