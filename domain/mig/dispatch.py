"""Handing commands to those who carry them out: one at a time for each device, again to whoever comes back.

A command stays open until its result is taken or its time is over. So an executor that was away, or crashed half-way,
gets it again; doing it again does no harm, because steps are wanted facts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import replace

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import AccessScope, Principal
from domain.errors import Unavailable
from domain.fleet.following import deltas
from domain.fleet.model import node_id_for
from domain.fleet.writing import InventoryTransactions
from domain.mig.commands import OPEN_STATUSES, CommandRecord, CommandStatus, NodeCommand
from domain.mig.layout_writing import LayoutWriter

logger = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Until a command that the database did not let be handed out is tried again."""


class CommandDesk:
    """Gives out the open commands of nodes."""

    def __init__(self, transactions: InventoryTransactions) -> None:
        self._transactions = transactions
        self._view = transactions.view

    def due(self, node_ids: Collection[str]) -> list[CommandRecord]:
        """The first open command of each device of these nodes, oldest first.

        One whose deadline has passed is not begun any more, and those behind it wait until it has ended.
        """
        now = self._transactions.clock()
        due = [each for each in self._view.first_commands if each.node_id in node_ids and now < each.deadline]
        return sorted(due, key=lambda command: (command.created_date, command.id))

    async def hand_out(self, actor: Principal, command: CommandRecord) -> NodeCommand | None:
        """Mark it SENT and return it as the node gets it; None where it is open no more. Raises `Unavailable`."""
        async with self._transactions.begin(actor, current=True) as writer:
            known = self._view.command(command.id)
            if known is None or known.status not in OPEN_STATUSES:
                return None
            sent = replace(
                known, status=CommandStatus.SENT, attempt=known.attempt + 1, sent_date=self._transactions.clock()
            )
            LayoutWriter(writer, self._view).save_command(sent, f"attempt {sent.attempt}")
        return sent.for_node()

    async def stream(self, scope: AccessScope, cluster_name: str, node_name: str) -> AsyncIterator[NodeCommand]:
        """The commands of one node: those that are open, then each new one. Never ends by itself."""
        authorise(scope, Permission.EXECUTE_COMMANDS)
        authorise_node(scope, cluster_name, node_name)
        node_id = node_id_for(cluster_name, node_name)
        actor = Principal(scope.subject or node_name, scope.role, scope.team, scope.clusters, scope.node_name)
        given: set[str] = set()
        async with aclosing(deltas(self._view)) as news:
            async for _ in news:
                waits = True
                while waits:
                    waits = False
                    due = self.due({node_id})
                    given &= {command.id for command in due}
                    for command in due:
                        if command.id in given:
                            continue
                        try:
                            handed = await self.hand_out(actor, command)
                        except Unavailable as error:
                            logger.warning("command %s waits for the database: %s", command.id, error.message)
                            waits = True  # its return is no news: nothing else would wake us
                            continue
                        if handed is not None:
                            given.add(command.id)
                            yield handed
                    if waits:
                        await asyncio.sleep(AGAIN_S)
