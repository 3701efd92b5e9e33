"""aiosqlite with one trip to its thread for each statement.

Every call to a connection's thread and back costs more than the statement itself: two switches between threads, and
the whole stack of coroutines above is resumed. The driver makes four for a query (open a cursor, execute, fetch,
close); SQLAlchemy fetches all rows at once anyway, so one is enough.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from threading import Thread
from types import TracebackType
from typing import Any, Self

import aiosqlite

CHUNK = 64


def connect(database: str, **options: Any) -> Awaitable[aiosqlite.Connection]:
    """As `aiosqlite.connect`; for SQLAlchemy's `async_creator_fn`."""
    connection = OneTripConnection(lambda: sqlite3.connect(database, **options), CHUNK)
    # up to 0.21 the connection is its thread; one that is left behind must not hold up the end of the process
    thread: Thread = getattr(connection, "_thread", None) or connection  # type: ignore[assignment]
    thread.daemon = True
    return connection


class OneTripConnection(aiosqlite.Connection):
    """Its cursors are those below."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override] # SQLAlchemy takes it as it is
        return OneTripCursor(self)

    async def run(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do some work in the connection's thread."""
        await self._execute(lambda: work(self._conn))  # type: ignore[no-untyped-call]


class OneTripCursor:
    """What SQLAlchemy uses of a cursor. All rows are there when `execute` has ended; there is nothing to close."""

    arraysize = 1

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        await self._connection.run(lambda connection: self._take_all(connection.execute(sql, parameters)))
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        await self._connection.run(lambda connection: self._take_all(connection.executemany(sql, parameters)))
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _take_all(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()
