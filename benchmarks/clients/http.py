"""Keep-alive HTTP from one core: the delay of sequential requests, and how many a second concurrent ones make."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import time
from typing import Any, cast

import uvloop

from benchmarks.clients.options import parser, percentile
from benchmarks.harness.procfs import usage

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


def arguments() -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--query", required=True)
    options.add_argument("--expect-nodes", type=int, required=True, help="devices that the answer must hold")
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--warmup", type=float, default=2.0)
    options.add_argument("--seconds", type=float, default=5.0, help="each of the two measured windows")
    options.add_argument("--patience", type=float, default=60.0, help="seconds until the answer holds all devices")
    return options.parse_args()


class Client(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._parts: list[bytes] = []
        self._missing: int | None = None  # bytes until the answer is complete; None: its head is not there yet
        self._chunked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        if self._missing is None:
            data = b"".join(self._parts)
            head, found, body = data.partition(b"\r\n\r\n")
            if not found:
                return
            length = _LENGTH.search(head)
            self._chunked = length is None and _CHUNKED.search(head) is not None
            self._parts = [data]
            self._missing = int(length.group(1)) - len(body) if length else 0
        else:
            self._missing -= len(data)
        if self._chunked:
            if not self._parts[-1].endswith(b"0\r\n\r\n"):
                return
        elif self._missing > 0:
            return
        answer, self._missing = b"".join(self._parts), None
        self._parts = []
        assert self._answer is not None
        self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed before the answer"))

    async def ask(self, request: bytes | None = None) -> bytes:
        """Send the request, or this other one, and wait for the whole answer, head included."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(self._request if request is None else request)
        answer = await self._answer
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(answer[:500].decode(errors="replace"))
        return answer


def request_bytes(options: argparse.Namespace) -> bytes:
    """The POST that is sent again and again."""
    return post(options.path, f"{options.host}:{options.port}", json.dumps({"query": options.query}).encode())


def post(path: str, host: str, body: bytes) -> bytes:
    """An HTTP request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def body_of(answer: bytes) -> bytes:
    """The body of an answer, its chunks put together."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if _CHUNKED.search(head) is None:
        return body
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(body[:length])
        body = body[length + 2 :] if length else b""
    return b"".join(parts)


def problem_of(answer: bytes, expected: int) -> str:
    """Why an answer is not the full list, or an empty text."""
    answered = json.loads(body_of(answer))
    if answered.get("errors"):
        return str(answered["errors"])[:500]
    nodes = answered["data"]["devices"]["nodes"]
    if len(nodes) != expected:
        return f"{len(nodes)} devices instead of {expected}"
    empty = sum(1 for node in nodes if not (node["node"] and node["model"] and node["latestMetric"]))
    return f"{empty} devices lack node, model or latest metric" if empty else ""


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    request = request_bytes(options)
    clients = [
        (await loop.create_connection(lambda: Client(request), options.host, options.port))[1]
        for _ in range(options.concurrency)
    ]
    first = clients[0]

    deadline = time.monotonic() + options.patience
    while problem := problem_of(answer := await first.ask(), options.expect_nodes):
        if time.monotonic() > deadline:
            raise SystemExit(f"after {options.patience:.0f} s: {problem}")
        await asyncio.sleep(0.5)
    warm = time.monotonic() + options.warmup
    while time.monotonic() < warm:
        await first.ask()

    delays: list[float] = []
    server_0, began = usage(options.server_group, options.server_core), time.monotonic()
    while time.monotonic() < began + options.seconds:
        sent = time.perf_counter()
        await first.ask()
        delays.append(time.perf_counter() - sent)
    server_1 = usage(options.server_group, options.server_core)
    delays.sort()

    counts = [0] * options.concurrency
    client_1, ends = usage(os.getpgid(0), options.client_core), time.monotonic() + options.seconds

    async def repeat(number: int) -> None:
        while time.monotonic() < ends:
            await clients[number].ask()
            counts[number] += 1

    await asyncio.gather(*(repeat(number) for number in range(options.concurrency)))
    server_2, client_2 = usage(options.server_group, options.server_core), usage(os.getpgid(0), options.client_core)
    elapsed = server_2.at - server_1.at
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    return {
        "answer_bytes": len(body_of(answer)),
        "requests": len(delays),
        "latency_p50_ms": None if p50 is None else round(1000 * p50, 2),
        "latency_p99_ms": None if p99 is None else round(1000 * p99, 2),
        "server_cpu_ms_per_request": round(1000 * (server_1.group_s - server_0.group_s) / len(delays), 2),
        "concurrency": options.concurrency,
        "requests_per_s": round(sum(counts) / elapsed, 1),
        "server_cpu_pct": server_2.percent_since(server_1),
        "client_cpu_pct": client_2.percent_since(client_1),
        "server_core_busy_pct": server_2.core_percent_since(server_1),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(arguments()))))
