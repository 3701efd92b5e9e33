"""A WebSocket connection that counts frames and looks at no more of them than their first bytes.

All connections of a process read into one buffer, one after another. A payload is skipped by the length in its
header, so a frame costs the client little more than the copy out of the kernel.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import struct
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

BUFFER = bytearray(4 << 20)
VIEW = memoryview(BUFFER)
HEAD = 400  # so many bytes of each payload are looked at
LONGEST_HEADER = 10

CONTINUATION, TEXT, CLOSE, PING = 0, 1, 8, 9
_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"([^"]+)"')


@dataclass
class Counter:
    """What all connections of a process received together."""

    sample_every: int = 7
    frames: int = 0
    size: int = 0
    lost: int = 0
    failure: str = ""
    delays_s: list[float] = field(default_factory=list)
    first_frame: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """Start counting from nothing: the window begins."""
        self.frames = self.size = 0
        self.delays_s = []

    def fail(self, why: str) -> None:
        """Remember the first failure and wake whoever waits for a frame."""
        self.failure = self.failure or why
        self.first_frame.set()


class Connection(asyncio.BufferedProtocol):
    """One graphql-transport-ws client."""

    def __init__(self, counter: Counter, host: str, path: str) -> None:
        loop = asyncio.get_running_loop()
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.frames = 0
        self.first_at = self.last_at = 0.0
        self._counter = counter
        self._request = _upgrade_request(host, path)
        self._transport: asyncio.Transport | None = None
        self._upgraded = False
        self._stash = b""  # a header, or the head of a payload, that has not arrived completely
        self._skip = 0  # bytes of the payload that are still to come
        self._final = True
        self._counts = False  # the frame at hand belongs to a `next` message
        self._produced: bytes | None = None  # its timestamp, where it is sampled
        self.closing = False

    # -- what the event loop calls -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return VIEW

    def buffer_updated(self, nbytes: int) -> None:
        position = 0
        if self._skip:
            if nbytes < self._skip:
                self._skip -= nbytes
                self._counter.size += nbytes
                return
            position = self._skip
            self._skip = 0
            self._counter.size += position
            self._end_of_frame()
        if self._stash:
            data = self._stash + VIEW[position:nbytes].tobytes()
            self._stash = b""
            self._read(memoryview(data), 0, len(data))
        elif position < nbytes:
            self._read(VIEW, position, nbytes)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.closing:
            return
        self._counter.lost += 1
        if not self.acknowledged.done():
            self.acknowledged.set_exception(exc or ConnectionError("closed before connection_ack"))

    # -- what the load asks for ----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget the frames of the warm-up."""
        self.frames = 0

    def send(self, text: str) -> None:
        """Send a text message."""
        self._send_frame(TEXT, text.encode())

    def close(self) -> None:
        """Go away without a word; the server is ended right after."""
        self.closing = True
        if self._transport is not None:
            self._transport.abort()

    # -- frames --------------------------------------------------------------------------------------------------

    def _read(self, view: memoryview, position: int, end: int) -> None:
        if not self._upgraded:
            position = self._read_upgrade(view, position, end)
        while self._upgraded and position < end:
            available = end - position
            if available < 2:
                break
            first, length = view[position], view[position + 1] & 127
            header = 2
            if length == 126:
                header = 4
                if available < header:
                    break
                (length,) = struct.unpack_from("!H", view, position + 2)
            elif length == 127:
                header = LONGEST_HEADER
                if available < header:
                    break
                (length,) = struct.unpack_from("!Q", view, position + 2)
            looked_at = min(length, HEAD)
            if available < header + looked_at:
                break
            start = position + header
            self._begin_frame(first, view[start : start + looked_at].tobytes())
            total = header + length
            if total > available:
                self._skip = total - available
                self._counter.size += available
                return
            self._counter.size += total
            self._end_of_frame()
            position += total
        if position < end:
            self._stash = view[position:end].tobytes()

    def _begin_frame(self, first: int, head: bytes) -> None:
        self._final = bool(first & 0x80)
        opcode = first & 0x0F
        if opcode == TEXT:
            self._counts = b'"next"' in head
            if self._counts:
                self._sample(head)
            else:
                self._control(head)
        elif opcode == PING:
            self._send_frame(0xA, head)
        elif opcode == CLOSE:
            self._counter.fail(f"closed by the server: {head[2:].decode(errors='replace')}")

    def _sample(self, head: bytes) -> None:
        if self._counter.frames % self._counter.sample_every == 0:
            found = _TIMESTAMP.search(head)
            self._produced = found.group(1) if found else None
        if b'"errors"' in head:
            self._counter.fail(head.decode(errors="replace"))

    def _end_of_frame(self) -> None:
        if not (self._counts and self._final):
            return
        self._counts = False
        counter = self._counter
        counter.frames += 1
        self.last_at = time.monotonic()
        if not self.frames:
            self.first_at = self.last_at
        self.frames += 1
        if self._produced is not None:
            produced = datetime.fromisoformat(self._produced.decode()).timestamp()
            self._produced = None
            counter.delays_s.append(time.time() - produced)
        if not counter.first_frame.is_set():
            counter.first_frame.set()

    def _control(self, message: bytes) -> None:
        if b'"connection_ack"' in message:
            if not self.acknowledged.done():
                self.acknowledged.set_result(None)
        elif b'"ping"' in message:
            self.send('{"type":"pong"}')
        elif b'"error"' in message or b'"complete"' in message:
            self._counter.fail(message.decode(errors="replace"))

    # -- bytes ---------------------------------------------------------------------------------------------------

    def _read_upgrade(self, view: memoryview, position: int, end: int) -> int:
        data = view[position:end].tobytes()
        head, found, _ = data.partition(b"\r\n\r\n")
        if not found:
            return position
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            if not self.acknowledged.done():
                self.acknowledged.set_exception(ConnectionError(head.decode(errors="replace")[:200]))
            return end
        self._upgraded = True
        self.send('{"type":"connection_init"}')
        return position + len(head) + 4

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
        self._transport.write(bytes([0x80 | opcode]) + length + mask + masked)


def _upgrade_request(host: str, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
