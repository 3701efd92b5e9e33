"""Writing one encoded frame to many WebSockets without copying it for each.

ASGI's `send` takes a whole message, so a message that differs per client only in its id would be built, encoded
and framed for every client. This protocol class hands its connection to the application as an ASGI extension
instead: the application writes a small head of its own and the shared bytes, and the transport sends both in
one system call. It also tells when a connection that was not ready can be written again.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from typing import Any, Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "gpu.shared_frames"

TEXT_FRAME = 0x81
"""FIN and opcode 1."""

LAST_CALL_S = 10.0
"""How long a connection that is being closed may take to send what is left."""


class ReadyListener(Protocol):
    """Told when its connection can be written again."""

    def connection_ready(self) -> None: ...


class SharedFrameWriter(Protocol):
    """What the application gets under `scope["extensions"]["gpu.shared_frames"]`."""

    listeners: list[ReadyListener]
    paused_since: float | None
    """When the peer stopped taking data, by `time.monotonic`; None: it takes data."""

    def ready(self) -> bool:
        """Whether a frame written now would be sent rather than pile up."""
        ...

    def write_text(self, head: bytes, shared: bytes) -> None:
        """Send one text message made of both parts."""
        ...

    def abort(self) -> None:
        """Cut the connection at once."""
        ...


class FanoutProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol with the extension. The writer is the protocol object itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listeners: list[ReadyListener] = []
        self.paused_since: float | None = None
        self._last_call: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions[EXTENSION] = self
        try:
            await super().run_asgi()
        finally:
            if not self.disconnected:  # a peer that takes nothing would keep the closing connection for ever
                self._last_call = self.loop.call_later(LAST_CALL_S, self.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._last_call is not None:
            self._last_call.cancel()

    def handle_ping(self) -> None:
        if self.paused_since is None:
            super().handle_ping()
        else:
            self.conn.data_to_send()  # the pong: not piled up for a peer that takes nothing

    def ready(self) -> bool:
        return self.paused_since is None and not self.close_sent and not self.disconnected

    def write_text(self, head: bytes, shared: bytes) -> None:
        if self.close_sent or self.disconnected:
            return
        size = len(head) + len(shared)
        self.transport.writelines((frame_header(size) + head, shared))

    def abort(self) -> None:
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):  # without it the kernel keeps for minutes what the peer has not taken
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.paused_since = time.monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.paused_since = None
        for listener in tuple(self.listeners):
            listener.connection_ready()


def frame_header(size: int) -> bytes:
    """The header of an unmasked, unfragmented text frame of `size` bytes (RFC 6455, 5.2)."""
    if size < 126:
        return struct.pack("!BB", TEXT_FRAME, size)
    if size < 65536:
        return struct.pack("!BBH", TEXT_FRAME, 126, size)
    return struct.pack("!BBQ", TEXT_FRAME, 127, size)
