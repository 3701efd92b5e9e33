"""Sockets that misbehave: each gets the close code the protocol has for it, and takes nothing down with it."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest

from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import (
    DEVICE_EVENTS,
    FLEET_FRAME,
    GPU_METRICS,
    LEGACY_WS,
    TRANSPORT_WS,
    RawSocket,
    frame,
    said,
    talking,
    text_frame,
    until,
)

pytestmark = pytest.mark.usefixtures("unharmed")

MakeRaw = Callable[..., RawSocket]

INIT = {"type": "connection_init"}


def subscribe(payload: object, operation_id: object = "1", kind: str = "subscribe") -> dict[str, Any]:
    return {"id": operation_id, "type": kind, "payload": payload}


FRAMES = subscribe({"query": FLEET_FRAME})

BAD_MESSAGES: dict[str, tuple[list[Any], int]] = {
    "no JSON": (["hello"], 4400),
    "nothing": ([""], 4400),
    "half of JSON": (['{"type":'], 4400),
    "JSON 100,000 levels deep": (["[" * 100_000], 4400),
    "binary": ([b"\x00\x01\x02"], 4400),
    "JSON in binary": ([orjson.dumps(FRAMES)], 4400),
    "null": (["null"], 4400),
    "a number": (["5"], 4400),
    "a text": (['"subscribe"'], 4400),
    "a list": ([[FRAMES]], 4400),
    "an empty object": ([{}], 4400),
    "a type that is a number": ([{"type": 1}], 4400),
    "a type that is null": ([{"type": None}], 4400),
    "a type that is a list": ([{"type": ["subscribe"]}], 4400),
    "an unknown type": ([{"type": "nope"}], 4400),
    "a type of 100,000 characters": ([{"type": "a" * 100_000}], 4400),
    "what only a server says": ([{"type": "connection_ack"}], 4400),
    "a result": ([{"type": "next", "id": "1", "payload": {}}], 4400),
    "1 MB": (["a" * 1_000_000], 1009),
    "1 MB of a query": ([subscribe({"query": "{" + " " * 1_000_000 + "__typename}"})], 1009),
    "no payload": ([{"id": "1", "type": "subscribe"}], 4400),
    "a null payload": ([subscribe(None)], 4400),
    "a payload that is a list": ([subscribe([])], 4400),
    "a payload that is a text": ([subscribe("{ __typename }")], 4400),
    "no query": ([subscribe({})], 4400),
    "a null query": ([subscribe({"query": None})], 4400),
    "a query that is a number": ([subscribe({"query": 5})], 4400),
    "variables that are a list": ([subscribe({"query": FLEET_FRAME, "variables": []})], 4400),
    "variables that are a text": ([subscribe({"query": FLEET_FRAME, "variables": "{}"})], 4400),
    "an operation name that is a number": ([subscribe({"query": FLEET_FRAME, "operationName": 5})], 4400),
    "no id": ([{"type": "subscribe", "payload": {"query": FLEET_FRAME}}], 4400),
    "an id that is a number": ([subscribe({"query": FLEET_FRAME}, 1)], 4400),
    "an id that is a list": ([subscribe({"query": FLEET_FRAME}, [])], 4400),
    "an empty id": ([subscribe({"query": FLEET_FRAME}, "")], 4400),
    "an id of 129 characters": ([subscribe({"query": FLEET_FRAME}, "a" * 129)], 4400),
    "an id twice": ([FRAMES, FRAMES], 4409),
    "a second init": ([INIT], 4429),
    "an init with a subscription running": ([FRAMES, INIT], 4429),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
async def test_a_bad_message_closes_its_socket_with_the_right_code(name: str, dev_server: RealServer) -> None:
    messages, wanted = BAD_MESSAGES[name]
    async with talking(dev_server) as talk:
        await talk.send(*messages)
        _, code, reason = await talk.rest()
    assert code == wanted
    assert reason


BEFORE_INIT: dict[str, tuple[list[Any], int]] = {
    "a subscription": ([FRAMES], 4401),
    "a query": ([subscribe({"query": "{ __typename }"})], 4401),
    "no JSON": (["hello"], 4400),
    "binary": ([b"\x00"], 4400),
    "an init of a list": ([{"type": "connection_init", "payload": []}], 4400),
    "an init of a text": ([{"type": "connection_init", "payload": "token"}], 4400),
    "nothing at all": ([], 4408),
    "pings only": ([{"type": "ping"}], 4408),
    "the end of an operation": ([{"type": "complete", "id": "1"}], 4408),
}


@pytest.mark.parametrize("name", BEFORE_INIT)
async def test_a_socket_that_does_not_say_who_it_is(name: str, token_server: RealServer) -> None:
    messages, wanted = BEFORE_INIT[name]
    began = time.monotonic()
    async with talking(token_server, init=False) as talk:
        await talk.send(*messages)
        received, code, _ = await talk.rest()
    assert code == wanted
    assert {message["type"] for message in received} <= {"pong"}
    assert time.monotonic() - began < 3  # GPU_SOCKET_INIT_SECONDS is 1 here


HARMLESS: dict[str, Any] = {
    "the end of an unknown operation": {"type": "complete", "id": "nope"},
    "the end of an operation without id": {"type": "complete"},
    "the end of an operation that is a list": {"type": "complete", "id": ["1"]},
    "the end of an operation that is an object": {"type": "complete", "id": {"id": "1"}},
    "the end of an operation that is a number": {"type": "complete", "id": 1},
    "a pong": {"type": "pong", "payload": {"x": 1}},
    "a query with extensions": subscribe({"query": "{ __typename }", "extensions": {"a": 1}}, "2"),
    "an empty query": subscribe({"query": ""}, "2"),
    "unknown members": {"type": "ping", "x": "y" * 1000},
}


async def test_odd_messages_that_the_protocol_allows_change_nothing(dev_server: RealServer) -> None:
    async with talking(dev_server) as talk:
        await talk.send(FRAMES)
        for message in HARMLESS.values():
            await talk.send(message)
            assert (await talk.receive_of("1"))["type"] == "next"


async def test_an_operation_in_error_leaves_the_others_running(dev_server: RealServer) -> None:
    async with talking(dev_server) as talk:
        await talk.send(FRAMES)
        for number, query in enumerate(
            (
                "subscription {",
                "subscription { nope }",
                "subscription { gpuMetrics }",
                "subscription { fleetFrame(intervalMs: true) { sequence } }",
                "query a { __typename } query b { __typename }",
            )
        ):
            await talk.subscribe(f"bad {number}", query)
            message = await talk.receive_of(f"bad {number}")
            assert message["type"] == "error"
            said(message["payload"])
            await talk.subscribe(f"bad {number}", "{ __typename }")  # the id is free again
            assert (await talk.receive_of(f"bad {number}"))["type"] == "next"
            assert (await talk.receive_of(f"bad {number}"))["type"] == "complete"
        for number, (query, variables, wanted) in enumerate(
            (
                ("subscription { fleetFrame(intervalMs: 0) { sequence } }", {}, "INVALID_INPUT"),
                ("subscription { gpuMetrics(where: {gpuUtilizationPctMin: -5}) { deviceId } }", {}, "INVALID_INPUT"),
                ("subscription($i: Int) { gpuMetrics(intervalMs: $i) { deviceId } }", {"i": "x"}, "GRAPHQL_ERROR"),
                ("subscription($i: Int!) { gpuMetrics(intervalMs: $i) { deviceId } }", {}, "GRAPHQL_ERROR"),
            )
        ):
            await talk.subscribe(f"wrong {number}", query, variables=variables)
            message = await talk.receive_of(f"wrong {number}")
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert said(errors)[0] == wanted
            if message["type"] == "next":
                assert (await talk.receive_of(f"wrong {number}"))["type"] == "complete"
        assert (await talk.receive_of("1"))["type"] == "next"


async def test_the_51st_operation_of_a_socket_is_refused_alone(dev_server: RealServer) -> None:
    async with talking(dev_server) as talk:
        for number in range(51):
            await talk.subscribe(str(number), FLEET_FRAME)
        message = await talk.receive_of("50")
        assert message["type"] == "error"
        assert said(message["payload"])[0] == "TOO_MANY"
        assert (await talk.receive_of("49"))["type"] == "next"
        await talk.send({"type": "complete", "id": "7"})
        await talk.subscribe("again", FLEET_FRAME)
        assert (await talk.receive_of("again"))["type"] == "next"


LEGACY: dict[str, tuple[list[Any], list[tuple[str | None, str]], int | None]] = {
    "a query": ([subscribe({"query": "{ __typename }"}, kind="start")], [("1", "data"), ("1", "complete")], None),
    "a syntax error": ([subscribe({"query": "{"}, kind="start")], [("1", "error")], None),
    "an unknown field": ([subscribe({"query": "{ nope }"}, kind="start")], [("1", "error")], None),
    "the end": ([{"type": "connection_terminate"}], [], 1000),
    "the other protocol's word": ([FRAMES], [], 4400),
    "no JSON": (["hello"], [], 4400),
    "an id that is a number": ([subscribe({"query": "{ __typename }"}, 1, "start")], [], 4400),
    "a payload that is a text": ([subscribe("{ __typename }", kind="start")], [], 4400),
    "the stop of a list": (
        [{"type": "stop", "id": ["1"]}, subscribe({"query": "{ __typename }"}, kind="start")],
        [("1", "data"), ("1", "complete")],
        None,
    ),
}


@pytest.mark.parametrize("name", LEGACY)
async def test_the_older_protocol_answers_bad_messages_too(name: str, dev_server: RealServer) -> None:
    messages, answers, close_code = LEGACY[name]
    async with talking(dev_server, protocol=LEGACY_WS) as talk:
        await talk.send(*messages)
        for operation_id, kind in answers:
            message = await talk.receive()
            assert (message.get("id"), message["type"]) == (operation_id, kind)
            if kind == "error":
                said([message["payload"]])
        if close_code is not None:
            assert (await talk.rest())[:2] == ([], close_code)


async def test_the_older_protocol_replaces_an_operation_of_the_same_id(dev_server: RealServer) -> None:
    async with talking(dev_server, protocol=LEGACY_WS) as talk:
        await talk.subscribe("1", GPU_METRICS)
        assert (await talk.receive())["type"] == "data"
        await talk.subscribe("1", "{ __typename }")
        async with asyncio.timeout(5):
            while (message := await talk.receive())["type"] != "complete":
                assert message["id"] == "1"
        with pytest.raises(TimeoutError):
            await talk.receive(0.5)


# -- below the protocol

BYTES: dict[str, list[bytes]] = {
    "no frame": [b"GET / HTTP/1.1\r\n\r\n"],
    "zeros": [bytes(1000)],
    "an unmasked frame": [b"\x81\x02hi"],
    "a reserved opcode": [frame(0x3, b"x")],
    "a reserved bit": [b"\xf1\x80\x00\x00\x00\x00"],
    "not UTF-8": [frame(0x1, b"\xff\xfe")],
    "a continuation of nothing": [frame(0x0, b"x")],
    "a text within a text": [frame(0x1, b"a", final=False), frame(0x1, b"b")],
    "a ping in parts": [frame(0x9, b"a", final=False)],
    "a ping of 126 bytes": [frame(0x9, b"a" * 126)],
    "a frame of 2^62 bytes": [struct.pack("!BBQ", 0x81, 0xFF, 2**62) + bytes(4)],
    "2 MB in parts": [frame(0x1, b"a", final=False), *[frame(0x0, b"a" * 1000, final=False)] * 2000],
    "a close of one byte": [frame(0x8, b"\x03")],
    "a close with an unknown code": [frame(0x8, struct.pack("!H", 5))],
}


@pytest.mark.parametrize("name", BYTES)
async def test_bytes_that_are_no_websocket_close_it(name: str, dev_server: RealServer, raw_socket: MakeRaw) -> None:
    raw = raw_socket(dev_server)
    await asyncio.to_thread(raw.begin)
    await asyncio.to_thread(raw.socket.recv, 64)

    def until_closed() -> None:
        with suppress(ConnectionError):
            raw.send(*BYTES[name])
            while raw.socket.recv(65536):
                pass

    await asyncio.wait_for(asyncio.to_thread(until_closed), 8)


async def test_sockets_dropped_in_the_middle_of_a_frame_are_forgotten(
    dev_server: RealServer, raw_socket: MakeRaw
) -> None:
    whole = text_frame(FRAMES)
    dropped = []
    for number in range(60):
        raw = await asyncio.to_thread(raw_socket, dev_server)
        await asyncio.to_thread(raw.begin, (GPU_METRICS, FLEET_FRAME, DEVICE_EVENTS)[number % 3])
        raw.send(whole[: number % len(whole)])
        dropped.append(raw)
    await until(lambda: dev_server.metric("gpu_subscribers") >= 60, what="all subscribed")
    for number, raw in enumerate(dropped):
        if number % 2:
            raw.reset()
        else:
            raw.close()
    await until(lambda: dev_server.metric("gpu_subscribers") == 0, what="all forgotten")
    await until(lambda: dev_server.metric("gpu_sockets_open") == 0, what="all closed")


async def test_a_handshake_that_is_given_up(dev_server: RealServer) -> None:
    """Half a request, and a whole one without waiting for the answer."""
    half = b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgr"
    whole = half + (
        b"ade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    for sent in [half, whole] * 20:
        plain = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", dev_server.port), 5)
        plain.sendall(sent)
        plain.close()
    for protocols in ("", "mqtt", "graphql-ws-2"):
        async with talking(dev_server, protocol=protocols or "x", init=False) as talk:
            assert (await talk.rest())[1] == 4406
    async with talking(dev_server, protocol=TRANSPORT_WS) as talk:
        await talk.send(FRAMES)
        assert (await talk.receive())["type"] == "next"


async def test_a_thousand_connections_come_and_go(dev_server: RealServer, raw_socket: MakeRaw) -> None:
    """In every manner of going; what the server holds is what it held before."""

    def one(number: int) -> None:
        raw = raw_socket(dev_server)
        raw.begin((GPU_METRICS, FLEET_FRAME, DEVICE_EVENTS)[number % 3])
        match number % 4:
            case 0:
                raw.close()
            case 1:
                raw.reset()
            case 2:
                raw.socket.recv(1000)
                raw.send(frame(0x8, struct.pack("!H", 1000)))
                raw.close()
            case 3:
                raw.socket.recv(1000)
                raw.send(text_frame({"id": "0", "type": "complete"}))
                raw.close()

    async def some(numbers: range) -> None:
        for number in numbers:
            await asyncio.to_thread(one, number)

    async def cycles(count: int) -> None:
        await asyncio.gather(*(some(range(start, count, 10)) for start in range(10)))

    await cycles(100)  # what is kept once, caches and pools, is kept now
    await asyncio.to_thread(dev_server.settle, {"sockets": 0, "subscribers": 0, "cohorts": 0})
    before, rss_before = await asyncio.to_thread(dev_server.holds), dev_server.rss_mib
    await cycles(1_000)
    await asyncio.to_thread(dev_server.settle, before)
    assert dev_server.rss_mib - rss_before < 12
