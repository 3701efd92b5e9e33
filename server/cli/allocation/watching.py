"""`gpuctl allocations --watch`: the list, then each allocation that changes, for as long as anyone looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from server.cli.allocation.queries import EVENTS
from server.cli.allocation.rows import COLUMNS, row
from server.cli.client import ApiClient
from server.cli.device_names import device_id
from server.cli.following import Lost, following
from server.cli.output import Column, as_wide, print_json, print_table, say


class Watched:
    """What was shown of each live allocation, so that a snapshot after a loss shows only what is new in it."""

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Any, ...]] = {}
        self.begun = False

    def news(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """The allocations of an event that look different from before."""
        found = [one for one in event["allocations"] if self._shown.get(one["id"]) != _looks(one)]
        if event["snapshot"]:
            self._shown = {}
        for one in event["allocations"]:
            if one["endedTime"] is None:
                self._shown[one["id"]] = _looks(one)
            else:
                self._shown.pop(one["id"], None)
        self.begun = True
        return found


async def watch_allocations(
    server: str, token: str | None, where: dict[str, Any], devices: list[str], *, as_json: bool
) -> None:
    """Print until interrupted. Raises `Refused`, and `ApiError` where asking again will not help."""

    async def connected() -> AsyncGenerator[dict[str, Any]]:
        async with ApiClient(server, token) as client:
            ids = [await device_id(client, name) for name in devices]
            wanted = {**where, "deviceIds": ids} if ids else where
            async with aclosing(client.subscribe(EVENTS, {"where": wanted}, silence_s=None)) as messages:
                async for message in messages:
                    yield message["allocationEvents"]

    watched = Watched()
    columns: Sequence[Column] = COLUMNS
    async with aclosing(following(connected)) as events:
        async for event in events:
            if isinstance(event, Lost):
                say(f"gpuctl: {event.reason}; again in {event.retry_in_s:.1f} s")
                continue
            if as_json:
                print_json(event, indent=False)
                continue
            first = not watched.begun
            rows = [row(one) for one in watched.news(event)]
            if rows or first:
                print_table(columns, rows, "no allocation matches yet", titles=columns is COLUMNS)
            if rows and columns is COLUMNS:
                columns = as_wide(COLUMNS, rows)


def _looks(allocation: dict[str, Any]) -> tuple[Any, ...]:
    return (allocation["status"], allocation["version"], allocation["queuePosition"])
