"""The database goes away and comes back: nothing half-done, nothing confirmed is lost, no restart of ours."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import Unavailable
from persistence.dialects import Timeouts
from persistence.engine import create_engine
from persistence.inventory_reader import SqlInventoryReader
from persistence.maintenance import purge_idempotency_keys
from persistence.unit_of_work import SqlUnitOfWork
from tests.fixtures.databases import PostgresServer
from tests.integration.persistence.objects import NOW, a_change, a_node


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(postgres_url, pool_size=3, pool_overflow=1)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_it_vanishes_inside_a_transaction(
    postgres: AsyncEngine, postgres_server: PostgresServer, mode: str
) -> None:
    reader = SqlInventoryReader(postgres)
    assert await reader.revision() == 0
    async with SqlUnitOfWork(postgres) as uow:
        await uow.save_node(a_node(1))
        await uow.record([a_change()])
        await asyncio.to_thread(postgres_server.stop, mode)
        with pytest.raises(Unavailable):
            await uow.save_node(a_node(2))
        with pytest.raises(Unavailable):
            await uow.commit()

    for _ in range(2):
        with pytest.raises(Unavailable):
            await reader.revision()
        with pytest.raises(Unavailable):
            await reader.load()
        with pytest.raises(Unavailable):
            await reader.since(0, 1)
        with pytest.raises(Unavailable):
            await purge_idempotency_keys(postgres, NOW)
        with pytest.raises(Unavailable):
            async with SqlUnitOfWork(postgres):
                pass

    await asyncio.to_thread(postgres_server.start)
    stored = await reader.load()  # the first try after it is back
    assert (stored.revision, stored.nodes) == (0, [])
    async with SqlUnitOfWork(postgres) as uow:
        await uow.record([a_change()])
        assert await uow.commit() == 1


async def test_it_vanishes_before_the_commit(postgres: AsyncEngine, postgres_server: PostgresServer) -> None:
    async with SqlUnitOfWork(postgres) as uow:
        await uow.record([a_change()])
        await asyncio.to_thread(postgres_server.restart, "immediate")
        with pytest.raises(Unavailable):
            await uow.commit()
    assert await SqlInventoryReader(postgres).revision() == 0


async def test_it_vanishes_unnoticed_while_a_transaction_ends_without_a_commit(
    postgres: AsyncEngine, postgres_server: PostgresServer
) -> None:
    async with SqlUnitOfWork(postgres) as uow:
        await uow.record([a_change()])
        await asyncio.to_thread(postgres_server.restart)
    assert await SqlInventoryReader(postgres).revision() == 0


async def test_restarts_under_load(postgres: AsyncEngine, postgres_server: PostgresServer) -> None:
    confirmed: dict[str, int] = {}
    failures = 0
    writing = True

    async def write(writer: int) -> None:
        nonlocal failures
        number = 0
        while writing:
            number += 1
            name = f"{writer}_{number}"
            try:
                async with SqlUnitOfWork(postgres) as uow:
                    await uow.save_node(a_node(writer, total_gpus=number))
                    await uow.record([a_change(name)])
                    confirmed[name] = await uow.commit()
            except Unavailable:  # and nothing else
                failures += 1
                await asyncio.sleep(0.02)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for writer in range(6):
            tasks.create_task(write(writer))
        for mode in ("immediate", "fast"):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres_server.restart, mode)
        before = len(confirmed)
        while len(confirmed) < before + 20:
            await asyncio.sleep(0.01)
        writing = False

    reader = SqlInventoryReader(postgres)
    stored = (await reader.since(0, 1_000_000))[0]
    assert [change.sequence for change in stored] == list(range(1, await reader.revision() + 1))
    by_name = {change.entity_id: change.sequence for change in stored}
    assert by_name.items() >= confirmed.items()
    assert len(by_name) - len(confirmed) <= failures  # a commit may have happened although its answer was lost
    assert failures > 0


async def test_a_pooled_connection_is_kept_until_it_breaks(
    postgres: AsyncEngine, postgres_server: PostgresServer
) -> None:
    async def backend() -> int:
        async with postgres.connect() as connection:
            number: int = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
            return number

    first = await backend()
    assert [await backend() for _ in range(3)] == [first] * 3
    postgres_server.execute(f"SELECT pg_terminate_backend({first})")
    second = await backend()
    assert second != first
    assert await backend() == second


async def test_a_statement_that_takes_too_long(postgres_url: str) -> None:
    blocking = create_engine(postgres_url)
    hurried = create_engine(postgres_url, timeouts=Timeouts(statement=0.2))
    try:
        async with blocking.connect() as connection:
            await connection.exec_driver_sql("LOCK TABLE gpu_nodes IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Unavailable, match="busy"):
                await SqlInventoryReader(hurried).load()
        assert (await SqlInventoryReader(hurried).load()).revision == 0
    finally:
        await blocking.dispose()
        await hurried.dispose()


async def test_nothing_listens() -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/fleet")
    try:
        with pytest.raises(Unavailable) as caught:
            await SqlInventoryReader(engine).revision()
        assert "127.0.0.1" not in caught.value.message
    finally:
        await engine.dispose()


async def test_a_locked_file(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url, timeouts=Timeouts(lock=0.1))
    other_program = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other_program.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="busy"):
            async with SqlUnitOfWork(engine):
                pass
        assert await SqlInventoryReader(engine).revision() == 0
        other_program.execute("ROLLBACK")
        async with SqlUnitOfWork(engine) as uow:
            await uow.record([a_change()])
            assert await uow.commit() == 1
    finally:
        other_program.close()
        await engine.dispose()


async def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database " * 100)
    for path in (tmp_path / "text.db", tmp_path):
        engine = create_engine(f"sqlite:///{path}")
        try:
            with pytest.raises(Unavailable):
                await SqlInventoryReader(engine).revision()
        finally:
            await engine.dispose()
    await asyncio.sleep(0.1)  # the driver's thread says that it ended to a loop that must still be there
