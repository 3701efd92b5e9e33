"""Frames and feeds for the tests of `top`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from server.cli.api_errors import ApiError
from server.cli.following import Lost
from server.cli.top.feed import Arrived, Event, Feed
from server.cli.top.fleet import Identity


def make_identities(count: int, per_node: int = 8, model: str = "NVIDIA H100 80GB HBM3") -> list[Identity]:
    return [
        Identity(f"dev_{i}", f"GPU-{i:04d}", "east", f"node-{i // per_node:02d}", i % per_node, model, 81_920.0, 700.0)
        for i in range(count)
    ]


def make_frame(identities: Sequence[Identity], **columns: Any) -> dict[str, Any]:
    count = len(identities)
    frame: dict[str, Any] = {
        "sequence": 1,
        "asOf": "2026-11-01T12:00:00+00:00",
        "layoutVersion": "one",
        "intervalMs": 1000,
        "deviceIds": [identity.id for identity in identities],
        "deviceStatuses": ["ACTIVE"] * count,
        "gpuUtilizationPct": [float(i % 101) for i in range(count)],
        "memoryUsedMb": [8192 + i for i in range(count)],
        "memoryTotalMb": [81_920] * count,
        "temperatureC": [40.0 + i % 30 for i in range(count)],
        "powerDrawW": [100.0 + i % 500 for i in range(count)],
        "ageMs": [200] * count,
        "collectionSources": ["NVML"],
    }
    return {**frame, **columns}


class FakeFeed(Feed):
    """A feed whose events the test puts in."""

    def __init__(self) -> None:
        super().__init__("http://fake:8080", None, {}, 1.0)
        self._queue: asyncio.Queue[Event | ApiError] = asyncio.Queue()

    @property
    def waiting(self) -> bool:
        """Whether the application has not taken everything yet."""
        return not self._queue.empty()

    def arrive(self, frame: dict[str, Any], identities: Sequence[Identity] | None = None) -> None:
        self._queue.put_nowait(Arrived(frame, identities))

    def lose(self, reason: str, attempt: int = 1, retry_in_s: float = 30.0) -> None:
        self._queue.put_nowait(Lost(reason, attempt, retry_in_s))

    def fail(self, error: ApiError) -> None:
        self._queue.put_nowait(error)

    async def events(self) -> AsyncGenerator[Event]:
        while True:
            event = await self._queue.get()
            if isinstance(event, ApiError):
                raise event
            yield event
