"""One competition: servers over one database, clients, somebody who kills servers, and the audit when it is quiet."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import Role
from domain.allocation.lifecycle import LIVE
from domain.allocation.model import AllocationStatus
from domain.clock import utc_now
from persistence.engine import create_engine
from tests.fixtures.gpuctl import GpuctlServer, token
from tests.integration.allocation.auditor import wrong_now
from tests.integration.allocation.books import Books, read_books
from tests.integration.allocation.replay import wrong_at_any_time
from tests.integration.competition.clients import Client
from tests.integration.competition.journal import Journal, told_otherwise

QUIET_S = 40.0
GIVE_UP_S = 2.0
"""After the end clients wait for their last answers this long, and then go without them."""
LONGER_S = 60.0
"""On a machine that is busy with other things: how much longer it may go on until enough has happened."""
ENOUGH = {AllocationStatus.ACTIVE: 30, AllocationStatus.REJECTED: 1, "released": 5, "lost": 1, "kills": 1}
TEAMS = {"red": 18.0, "green": 12.0, "blue": None}
"""GPUs that each may hold."""
USERS_MOST = {"red-0": 5.0, "blue-0": 7.0}
SHARED = 10
"""Devices that may be shared."""

_SET_QUOTA = "mutation($input: SetQuotaInput!) { setQuota(input: $input) { ... on Error { code message } } }"
_SHARE = """mutation($input: SetDeviceSharingInput!) {
  setDeviceSharing(input: $input) { ... on Error { code message } } }"""
_DEVICES = "{ devices(first: 1000) { nodes { id migEnabled } } }"
_LIVING = "{ allocations(first: 1000) { totalCount nodes { id status resources { deviceId } } } }"


@dataclass(frozen=True)
class Size:
    """How large and how long. Each may be set by an environment variable: COMPETITION_SECONDS and so on."""

    processes: int = 3
    clients: int = 50
    """Of each process."""
    gpus: int = 48
    mig_gpus: int = 10
    """Of these, with MIG on. The first server carries their layout commands out; each restart of it is a reboot."""
    seconds: float = 5.0
    kill_every: float = 1.0
    """Seconds between two kills, on average; fewer where those killed take longer to start again."""
    seed: int = 1

    @classmethod
    def from_environment(cls) -> Size:
        stated = {each.name: os.environ.get(f"COMPETITION_{each.name.upper()}") for each in fields(cls)}
        return cls(**{name: type(getattr(cls, name))(value) for name, value in stated.items() if value is not None})


@dataclass(frozen=True)
class Outcome:
    """What is wrong (nothing, it is hoped), and what happened in one line."""

    wrong: list[str]
    summary: str
    journal: Journal


async def compete(database_url: str, folder: Path, size: Size) -> Outcome:
    """Run it from the first server's start to the audit."""
    servers = [_server(folder, database_url, number, size) for number in range(size.processes)]
    engine = create_engine(database_url)
    journal = Journal()
    began = time.monotonic()
    try:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        async with httpx.AsyncClient() as http:
            await _prepare(http, servers[0], size)
            clients = _clients([f"{server.url}/graphql" for server in servers], journal, size)
            started = time.monotonic()
            over = _Over(journal, started + size.seconds)
            running = asyncio.gather(*(client.run(over) for client in clients))
            last_kill = started + size.seconds * 2 / 3  # time for what was killed to take part again
            await asyncio.gather(_kill(servers, journal, size, last_kill), _end(running, over))
            ran = time.monotonic()
            books = await _quiet(engine)
            wrong = [*wrong_now(books), *wrong_at_any_time(books), *told_otherwise(journal, books)]
            wrong += [words for server in servers for words in await _seen_otherwise(http, server, engine)]
        wrong += [f"a server logged: {server.logs[-3000:]}" for server in servers if "Traceback" in server.logs]
    finally:
        for server in servers:
            server.kill()
        await engine.dispose()
    summary = journal.summary(
        database=database_url.split(":", maxsplit=1)[0],
        processes=size.processes,
        clients=size.clients * size.processes,
        gpus=size.gpus,
        seconds=round(ran - started, 1),
        allocations=len(books.allocations),
        expired=len(books.of_status(AllocationStatus.EXPIRED)),
        steps=sum(map(len, books.history.values())),
        wrong=len(wrong),
        all_in_all_s=round(time.monotonic() - began, 1),
    )
    return Outcome(wrong, summary, journal)


def _server(folder: Path, database_url: str, number: int, size: Size) -> GpuctlServer:
    own = folder / f"server-{number}"
    own.mkdir()
    collects: dict[str, object] = {"collector": "none"}
    if number == 0:
        collects = {
            "collector": "simulated",
            "simulated_gpus": size.gpus,
            "simulated_mig_gpus": size.mig_gpus,
        }
    return GpuctlServer(own, {"database_url": database_url, "auth_mode": "token", **collects})


def _clients(urls: Sequence[str], journal: Journal, size: Size) -> Sequence[Client]:
    teams = list(TEAMS)
    found = []
    for number in range(size.processes * size.clients):
        team = teams[number % len(teams)]
        user = f"{team}-{number // len(teams) % 4}"
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {token(Role.USER, user, team=team)}"}
        # a pool each: one for all looks through every connection for every request; and TLS is not wanted here
        http = httpx.AsyncClient(headers=given, verify=False)
        found.append(Client(f"c{number}", urls, http, random.Random(f"{size.seed}/{number}"), journal))
    return found


async def _prepare(http: httpx.AsyncClient, server: GpuctlServer, size: Size) -> None:
    """Quotas of teams, users and a namespace, and devices that may be shared: a few of each node."""
    for name, most in TEAMS.items():
        if most is not None:
            await _admin(http, server, _SET_QUOTA, {"scope": "TEAM", "name": name, "gpusHard": most})
    for name, most in USERS_MOST.items():
        await _admin(http, server, _SET_QUOTA, {"scope": "USER", "name": name, "gpusHard": most})
    namespace = {"scope": "NAMESPACE", "name": "compete", "memoryGibHard": 48.0 * size.gpus}
    await _admin(http, server, _SET_QUOTA, namespace)
    devices = (await _admin(http, server, _DEVICES))["devices"]["nodes"]
    assert len(devices) == size.gpus
    whole = [device for device in devices if not device["migEnabled"]]
    for number, device in enumerate(whole[:: max(1, len(whole) // SHARED)]):
        given = {"deviceId": device["id"], "mode": "TIME_SLICING", "maxSharers": 3 + number % 3}
        await _admin(http, server, _SHARE, given | {"overcommit": 1.0 + number % 2 / 2})


async def _kill(servers: Sequence[GpuctlServer], journal: Journal, size: Size, until: float) -> None:
    """End a server as a crash does, start it again, and leave one that runs; at the end all run."""
    chance = random.Random(f"{size.seed}/kill")
    starting: dict[int, asyncio.Task[None]] = {}
    while True:
        await asyncio.sleep(min(chance.expovariate(1 / size.kill_every), max(0.0, until - time.monotonic())))
        if time.monotonic() >= until:
            break
        up = [number for number in range(len(servers)) if number not in starting or starting[number].done()]
        if len(up) < 2:
            continue
        number = chance.choice(up)
        servers[number].kill()
        journal.counts["kills"] += 1
        starting[number] = asyncio.create_task(asyncio.to_thread(servers[number].start))
    await asyncio.gather(*starting.values())


@dataclass(frozen=True)
class _Over:
    """Whether the clients may stop: the time is up, and enough has happened."""

    journal: Journal
    at: float

    def __call__(self) -> bool:
        now = time.monotonic()
        return now > self.at and (now > self.at + LONGER_S or not self.journal.lacks(ENOUGH))


async def _end(running: asyncio.Future[list[None]], over: _Over) -> None:
    while not (over() or running.done()):
        await asyncio.sleep(0.05)
    with suppress(TimeoutError):
        await asyncio.wait_for(running, GIVE_UP_S)


async def _quiet(engine: AsyncEngine) -> Books:
    """What is stored once every planned end has come that was due, and nothing is under way."""
    deadline = time.monotonic() + QUIET_S
    while True:
        books, now = await read_books(engine), utc_now()
        late = [
            row
            for row in books.allocations.values()
            if row.status in LIVE
            and (
                row.status in {"REQUESTED", "RESERVED", "CREATING"}
                or (row.planned_release_time is not None and row.planned_release_time < now)
            )
        ]
        if not late:
            return books
        assert time.monotonic() < deadline, f"never quiet: {late[:3]}"
        await asyncio.sleep(0.2)


async def _seen_otherwise(http: httpx.AsyncClient, server: GpuctlServer, engine: AsyncEngine) -> list[str]:
    """Where a server shows other live allocations than are stored. Asked again where one ended meanwhile."""
    for _ in range(20):
        before = await read_books(engine)
        answer = (await _admin(http, server, _LIVING))["allocations"]
        if (await read_books(engine)).changes == before.changes:
            break
    live = {id_: before.allocations[id_].status for id_ in before.of_status(*LIVE)}
    seen = {each["id"]: each["status"] for each in answer["nodes"]}
    if answer["totalCount"] != len(live):
        return [f"{server.url} counts {answer['totalCount']} live allocations of {len(live)}"]
    return [f"{server.url} shows {id_} as {status}" for id_, status in seen.items() if live.get(id_) != status]


async def _admin(
    http: httpx.AsyncClient, server: GpuctlServer, query: str, given: dict[str, Any] | None = None
) -> dict[str, Any]:
    reply = await http.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": {} if given is None else {"input": given}},
        headers={"Authorization": f"Bearer {token(Role.ADMIN)}"},
        timeout=20,
    )
    content = reply.json()
    assert "errors" not in content, content
    assert not any(isinstance(each, dict) and "code" in each for each in content["data"].values()), content
    return dict(content["data"])
