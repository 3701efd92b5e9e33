"""What is told without a query is true: every commit shows, whoever made it."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.commit_watch import CommitWatch
from persistence.engine import create_engine

TOUCH = "UPDATE fleet_revision SET revision = revision + 1"


async def commit(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(TOUCH))


async def test_a_commit_of_this_process_shows(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    watch = CommitWatch(engine)
    before = watch.token()
    assert before is not None
    assert watch.token() == before
    await commit(engine)
    after = watch.token()
    assert after != before
    assert watch.token() == after
    await engine.dispose()


async def test_a_commit_of_another_process_shows(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    watch = CommitWatch(engine)
    before = watch.token()
    path = Path(str(engine.url.database))
    program = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute({TOUCH!r}); c.commit(); c.close()"
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await other.wait() == 0
    assert watch.token() != before
    await engine.dispose()


async def test_what_is_rolled_back_does_not_show(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    watch = CommitWatch(engine)
    before = watch.token()
    with sqlite3.connect(str(engine.url.database), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(TOUCH)
        assert watch.token() == before, "and it does not wait for the writer"
        other.execute("ROLLBACK")
    other.close()
    assert watch.token() == before
    await engine.dispose()


async def test_after_the_engine_is_disposed_an_old_answer_is_not_given_again(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    watch = CommitWatch(engine)
    before = watch.token()
    await engine.dispose()
    assert watch.token() != before
    await engine.dispose()


async def test_elsewhere_it_cannot_be_told(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    assert CommitWatch(engine).token() is None
    await engine.dispose()
