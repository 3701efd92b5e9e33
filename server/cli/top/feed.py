"""The live frames of a server, for as long as anyone looks: connects again by itself, and says so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

from server.cli.client import ApiClient
from server.cli.following import Lost, following
from server.cli.queries import FRAME, FRAMES, IDENTITIES, all_pages
from server.cli.top.fleet import Identity

SILENCE_S = 20.0
"""The server sends a frame every 5 seconds even when nothing changes."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame, with the identities where its layout is a new one."""

    frame: dict[str, Any]
    identities: Sequence[Identity] | None


Event: TypeAlias = Arrived | Lost


class Feed:
    """Frames of the devices that match `where`."""

    def __init__(self, server: str, token: str | None, where: dict[str, Any], interval_s: float) -> None:
        self.server = server
        self._token = token
        self._where = where
        self._interval_ms = max(1, round(interval_s * 1000))

    async def once(self) -> Arrived:
        """The frame of this moment. Raises `ApiError`."""
        async with ApiClient(self.server, self._token) as client:
            frame = (await client.execute(FRAME, {"where": self._where}))["fleetFrame"]
            return Arrived(frame, await self._identities(client))

    async def events(self) -> AsyncGenerator[Event]:
        """Frames and losses, without end. Raises `Refused`, and `ApiError` where asking again will not help."""
        async with aclosing(following(self._connected)) as events:
            async for event in events:
                yield event

    async def _connected(self) -> AsyncGenerator[Arrived]:
        layout: str | None = None
        variables = {"where": self._where, "intervalMs": self._interval_ms}
        async with (
            ApiClient(self.server, self._token) as client,
            aclosing(client.subscribe(FRAMES, variables, SILENCE_S)) as messages,
        ):
            async for message in messages:
                frame = message["fleetFrame"]
                identities = None
                if frame["layoutVersion"] != layout:
                    identities = await self._identities(client)
                    layout = frame["layoutVersion"]
                yield Arrived(frame, identities)

    async def _identities(self, client: ApiClient) -> list[Identity]:
        return [Identity.of(device) async for device in all_pages(client, IDENTITIES, {"where": self._where})]
