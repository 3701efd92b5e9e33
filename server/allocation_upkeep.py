"""What keeps allocations going by itself: planned ends, commands that nobody answers, the queue, the learned mix."""

from __future__ import annotations

import asyncio
import logging

from domain.allocation.admission import Admission
from domain.allocation.expiry import Expiry
from domain.allocation.mix import WINDOW, RequestMix, build_tables, refresh_due
from domain.allocation.ports import AllocationArchive
from domain.allocation.scheduler import Scheduler
from domain.errors import Unavailable
from domain.mig.results import CommandResults

logger = logging.getLogger("gpu.allocations")

SWEEP_EVERY_S = 2.0
LEARN_EVERY_S = 20.0


class AllocationUpkeep:
    """Runs in every replica; what it does is right to do twice."""

    def __init__(
        self,
        expiry: Expiry,
        admission: Admission,
        results: CommandResults,
        scheduler: Scheduler,
        archive: AllocationArchive,
    ) -> None:
        self._expiry = expiry
        self._results = results
        self._admission = admission
        self._scheduler = scheduler
        self._archive = archive
        self._learned_at = 0
        """How many requests there were when the policy's tables were built last."""

    async def run(self) -> None:
        """End what is due and let in who waits, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                if ended := await self._expiry.sweep():
                    logger.info("%d allocations have reached their planned end", ended)
                if overdue := await self._results.sweep():
                    logger.warning("%d layout commands were not answered in time", overdue)
                if granted := await self._admission.sweep():
                    logger.info("%d requests that waited were granted", granted)
            except Unavailable as error:
                logger.warning("planned ends and the queue wait for the database: %s", error.message)

    async def learn(self) -> None:
        """Keep the policy's tables at the newest requests, until cancelled."""
        while True:
            try:
                await self.learn_once()
            except Unavailable as error:
                logger.warning("the request mix waits for the database: %s", error.message)
            await asyncio.sleep(LEARN_EVERY_S)

    async def learn_once(self) -> bool:
        """Build and adopt the tables where they are due; return whether they were. Raises `Unavailable`.

        The stored requests are the mix, so every replica learns the same. Building runs in a thread and adopting
        in steps of about a millisecond: no request waits for it.
        """
        policy = self._scheduler.policy
        if policy.mix_settings is None:
            return False
        counted = await self._archive.requests_counted()
        if not refresh_due(self._learned_at, counted):
            return False
        mix = RequestMix(await self._archive.recent_demands(WINDOW))
        if not mix.is_known:
            return False
        tables = await asyncio.to_thread(build_tables, mix.snapshot(), policy.mix_settings)
        for _ in policy.adoption(self._scheduler.feed.capacity, tables):
            await asyncio.sleep(0)
        self._learned_at = counted
        logger.info("the placement policy has learned from the last %d requests", min(counted, WINDOW))
        return True
