"""One line in the log for every request and every WebSocket, with an id that all other lines of it carry too.

Never logged: query strings, headers, bodies, messages. Tokens travel in all of them.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from server.observability.traffic import Traffic

logger = logging.getLogger("gpu.access")

REQUEST_ID_HEADER = b"x-request-id"
SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
PATH_LENGTH_MAX = 200

QUIET_PATHS = frozenset({"/healthz", "/metrics", "/readyz"})
"""Asked every few seconds by machines: logged at DEBUG while all is well."""

ABNORMAL_CLOSURE = 1006
INTERNAL_ERROR = 1011


class RequestLog:
    """ASGI middleware; the outermost of the application."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = request_id_for(scope)
        with bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await _Request(self._app, self._traffic, scope, send).run(receive)
            else:
                await _WebSocket(self._app, self._traffic, scope, receive, send).run()


class _Request:
    """One HTTP request on its way through."""

    def __init__(self, app: ASGIApp, traffic: Traffic, scope: Scope, send: Send) -> None:
        self._app = app
        self._traffic = traffic
        self._scope = scope
        self._forward = send
        self._status: int | None = None
        self._size = 0

    async def run(self, receive: Receive) -> None:
        began = time.perf_counter()
        try:
            await self._app(self._scope, receive, self._send)
        except Exception:
            logger.exception("a request failed unexpectedly")
            if self._status is not None:
                raise  # half an answer is sent: only ending the connection is left
            await self._apologise()
        finally:
            self._ended(time.perf_counter() - began)

    def _send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message = _with_request_id(message, self._scope)
        elif message["type"] == "http.response.body":
            self._size += len(message.get("body", b""))
        return self._forward(message)

    async def _apologise(self) -> None:
        body = orjson.dumps({"error": "Internal error", "requestId": self._scope["request_id"]})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": 500, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _ended(self, seconds: float) -> None:
        method, path, status = self._scope["method"], self._scope["path"], self._status
        self._traffic.request_ended(method, path, status, seconds)
        quiet = path in QUIET_PATHS and status is not None and status < 400
        level = logging.DEBUG if quiet else logging.INFO
        if logger.isEnabledFor(level):
            line = {"method": method, "path": printable(path), "status": status, "ms": round(seconds * 1000, 2)}
            logger.log(level, "request", extra={**line, "size": self._size})


class _WebSocket:
    """One WebSocket from handshake to end."""

    def __init__(self, app: ASGIApp, traffic: Traffic, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._traffic = traffic
        self._scope = scope
        self._take = receive
        self._forward = send
        self._accepted = False
        self._code: int | None = None

    async def run(self) -> None:
        began = time.perf_counter()
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception:
            logger.exception("a WebSocket failed unexpectedly")
            if self._code is None:
                self._code = INTERNAL_ERROR
            raise  # the server closes it
        finally:
            self._ended(time.perf_counter() - began)

    async def _receive(self) -> Message:
        message = await self._take()
        if message["type"] == "websocket.disconnect" and self._code is None:
            self._code = message.get("code") or ABNORMAL_CLOSURE
        return message

    def _send(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "websocket.accept":
            self._accepted = True
            self._traffic.websocket_opened()
            message = _with_request_id(message, self._scope)
        elif kind == "websocket.close" and self._code is None:
            self._code = message.get("code", 1000)
        return self._forward(message)  # no frame of its own on the way of every message

    def _ended(self, seconds: float) -> None:
        code = self._code if self._code is not None else ABNORMAL_CLOSURE
        self._traffic.websocket_ended(code if self._accepted else None)
        line: dict[str, Any] = {"path": printable(self._scope["path"]), "accepted": self._accepted, "code": code}
        logger.info("websocket", extra={**line, "seconds": round(seconds, 3)})


def request_id_for(scope: Scope) -> str:
    """The id the client sent, where it is short and plain; else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER and SANE_REQUEST_ID.fullmatch(value):
            text: str = value.decode("ascii")
            return text
    return secrets.token_hex(8)


def printable(path: str) -> str:
    """The path with nothing in it that could break or forge a log line."""
    if len(path) > PATH_LENGTH_MAX:
        path = path[:PATH_LENGTH_MAX] + "..."
    return path if path.isprintable() else path.encode("unicode_escape").decode("ascii")


def _with_request_id(message: Message, scope: Scope) -> Message:
    headers = [*message.get("headers", ()), (REQUEST_ID_HEADER, scope["request_id"].encode())]
    return {**message, "headers": headers}
