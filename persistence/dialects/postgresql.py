"""PostgreSQL through asyncpg."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from sqlalchemy import URL, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from persistence.dialects.base import Failure, Timeouts, TransactionMode

_MIGRATION_LOCK = 0x4B38_4750_555F_4D47
"""An arbitrary number that no other program uses for an advisory lock."""

_FAILURES = {
    "23505": Failure.DUPLICATE,
    "23503": Failure.REFERENCE,
    "23001": Failure.REFERENCE,
    "23502": Failure.VALUE,
    "23514": Failure.VALUE,
    "55P03": Failure.BUSY,  # lock_timeout
    "57014": Failure.BUSY,  # statement_timeout
    "25006": Failure.AWAY,  # a standby: read only until it is promoted
    "25P03": Failure.AWAY,  # idle in transaction for too long: the server closed the connection
    "3D000": Failure.AWAY,  # no such database (yet)
}
_FAILURE_CLASSES = {
    "08": Failure.AWAY,  # connection
    "22": Failure.VALUE,
    "28": Failure.AWAY,  # credentials refused
    "40": Failure.BUSY,  # deadlock, serialisation
    "53": Failure.AWAY,  # out of connections, memory or disk
    "57": Failure.AWAY,  # shutting down, starting up
    "58": Failure.AWAY,  # its disk or its operating system
}


class PostgresDatabase:
    """PostgreSQL 14 and newer."""

    def url(self, url: URL) -> URL:
        query = dict(url.query)
        if "sslmode" in query:  # libpq's word, which every provider's URL uses
            query["ssl"] = query.pop("sslmode")
        query.pop("connect_timeout", None)  # ours is set for every database alike
        return url.set(drivername="postgresql+asyncpg", query=query)

    def engine_arguments(self, timeouts: Timeouts) -> dict[str, Any]:
        return {
            "connect_args": {
                "timeout": timeouts.connect,
                # the server's own limit comes first; this one is for a server that no longer answers
                "command_timeout": timeouts.statement + 5,
                "server_settings": {
                    "application_name": "k8s-gpu-management",
                    "statement_timeout": _milliseconds(timeouts.statement),
                    "lock_timeout": _milliseconds(timeouts.lock),
                    "idle_in_transaction_session_timeout": _milliseconds(timeouts.statement + timeouts.lock),
                    "jit": "off",  # costs more than it gains on every statement that is sent here
                },
            }
        }

    def prepare(self, engine: AsyncEngine, timeouts: Timeouts) -> None:
        engine.sync_engine.dialect.do_ping = _answers  # type: ignore[assignment, method-assign]

    def transaction_options(self, mode: TransactionMode) -> dict[str, Any]:
        match mode:
            case TransactionMode.WRITE:
                return {"isolation_level": "READ COMMITTED"}
            case TransactionMode.SNAPSHOT:
                return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            case TransactionMode.SINGLE:
                return {"isolation_level": "AUTOCOMMIT"}

    def opening_statement(self, mode: TransactionMode) -> str | None:
        return None

    def failure(self, error: DBAPIError) -> Failure | None:
        state = getattr(error.orig, "sqlstate", None)
        if state is None:
            # raised by the driver before anything was sent: a value that its type cannot hold
            return Failure.VALUE if "invalid input for query argument" in str(error.orig) else None
        return _FAILURES.get(state) or _FAILURE_CLASSES.get(state[:2])

    @asynccontextmanager
    async def migration_connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with engine.connect() as connection, connection.begin():
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            # A table change that waits behind a long read makes everyone wait behind it: rather fail and retry.
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            yield connection


def _answers(connection: DBAPIConnection) -> bool:
    """Whether a pooled connection still works: one round trip, where SQLAlchemy's own way, a transaction, takes three.

    A simple query is prepared nowhere, so this too goes through a pgbouncer that shares connections.
    """
    try:
        connection.run_async(lambda driver: driver.execute("SELECT 1"))
    except (OSError, PostgresError, InterfaceError, InternalClientError):  # the last: broken off in the middle
        return False
    return True


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
