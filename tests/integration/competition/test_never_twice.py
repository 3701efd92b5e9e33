"""No GPU is ever given twice: server processes that compete for one fleet and are killed at random."""

from __future__ import annotations

from pathlib import Path

from tests.integration.competition.course import Size, compete


async def test_nothing_is_given_twice_lost_or_forgotten(database_url: str, tmp_path: Path) -> None:
    outcome = await compete(database_url, tmp_path, Size.from_environment())
    print(outcome.summary)
    assert outcome.wrong == [], outcome.summary
    counts = outcome.journal.counts
    for happened in ("ACTIVE", "NO_RESOURCE", "REJECTED", "released", "extended", "lost", "kills"):
        assert counts[happened] > 0, f"nothing of it happened: {happened}; {outcome.summary}"
