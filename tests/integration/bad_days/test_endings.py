"""How a server ends: in order when it is told to, and without loss when it is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

import httpx
import pytest
import websockets

from tests.integration.bad_days.fleet import REGISTER_DEVICE, Caller, a_report, device_id
from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import (
    DEVICE_EVENTS,
    FLEET_FRAME,
    GPU_METRICS,
    LEGACY_WS,
    TRANSPORT_WS,
    RawSocket,
    talking,
    until,
)

NewServer = Callable[..., RealServer]

GRACE_S = 2


async def test_sigterm_completes_every_subscription_and_closes_every_socket(
    new_server: NewServer, raw_socket: Callable[..., RawSocket], http: httpx.AsyncClient
) -> None:
    """Also those of the older protocol, those without a subscription, and in spite of those that never read."""
    server = new_server(shutdown_seconds=GRACE_S, sample_interval=0.1)
    server.start()
    async with AsyncExitStack() as stack:
        talks = []
        for number in range(20):
            protocol = LEGACY_WS if number % 4 == 0 else TRANSPORT_WS
            talk = await stack.enter_async_context(talking(server, protocol=protocol))
            for name, query in (("metrics", GPU_METRICS), ("frames", FLEET_FRAME), ("events", DEVICE_EVENTS)):
                await talk.subscribe(name, query)
            talks.append(talk)
        idle = await stack.enter_async_context(talking(server))
        silent = await stack.enter_async_context(talking(server, init=False))
        for _ in range(5):
            raw_socket(server, 4096).begin(GPU_METRICS, subscriptions=50)
        await until(lambda: server.metric("gpu_subscribers") == 20 * 3 + 5 * 50, what="all subscribed")
        await asyncio.sleep(1)  # those that never read are full

        began = time.monotonic()
        ending = asyncio.create_task(asyncio.to_thread(server.stop))
        for talk in talks:
            messages, code, reason = await talk.rest(GRACE_S + 2)
            completed = {message["id"] for message in messages if message["type"] == "complete"}
            assert completed == {"metrics", "frames", "events"}
            assert {message["type"] for message in messages[-3:]} == {"complete"}, "something came after the end"
            assert (code, reason) == (1001, "the server is shutting down")
        for talk in (idle, silent):
            assert (await talk.rest(GRACE_S + 2))[:2] == ([], 1001)
        assert await ending == 0
        assert time.monotonic() - began < GRACE_S + 2
    with pytest.raises(httpx.TransportError):
        await http.get(server.url)
    assert "Traceback" not in server.logs
    assert server.errors_logged() == set()


async def test_a_draining_server_takes_nothing_new(new_server: NewServer, raw_socket: Callable[..., RawSocket]) -> None:
    """While it waits for one that does not read, the others are told to go elsewhere."""
    server = new_server(shutdown_seconds=GRACE_S, sample_interval=0.1, simulated_gpus=200)
    server.start()
    for _ in range(2):
        raw_socket(server, 4096).begin(GPU_METRICS, subscriptions=50)
    await until(lambda: server.metric("gpu_subscribers") == 100, what="all subscribed")
    await asyncio.sleep(1)
    began = time.monotonic()
    ending = asyncio.create_task(asyncio.to_thread(server.stop))
    await asyncio.sleep(0.3)
    with suppress(OSError, websockets.InvalidMessage):  # it may have stopped listening already
        async with talking(server, init=False) as talk:
            assert (await talk.rest())[1] in {1001, 1013}
    assert await ending == 0
    assert time.monotonic() - began < GRACE_S + 2
    assert server.errors_logged() == set()


async def test_sigkill_in_the_middle_of_mutations_loses_nothing_that_was_acknowledged(
    new_server: NewServer, http: httpx.AsyncClient
) -> None:
    server = new_server(collector="none")
    server.start()
    caller = Caller(http, server, None)
    done: list[str] = []

    async def register(worker: int) -> None:
        with suppress(httpx.TransportError):
            for number in range(10_000):
                uuid = f"GPU-{worker}-{number:04}"
                device = a_report(uuid, number % 64)
                node = f"n{worker}-{number // 64}"
                result = await caller.act(REGISTER_DEVICE, clusterName="c", nodeName=node, device=device)
                assert result["__typename"] == "GpuDevice", result
                done.append(uuid)

    workers = [asyncio.create_task(register(worker)) for worker in range(4)]
    await until(lambda: len(done) > 20, 10, "mutations")
    server.kill()
    await asyncio.gather(*workers)

    server.start()
    stored = await caller.data("{ fleet { totalGpus revision } devices(first: 1000) { nodes { id gpuUuid version } } }")
    found = {node["gpuUuid"] for node in stored["devices"]["nodes"]}
    assert set(done) <= found
    assert len(found - set(done)) <= len(workers), "more than was under way"
    assert {node["version"] for node in stored["devices"]["nodes"]} == {1}
    nodes = await caller.data("{ gpuNodes(first: 1000) { nodes { totalGpus availableGpus } } }")
    assert sum(node["totalGpus"] for node in nodes["gpuNodes"]["nodes"]) == len(found) == stored["fleet"]["totalGpus"]
    async with talking(server) as talk:
        await talk.subscribe("events", DEVICE_EVENTS)
        event = (await talk.receive())["payload"]["data"]["deviceEvents"]
        assert event["snapshot"]
        assert event["sequence"] == stored["fleet"]["revision"]
        assert {device_id(uuid) for uuid in found} == {device["id"] for device in event["devices"]}
    assert server.stop() == 0
