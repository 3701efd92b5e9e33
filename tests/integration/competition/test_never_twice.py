"""No GPU is ever given twice: server processes that compete for one fleet and are killed at random."""

from __future__ import annotations

from pathlib import Path

from tests.integration.competition.course import ENOUGH, Size, compete


async def test_nothing_is_given_twice_lost_or_forgotten(database_url: str, tmp_path: Path) -> None:
    outcome = await compete(database_url, tmp_path, Size.from_environment())
    print(outcome.summary)
    assert outcome.wrong == [], outcome.summary
    assert outcome.journal.lacks(ENOUGH) == [], outcome.summary
