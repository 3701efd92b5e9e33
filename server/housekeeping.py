"""What has to be done now and then: silent nodes are marked, old idempotency keys forgotten."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.clock import utc_now
from domain.errors import Unavailable
from domain.fleet.watch import NodeWatch
from persistence.maintenance import purge_idempotency_keys

logger = logging.getLogger("gpu.housekeeping")

SWEEP_EVERY_S = 30.0
PURGE_EVERY_SWEEPS = 120
KEYS_KEPT = timedelta(days=7)
"""How long a request may be retried under its idempotency key."""


class Housekeeping:
    """Runs in every replica; what it does is right to do twice."""

    def __init__(self, engine: AsyncEngine, watch: NodeWatch) -> None:
        self._engine = engine
        self._watch = watch

    async def run(self) -> None:
        """Until cancelled. The first sweep comes after one period: agents need time to report after a restart."""
        sweeps = 0
        while True:
            await asyncio.sleep(SWEEP_EVERY_S * random.uniform(0.9, 1.1))  # noqa: S311 - spreads the replicas
            try:
                if marked := await self._watch.sweep():
                    logger.warning("%d nodes have gone silent and are OFFLINE now", marked)
                if sweeps % PURGE_EVERY_SWEEPS == 0:
                    await purge_idempotency_keys(self._engine, utc_now() - KEYS_KEPT)
            except Unavailable as error:
                logger.warning("housekeeping waits for the database: %s", error.message)
            sweeps += 1
