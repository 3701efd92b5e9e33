"""One engine for one database URL, with its driver, its limits and its manners."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from persistence.dialects import Timeouts, dialect_of

POOL_SIZE = 5
POOL_OVERFLOW = 5
POOL_RECYCLE_SECONDS = 1800


def create_engine(
    url: str | URL,
    *,
    timeouts: Timeouts | None = None,
    pool_size: int = POOL_SIZE,
    pool_overflow: int = POOL_OVERFLOW,
) -> AsyncEngine:
    """An engine for `sqlite:///path`, `postgresql://...` or `oracle://...`; nothing is connected yet.

    At most `pool_size + pool_overflow` connections; each is tried before it is used again, so the pool
    heals by itself after the database was away. Raises `ValueError` for a URL that cannot work.
    Call `await engine.dispose()` at the end.
    """
    timeouts = timeouts or Timeouts()
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # the URL may hold a password: it is not repeated
        raise ValueError("the database URL is none of sqlite:///path, postgresql://..., oracle://...") from None
    name = "postgresql" if parsed.drivername == "postgres" else parsed.drivername.split("+")[0]
    dialect = dialect_of(name)
    engine = create_async_engine(
        dialect.url(parsed),
        pool_size=pool_size,
        max_overflow=pool_overflow,
        pool_timeout=timeouts.pool,
        pool_recycle=POOL_RECYCLE_SECONDS,
        hide_parameters=True,
        **{"pool_pre_ping": True} | dialect.engine_arguments(timeouts),
    )
    dialect.prepare(engine, timeouts)
    return engine
