"""The migrations: the same schema as tables.py, there and back, with any number of replicas at once."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import Unavailable
from persistence import migrate
from persistence.engine import create_engine
from persistence.tables import metadata
from persistence.unit_of_work import SqlUnitOfWork
from tests.fixtures.databases import PostgresServer
from tests.integration.persistence.objects import a_change

ROOT = Path(__file__).parents[3]

UPGRADE = """
import asyncio, sys
from persistence import migrate
from persistence.engine import create_engine
from persistence.unit_of_work import SqlUnitOfWork

async def main():
    engine = create_engine(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    await migrate.upgrade(engine)
    async with SqlUnitOfWork(engine) as uow:
        await uow.lock_inventory()
    await engine.dispose()

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/folder/fleet.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(empty_url)
    yield engine
    await engine.dispose()


def schema(connection: Connection) -> dict[str, Any]:
    """Everything the database knows about its tables, in comparable form."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(table)),
            "indexes": sorted(map(str, inspector.get_indexes(table))),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_schema_is_the_one_of_the_tables(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(metadata.create_all)
        declared = await connection.run_sync(schema)
        await connection.run_sync(metadata.drop_all)
    await migrate.upgrade(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(schema) == declared
        assert len(declared) == len(metadata.tables)


async def test_there_and_back(empty: AsyncEngine) -> None:
    assert await migrate.current(empty) is None
    await migrate.upgrade(empty)
    assert await migrate.current(empty) == migrate.head()
    async with empty.connect() as connection:
        first = await connection.run_sync(schema)

    await migrate.downgrade(empty, "base")
    assert await migrate.current(empty) is None
    async with empty.connect() as connection:
        assert await connection.run_sync(schema) == {}

    await migrate.upgrade(empty)
    async with empty.connect() as connection:
        assert await connection.run_sync(schema) == first
    async with SqlUnitOfWork(empty) as uow:
        await uow.record([a_change()])
        assert await uow.commit() == 1


async def test_again_changes_nothing(empty: AsyncEngine) -> None:
    await migrate.upgrade(empty)
    async with SqlUnitOfWork(empty) as uow:
        await uow.record([a_change()])
        await uow.lock_inventory()
        await migrate.upgrade(empty)  # needs no lock where there is nothing to do
        assert await uow.commit() == 1


async def test_a_newer_database_is_left_as_it_is(empty: AsyncEngine, caplog: pytest.LogCaptureFixture) -> None:
    await migrate.upgrade(empty)
    async with empty.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with caplog.at_level(logging.WARNING, "persistence.migrate"):
        await migrate.upgrade(empty)
    assert "newer than this release" in caplog.text
    assert await migrate.current(empty) == "9999"


async def test_several_in_one_process(tmp_path: Path) -> None:
    engines = [create_engine(f"sqlite:///{tmp_path}/{n % 2}.db") for n in range(4)]
    try:
        await asyncio.gather(*map(migrate.upgrade, engines))
        assert [await migrate.current(engine) for engine in engines] == [migrate.head()] * 4
    finally:
        for engine in engines:
            await engine.dispose()


async def test_four_replicas_that_start_at_once(empty_url: str) -> None:
    replicas = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", UPGRADE, empty_url),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for replica in replicas:
        assert replica.stdout is not None
        assert await replica.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(replica.communicate(b"go\n") for replica in replicas))
    assert [(replica.returncode, errors) for replica, (_, errors) in zip(replicas, outputs, strict=True)] == [
        (0, b"")
    ] * 4


async def test_while_the_database_is_away(postgres_url: str, postgres_server: PostgresServer) -> None:
    engine = create_engine(postgres_url)
    try:
        await asyncio.to_thread(postgres_server.stop)
        with pytest.raises(Unavailable):
            await migrate.upgrade(engine)
    finally:
        await engine.dispose()
