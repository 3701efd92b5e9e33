"""Time as a parameter, so that rules about time can be tested without waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time, UTC and timezone-aware."""
    return datetime.now(UTC)
