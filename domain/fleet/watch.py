"""Noticing nodes that have gone silent. Every replica looks; the transaction lets one of them write it down."""

from __future__ import annotations

from datetime import timedelta

from domain.access.principal import SYSTEM
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, NodeStatus
from domain.fleet.writing import InventoryTransactions


class NodeWatch:
    """Marks a node OFFLINE when nothing has reported it for a while; its next report makes it READY again."""

    def __init__(self, transactions: InventoryTransactions, silent_after: timedelta) -> None:
        self._transactions = transactions
        self._silent_after = silent_after

    async def sweep(self) -> int:
        """Look once; return how many nodes were marked. Raises `Unavailable`.

        The stored time of the last report decides, not this replica's readings: a replica that is cut off
        from the others' readings must not declare their nodes dead.
        """
        marked = 0
        async with self._transactions.begin(SYSTEM) as writer:
            silent_since = self._transactions.clock() - self._silent_after
            for node in await writer.uow.nodes():
                if (seen := self._transactions.view.node(node.id)) is not None:
                    seen.last_report_at = node.last_report_at
                if node.collection_source is CollectionSource.MANUAL or node.node_status is NodeStatus.OFFLINE:
                    continue
                if node.last_report_at is None or node.last_report_at < silent_since:
                    node.node_status = NodeStatus.OFFLINE
                    reason = f"not reported for {self._silent_after.total_seconds():g} s"
                    writer.change_node(node, ChangeKind.NODE_UPDATED, NodeStatus.READY, NodeStatus.OFFLINE, reason)
                    marked += 1
        return marked
