"""Oracle 19c and newer through python-oracledb in thin mode: no Oracle client is installed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.dialects.base import MIGRATION_TIMEOUTS, Failure, Timeouts, TransactionMode

READ_ONLY = "SET TRANSACTION READ ONLY"
CREATE_LOCK_TABLE = "CREATE TABLE migration_lock (id NUMBER(1) CONSTRAINT pk_migration_lock PRIMARY KEY)"
LOCK_MIGRATIONS = f"LOCK TABLE migration_lock IN EXCLUSIVE MODE WAIT {MIGRATION_TIMEOUTS.lock:.0f}"

STATEMENTS = (READ_ONLY, CREATE_LOCK_TABLE, LOCK_MIGRATIONS)
"""All the SQL that is written for Oracle by hand."""

_NAME_IN_USE = "ORA-00955"
_FAILURES = {
    "ORA-00001": Failure.DUPLICATE,
    "ORA-02291": Failure.REFERENCE,
    "ORA-02292": Failure.REFERENCE,
    "ORA-01400": Failure.VALUE,
    "ORA-01407": Failure.VALUE,
    "ORA-01438": Failure.VALUE,
    "ORA-02290": Failure.VALUE,
    "ORA-12899": Failure.VALUE,
    "ORA-00054": Failure.BUSY,
    "ORA-00060": Failure.BUSY,
    "ORA-01013": Failure.BUSY,
    "ORA-08177": Failure.BUSY,
    "ORA-30006": Failure.BUSY,
    "DPY-4024": Failure.BUSY,  # call_timeout
}
_AWAY = {
    *("ORA-00018", "ORA-00020", "ORA-00028", "ORA-01012", "ORA-01017", "ORA-01033", "ORA-01034", "ORA-01089"),
    *("ORA-01090", "ORA-01652", "ORA-01653", "ORA-01688", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135"),
    *("ORA-12170", "ORA-12514", "ORA-12516", "ORA-12519", "ORA-12520", "ORA-12528", "ORA-12537", "ORA-12541"),
    *("ORA-16000", "ORA-25408", "ORA-28000", "DPY-1001", "DPY-4011", "DPY-6000", "DPY-6001", "DPY-6003"),
    *("DPY-6005", "DPY-6006"),
}


class OracleDatabase:
    """Oracle 19c and newer."""

    def url(self, url: URL) -> URL:
        return url.set(drivername="oracle+oracledb_async")

    def engine_arguments(self, timeouts: Timeouts) -> dict[str, Any]:
        return {"connect_args": {"tcp_connect_timeout": timeouts.connect}}

    def prepare(self, engine: AsyncEngine, timeouts: Timeouts) -> None:
        # One limit for every round trip: a statement that waits for a lock is one round trip too.
        milliseconds = int(max(timeouts.statement, timeouts.lock) * 1000)

        @event.listens_for(engine.sync_engine, "connect")
        def configure(connection: DBAPIConnection, record: object) -> None:
            connection.driver_connection.call_timeout = milliseconds

    def transaction_options(self, mode: TransactionMode) -> dict[str, Any]:
        return {"isolation_level": "AUTOCOMMIT" if mode is TransactionMode.SINGLE else "READ COMMITTED"}

    def opening_statement(self, mode: TransactionMode) -> str | None:
        return READ_ONLY if mode is TransactionMode.SNAPSHOT else None

    def failure(self, error: DBAPIError) -> Failure | None:
        found = re.search(r"\b(?:ORA|DPY)-\d+", str(error.orig))
        if found is None:
            return None
        code = found.group()
        return Failure.AWAY if code in _AWAY else _FAILURES.get(code)

    @asynccontextmanager
    async def migration_connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        # Every DDL statement commits, and with it would go a lock of the same connection. So one connection
        # holds the lock and another works; if this process dies, the database ends the lock with its session.
        async with engine.connect() as holder, engine.connect() as worker:
            try:
                await holder.execute(text(CREATE_LOCK_TABLE))
            except DBAPIError as error:
                if _NAME_IN_USE not in str(error.orig):
                    raise
            await holder.execute(text(LOCK_MIGRATIONS))
            async with worker.begin():
                yield worker
