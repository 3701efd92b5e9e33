"""What a server leans on goes away and comes back: Redis in the middle of a stream, PostgreSQL in that of mutations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from domain.access.principal import Principal, Role
from domain.errors import Unavailable
from domain.fleet.view import RETRY_AFTER_S
from persistence.inventory_reader import SqlInventoryReader
from tests.fixtures.databases import PostgresServer
from tests.fixtures.redis_server import RedisServer
from tests.integration.bad_days.fleet import REGISTER_DEVICE, SET_STATUS, Caller, a_report, device_id
from tests.integration.bad_days.in_process import InProcessServer
from tests.integration.bad_days.real_server import RealServer, token
from tests.integration.bad_days.wire import DEVICE_EVENTS, Talk, ask, talking, until

NewServer = Callable[..., RealServer]

AGED = "subscription { fleetFrame { sequence ageMs } }"
NOTE = """mutation($id: ID!, $serial: String) { updateDevice(input: {deviceId: $id, serialNumber: $serial}) {
  __typename ... on Error { code message } } }"""


async def next_frame(talk: Talk) -> dict[str, Any]:
    frame: dict[str, Any] = (await talk.receive_of("1", 8))["payload"]["data"]["fleetFrame"]
    return frame


async def youngest(talk: Talk) -> float:
    """Age in seconds of the newest reading in the next frame; a year where it has none."""
    return min((age for age in (await next_frame(talk))["ageMs"] if age is not None), default=3e10) / 1000


async def goes_on(talk: Talk, now: dict[str, Any]) -> None:
    """Every frame is there until after the one of now, and that one is of fresh readings."""
    shown = await next_frame(talk)
    while shown["sequence"] < now["fleetFrame"]["sequence"] + 5:
        before, shown = shown, await next_frame(talk)
        assert shown["sequence"] == before["sequence"] + 1
    assert max(shown["ageMs"]) < 1000


async def becomes_fresh(talk: Talk) -> None:
    deadline = time.monotonic() + 10
    while await youngest(talk) > 1:
        assert time.monotonic() < deadline, "the readings of the other do not come"


async def test_redis_dies_and_returns_in_the_middle_of_a_stream(
    own_redis_server: RedisServer, new_server: NewServer, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    own_redis_server.start()
    shared = {"broker_url": own_redis_server.url, "database_url": f"sqlite:///{tmp_path}/fleet.db"}
    here = new_server(sample_interval=0.1, **shared)
    there = new_server(sample_interval=0.1, collector="none", **shared)
    here.start()
    there.start()
    (device,) = (await Caller(http, here, None).data("{ devices(first: 1) { nodes { id } } }"))["devices"]["nodes"]
    async with talking(here) as near, talking(there) as far:
        await near.subscribe("1", AGED)
        await far.subscribe("1", AGED)
        assert await youngest(near) < 1
        await becomes_fresh(far)
        held = here.holds()

        own_redis_server.kill()
        await until(lambda: not there.readyz()["broker"]["connected"], 10, "the word of /readyz")
        for server in (here, there):
            readiness = server.readyz()
            assert readiness["ready"]
            assert readiness["status"] == "degraded"
            assert readiness["broker"]["detail"]
        await goes_on(near, await Caller(http, here, None).data("{ fleetFrame { sequence } }"))
        for server in (here, there):  # and nothing else stops
            caller = Caller(http, server, None)
            result = await caller.data(NOTE, id=device["id"], serial=f"during the outage {server.port}")
            assert result["updateDevice"]["__typename"] == "GpuDevice"
            assert (await caller.data("{ fleet { totalGpus } }"))["fleet"]["totalGpus"] == 20
        shown = await Caller(http, here, None).data(
            "query($id: ID!) { node(id: $id) { ... on GpuDevice { serialNumber } } }", id=device["id"]
        )
        assert shown["node"]["serialNumber"] == f"during the outage {there.port}"
        await asyncio.sleep(1)  # what comes from elsewhere is shown with its age, not as fresh
        shown = await Caller(http, there, None).data("{ fleetFrame { ageMs } }")
        assert min(shown["fleetFrame"]["ageMs"]) > 1000

        own_redis_server.start()
        for server in (here, there):
            await until(lambda server=server: server.readyz()["broker"]["connected"], 15, "the new connection")
        await becomes_fresh(far)
        assert here.readyz()["status"] == "ok"
    await asyncio.to_thread(here.settle, held | {"sockets": 0, "subscribers": 0, "cohorts": 0})
    for server in (here, there):
        assert "Traceback" not in server.logs
        assert server.stop() == 0


@pytest.fixture
async def own_postgres() -> AsyncIterator[PostgresServer]:
    """A PostgreSQL of the test's own, to stop and to crash."""
    server = await asyncio.to_thread(PostgresServer)
    yield server
    await asyncio.to_thread(server.close)


def registration(uuid: str) -> dict[str, Any]:
    """A request that writes a node, a device, two changes and a key: all or nothing."""
    name = uuid.removeprefix("GPU-").lower()
    return {"clusterName": "gamma", "nodeName": name, "device": a_report(uuid), "idempotencyKey": f"key of {uuid}"}


async def test_postgresql_restarts_in_the_middle_of_mutations(
    own_postgres: PostgresServer, new_server: NewServer, http: httpx.AsyncClient
) -> None:
    """Twice: told to stop, and crashed. What was acknowledged is there; what was refused can be sent again."""
    server = new_server(database_url=own_postgres.url(), collector="none")
    await asyncio.to_thread(server.start)
    operator = Caller(http, server, token(Principal("operator", Role.OPERATOR)))
    done: list[str] = []
    refused: list[str] = []
    waits: list[float] = []
    stop = asyncio.Event()

    async def mutate(worker: int) -> None:
        for number in range(10_000):
            if stop.is_set():
                return
            uuid = f"GPU-{worker}-{number:04}"
            result = await operator.act(REGISTER_DEVICE, **registration(uuid))
            if result["__typename"] == "GpuDevice":
                done.append(uuid)
            else:
                assert result["code"] == "UNAVAILABLE", result
                assert "again" in result["message"]
                refused.append(uuid)
                await asyncio.sleep(0.05)

    async def ask() -> None:
        while not stop.is_set():
            began = time.monotonic()
            await operator.data("{ fleet { totalGpus } gpuNodes { totalCount } }")
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.05)

    async with talking(server, token=operator.token) as talk:
        await talk.subscribe("events", DEVICE_EVENTS)
        assert (await talk.receive_of("events"))["payload"]["data"]["deviceEvents"]["snapshot"]
        held = await asyncio.to_thread(server.holds)
        workers = [asyncio.create_task(mutate(worker)) for worker in range(4)] + [asyncio.create_task(ask())]
        for mode in ("fast", "immediate"):
            await grows(done)
            await asyncio.to_thread(own_postgres.stop, mode)
            await grows(refused)
            readiness = await asyncio.to_thread(server.readyz)
            assert readiness["ready"]
            assert not readiness["database"]["ok"]
            await asyncio.to_thread(own_postgres.start)
        await grows(done)
        stop.set()
        await asyncio.gather(*workers)
        told: set[str] = set()
        async with asyncio.timeout(10):  # the stream went on through it all, and lacks nothing
            while not {device_id(uuid) for uuid in done} <= told:
                event = (await talk.receive_of("events", 8))["payload"]["data"]["deviceEvents"]
                told |= {device["id"] for device in event["devices"]}
    assert max(waits) < 5  # queries were answered from memory

    stored = await whole_registrations(own_postgres)
    assert set(done) <= stored
    assert stored <= set(done) | set(refused)
    for uuid in refused:  # the same request again is safe, whatever became of it
        result = await operator.act(REGISTER_DEVICE, **registration(uuid))
        assert result["__typename"] == "GpuDevice", result
    assert await whole_registrations(own_postgres) == set(done) | set(refused)
    assert (await asyncio.to_thread(server.readyz))["database"]["ok"]
    await asyncio.to_thread(server.settle, held | {"descriptors": held["descriptors"] + 8})  # the pool's connections
    assert "Traceback" not in server.logs


async def grows(done: list[str], by: int = 5) -> None:
    had = len(done)
    await until(lambda: len(done) >= had + by, 20, f"{by} more")


async def whole_registrations(postgres: PostgresServer) -> set[str]:
    """The UUIDs of the devices that are stored. Fails where a registration is stored by half or twice."""
    connection = await asyncpg.connect(postgres.url())
    try:
        devices = await connection.fetch(
            "SELECT d.gpu_uuid, d.device_id, d.node_id, d.version, n.total_gpus, n.available_gpus, k.idem_key, "
            "(SELECT count(*) FROM inventory_changes c WHERE c.entity_id = d.device_id) AS device_changes, "
            "(SELECT count(*) FROM inventory_changes c WHERE c.entity_id = d.node_id) AS node_changes "
            "FROM gpu_devices d LEFT JOIN gpu_nodes n ON n.node_id = d.node_id "
            "LEFT JOIN idempotency_keys k ON k.result_id = d.device_id"
        )
        for row in devices:
            assert row["idem_key"] == f"key of {row['gpu_uuid']}"
            counts = ("version", "total_gpus", "available_gpus", "device_changes", "node_changes")
            assert [row[name] for name in counts] == [1] * 5, row
        assert await connection.fetchval("SELECT count(*) FROM gpu_nodes") == len(devices)
        assert await connection.fetchval("SELECT count(*) FROM idempotency_keys") == len(devices)
        newest, changes, revision = await connection.fetchrow(
            "SELECT max(sequence), count(*), (SELECT revision FROM fleet_revision) FROM inventory_changes"
        )
        assert newest == changes == revision
        return {row["gpu_uuid"] for row in devices}
    finally:
        await connection.close()


async def test_what_was_committed_is_answered_though_it_cannot_be_read_back(
    tmp_path: Path, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away between the commit and the reading of what was committed."""

    async def away(*_: object) -> int:
        raise Unavailable("the database is away")

    server = InProcessServer(tmp_path, collector="none")
    await asyncio.to_thread(server.start)
    try:
        known = await act(http, server, REGISTER_DEVICE, registration("GPU-known"))
        with monkeypatch.context() as patch:
            patch.setattr(SqlInventoryReader, "revision", away)
            cordoned = await act(http, server, SET_STATUS, {"deviceId": known["id"], "status": "CORDONED"})
            assert (cordoned["deviceStatus"], cordoned["version"]) == ("CORDONED", 2)
            fresh = await act(http, server, REGISTER_DEVICE, registration("GPU-fresh"))
            assert fresh["id"] == device_id("GPU-fresh")
            again = await act(http, server, REGISTER_DEVICE, registration("GPU-fresh"))
            assert again["code"] == "UNAVAILABLE"
        await asyncio.sleep(RETRY_AFTER_S)
        assert await act(http, server, REGISTER_DEVICE, registration("GPU-fresh")) == fresh
        shown = await ask(http, server.api, "{ devices { nodes { gpuUuid deviceStatus version } } }")
        assert shown["data"]["devices"]["nodes"] == [
            {"gpuUuid": "GPU-fresh", "deviceStatus": "ACTIVE", "version": 1},
            {"gpuUuid": "GPU-known", "deviceStatus": "CORDONED", "version": 2},
        ]
    finally:
        await asyncio.to_thread(server.stop)


async def act(http: httpx.AsyncClient, server: InProcessServer, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    (result,) = (await ask(http, server.api, mutation, input=given))["data"].values()
    return dict(result)
