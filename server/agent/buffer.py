"""Readings that wait for the server: bounded by number and age, oldest dropped first, delivered oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.metrics.sample import Sample

NodeKey = tuple[str, str]
"""Cluster name, node name."""


@dataclass(slots=True, eq=False)
class Reading:
    """One sample that waits. Once sent it keeps its stamp: that is how the server knows it when it comes again."""

    sample: Sample
    read_at: float
    """Steady seconds of this machine."""
    stamp: datetime | None = None
    returned: int = 0
    """How often the server gave it back to be sent again."""


class ReadingBuffer:
    """The waiting readings of all of an agent's nodes, each node's in the order of reading."""

    def __init__(self, samples_max: int, age_max_s: float) -> None:
        if samples_max < 1 or age_max_s <= 0:
            raise ValueError("a buffer holds at least one sample, for longer than nothing")
        self._samples_max = samples_max
        self._age_max_s = age_max_s
        self._nodes: dict[NodeKey, deque[Reading]] = {}
        self._size = 0
        self.dropped = 0
        """Readings given up since start, because there were too many or they were too old."""

    def __len__(self) -> int:
        return self._size

    def oldest_read_at(self) -> float | None:
        return min((waiting[0].read_at for waiting in self._nodes.values()), default=None)

    def add(self, node: NodeKey, readings: Iterable[Reading]) -> None:
        """Append newest readings of a node."""
        waiting = self._nodes.setdefault(node, deque())
        before = len(waiting)
        waiting.extend(readings)
        self._size += len(waiting) - before
        if not waiting:
            del self._nodes[node]

    def put_back(self, node: NodeKey, readings: Sequence[Reading]) -> None:
        """Return readings that were taken and have to be sent again, in order, before the others."""
        if readings:
            self._nodes.setdefault(node, deque()).extendleft(reversed(readings))
            self._size += len(readings)

    def bound(self, now: float) -> int:
        """Drop what is too old, and the oldest of what is too many. Returns how many were dropped."""
        dropped = 0
        while (oldest := self.oldest_read_at()) is not None:
            excess = self._size if now - oldest > self._age_max_s else self._size - self._samples_max
            if excess <= 0:
                break
            dropped += self._drop_moment(oldest, excess)
        self.dropped += dropped
        return dropped

    def next_node(self, among: Callable[[NodeKey], bool] = lambda node: True) -> NodeKey | None:
        """The node that waits longest, of those that may be sent."""
        ready = [node for node in self._nodes if among(node)]
        return min(ready, key=lambda node: self._nodes[node][0].read_at, default=None)

    def take(self, node: NodeKey, most: int) -> list[Reading]:
        """Remove and return a node's oldest readings. They are the caller's until answered or put back."""
        waiting = self._nodes.get(node, deque())
        taken = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        self._size -= len(taken)
        if not waiting:
            self._nodes.pop(node, None)
        return taken

    def _drop_moment(self, read_at: float, most: int) -> int:
        """Drop the readings of one moment, at most this many."""
        dropped = 0
        for node in list(self._nodes):
            waiting = self._nodes[node]
            while waiting and waiting[0].read_at <= read_at and dropped < most:
                waiting.popleft()
                dropped += 1
            if not waiting:
                del self._nodes[node]
        self._size -= dropped
        return dropped
