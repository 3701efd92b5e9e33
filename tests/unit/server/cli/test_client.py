"""Addresses, and what a failed call is taken for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from server.cli.api_errors import ApiError, CallFailed, Refused, Unreachable, graphql_url
from server.cli.client import ApiClient
from server.cli.failures import exit_code_of

QUERY = "{ viewer { subject } }"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("host:8080", "http://host:8080/graphql"),
        ("http://host/", "http://host/graphql"),
        ("https://host/prefix", "https://host/prefix/graphql"),
        ("https://host/prefix/graphql/", "https://host/prefix/graphql"),
        ("http://[::1]:8080", "http://[::1]:8080/graphql"),
    ],
)
def test_addresses_as_people_type_them(typed: str, url: str) -> None:
    assert graphql_url(typed) == url


@pytest.mark.parametrize("typed", ["", "ftp://host", "http://", "http:///graphql"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="http://HOST:PORT"):
        graphql_url(typed)


def answer(status: str, body: str, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


async def outcome(reply: bytes | None, call: Callable[[ApiClient], Awaitable[object]]) -> object:
    """What a call comes to when a server answers with these bytes; None: it never answers."""

    serving: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            if reply is None:
                await reader.read()  # until the client gives up
            else:
                writer.write(reply)
                await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with ApiClient(f"http://127.0.0.1:{port}", timeout_s=0.5) as client:
            try:
                return await call(client)
            except ApiError as error:
                return error
    finally:
        server.close()
        await asyncio.gather(*(task for task in serving if task is not None))


async def query(client: ApiClient) -> object:
    return await client.execute(QUERY)


async def watch(client: ApiClient) -> object:
    return [message async for message in client.subscribe("subscription { fleetFrame { sequence } }", silence_s=0.5)]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (None, Unreachable, "did not answer within 0.5 s"),
        (b"", Unreachable, "cannot reach"),
        (answer("502 Bad Gateway", "<html>", "text/html"), Unreachable, "gateway that answers 502"),
        (answer("403 Forbidden", "<html>", "text/html"), Refused, "403"),
        (answer("200 OK", "<html>", "text/html"), CallFailed, "does not answer as this API does"),
        (answer("404 Not Found", "no", "text/plain"), CallFailed, "status 404"),
        (
            answer("401 Unauthorized", '{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}'),
            Refused,
            "no",
        ),
        (answer("200 OK", '{"errors":[{"message":"late","extensions":{"code":"TIMEOUT"}}]}'), CallFailed, "late"),
    ],
)
async def test_what_a_failed_call_is(reply: bytes | None, kind: type[ApiError], words: str) -> None:
    error = await outcome(reply, query)
    assert isinstance(error, kind)
    assert words in error.message


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, Unreachable),
        (b"", Unreachable),
        (answer("503 Service Unavailable", ""), Unreachable),
        (answer("403 Forbidden", ""), Refused),
        (answer("404 Not Found", ""), CallFailed),
    ],
)
async def test_what_a_failed_subscription_is(
    reply: bytes | None, kind: type[ApiError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cli.client.CONNECT_TIMEOUT_S", 0.5)
    assert isinstance(await outcome(reply, watch), kind)


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with ApiClient(f"127.0.0.1:{unused.getsockname()[1]}") as client:
            with pytest.raises(Unreachable, match="cannot reach"):
                await client.execute(QUERY)
            with pytest.raises(Unreachable, match="cannot reach"):
                await watch(client)


async def test_a_failure_that_is_data_is_raised() -> None:
    body = '{"data":{"setDeviceStatus":{"message":"RETIRED is final","code":"ILLEGAL_TRANSITION","path":["status"]}}}'

    async def mutate(client: ApiClient) -> object:
        return await client.mutate("mutation { setDeviceStatus }", {})

    error = await outcome(answer("200 OK", body), mutate)
    assert isinstance(error, CallFailed)
    assert (error.message, error.code, error.path) == (
        "RETIRED is final (status)",
        "ILLEGAL_TRANSITION",
        ("status",),
    )


def test_exit_statuses() -> None:
    assert [exit_code_of(e) for e in (Unreachable("x"), Refused("x"), CallFailed("x", "CONFLICT"))] == [3, 4, 1]
