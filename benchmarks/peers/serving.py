"""Command line and clock that the Python peers share."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse


def arguments(description: str) -> argparse.Namespace:
    """Port, size and rate."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("--gpus", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--message-bytes", type=int, default=0, help="of the limit's ready message; 0: as it comes")
    return parser.parse_args()


async def every(interval_s: float, work: Callable[[], object]) -> None:
    """Call at a steady rate; a server that is late skips the beats it missed."""
    loop = asyncio.get_running_loop()
    due = loop.time() + interval_s
    while True:
        await asyncio.sleep(due - loop.time())
        work()
        due = max(due + interval_s, loop.time())


async def ready(_request: Request) -> PlainTextResponse:
    """Answer /readyz."""
    return PlainTextResponse("ready")


def serve(app: Starlette, port: int) -> None:
    """uvicorn as it comes, without compression and access log."""
    uvicorn.run(app, port=port, ws_per_message_deflate=False, access_log=False, log_level="warning")
