"""Layout commands of this agent's nodes: received, carried out once each, and their results handed to the delivery.

A command comes again after every reconnection until its result has arrived at the server. One that is under way, or
whose result still waits to be delivered, is not begun a second time; one that a crash of the agent has cut off is.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.clock import Clock, utc_now
from domain.mig.commands import NodeCommand
from domain.mig.ports import MigExecutor
from server.agent.api import OpenApi
from server.agent.buffer import NodeKey
from server.agent.connection import Connection
from server.agent.delivery import Delivery
from server.agent.inventory import NodeReports
from server.cli.api_errors import ApiError, Refused

logger = logging.getLogger("gpu.agent")

LOOK_EVERY_S = 1.0
RETRY_FIRST_S = 0.5
RETRY_MOST_S = 15.0
REFUSED_AGAIN_S = 60.0


class AgentCommands:
    """Follows the commands of every node that the server knows of this agent."""

    def __init__(
        self,
        connection: Connection,
        open_api: OpenApi,
        reports: NodeReports,
        delivery: Delivery,
        executor: MigExecutor,
        steady: Callable[[], float],
        now: Clock = utc_now,
    ) -> None:
        """`now` is the wall clock that the executor looks at: it may be wrong, so deadlines are translated."""
        self._connection = connection
        self._open_api = open_api
        self._reports = reports
        self._delivery = delivery
        self._executor = executor
        self._steady = steady
        self._now = now
        self._under_way: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        following: dict[NodeKey, asyncio.Task[None]] = {}
        try:
            while True:
                for node in self._reports.nodes:
                    if node not in following and self._reports.is_reported(node) and self._delivery.clock.known:
                        following[node] = asyncio.create_task(self._follow(node), name="commands")
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in following.values():
                task.cancel()
            if following:
                await asyncio.wait(following.values())

    async def _follow(self, node: NodeKey) -> None:
        failures = 0
        while True:
            try:
                async with self._open_api(self._connection.server) as api:
                    async for command in api.commands(node):
                        failures = 0
                        await self.carry_out(command)
            except Refused as error:
                logger.error("layout commands of %s are refused to this agent: %s", node[1], error.message)
                await asyncio.sleep(REFUSED_AGAIN_S)
            except ApiError as error:
                logger.log(logging.DEBUG if failures else logging.INFO, "layout commands wait: %s", error.message)
            except Exception:
                logger.exception("following the layout commands of %s failed", node[1])
            failures += 1
            longest = min(RETRY_FIRST_S * 2.0 ** min(failures - 1, 30), RETRY_MOST_S)
            await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreads agents, guards no secret

    async def carry_out(self, command: NodeCommand) -> None:
        """Execute one command, unless it is being done or its result waits."""
        if command.id in self._under_way or self._delivery.has_result_of(command.id):
            return
        self._under_way.add(command.id)
        try:
            result = await self._executor.execute(replace(command, deadline=self._local_deadline(command)))
        finally:
            self._under_way.discard(command.id)
        steps = ", ".join(step.kind.value for step in command.steps)
        logger.info("command %s (%s): %s", command.id, steps, result.error or "done")
        if result.mig is not None:
            self._reports.layout_changed(command.gpu_uuid, result.mig)
        self._delivery.report_result(result)

    def _local_deadline(self, command: NodeCommand) -> datetime:
        left = self._delivery.clock.seconds_until(command.deadline, self._steady())
        return self._now() + timedelta(seconds=left)
