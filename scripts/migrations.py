"""Migrate an empty SQLite database and compare it with the tables in code; list every difference."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from persistence import migrate  # noqa: E402
from persistence.engine import create_engine  # noqa: E402
from persistence.tables import metadata  # noqa: E402


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
    return list(compare_metadata(context, metadata))


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/fleet.db")
        try:
            await migrate.upgrade(engine)
            async with engine.connect() as connection:
                found = await connection.run_sync(differences)
        finally:
            await engine.dispose()
    if not found:
        print(f"tables and migrations agree at {migrate.head()}")
        return 0
    print("the migrations do not make the tables of persistence/tables.py:")
    for difference in found:
        print(f"  {difference}")
    return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
