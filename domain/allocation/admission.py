"""Letting those in who wait. Every replica looks; the transaction lets one of them do it.

A sweep goes down the line once. What fits now is found from memory without a lock; each that fits is decided again
inside a transaction of its own, since what it takes is no longer there for the next.
"""

from __future__ import annotations

from datetime import timedelta

from domain.access.principal import SYSTEM
from domain.allocation.answers import Decision
from domain.allocation.holding import Holdings
from domain.allocation.model import Allocation, AllocationStatus
from domain.allocation.queue import line
from domain.allocation.quota import quota_checks
from domain.allocation.scheduler import Scheduler
from domain.errors import InvalidInput
from domain.fleet.writing import InventoryTransactions

TRIED_PER_SWEEP = 100


class Admission:
    """Grants queued requests when there is room and quota for them."""

    def __init__(self, transactions: InventoryTransactions, scheduler: Scheduler, command_timeout: timedelta) -> None:
        self._transactions = transactions
        self._scheduler = scheduler
        self._command_timeout = command_timeout

    async def sweep(self) -> int:
        """Go down the line once; return how many were let in. Raises `Unavailable`."""
        view = self._transactions.view
        granted = 0
        for waiting in line(view, self._transactions.clock())[:TRIED_PER_SWEEP]:
            if self._room_for(waiting.allocation) is None:
                continue
            async with self._transactions.begin(SYSTEM, current=True) as writer:
                allocation = view.allocation(waiting.allocation.id)
                if allocation is None or allocation.status is not AllocationStatus.QUEUED:
                    continue  # another replica was quicker, or it was taken back
                decision = self._room_for(allocation)
                if decision is not None:
                    holdings = Holdings(writer, view, self._command_timeout)
                    holdings.take(allocation, decision, f"its turn came; chosen by {decision.policy}")
                    granted += 1
        return granted

    def _room_for(self, allocation: Allocation) -> Decision | None:
        """Where it can go now; None: nowhere, or its quota does not allow it yet."""
        try:
            decision = self._scheduler.decide_waiting(allocation, self._transactions.clock())
        except InvalidInput:  # its cluster or node is gone: it waits until that is back or its owner gives up
            return None
        _, refused = quota_checks(self._transactions.view, allocation, decision)
        return decision if decision.place is not None and refused is None else None
