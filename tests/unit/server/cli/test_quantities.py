"""Times and amounts as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import typer

from server.cli.quantities import cpu_milli, limit, memory_mib, moment, past_moment


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (cpu_milli, "4", 4000),
        (cpu_milli, "0.5", 500),
        (cpu_milli, "250m", 250),
        (memory_mib, "64Gi", 65_536),
        (memory_mib, "512Mi", 512),
        (memory_mib, "1.5Ti", 1_572_864),
        (memory_mib, "64G", 61_035),
        (limit, "8", 8.0),
        (limit, "None", "none"),
        (moment, "2026-11-01T18:00Z", "2026-11-01T18:00:00+00:00"),
        (moment, "2026-11-01T18:00+09:00", "2026-11-01T09:00:00+00:00"),
    ],
)
def test_read(read: Callable[[str], object], text: str, expected: object) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "how"),
    [
        (cpu_milli, "1.5m", "500m"),
        (cpu_milli, "-1", "500m"),
        (cpu_milli, "many", "500m"),
        (memory_mib, "64", "with its unit"),
        (memory_mib, "64Ki", "with its unit"),
        (limit, "lots", "none"),
        (moment, "tomorrow", "2026-11-01T18:00"),
        (past_moment, "7w", "2026-11-01T18:00"),
    ],
)
def test_refused_with_a_word_on_how_to_write_it(read: Callable[[str], object], text: str, how: str) -> None:
    with pytest.raises(typer.BadParameter, match=how) as refused:
        read(text)
    assert repr(text) in refused.value.message


@pytest.mark.parametrize(("text", "ago"), [("30m", timedelta(minutes=30)), ("7d", timedelta(days=7))])
def test_how_long_ago(text: str, ago: timedelta) -> None:
    off = datetime.now(UTC) - ago - datetime.fromisoformat(past_moment(text))
    assert abs(off) < timedelta(seconds=10)


def test_a_time_without_a_zone_is_this_machines() -> None:
    local = datetime(2026, 11, 1, 18, 0).astimezone()
    assert datetime.fromisoformat(moment("2026-11-01T18:00")) == local
