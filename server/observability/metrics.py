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
from server.observability.device_series import device_text, readings_of
from server.observability.fleet_series import FleetSeries
from server.observability.freshness import stale_after
from server.observability.server_series import ServerSeries
from server.runtime import Runtime

ALL, FLEET, SERVER = "all", "fleet", "server"
PARTS = frozenset({ALL, FLEET, SERVER})
OPENMETRICS = "application/openmetrics-text"
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
        self._drawing = asyncio.Lock()
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
        async with self._drawing:  # scrapes take turns: many at once would take the event loop's time
            # The server's part reads what the event loop changes in place, so it is drawn here. The fleet's, which
            # is large, is drawn and compressed on a thread: it reads only what is replaced as a whole.
            server = b"" if scrape.part == FLEET else encoder(self.registry)
            view = self._runtime.view
            limit = stale_after(self._runtime.settings.sample_interval)
            nodes, readings, now = tuple(view.nodes), readings_of(view.devices), self._clock()

            def draw() -> bytes:
                pieces = [server]
                if scrape.part != SERVER:
                    totals = encoder(FleetSeries(nodes, readings, now, limit))
                    pieces = [device_text(readings, now, limit).encode(), totals, server]
                body = b"".join(piece.removesuffix(OPENMETRICS_END) for piece in pieces)
                if scrape.content_type.startswith(OPENMETRICS):
                    body += OPENMETRICS_END
                return zlib.compress(body, GZIP_LEVEL, GZIP_WBITS) if scrape.gzip else body

            return await asyncio.to_thread(draw)


async def metrics(request: Request) -> Response:
    """The exposition, in the format and encoding that the scraper asks for."""
    part = request.query_params.get("part", ALL)
    if part not in PARTS:
        return PlainTextResponse(f"part is one of {', '.join(sorted(PARTS))}\n", 400)
    exposition: Exposition = request.app.state.exposition
    gzip = "gzip" in request.headers.get("accept-encoding", "")
    content_type, body = await exposition.scrape(request.headers.get("accept", ""), part, gzip)
    headers = {"Content-Type": content_type, "Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding"}
    if gzip:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers)


def _encoder(accept: str) -> tuple[Encoder, str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no number
        return choose_encoder("")
