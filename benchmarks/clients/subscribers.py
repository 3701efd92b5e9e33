"""Many subscribers on one core: how many frames arrive, how old they are, and what both sides spend on it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import statistics
import sys
import time
import uuid
from typing import Any

import uvloop

from benchmarks.clients.options import parser, percentile
from benchmarks.clients.websocket import Connection, Counter
from benchmarks.harness.procfs import Usage, usage

ROUNDS = 3  # frames that the typical client of a slow server should see in the window
MANY_FRAMES = 50  # from here on, a burst more or less does not matter
AT_ONCE = 50  # connections that are being opened at the same time


def arguments() -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--query", required=True)
    options.add_argument("--clients", type=int, default=100)
    options.add_argument("--warmup", type=float, default=2.0, help="seconds after the first frame")
    options.add_argument("--seconds", type=float, default=8.0, help="the window that is measured")
    options.add_argument("--max-seconds", type=float, default=20.0, help="of a window stretched for a slow server")
    options.add_argument("--sample-every", type=int, default=7, help="each n-th frame's delay is measured")
    options.add_argument("--patience", type=float, default=40.0, help="seconds to wait for connections and a frame")
    return options.parse_args()


async def connect(options: argparse.Namespace, counter: Counter) -> list[Connection]:
    """Open all connections up to connection_ack."""
    gate = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def one() -> Connection:
        async with gate:
            _, connection = await loop.create_connection(
                lambda: Connection(counter, f"{options.host}:{options.port}", options.path),
                options.host,
                options.port,
            )
            await connection.acknowledged
            return connection

    async with asyncio.timeout(options.patience), asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(options.clients)]
    return [task.result() for task in tasks]


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    counter = Counter(sample_every=options.sample_every)
    before = usage(options.server_group, options.server_core)
    connections = await connect(options, counter)
    await asyncio.sleep(1)
    idle = usage(options.server_group, options.server_core)

    for connection in connections:
        subscribe = {"id": str(uuid.uuid4()), "type": "subscribe", "payload": {"query": options.query}}
        connection.send(json.dumps(subscribe))
    async with asyncio.timeout(options.patience):
        await counter.first_frame.wait()
    await asyncio.sleep(options.warmup)
    gc.collect()
    gc.freeze()

    counter.reset()
    for connection in connections:
        connection.reset()
    server_0, client_0 = usage(options.server_group, options.server_core), _self(options)
    await asyncio.sleep(options.seconds)
    while _typical_frames(connections) < ROUNDS and time.monotonic() < client_0.at + options.max_seconds:
        await asyncio.sleep(0.5)
    server_1, client_1 = usage(options.server_group, options.server_core), _self(options)
    frames, size, delays = counter.frames, counter.size, sorted(counter.delays_s)
    served = [connection.frames for connection in connections]

    if counter.failure:
        raise SystemExit(counter.failure)
    for connection in connections:
        connection.close()
    elapsed = client_1.at - client_0.at
    rate, counted_by = delivered_per_s(connections, elapsed)
    server_pct = server_1.percent_since(server_0)
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    return {
        "clients": options.clients,
        "seconds": round(elapsed, 2),
        "frames_per_s": round(rate, 1),
        "counted_by": counted_by,
        "frames_per_server_cpu_s": round(rate / (server_pct / 100), 1) if server_pct else None,
        "mb_per_s": round(size / elapsed / 1e6, 1),
        "frame_bytes": round(size / frames) if frames else None,
        "delay_p50_ms": None if p50 is None else round(1000 * p50, 1),
        "delay_p99_ms": None if p99 is None else round(1000 * p99, 1),
        "fewest_frames_of_a_client": min(served),
        "most_frames_of_a_client": max(served),
        "lost_connections": counter.lost,
        "server_cpu_pct": server_pct,
        "client_cpu_pct": client_1.percent_since(client_0),
        "server_core_busy_pct": server_1.core_percent_since(server_0),
        "client_core_busy_pct": client_1.core_percent_since(client_0),
        "server_rss_mb": round(server_1.rss_bytes / 1e6, 1),
        "kib_per_idle_connection": round((idle.rss_bytes - before.rss_bytes) / 1024 / options.clients, 1),
        "kib_per_streaming_client": round((server_1.rss_bytes - before.rss_bytes) / 1024 / options.clients, 1),
    }


def delivered_per_s(connections: list[Connection], elapsed_s: float) -> tuple[float, str]:
    """Frames per second of all clients together.

    A server that is late delivers in bursts, a round to all clients every few seconds, and a window may hold one
    burst more or less than its share. So a slow server's rate is that of whole rounds, from each client's first
    frame in the window to its last.
    """
    steady = [connection for connection in connections if connection.frames > 1]
    if _typical_frames(connections) >= MANY_FRAMES or len(steady) < 0.95 * len(connections):
        return sum(connection.frames for connection in connections) / elapsed_s, "window"
    rates = [(each.frames - 1) / (each.last_at - each.first_at) for each in steady]
    return statistics.fmean(rates) * len(connections), "rounds"


def _typical_frames(connections: list[Connection]) -> float:
    return statistics.median(connection.frames for connection in connections)


def _self(options: argparse.Namespace) -> Usage:
    return usage(os.getpgid(0), options.client_core)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(arguments()))))
