"""What differs between the three databases, one module each. Everything outside speaks portable SQL."""

from __future__ import annotations

from persistence.dialects.base import DatabaseDialect, Failure, Timeouts, TransactionMode
from persistence.dialects.oracle import OracleDatabase
from persistence.dialects.postgresql import PostgresDatabase
from persistence.dialects.sqlite import SqliteDatabase

__all__ = ["DatabaseDialect", "Failure", "Timeouts", "TransactionMode", "dialect_of"]

_DIALECTS: dict[str, DatabaseDialect] = {
    "sqlite": SqliteDatabase(),
    "postgresql": PostgresDatabase(),
    "oracle": OracleDatabase(),
}


def dialect_of(name: str) -> DatabaseDialect:
    """The details of a database by SQLAlchemy's name for it. Raises `ValueError` for one that is not supported."""
    try:
        return _DIALECTS[name]
    except KeyError:
        raise ValueError(f"{name!r} is not a supported database: use {', '.join(_DIALECTS)}") from None
