"""Many subscribers on one core: how many frames arrive, how old they are, and what both sides spend on it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import uuid
from typing import Any

import uvloop

from benchmarks.clients.options import parser, percentile
from benchmarks.clients.websocket import Connection, Counter
from benchmarks.harness.procfs import Usage, usage

AT_ONCE = 50  # connections that are being opened at the same time


def arguments() -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--query", required=True)
    options.add_argument("--clients", type=int, default=100)
    options.add_argument("--warmup", type=float, default=2.0, help="seconds after the first frame")
    options.add_argument("--seconds", type=float, default=8.0, help="the window that is measured")
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
    served_before = [connection.frames for connection in connections]
    server_0, client_0 = usage(options.server_group, options.server_core), _self(options)
    await asyncio.sleep(options.seconds)
    server_1, client_1 = usage(options.server_group, options.server_core), _self(options)
    frames, size, delays = counter.frames, counter.size, sorted(counter.delays_s)
    served = [connection.frames - then for connection, then in zip(connections, served_before, strict=True)]

    if counter.failure:
        raise SystemExit(counter.failure)
    for connection in connections:
        connection.close()
    elapsed = client_1.at - client_0.at
    server_pct = server_1.percent_since(server_0)
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    return {
        "clients": options.clients,
        "seconds": round(elapsed, 2),
        "frames_per_s": round(frames / elapsed, 1),
        "frames_per_server_cpu_s": round(frames / (server_pct / 100 * elapsed), 1) if server_pct else None,
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


def _self(options: argparse.Namespace) -> Usage:
    return usage(os.getpgid(0), options.client_core)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(arguments()))))
