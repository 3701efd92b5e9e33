"""One log line per request and WebSocket, an id in all of it, and no secret in any."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect
from structlog.contextvars import get_contextvars

from server.observability.http import RequestLog
from server.observability.traffic import Traffic

FRESH_ID = re.compile(r"[0-9a-f]{16}")


async def _ok(request: Request) -> PlainTextResponse:
    seen = {"scope": request.scope["request_id"], "bound": get_contextvars().get("request_id")}
    assert seen["scope"] == seen["bound"]
    return PlainTextResponse(f"id {seen['scope']}")


async def _boom(_request: Request) -> PlainTextResponse:
    raise RuntimeError("something of ours")


async def _half(_request: Request) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("too late for a status")

    return StreamingResponse(body())


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    assert get_contextvars()["request_id"] == websocket.scope["request_id"]
    try:
        while True:
            text = await websocket.receive_text()
            if text == "boom":
                raise RuntimeError("a socket of ours")
            if text == "close":
                await websocket.close(4403, "Forbidden")
                return
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass


async def _refuse(websocket: WebSocket) -> None:
    await websocket.close(1008)


def make_app(traffic: Traffic) -> Starlette:
    paths = {"/ok": _ok, "/boom": _boom, "/half": _half, "/healthz": _ok, "/metrics": _ok, "/readyz": _boom}
    routes = [Route(path, handler) for path, handler in paths.items()]
    app = Starlette(routes=[*routes, WebSocketRoute("/graphql", _echo), WebSocketRoute("/refuse", _refuse)])
    app.add_middleware(RequestLog, traffic=traffic)
    return app


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
async def http(traffic: Traffic) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(make_app(traffic), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def converse(traffic: Traffic, path: str, *texts: str, query: str = "", closing: int = 1001) -> list[Message]:
    """Open a WebSocket, send the texts, close it from the client's side; return what the application sent."""
    told: list[Message] = [{"type": "websocket.connect"}]
    told += [{"type": "websocket.receive", "text": text} for text in texts]
    told.append({"type": "websocket.disconnect", "code": closing})
    sent: list[Message] = []

    async def receive() -> Message:
        return told.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x-request-id", b"w1")]
    scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": headers}
    await make_app(traffic)(scope, receive, send)
    return sent


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "gpu.access")


def lines(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [r for r in caplog.records if r.name == "gpu.access" and r.message in ("request", "websocket")]


async def test_one_line_per_request(http: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    response = await http.get("/ok?token=SECRET", headers={"Authorization": "Bearer SECRET"})
    (line,) = lines(caplog)
    assert (line.method, line.path, line.status, line.size) == ("GET", "/ok", 200, len(response.content))
    assert 0 < line.ms < 5000
    assert line.levelno == logging.INFO
    assert "SECRET" not in "".join(str(vars(record)) for record in caplog.records if record.name == "gpu.access")


async def test_a_new_id_is_made_and_told(http: AsyncClient) -> None:
    first, second = [(await http.get("/ok")).headers["x-request-id"] for _ in range(2)]
    assert FRESH_ID.fullmatch(first)
    assert first != second


@pytest.mark.parametrize("sane", ["a", "req-1", "0af7651916cd43dd8448eb211c80319c", "ns:app.1_2", "x" * 64])
async def test_a_sane_id_is_kept(http: AsyncClient, sane: str) -> None:
    response = await http.get("/ok", headers={"X-Request-ID": sane})
    assert (response.headers["x-request-id"], response.text) == (sane, f"id {sane}")


@pytest.mark.parametrize("odd", ["", " ", "a b", "x" * 65, "a\tb", "é", "{}", "a;b", 'a"b'])
async def test_any_other_id_is_replaced(http: AsyncClient, odd: str) -> None:
    response = await http.get("/ok", headers={"X-Request-ID": odd.encode("latin-1")})
    assert FRESH_ID.fullmatch(response.headers["x-request-id"])


async def test_ids_do_not_leak_between_requests(http: AsyncClient) -> None:
    responses = await asyncio.gather(*(http.get("/ok", headers={"X-Request-ID": f"r{n}"}) for n in range(20)))
    assert [response.text for response in responses] == [f"id r{n}" for n in range(20)]
    assert "request_id" not in get_contextvars()


async def test_machines_that_ask_all_the_time_are_logged_quietly(
    http: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/healthz", "/metrics", "/readyz"):
        await http.get(path)
    assert [(line.path, line.levelno) for line in lines(caplog)] == [
        ("/healthz", logging.DEBUG),
        ("/metrics", logging.DEBUG),
        ("/readyz", logging.INFO),  # it failed
    ]


async def test_an_unexpected_failure_is_masked_and_named(
    http: AsyncClient, traffic: Traffic, caplog: pytest.LogCaptureFixture
) -> None:
    response: Response = await http.get("/boom", headers={"X-Request-ID": "r1"})
    assert (response.status_code, response.headers["x-request-id"]) == (500, "r1")
    assert response.json() == {"error": "Internal error", "requestId": "r1"}
    assert "something of ours" in caplog.text, "the log has the reason"
    assert lines(caplog)[-1].status == 500
    assert traffic.requests == {("GET", "other", "500"): 1}


async def test_a_failure_after_half_the_answer_ends_the_connection(
    traffic: Traffic, caplog: pytest.LogCaptureFixture
) -> None:
    transport = ASGITransport(make_app(traffic))
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        with pytest.raises(RuntimeError, match="too late"):
            await client.get("/half")
    (line,) = lines(caplog)
    assert (line.status, line.size) == (200, 4)


async def test_a_cancelled_request_is_logged_without_a_status(
    traffic: Traffic, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    task = asyncio.create_task(RequestLog(hang, traffic)(scope, receive, hang))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lines(caplog)[-1].status is None
    assert traffic.requests == {("GET", "other", "none"): 1}


async def test_a_path_cannot_forge_a_line(http: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    await http.get("/a%0Ab%1B[31m")
    await http.get("/" + "x" * 1000)
    hostile, long = (line.path for line in lines(caplog))
    assert hostile == "/a\\nb\\x1b[31m"
    assert len(long) == 203


async def test_one_line_per_websocket_end(traffic: Traffic, caplog: pytest.LogCaptureFixture) -> None:
    accept, echo = await converse(traffic, "/graphql", "SECRET", query="token=SECRET")
    assert (b"x-request-id", b"w1") in accept["headers"]
    assert echo["text"] == "SECRET"
    (line,) = lines(caplog)
    assert (line.path, line.accepted, line.code) == ("/graphql", True, 1001)
    assert line.seconds >= 0
    assert "SECRET" not in "".join(str(vars(record)) for record in caplog.records if record.name == "gpu.access")
    assert (traffic.websockets_opened, traffic.websockets_closed) == (1, {"1001": 1})


async def test_the_code_that_the_server_closes_with(traffic: Traffic, caplog: pytest.LogCaptureFixture) -> None:
    _, closing = await converse(traffic, "/graphql", "close")
    assert closing["code"] == 4403
    assert lines(caplog)[-1].code == 4403


async def test_a_refused_handshake(traffic: Traffic, caplog: pytest.LogCaptureFixture) -> None:
    await converse(traffic, "/refuse")
    assert (lines(caplog)[-1].accepted, lines(caplog)[-1].code) == (False, 1008)
    assert (traffic.websockets_opened, traffic.websockets_closed) == (0, {"refused": 1})


async def test_a_websocket_that_fails(traffic: Traffic, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError, match="a socket of ours"):
        await converse(traffic, "/graphql", "boom")
    assert lines(caplog)[-1].code == 1011
    assert traffic.websockets_closed == {"1011": 1}


async def test_lifespan_passes_through(traffic: Traffic) -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    scope = {"type": "lifespan"}
    await RequestLog(app, traffic)(scope, None, None)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]
