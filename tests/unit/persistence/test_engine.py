"""URLs people write, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from persistence.dialects import Timeouts
from persistence.dialects.postgresql import PostgresDatabase
from persistence.engine import create_engine


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@db:5432/fleet", "postgresql+asyncpg://u:p@db:5432/fleet"),
        ("postgres://u:p@db/fleet", "postgresql+asyncpg://u:p@db/fleet"),
        ("postgresql+psycopg://u:p@db/fleet?sslmode=require", "postgresql+asyncpg://u:p@db/fleet?ssl=require"),
        ("postgresql://db/fleet?connect_timeout=3", "postgresql+asyncpg://db/fleet"),
        ("oracle://u:p@db:1521/?service_name=FLEET", "oracle+oracledb_async://u:p@db:1521/?service_name=FLEET"),
    ],
)
def test_the_driver_is_chosen(url: str, expected: str) -> None:
    assert create_engine(url).url.render_as_string(hide_password=False) == expected


def test_sqlite_makes_its_folder(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/a/b/fleet.db")
    assert engine.url.drivername == "sqlite+aiosqlite"
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:secret@db/fleet",
        "sqlite://",
        "sqlite:///:memory:",
        "no url, secret",
        "postgresql://u:secret@db:port/fleet",
    ],
)
def test_what_cannot_work_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|supported|SQLite needs a file") as caught:
        create_engine(url)
    assert "secret" not in str(caught.value)


def test_every_wait_on_postgresql_has_an_end() -> None:
    arguments = PostgresDatabase().engine_arguments(Timeouts(connect=1, statement=2, lock=3))["connect_args"]
    assert (arguments["timeout"], arguments["command_timeout"]) == (1, 7)
    assert arguments["server_settings"]["statement_timeout"] == "2000"
    assert arguments["server_settings"]["lock_timeout"] == "3000"
