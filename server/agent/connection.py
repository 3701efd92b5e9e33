"""The servers an agent may talk to, one at a time, and how long to wait when none of them answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack

from server.agent.api import AgentApi, OpenApi

RETRY_FIRST_S = 0.5
RETRY_MOST_S = 15.0


class Connection:
    """Keeps to one server as long as it answers, then goes on to the next in the order they were given."""

    def __init__(
        self,
        servers: Sequence[str],
        open_api: OpenApi,
        retry_first_s: float = RETRY_FIRST_S,
        retry_most_s: float = RETRY_MOST_S,
    ) -> None:
        if not servers:
            raise ValueError("an agent needs at least one server")
        self._addresses = servers
        self._open_api = open_api
        self._retry_first_s = retry_first_s
        self._retry_most_s = retry_most_s
        self._position = 0
        self._api: AgentApi | None = None
        self._open = AsyncExitStack()
        self._failures = 0

    @property
    def servers(self) -> int:
        """How many there are."""
        return len(self._addresses)

    @property
    def server(self) -> str:
        return self._addresses[self._position]

    @property
    def failures(self) -> int:
        """Calls that failed since the last that did not."""
        return self._failures

    async def api(self) -> AgentApi:
        if self._api is None:
            self._api = await self._open.enter_async_context(self._open_api(self.server))
        return self._api

    def worked(self) -> None:
        self._failures = 0

    async def failed(self) -> bool:
        """Go on to the next server. True where it is another one."""
        self._failures += 1
        await self.close()
        before = self._position
        self._position = (self._position + 1) % self.servers
        return self._position != before

    @property
    def wait_s(self) -> float:
        """How long to wait before the next call: nothing until every server was tried, then longer each time.

        Half of it is left to chance, so that many agents whose server returns do not come all at once.
        """
        rounds, position = divmod(self._failures, self.servers)
        if rounds == 0 or position != 0:
            return 0.0
        longest = min(self._retry_first_s * 2.0 ** min(rounds - 1, 30), self._retry_most_s)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads agents, guards no secret

    async def close(self) -> None:
        """Close what is open; the next call opens again."""
        self._api = None
        opened, self._open = self._open, AsyncExitStack()
        try:
            async with asyncio.timeout(2):
                await opened.aclose()
        except TimeoutError:
            pass  # a peer that does not take the goodbye
