"""Bounds on the head of a request - its line and headers - in bytes and in time.

The HTTP server bounds neither, and both come before any authentication: without them one connection may hold as
much memory as it likes, and any number may sit open without asking anything.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol; a head that is too large or takes too long ends the connection."""

    head_bytes_max: ClassVar[int] = 64 * 1024
    head_seconds_max: ClassVar[float] = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._arrived = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._arrived = len(data)
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.head_bytes_max and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has at most {self.head_bytes_max} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:
            self._begin_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_bytes = self._arrived  # it begins in what has just arrived
        self._head_timer = self.loop.call_later(self.head_seconds_max, self._too_late)

    def _end_head(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def bounded_http(head_bytes_max: int, head_seconds_max: float) -> type[BoundedHttpProtocol]:
    """The protocol class with these bounds."""
    bounds = {"head_bytes_max": head_bytes_max, "head_seconds_max": head_seconds_max}
    return type("BoundedHttpProtocol", (BoundedHttpProtocol,), bounds)
