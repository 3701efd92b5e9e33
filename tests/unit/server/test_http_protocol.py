"""A request's head is bounded in bytes and in time, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from server.http_protocol import bounded_http


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


@asynccontextmanager
async def serving(head_bytes: int = 4096, head_seconds: float = 0.3) -> AsyncIterator[int]:
    config = uvicorn.Config(
        application, port=0, http=bounded_http(head_bytes, head_seconds), ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts, a pause between them; return all that comes back until the server closes, or 2 s of silence."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    answer = b""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(2):
            while chunk := await reader.read(65536):
                answer += chunk
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer


POST = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"


async def test_an_ordinary_request_and_a_large_body_pass() -> None:
    async with serving() as port:
        assert (await exchange(port, POST % 100_000, b"x" * 100_000)).endswith(b"100000 bytes")


async def test_a_slow_body_is_not_a_slow_head() -> None:
    async with serving() as port:
        assert (await exchange(port, POST % 3, b"a", b"b", b"c", pause=0.2)).endswith(b"3 bytes")


async def test_a_large_head_is_refused() -> None:
    async with serving() as port:
        for head in (b"GET /" + b"a" * 50_000, b"GET / HTTP/1.1\r\nx-large: " + b"a" * 50_000):
            answer = await exchange(port, head)
            assert answer.startswith(b"HTTP/1.1 400")
            assert b"at most 4096 bytes" in answer


async def test_a_slow_head_and_a_silent_connection_are_cut() -> None:
    async with serving() as port:
        for parts in ((), (b"GET / HTTP/1.1\r\n", b"a: b\r\n", b"c: d\r\n", b"e: f\r\n")):
            began = asyncio.get_running_loop().time()
            assert await exchange(port, *parts, pause=0.15) == b""
            assert asyncio.get_running_loop().time() - began < 1.5


async def test_the_second_request_of_a_connection_is_bounded_too() -> None:
    async with serving() as port:
        first = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
        answer = await exchange(port, first, b"GET /" + b"a" * 50_000, pause=0.1)
        assert answer.count(b"HTTP/1.1 200") == 1
        assert b"HTTP/1.1 400" in answer
