"""Running the application under uvicorn, with an end that open subscriptions are told of."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import Any

import uvicorn

from server.app import create_app
from server.graphql.shared_frames import FanoutProtocol
from server.http_protocol import bounded_http
from server.runtime import Runtime
from server.settings import Settings, check_dev_mode

BACKLOG = 2048
GC_THRESHOLDS = (20_000, 20, 20)
"""A list of 1,000 devices is some thousand dicts: the defaults would look for garbage several times in each."""


class FleetServer(uvicorn.Server):
    """Uvicorn's server; at shutdown subscriptions are completed before the sockets are closed."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # The fleet stays: a full collection that walks 10,000 devices would hold the loop for 100 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._runtime.drain()
        await super().shutdown(sockets)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises `ValueError` where the settings may not be served on this address."""
    check_dev_mode(settings, host)
    app = create_app(settings)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "loop": "uvloop",
        "http": bounded_http(settings.head_limit_bytes, settings.head_timeout_seconds),
        "ws": FanoutProtocol,
        "ws_max_size": settings.socket_message_limit_bytes,
        "ws_per_message_deflate": False,  # compressing each frame for each client costs more than it saves
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "log_config": None,  # the application has configured logging
        "access_log": False,  # it logs requests itself
        "backlog": BACKLOG,
        "timeout_graceful_shutdown": max(1, round(settings.shutdown_seconds)),
        "server_header": False,
    }
    config = uvicorn.Config(app, **options)
    server = FleetServer(config, app.state.runtime)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve())
