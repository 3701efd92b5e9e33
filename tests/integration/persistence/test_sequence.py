"""The change record has no gaps, no duplicates and no late arrivals, whoever writes at once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from domain.fleet.changes import InventoryChange
from persistence.engine import create_engine
from persistence.inventory_reader import SqlInventoryReader
from persistence.unit_of_work import SqlUnitOfWork
from tests.integration.persistence import recorder
from tests.integration.persistence.objects import a_change

ROOT = Path(__file__).parents[3]


async def follow(reader: SqlInventoryReader, until: int) -> list[InventoryChange]:
    """As a replica's view does: ask for what is newer than the newest seen. Fails where a number is skipped."""
    seen: list[InventoryChange] = []
    while len(seen) < until:
        newest = await reader.revision()
        changes = (await reader.since(len(seen), 500))[0]
        assert len(seen) + len(changes) >= newest
        assert [c.sequence for c in changes] == list(range(len(seen) + 1, len(seen) + len(changes) + 1))
        seen += changes
        await asyncio.sleep(0)
    return seen


async def test_connections_of_several_replicas(database_url: str) -> None:
    replicas = [create_engine(database_url) for _ in range(3)]
    revisions: list[int] = []

    async def write(replica: int) -> None:
        for number in range(15):
            async with SqlUnitOfWork(replicas[replica % 3]) as uow:
                await uow.record([a_change(f"{replica}_{number}")])
                await asyncio.sleep(0)
                await uow.record([a_change(f"{replica}_{number}") for _ in range(number % 3)])
                revisions.append(await uow.commit())

    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow(SqlInventoryReader(replicas[0]), 6 * 30))
            for replica in range(6):
                tasks.create_task(write(replica))
    finally:
        for engine in replicas:
            await engine.dispose()

    seen = following.result()
    assert len(seen) == max(revisions) == 6 * 30
    assert len(set(revisions)) == len(revisions) == 6 * 15
    for replica in range(6):
        own = [int(c.entity_id.split("_")[1]) for c in seen if c.entity_id.startswith(f"{replica}_")]
        assert own == sorted(own)  # the order of the record is the order of the commits


async def test_processes(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow(SqlInventoryReader(engine), 2 * 16))
            processes = [
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", recorder.__name__, database_url, f"p{number}", "10"), cwd=ROOT
                )
                for number in range(2)
            ]
            assert [await process.wait() for process in processes] == [0, 0]
    finally:
        await engine.dispose()
    seen = following.result()
    assert all(seen[n].entity_id == seen[n + 1].entity_id for n in range(0, len(seen), 2))  # transactions stay whole
