"""What has to be done now and then: silent nodes marked, current values stored, old idempotency keys forgotten."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.clock import utc_now
from domain.errors import Unavailable
from domain.fleet.view import InventoryView
from domain.fleet.watch import NodeWatch
from persistence.maintenance import purge_idempotency_keys, store_readings

logger = logging.getLogger("gpu.housekeeping")

SWEEP_EVERY_S = 30.0
STORE_EVERY_SWEEPS = 2
PURGE_EVERY_SWEEPS = 120
KEYS_KEPT = timedelta(days=7)
"""How long a request may be retried under its idempotency key."""


class Housekeeping:
    """Runs in every replica; what it does is right to do twice."""

    def __init__(self, engine: AsyncEngine, view: InventoryView, watch: NodeWatch) -> None:
        self._engine = engine
        self._view = view
        self._watch = watch
        self._stored_until = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Until cancelled. The first sweep comes after one period: agents need time to report after a restart."""
        sweeps = 0
        while True:
            await asyncio.sleep(SWEEP_EVERY_S * random.uniform(0.9, 1.1))  # noqa: S311 - spreads the replicas
            try:
                if marked := await self._watch.sweep():
                    logger.warning("%d nodes have gone silent and are OFFLINE now", marked)
                if sweeps % STORE_EVERY_SWEEPS == 0:
                    await self.store_current_values()
                if sweeps % PURGE_EVERY_SWEEPS == 0:
                    await purge_idempotency_keys(self._engine, utc_now() - KEYS_KEPT)
            except Unavailable as error:
                logger.warning("housekeeping waits for the database: %s", error.message)
            sweeps += 1

    async def store_current_values(self) -> None:
        """Bring GPU_DEVICES.current_temp_c and current_power_w up to date where there are newer readings."""
        newest = [m for device in self._view.devices if (m := device.latest_metric) is not None]
        fresh = [m for m in newest if m.timestamp > self._stored_until]
        if fresh:
            await store_readings(self._engine, [(m.device_id, m.temperature_c, m.power_draw_w) for m in fresh])
            self._stored_until = max(m.timestamp for m in fresh)
