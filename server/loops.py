"""Background work that runs as long as the server: started by name, watched, restarted when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger("gpu.loops")

RESTART_FIRST_S = 0.5
RESTART_MOST_S = 30.0


class Loops:
    """The server's own tasks. None ends without a word in the log, none is left behind at exit."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failures = 0

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run for ever, again after a failure, waiting longer each time it fails at once."""
        self._tasks[name] = asyncio.create_task(self._keep_running(name, run), name=name)

    async def stop(self) -> None:
        """Cancel all and wait for their ends."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        self._tasks.clear()

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        delay = RESTART_FIRST_S
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await run()
                logger.error("the loop %r ended by itself; starting it again", name)
            except Exception:
                logger.exception("the loop %r failed; starting it again", name)
            self.failures += 1
            delay = RESTART_FIRST_S if loop.time() - began > RESTART_MOST_S else min(delay * 2, RESTART_MOST_S)
            await asyncio.sleep(delay)
