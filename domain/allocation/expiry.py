"""Ending what has reached its planned end. Every replica looks; the transaction lets one of them do it.

Ends are points in time, not timers, so a restart forgets none. A clock that jumps forward would end everything at
once: a sweep that finds the wall clock out of step with the monotonic one waits until it has been steady again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from domain.access.principal import SYSTEM
from domain.allocation.holding import Holdings
from domain.allocation.lifecycle import ENDABLE
from domain.allocation.model import Allocation, AllocationStatus
from domain.fleet.writing import InventoryTransactions

logger = logging.getLogger(__name__)

JUMP = timedelta(seconds=30)
"""A difference between the clocks, over one sweep, that is no drift."""
STEADY_SWEEPS = 3
"""Sweeps without a jump before ends are believed again."""
ENDED_PER_SWEEP = 200


class Expiry:
    """Ends allocations whose time has come."""

    def __init__(
        self,
        transactions: InventoryTransactions,
        command_timeout: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transactions = transactions
        self._command_timeout = command_timeout
        self._monotonic = monotonic
        self._seen: tuple[datetime, float] | None = None
        self._unsteady = 0
        self.jumps = 0
        """Times the wall clock was found to have jumped, since start."""

    async def sweep(self) -> int:
        """End what is due; return how many. Raises `Unavailable`."""
        now = self._transactions.clock()
        if not self._steady(now) or not self._due(now):
            return 0
        async with self._transactions.begin(SYSTEM, current=True) as writer:
            holdings = Holdings(writer, self._transactions.view, self._command_timeout)
            due = self._due(now)[:ENDED_PER_SWEEP]
            for allocation in due:
                holdings.give_back(allocation, AllocationStatus.EXPIRED, "its planned end has come")
        return len(due)

    def _due(self, now: datetime) -> list[Allocation]:
        return [
            allocation
            for allocation in self._transactions.view.allocations
            if allocation.planned_release_time is not None
            and allocation.planned_release_time <= now
            and allocation.status in ENDABLE
        ]

    def _steady(self, now: datetime) -> bool:
        monotonic = self._monotonic()
        seen, self._seen = self._seen, (now, monotonic)
        if seen is not None:
            drift = (now - seen[0]) - timedelta(seconds=monotonic - seen[1])
            if abs(drift) > JUMP:
                logger.warning("the clock jumped by %s: planned ends wait until it is steady", drift)
                self.jumps += 1
                self._unsteady = STEADY_SWEEPS
                return False
        if self._unsteady:
            self._unsteady -= 1
        return self._unsteady == 0
