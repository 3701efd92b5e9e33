"""How long to wait before the next attempt, and how often to log the same thing."""

from __future__ import annotations

import random
import time


class Backoff:
    """Waits that double from the first to the largest; up to half of each is taken off at random."""

    def __init__(self, first_s: float, max_s: float) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._wait_s = first_s
        self._worked_at: float | None = None

    def worked(self) -> None:
        """Note that an attempt has succeeded. Only if that lasts longer than the largest wait, waits begin anew."""
        self._worked_at = time.monotonic()

    def next_wait_s(self) -> float:
        """How long to wait now that it has failed, in seconds."""
        if self._worked_at is not None and time.monotonic() - self._worked_at > self._max_s:
            self._wait_s = self._first_s
        self._worked_at = None
        wait_s = self._wait_s
        self._wait_s = min(wait_s * 2, self._max_s)
        return wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads replicas, guards no secret


class Seldom:
    """Says yes at most once per interval."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next = float("-inf")

    def __call__(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval_s
        return True
