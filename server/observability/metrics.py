"""`/metrics`: everything Prometheus is told, drawn from the live state when it asks.

Query parameters: `part=fleet` gives the devices and totals only, `part=server` this process only. Every replica
knows the whole fleet, so with several replicas one of them is asked for the fleet and each for itself.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain.clock import Clock, utc_now
from domain.fleet.model import GpuDevice, GpuNode
from server.observability.device_series import device_text
from server.observability.fleet_series import FleetSeries
from server.observability.freshness import stale_after
from server.observability.server_series import ServerSeries
from server.runtime import Runtime

PARTS = frozenset({"all", "fleet", "server"})
OPENMETRICS_END = b"# EOF\n"
GZIP_LEVEL = 1
GZIP_WBITS = 31  # a gzip header and trailer

Encoder = Callable[[Collector], bytes]


@dataclass(frozen=True, slots=True)
class _Scrape:
    """What makes two scrapes the same."""

    content_type: str
    part: str
    gzip: bool


class Exposition:
    """Draws the metrics of one runtime, with a registry of its own."""

    def __init__(self, runtime: Runtime, clock: Clock = utc_now) -> None:
        self._runtime = runtime
        self._clock = clock
        self._in_flight: dict[_Scrape, asyncio.Task[bytes]] = {}
        self.registry = CollectorRegistry()
        self.registry.register(ServerSeries(runtime))
        self.registry.register(runtime.traffic)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    async def scrape(self, accept: str, part: str = "all", gzip: bool = False) -> tuple[str, bytes]:
        """The content type and the body. Scrapes of the same at the same time share one drawing."""
        encoder, content_type = _encoder(accept)
        scrape = _Scrape(content_type, part, gzip)
        task = self._in_flight.get(scrape)
        if task is None:
            task = asyncio.create_task(self._draw(encoder, scrape), name="scrape")
            self._in_flight[scrape] = task
            task.add_done_callback(lambda _done: self._in_flight.pop(scrape))
        return content_type, await asyncio.shield(task)

    async def _draw(self, encoder: Encoder, scrape: _Scrape) -> bytes:
        # The server's part reads what the event loop changes, so it is drawn here; the fleet's, which is large, is
        # drawn and compressed beside the loop from what is replaced and never changed in place.
        server = b"" if scrape.part == "fleet" else encoder(self.registry)
        if scrape.part == "server":
            return await asyncio.to_thread(_compressed, [server]) if scrape.gzip else server
        view = self._runtime.view
        limit = stale_after(self._runtime.settings.sample_interval)
        nodes, devices, now = tuple(view.nodes), view.devices, self._clock()

        def draw() -> bytes:
            parts = _fleet(encoder, nodes, devices, FleetSeries(nodes, devices, now, limit), device_text(devices, now, limit))
            return b""

        return await asyncio.to_thread(draw)
