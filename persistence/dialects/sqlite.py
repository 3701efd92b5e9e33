"""SQLite: one file, one writer at a time, readers beside it (WAL).

The driver's own transaction handling is switched off, because it begins transactions as readers and then
fails to turn them into writers. Here a write transaction says so at its beginning (BEGIN IMMEDIATE) and
waits its turn there, and a snapshot is a plain BEGIN.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.dialects import sqlite_driver
from persistence.dialects.base import Failure, Timeouts, TransactionMode

_MODE_OPTION = "sqlite_begin"
_BEGIN = {TransactionMode.WRITE: "BEGIN IMMEDIATE", TransactionMode.SNAPSHOT: "BEGIN", TransactionMode.SINGLE: None}

_AWAY = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CONSTRAINTS = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Failure.DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Failure.DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_ROWID: Failure.DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: Failure.REFERENCE,
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: Failure.VALUE,
    sqlite3.SQLITE_CONSTRAINT_CHECK: Failure.VALUE,
}


class SqliteDatabase:
    """The embedded default."""

    def url(self, url: URL) -> URL:
        if url.database in (None, "", ":memory:") or "memory" in url.query.get("mode", ""):
            raise ValueError("SQLite needs a file (sqlite:///path): a database in memory has one connection only")
        return url.set(drivername="sqlite+aiosqlite")

    def engine_arguments(self, timeouts: Timeouts) -> dict[str, Any]:
        # a connection to a file has no other side that could go away, so it is not tried before each use
        arguments = {"timeout": timeouts.lock, "isolation_level": None, "async_creator_fn": sqlite_driver.connect}
        return {"pool_pre_ping": False, "connect_args": arguments}

    def prepare(self, engine: AsyncEngine, timeouts: Timeouts) -> None:
        database = engine.url.database
        if database is not None and not database.startswith("file:"):
            Path(database).parent.mkdir(parents=True, exist_ok=True)

        @event.listens_for(engine.sync_engine, "connect")
        def configure(connection: DBAPIConnection, record: object) -> None:
            connection.run_async(lambda driver: _configure(driver, timeouts))

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Connection) -> None:
            statement = connection.get_execution_options().get(_MODE_OPTION, "BEGIN")
            if statement is not None:
                connection.exec_driver_sql(statement)

    def transaction_options(self, mode: TransactionMode) -> dict[str, Any]:
        return {_MODE_OPTION: _BEGIN[mode]}

    def opening_statement(self, mode: TransactionMode) -> str | None:
        return None

    def failure(self, error: DBAPIError) -> Failure | None:
        extended = getattr(error.orig, "sqlite_errorcode", None)
        if extended is None:
            return None
        if extended in _CONSTRAINTS:
            return _CONSTRAINTS[extended]
        primary = extended & 0xFF
        if primary in _BUSY:
            return Failure.BUSY
        return Failure.AWAY if primary in _AWAY else None

    @asynccontextmanager
    async def migration_connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        # The write lock of the file is the migration lock, and the whole migration is one transaction.
        async with engine.connect() as connection:
            await connection.execution_options(**self.transaction_options(TransactionMode.WRITE))
            async with connection.begin():
                yield connection


async def _configure(connection: aiosqlite.Connection, timeouts: Timeouts) -> None:
    try:
        await _write_ahead_log(connection, timeouts.lock)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            await connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()  # the pool forgets a connection that it could not set up
        raise


async def _write_ahead_log(connection: aiosqlite.Connection, wait_seconds: float) -> None:
    # The change needs the file alone, and SQLite reports "locked" at once instead of waiting: several processes
    # that start together on a new file meet here.
    give_up = time.monotonic() + wait_seconds
    while True:
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.02)
        else:
            return
