"""What the server does to the database now and then: it keeps it small, and its current values current."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from persistence import statements as sql
from persistence.dialects import TransactionMode, dialect_of
from persistence.errors import domain_errors
from persistence.mapping import batches
from persistence.transactions import close_connection, open_connection

READINGS_PER_TRANSACTION = 500


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


async def store_readings(engine: AsyncEngine, readings: Sequence[tuple[str, float | None, float | None]]) -> None:
    """Write (device id, degrees Celsius, watts) as the devices' current values, for those who read the tables.

    Not a change of the inventory: no version, no record. In short transactions, so that others write in between.
    Raises `Unavailable` while the database is away.
    """
    for some in batches(readings, READINGS_PER_TRANSACTION):
        connection = await open_connection(engine, TransactionMode.WRITE)
        try:
            with domain_errors(dialect_of(engine.dialect.name)):
                rows = [{"id": device_id, "temp_c": temp, "power_w": power} for device_id, temp, power in some]
                await connection.execute(sql.STORE_READING, rows)
                await connection.commit()
        finally:
            await close_connection(connection)
