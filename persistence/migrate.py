"""Bringing the schema up to date, safely while other replicas start at the same moment."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.dialects import TransactionMode, dialect_of
from persistence.dialects.base import MIGRATION_TIMEOUTS
from persistence.engine import create_engine
from persistence.errors import domain_errors
from persistence.transactions import reading

logger = logging.getLogger(__name__)

_MIGRATIONS = Path(__file__).parent / "migrations"

_one_at_a_time = threading.Lock()
"""Alembic keeps the running migration in module globals."""


async def upgrade(engine: AsyncEngine) -> None:
    """Bring the database to `head()`. Of several processes that call this at once, one does the work.

    A database that a newer release has migrated already is left as it is: releases stay compatible with the
    one before. Raises `Unavailable` while the database is away or another replica migrates for too long.
    """
    stored = await current(engine)
    if stored == head():
        return
    if stored is not None and stored not in _known_revisions():
        logger.warning("the database is at schema %s, which is newer than this release's %s", stored, head())
        return
    await _migrate(engine, lambda config: command.upgrade(config, "head"))


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Go back to a revision, or to `base` for an empty database. Data of dropped tables is lost."""
    await _migrate(engine, lambda config: command.downgrade(config, revision))


async def current(engine: AsyncEngine) -> str | None:
    """The revision the database is at; None for an empty one. Raises `Unavailable`."""
    async with reading(engine, TransactionMode.SINGLE) as connection:
        return await connection.run_sync(_current)


def head() -> str:
    """The revision this release needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("this installation has no migrations")
    return revision


def offline_sql(dialect: str) -> str:
    """Everything from an empty database to `head()` as SQL for `sqlite`, `postgresql` or `oracle`."""
    output = io.StringIO()
    config = _config(output)
    config.attributes["dialect_name"] = dialect
    with _one_at_a_time:
        command.upgrade(config, "head", sql=True)
    return output.getvalue()


async def _migrate(engine: AsyncEngine, step: Callable[[Config], None]) -> None:
    # Its own engine: waiting for another replica, or for a large table, takes longer than any request may.
    migrating = create_engine(engine.url, timeouts=MIGRATION_TIMEOUTS, pool_size=2, pool_overflow=0)
    dialect = dialect_of(engine.dialect.name)

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        step(config)

    await asyncio.to_thread(_one_at_a_time.acquire)
    try:
        with domain_errors(dialect):
            async with dialect.migration_connection(migrating) as connection:
                await connection.run_sync(run)
    finally:
        _one_at_a_time.release()
        await migrating.dispose()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
