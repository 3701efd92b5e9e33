"""Carrying out the layout commands of the nodes that this very process reads: no agent is needed there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from domain.access.principal import SYSTEM
from domain.errors import DomainError, Unavailable
from domain.fleet.view import InventoryView
from domain.mig.commands import CommandResult
from domain.mig.dispatch import CommandDesk
from domain.mig.ports import MigExecutor
from domain.mig.results import CommandResults

logger = logging.getLogger("gpu.mig")

LOOK_EVERY_S = 2.0
"""Without news: for what was open before this process started, or could not be marked while the database was away."""
REPORT_TRIES = 60
REPORT_AGAIN_S = 1.0


class LocalCommands:
    """Executes commands one after the other and reports what became of them."""

    def __init__(
        self,
        view: InventoryView,
        desk: CommandDesk,
        results: CommandResults,
        executor: MigExecutor,
        nodes: Callable[[], Collection[str]],
    ) -> None:
        """`nodes`: the ids of the nodes this process reads, as discovered last."""
        self._view = view
        self._desk = desk
        self._results = results
        self._executor = executor
        self._nodes = nodes

    async def run(self) -> None:
        """Until cancelled. A command that was begun when this process died is begun again: that does no harm."""
        news = asyncio.Event()
        stop = self._view.on_change(lambda _delta: news.set())
        try:
            while True:
                news.clear()
                await self.run_due()
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await news.wait()
                except TimeoutError:
                    pass
        finally:
            stop()

    async def run_due(self) -> int:
        """Carry out what is open now; return how many commands that were."""
        done = 0
        for command in self._desk.due(self._nodes()):
            try:
                handed = await self._desk.hand_out(SYSTEM, command)
            except Unavailable as error:
                logger.warning("command %s waits for the database: %s", command.id, error.message)
                break
            if handed is not None:
                await self._report(await self._executor.execute(handed))
                done += 1
        return done

    async def _report(self, result: CommandResult) -> None:
        for attempt in range(REPORT_TRIES):
            try:
                await self._results.take(SYSTEM, result)
                return
            except Unavailable:
                if attempt == REPORT_TRIES - 1:
                    raise
                await asyncio.sleep(REPORT_AGAIN_S)
            except DomainError as error:
                logger.error("the result of command %s is refused: %s", result.command_id, error.message)
                return
