"""Opening and ending connections: the same order of steps on every database, whatever fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.errors import Unavailable
from persistence.dialects import TransactionMode, dialect_of
from persistence.errors import domain_errors, is_broken

logger = logging.getLogger(__name__)


async def open_connection(engine: AsyncEngine, mode: TransactionMode) -> AsyncConnection:
    """A connection inside a new transaction of this mode; end it with `close_connection`. Raises `Unavailable`."""
    dialect = dialect_of(engine.dialect.name)
    with domain_errors(dialect):
        connection = await engine.connect()
        try:
            await connection.execution_options(**dialect.transaction_options(mode))
            await connection.begin()
            if (statement := dialect.opening_statement(mode)) is not None:
                await connection.execute(text(statement))
        except BaseException:
            await close_connection(connection)
            raise
    return connection


async def close_connection(connection: AsyncConnection, *, broken: bool = False) -> None:
    """Undo what was not committed and give the connection back; a `broken` one is thrown away.

    Raises nothing of the database's: what was not committed is undone by its absence too. A task that is
    cancelled here still gives the connection back.
    """
    await asyncio.shield(asyncio.create_task(_close(connection, broken)))


async def _close(connection: AsyncConnection, broken: bool) -> None:
    try:
        if broken:
            await connection.invalidate()
    except (SQLAlchemyError, OSError):
        logger.debug("throwing a connection away failed", exc_info=True)
    try:
        await connection.close()
    except (SQLAlchemyError, OSError):
        logger.debug("giving a connection back failed", exc_info=True)


@asynccontextmanager
async def reading(engine: AsyncEngine, mode: TransactionMode) -> AsyncIterator[AsyncConnection]:
    """A connection to read from. Only statements belong inside: every `OSError` there becomes `Unavailable`."""
    connection = await open_connection(engine, mode)
    broken = False
    try:
        with domain_errors(dialect_of(engine.dialect.name)):
            yield connection
    except Unavailable as error:
        broken = is_broken(error)
        raise
    finally:
        await close_connection(connection, broken=broken)
