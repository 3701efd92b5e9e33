"""The log of a running server at its most talkative: every line is JSON, and no line has a token."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets

from tests.integration.observability.support import GpuServer, until

TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl"


def line_of(server: GpuServer, request_id: str) -> dict[str, Any]:
    """The access line with this id."""

    def found() -> dict[str, Any] | None:
        lines = server.log()
        return next((x for x in lines if x.get("request_id") == request_id and x["logger"] == "gpu.access"), None)

    line: dict[str, Any] = until(found, what="the log line")
    return line


async def converse(server: GpuServer, *messages: dict[str, Any]) -> list[str]:
    """Send messages over a WebSocket whose URL, headers and first message hold a token; return the answers."""
    answers = []
    async with websockets.connect(
        f"ws://127.0.0.1:{server.port}/graphql?token={TOKEN}",
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        additional_headers={"X-Request-ID": "socket-1"},
    ) as socket:
        for message in messages:
            await socket.send(json.dumps(message))
            answers.append(str(await socket.recv()))
    return answers


def test_requests_and_sockets_leave_one_line_each_and_no_token(server: GpuServer) -> None:
    headers = {"X-Request-ID": "http-1", "Authorization": f"Bearer {TOKEN}"}
    assert server.get(f"/graphql?query=%7B__typename%7D&token={TOKEN}", headers=headers).status_code == 401
    init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {TOKEN}"}}
    with pytest.raises(websockets.ConnectionClosedError):
        asyncio.run(converse(server, init))

    request = line_of(server, "http-1")
    assert (request["method"], request["path"], request["status"]) == ("GET", "/graphql", 401)
    assert request["level"] == "info"
    socket = line_of(server, "socket-1")
    assert (socket["path"], socket["accepted"], socket["code"]) == ("/graphql", True, 4403)
    assert TOKEN not in server.output.read_text()


def test_the_answer_names_the_request(server: GpuServer) -> None:
    answer = server.get("/healthz", headers={"X-Request-ID": "health-1"})
    assert answer.headers["x-request-id"] == "health-1"
    assert line_of(server, "health-1")["level"] == "debug"


def test_uvicorn_logs_in_the_same_format(server: GpuServer) -> None:
    assert any(line["event"].startswith("Uvicorn running on") for line in server.log())
