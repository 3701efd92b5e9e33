"""Faults of our own: the client gets an id and nothing else, the log has the cause under that id."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from domain.metrics.frames import LiveSelection
from domain.metrics.sample import GpuMetric
from resolvers import subscriptions
from tests.integration.bad_days.fleet import SET_STATUS, UPDATE_DEVICE
from tests.integration.bad_days.in_process import InProcessServer
from tests.integration.bad_days.wire import (
    DEVICE_EVENTS,
    FLEET_FRAME,
    GPU_METRICS,
    INTERNALS,
    LEGACY_WS,
    TRANSPORT_WS,
    RawSocket,
    Talk,
    ask,
    frame,
    talking,
    text_frame,
    until,
)

SECRET = "password=hunter2 at /srv/fleet/secret.py"
MESSAGE = re.compile(r"Internal error ([0-9a-f]{12})\. It is in the server's log under this id\.")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    server = InProcessServer(tmp_path_factory.mktemp("in-process"))
    server.start()
    yield server
    server.stop()


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError(SECRET)


def check_masked(errors: list[dict[str, Any]], log: pytest.LogCaptureFixture) -> None:
    (error,) = errors
    found = MESSAGE.fullmatch(error["message"])
    assert found is not None, error
    assert error["extensions"] == {"code": "INTERNAL", "id": found.group(1)}
    entries = [record for record in log.records if found.group(1) in record.getMessage()]
    assert len(entries) == 1, "logged once, under the id the client has"
    assert entries[0].levelno == logging.ERROR
    assert entries[0].exc_info is not None
    assert str(entries[0].exc_info[1]) == SECRET


FAULTS: dict[str, tuple[Callable[[InProcessServer, pytest.MonkeyPatch], None], str, dict[str, Any]]] = {
    "in a query": (
        lambda server, patch: patch.setattr(type(server.runtime.view), "ensure_current", broken),
        "{ fleet { totalGpus } }",
        {},
    ),
    "in a field of a list": (
        lambda _, patch: patch.setattr(GpuMetric, "timestamp", property(broken)),
        "{ devices(first: 1) { nodes { latestMetric { timestamp } } } }",
        {},
    ),
    "in a mutation": (
        lambda server, patch: patch.setattr(server.runtime.services.fleet, "set_device_status", broken),
        SET_STATUS,
        {"input": {"deviceId": "x", "status": "ACTIVE"}},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_over_http_and_over_a_socket(
    name: str,
    server: InProcessServer,
    http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cause, query, variables = FAULTS[name]
    cause(server, monkeypatch)
    answer = await http.post(server.api, json={"query": query, "variables": variables})
    assert answer.status_code == 200
    assert not INTERNALS.search(answer.text)
    assert "hunter2" not in answer.text
    check_masked(answer.json()["errors"], caplog)
    for protocol in (TRANSPORT_WS, LEGACY_WS):
        caplog.clear()
        async with talking(server, protocol=protocol) as talk:
            await talk.subscribe("1", query, variables=variables)
            message = await talk.receive_of("1")
            assert "hunter2" not in str(message)
            check_masked(message["payload"]["errors"], caplog)
            await talk.subscribe("2", "{ __typename }")
            assert (await talk.receive_of("2"))["type"] in {"next", "data"}


async def until_errors(talk: Talk, operation_id: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        while True:
            message = await talk.receive_of(operation_id)
            assert message["type"] == "next"
            if "errors" in message["payload"]:
                errors: list[dict[str, Any]] = message["payload"]["errors"]
                return errors


async def test_a_fault_in_a_running_subscription_ends_it_and_no_other(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with talking(server) as first, talking(server) as second:
        for talk in (first, second):
            await talk.subscribe("metrics", GPU_METRICS)
            await talk.subscribe("frames", FLEET_FRAME)
            assert (await talk.receive_of("metrics"))["type"] == "next"
        monkeypatch.setattr(LiveSelection, "metrics", broken)
        for talk in (first, second):  # one execution for both: one fault, one id, one entry in the log
            check_masked(await until_errors(talk, "metrics"), caplog)
            assert (await talk.receive_of("metrics"))["type"] == "complete"
            assert (await talk.receive_of("frames"))["type"] == "next"
        monkeypatch.undo()
        await first.subscribe("metrics", GPU_METRICS)
        assert "errors" not in (await first.receive_of("metrics"))["payload"]


async def test_a_fault_in_a_running_stream_of_events_is_told(
    server: InProcessServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (device,) = (await ask(http, server.api, "{ devices(first: 1) { nodes { id } } }"))["data"]["devices"]["nodes"]
    async with talking(server) as first, talking(server) as second:
        for talk in (first, second):
            await talk.subscribe("events", DEVICE_EVENTS)
            assert (await talk.receive_of("events"))["payload"]["data"]["deviceEvents"]["snapshot"]
        monkeypatch.setattr("domain.fleet.events.select_devices", broken)
        await ask(http, server.api, UPDATE_DEVICE, input={"deviceId": device["id"], "serialNumber": "x"})
        for talk in (first, second):
            check_masked(await until_errors(talk, "events"), caplog)
            assert (await talk.receive_of("events"))["type"] == "complete"


async def test_a_fault_at_the_start_of_a_subscription(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subscriptions, "events_of", broken)
    async with talking(server) as talk:
        await talk.subscribe("events", DEVICE_EVENTS)
        check_masked(await until_errors(talk, "events"), caplog)
        assert (await talk.receive_of("events"))["type"] == "complete"


async def test_a_fault_outside_of_any_field_is_masked_too(
    server: InProcessServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In the part that reads query texts: no operation there is to answer for it."""
    monkeypatch.setattr("schema.execution.documents.validate", broken)
    answer = await http.post(server.api, json={"query": "query never_asked_before { __typename }"})
    assert "hunter2" not in answer.text
    assert not INTERNALS.search(answer.text)
    assert answer.status_code == 500
    assert answer.json()["requestId"] == answer.headers["X-Request-ID"]
    async with talking(server) as talk:
        await talk.subscribe("1", "query never_asked_before_either { __typename }")
        await talk.send({"type": "ping"})
        messages = []
        async with asyncio.timeout(5):
            while not messages or messages[-1]["type"] not in {"error", "next"}:
                messages.append(await talk.receive())
        assert "hunter2" not in str(messages)
        check_masked(messages[-1]["payload"], caplog)


async def test_every_task_of_a_connection_ends_with_it(
    server: InProcessServer, raw_socket: Callable[..., RawSocket]
) -> None:
    """Whatever was running on it, and however it went."""
    before = await idle_tasks(server)
    ran = 0
    for number in range(120):
        raw = await asyncio.to_thread(raw_socket, server, 4096 if number % 2 else None)
        raw.begin((GPU_METRICS, FLEET_FRAME, DEVICE_EVENTS)[number % 3], subscriptions=3)
        match number % 6:
            case 0:
                raw.close()
            case 1:
                raw.reset()
            case 2:
                raw.send(frame(0x8, b"\x03\xe8"))
            case 3:
                raw.send(text_frame({"type": "nope"}))
            case 4:
                raw.send(text_frame({"id": "0", "type": "complete"}), frame(0x1, b"half a fra")[:-4])
                raw.close()
            case 5:
                raw.send(text_frame({"type": "connection_init"}))
        ran += bool(server.tasks() - before)
    assert ran > 0
    await asyncio.sleep(0.2)
    deadline = time.monotonic() + 15
    while (now := await idle_tasks(server)) - before:
        assert time.monotonic() < deadline, f"still running: {now - before}"
    assert server.runtime.hub.members == 0
    assert server.runtime.endpoint.sockets == 0


async def idle_tasks(server: InProcessServer) -> Counter[str]:
    """The tasks that run while nobody asks for anything: of some looks those that are in each."""
    always = server.tasks()
    for _ in range(5):
        await asyncio.sleep(0.07)
        always &= server.tasks()
    return always


async def test_the_loop_is_never_blocked_for_long_by_any_of_the_hostile_documents(
    server: InProcessServer, http: httpx.AsyncClient
) -> None:
    from tests.integration.bad_days.test_documents import HOSTILE

    worst = 0.0

    async def look() -> None:
        nonlocal worst
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            worst = max(worst, time.monotonic() - began)

    looking = asyncio.run_coroutine_threadsafe(look(), server._loop)
    for query, _, _ in HOSTILE.values():
        await http.post(server.api, json={"query": query})
    looking.cancel()
    await until(looking.done)
    assert worst < 1.5
