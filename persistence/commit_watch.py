"""Telling without a query that nothing was committed.

A reader that wants to be current asks for the newest revision before every answer. Over the network that is
one round trip; on SQLite it is a hand-over to the driver's thread and back, several times, which costs more
than the answer itself. There the file says it: `PRAGMA data_version` of a connection of its own changes with
every commit of any other connection, in any process, and takes some microseconds.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class CommitWatch:
    """Watches the commits on an engine's database, where that is cheap."""

    def __init__(self, engine: AsyncEngine) -> None:
        path = engine.url.database if engine.dialect.name == "sqlite" else None
        self._address = None if path is None else f"file:{quote(path)}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._opened = 0
        if path is not None:
            event.listen(engine.sync_engine, "engine_disposed", self._close)

    def token(self) -> tuple[int, int] | None:
        """Equal to an earlier answer only if nothing was committed since that; None: it cannot be told."""
        if self._address is None:
            return None
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._address, uri=True, timeout=0, isolation_level=None)
                self._opened += 1  # the numbers of two connections say nothing about each other
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
            return self._opened, version
        except sqlite3.Error:
            self._close()
            return None

    def _close(self, *_: Any) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
