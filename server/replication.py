"""What replicas tell each other: applied readings, and that the inventory changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from domain.errors import Unavailable
from domain.fleet.view import InventoryView
from domain.metrics.live import LiveState
from domain.metrics.ports import Broker
from domain.metrics.sample import GpuMetric
from integrations.metric_codec import decode_metrics, encode_metrics

logger = logging.getLogger("gpu.replication")

SAMPLES = "samples"
INVENTORY = "inventory"

POLL_EVERY_S = 2.0
"""The change record is looked at this often even when no word came: the broker may be away."""


class Replication:
    """Connects this process's live state and view to the other replicas."""

    def __init__(self, broker: Broker, view: InventoryView, live: LiveState) -> None:
        self._broker = broker
        self._view = view
        self._live = live
        self._look = asyncio.Event()
        self.undecodable = 0
        """Messages of other replicas that could not be read, since start."""
        broker.subscribe(SAMPLES, self._samples_arrived)
        broker.subscribe(INVENTORY, self._inventory_changed)
        broker.on_reconnect.append(self._look.set)

    def share(self, metrics: Sequence[GpuMetric]) -> None:
        """Send readings this process took in to the others."""
        if metrics:
            self._broker.publish(SAMPLES, encode_metrics(metrics))

    def announce(self, revision: int) -> None:
        """Tell the others that the inventory is at this revision."""
        self._broker.publish(INVENTORY, str(revision).encode())

    async def follow_inventory(self) -> None:
        """Keep the view current: at once when told, and every few seconds anyway. Runs until cancelled."""
        while True:
            try:
                async with asyncio.timeout(POLL_EVERY_S):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                await self._view.refresh()
            except Unavailable as error:
                logger.warning("the inventory cannot be read: %s", error.message)
                await asyncio.sleep(POLL_EVERY_S)

    def _samples_arrived(self, payload: bytes) -> None:
        try:
            metrics = decode_metrics(payload)
        except (ValueError, TypeError, KeyError):
            self.undecodable += 1
            return
        if not self._live.apply_remote(metrics):
            self._look.set()  # of a device registered elsewhere a moment ago

    def _inventory_changed(self, _payload: bytes) -> None:
        self._look.set()
