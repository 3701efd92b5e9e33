"""What the server does to the database now and then, so that it stays small."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from persistence import statements as sql
from persistence.dialects import TransactionMode, dialect_of
from persistence.errors import domain_errors
from persistence.transactions import close_connection, open_connection


async def purge_idempotency_keys(engine: AsyncEngine, before: datetime) -> int:
    """Forget the keys of requests made before that time; a retry of those is a new request. Returns how many.

    Raises `Unavailable` while the database is away.
    """
    connection = await open_connection(engine, TransactionMode.WRITE)
    try:
        with domain_errors(dialect_of(engine.dialect.name)):
            purged = await connection.execute(sql.PURGE_IDEMPOTENCY, {"before": before})
            await connection.commit()
            return purged.rowcount
    finally:
        await close_connection(connection)
