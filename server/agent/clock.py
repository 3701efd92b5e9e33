"""The server's time, as the agent knows it. The machine's own wall clock may be wrong, so it is never asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from server.agent.buffer import NodeKey, Reading

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TOLERANCE_S = 0.25
"""A difference this small is not followed: replicas' clocks and answering times differ by as much."""

STEP_S = 5.0
"""A larger step back lets stamps run backwards; after a smaller one they nearly stand still until it is caught up."""

SMALLEST_STEP = timedelta(microseconds=1)


def steady_seconds() -> float:
    """Seconds that only grow, also while the machine sleeps, from an arbitrary beginning."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    else:  # noqa: RET505 - a type checker knows one platform
        return time.monotonic()


class ServerClock:
    """Translates steady seconds to the server's time. Learned from each answer."""

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._uncertainty_s = 0.0
        self._stamped: dict[NodeKey, tuple[float, datetime]] = {}
        """When each node's newest stamped reading was read, and its stamp."""

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
        agrees = known is not None and abs(offset - known) <= uncertainty + self._uncertainty_s + TOLERANCE_S
        if not agrees or uncertainty < self._uncertainty_s / 2:  # or the same time, seen much sharper
            self._offset_s, self._uncertainty_s = offset, uncertainty
        return not agrees

    def seconds_until(self, server_time: datetime, now: float) -> float:
        """How far ahead a time of the server is; `now` is steady seconds. Raises `RuntimeError` as `stamp` does."""
        if self._offset_s is None:
            raise RuntimeError("no answer has told the server's time yet")
        return (server_time - EPOCH).total_seconds() - self._offset_s - now

    def stamp(self, node: NodeKey, readings: Sequence[Reading]) -> None:
        """Give a node's readings, in the order of reading, the server's time; those that have a stamp keep it.

        Stamps of a node only grow, unless the server's clock was set back. Raises `RuntimeError` before the
        first answer.
        """
        if self._offset_s is None:
            raise RuntimeError("no answer has told the server's time yet")
        for reading in readings:
            if reading.stamp is None:
                reading.stamp = self._next_stamp(
                    node, EPOCH + timedelta(seconds=self._offset_s + reading.read_at), reading
                )

    def _next_stamp(self, node: NodeKey, stamp: datetime, reading: Reading) -> datetime:
        last = self._stamped.get(node)
        if last is not None:
            last_read_at, last_stamp = last
            if reading.read_at == last_read_at:
                return last_stamp
            if timedelta(0) <= last_stamp - stamp <= timedelta(seconds=STEP_S):
                stamp = last_stamp + SMALLEST_STEP
        self._stamped[node] = (reading.read_at, stamp)
        return stamp
