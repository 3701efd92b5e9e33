"""Keep-alive HTTP from one core: each client asks for a GPU, gives it back, and begins again."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import uvloop

from benchmarks.clients.http import Client, body_of, post
from benchmarks.clients.options import parser, percentile
from benchmarks.harness.procfs import Usage, usage

_ERROR = "... on Error { code message }"
REQUEST = f"""mutation($input: RequestAllocationInput!) {{ requestAllocation(input: $input) {{
  ... on AllocationAnswer {{ status message place {{ words }} allocation {{ id }} }} {_ERROR} }} }}"""
RELEASE = f"""mutation($input: ReleaseAllocationInput!) {{ releaseAllocation(input: $input) {{
  ... on GpuAllocation {{ id status }} {_ERROR} }} }}"""


def arguments() -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--ports", required=True, help="of all servers, with commas between")
    options.add_argument("--groups", required=True, help="process groups whose CPU time counts, with commas between")
    options.add_argument("--clients", type=int, default=16, help="at once, spread over the servers")
    options.add_argument("--warmup", type=float, default=2.0)
    options.add_argument("--seconds", type=float, default=5.0, help="each of the two windows: one client, all clients")
    return options.parse_args()


@dataclass
class Window:
    """What was measured between two moments."""

    granting: list[float] = field(default_factory=list)
    """Seconds from request to grant, one for each."""
    releasing: list[float] = field(default_factory=list)
    not_granted: int = 0
    unavailable: int = 0
    """Answers that the database was busy for too long: asked again."""

    def figures(self, prefix: str) -> dict[str, Any]:
        self.granting.sort()
        self.releasing.sort()
        found: dict[str, Any] = {}
        for name, delays in (("latency", self.granting), ("release", self.releasing)):
            for share in (50, 99):
                delay = percentile(delays, share / 100)
                found[f"{prefix}{name}_p{share}_ms"] = None if delay is None else round(1000 * delay, 2)
        return found


class Asker:
    """One keep-alive connection to one server."""

    def __init__(self, connection: Client, path: str, host: str, name: str) -> None:
        self._connection = connection
        self._path = path
        self._host = host
        self._name = name
        self._numbers = itertools.count()

    async def once(self, window: Window) -> None:
        """Ask for a GPU under a key of its own, and give it back."""
        number = next(self._numbers)
        key = f"{self._name}-{number}"
        wanted = {"gpuCount": 1, "hours": 1, "namespace": "bench", "podName": key, "idempotencyKey": key}
        began = time.perf_counter()
        answer = await self._answered(REQUEST, wanted, window)
        if answer["status"] != "ACTIVE":
            window.not_granted += 1
            return
        granted = time.perf_counter()
        window.granting.append(granted - began)
        await self._answered(RELEASE, {"allocationId": answer["allocation"]["id"]}, window)
        window.releasing.append(time.perf_counter() - granted)

    async def _answered(self, query: str, given: dict[str, Any], window: Window) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": {"input": given}}).encode()
        while True:
            content = json.loads(body_of(await self._connection.ask(post(self._path, self._host, body))))
            if content.get("errors"):
                raise SystemExit(str(content["errors"])[:500])
            (answer,) = content["data"].values()
            if (code := answer.get("code")) is None:
                return dict(answer)
            if code != "UNAVAILABLE":
                raise SystemExit(f"{code}: {answer['message']}")
            window.unavailable += 1


async def ask_for(options: argparse.Namespace, seconds: float, clients: int) -> Window:
    """So many clients for so long, on connections of their own: idle ones are closed by the server."""
    window = Window()
    loop = asyncio.get_running_loop()
    ports = [int(port) for port in options.ports.split(",")]
    askers = []
    for number in range(clients):
        port = ports[number % len(ports)]
        connection = (await loop.create_connection(lambda: Client(b""), options.host, port))[1]
        askers.append(Asker(connection, options.path, f"{options.host}:{port}", f"{time.time_ns():x}-{number}"))
    end = time.monotonic() + seconds

    async def repeat(asker: Asker) -> None:
        while time.monotonic() < end:
            await asker.once(window)

    await asyncio.gather(*(repeat(asker) for asker in askers))
    return window


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    groups = [int(group) for group in options.groups.split(",")]

    def used() -> tuple[list[Usage], Usage]:
        return [usage(group, options.server_core) for group in groups], usage(os.getpgid(0), options.client_core)

    await ask_for(options, options.warmup, options.clients)
    alone = await ask_for(options, options.seconds, 1)
    before, client_before = used()
    crowd = await ask_for(options, options.seconds, options.clients)
    after, client_after = used()
    granted = len(crowd.granting)
    cpu_s = sum(b.group_s - a.group_s for a, b in zip(before, after, strict=True))
    return {
        **alone.figures(""),
        "clients": options.clients,
        "allocations_per_s": round(granted / (after[0].at - before[0].at), 1),
        **crowd.figures("crowd_"),
        "not_granted": alone.not_granted + crowd.not_granted,
        "unavailable": alone.unavailable + crowd.unavailable,
        "server_cpu_ms_per_allocation": round(1000 * cpu_s / max(1, granted), 2),
        "server_core_busy_pct": after[0].core_percent_since(before[0]),
        "client_cpu_pct": client_after.percent_since(client_before),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(arguments()))))
