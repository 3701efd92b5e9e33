"""What a database has to say about itself."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, Protocol

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long anything may take, in seconds. No wait on a database is without end."""

    connect: float = 5.0
    statement: float = 10.0
    lock: float = 5.0
    """Waiting for another writer."""
    pool: float = 5.0
    """Waiting for a free connection of this process."""


MIGRATION_TIMEOUTS = Timeouts(connect=10.0, statement=600.0, lock=120.0, pool=10.0)
"""The lock is the one that another replica holds while it migrates."""


class TransactionMode(StrEnum):
    """What a connection is opened for."""

    WRITE = "WRITE"
    """Reads the newest, locks what it reads for update; on SQLite the only writer from its start."""
    SNAPSHOT = "SNAPSHOT"
    """Read only; all statements see the same moment."""
    SINGLE = "SINGLE"
    """One reading statement without a transaction around it."""


class Failure(Enum):
    """What a driver's error means to the domain."""

    AWAY = auto()
    """Not reachable, shutting down, out of space, or it closed the connection."""
    BUSY = auto()
    """A lock or a statement took too long, or a deadlock or serialisation failure undid the transaction."""
    DUPLICATE = auto()
    REFERENCE = auto()
    """A row that is referred to is not there, or one is still referred to."""
    VALUE = auto()
    """Missing, too long or outside what a CHECK allows."""


class DatabaseDialect(Protocol):
    """The details of one database."""

    def url(self, url: URL) -> URL:
        """The same database through its asyncio driver. Raises `ValueError` for one that cannot work."""
        ...

    def engine_arguments(self, timeouts: Timeouts) -> dict[str, Any]: ...
    def prepare(self, engine: AsyncEngine, timeouts: Timeouts) -> None:
        """Install what every new connection and every transaction of this engine needs."""
        ...

    def transaction_options(self, mode: TransactionMode) -> dict[str, Any]:
        """Execution options of a connection in this mode."""
        ...

    def opening_statement(self, mode: TransactionMode) -> str | None:
        """SQL that a transaction of this mode must start with."""
        ...

    def failure(self, error: DBAPIError) -> Failure | None:
        """What the error means; None where it is a fault of this program."""
        ...

    def migration_connection(self, engine: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that holds the one migration lock of its database; what it did is committed at the end."""
        ...
