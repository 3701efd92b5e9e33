"""The server's time, as the agent knows it. The machine's own wall clock may be wrong, so it is never asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TOLERANCE_S = 0.25
"""A difference this small is not followed: replicas' clocks and answering times differ by as much."""

STEP_S = 5.0
"""A larger step back lets time run backwards; a smaller one makes it stand still until it is caught up."""

SMALLEST_STEP = timedelta(microseconds=1)


def steady_seconds() -> float:
    """Seconds that only grow, also while the machine sleeps, from an arbitrary beginning."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class ServerClock:
    """Translates steady seconds to the server's time. Learned from each answer."""

    def __init__(self, steady: Callable[[], float] = steady_seconds) -> None:
        self.steady = steady
        self._offset_s: float | None = None
        self._uncertainty_s = 0.0
        self._last: datetime | None = None

    @property
    def known(self) -> bool:
        return self._offset_s is not None

    def learn(self, server_time: datetime, sent_at: float, answered_at: float) -> bool:
        """Take in an answer's time; `sent_at` and `answered_at` are steady seconds. True where it was a correction.

        The server read its clock somewhere between the two: what is known already is kept unless it falls outside.
        """
        offset = (server_time - EPOCH).total_seconds() - (sent_at + answered_at) / 2
        uncertainty = (answered_at - sent_at) / 2
        known = self._offset_s
        if known is None:
            self._offset_s, self._uncertainty_s = offset, uncertainty
            return True
        if abs(offset - known) <= uncertainty + self._uncertainty_s + TOLERANCE_S:
            if uncertainty < self._uncertainty_s / 2:  # the same time, seen much sharper
                self._offset_s, self._uncertainty_s = offset, uncertainty
            return False
        if offset < known - STEP_S:
            self._last = None
        self._offset_s, self._uncertainty_s = offset, uncertainty
        return True

    def stamp(self, read_at: float) -> datetime:
        """The server's time at `read_at` (steady seconds): later than any stamp given before for an earlier reading.

        Call it in the order of reading; readings of the same moment share one stamp, so ask once for them.
        Raises `RuntimeError` before the first answer.
        """
        if self._offset_s is None:
            raise RuntimeError("no answer has told the server's time yet")
        stamp = EPOCH + timedelta(seconds=self._offset_s + read_at)
        if self._last is not None and stamp <= self._last:
            stamp = self._last + SMALLEST_STEP
        self._last = stamp
        return stamp
