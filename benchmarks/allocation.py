"""`requestAllocation` and `releaseAllocation` end to end over HTTP: delay and allocations a second.

Servers (one and four processes over one database) and the database share the server core; the clients have the other.
Each client asks for one GPU under an idempotency key and gives it back. Every request is a committed transaction.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness.load import LoadError, load
from benchmarks.harness.pinning import SERVER_CORE, prepare_machine
from benchmarks.harness.process import RunningServer, ServerError, free_port, started
from benchmarks.harness.report import emit, progress
from benchmarks.harness.servers import GRAPHQL_PATH, HOST, UnavailableError, gpuctl
from tests.fixtures.databases import PostgresServer

DATABASES = ("sqlite", "postgresql")
PER_NODE = 8
MODEL = "A100-SXM4-80GB"
_REPORT = """mutation($input: ReportNodeInput!) {
  reportNode(input: $input) { ... on NodeReported { registered } ... on Error { code message } } }"""


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--databases", default=",".join(DATABASES), help="with commas between")
    options.add_argument("--processes", default="1,4", help="server processes, with commas between")
    options.add_argument("--gpus", type=int, default=1000)
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--warmup", type=float, default=3.0)
    options.add_argument("--seconds", type=float, default=8.0, help="each of the two windows: one client, all clients")
    options.add_argument("--policy", default="vfs-fair")
    return options.parse_args()


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database. PostgreSQL is on the server core, in memory and without fsync."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})  # what it starts inherits that
    try:
        server = PostgresServer()
    finally:
        os.sched_setaffinity(0, before)
    with contextlib.closing(server):
        yield server.url()


@contextlib.contextmanager
def replicas(url: str, count: int, policy: str, folder: Path) -> Iterator[list[RunningServer]]:
    """So many servers over one database; none reads GPUs of its own."""
    with contextlib.ExitStack() as stack:
        servers = []
        for number in range(count):
            own, port = folder / f"server-{number}", free_port()
            own.mkdir()
            plan = gpuctl(
                port,
                GPU_COLLECTOR="none",
                GPU_DATABASE_URL=url,
                GPU_DATA_DIR=str(own),
                GPU_PLACEMENT_POLICY=policy,
                GPU_NODE_SILENT_SECONDS="3600",  # nobody reports the nodes again
            )
            servers.append(stack.enter_context(started(f"server {number}", plan, port, own)))
        yield servers


def report_fleet(server: RunningServer, gpus: int) -> None:
    """Register nodes of eight A100."""
    for first in range(0, gpus, PER_NODE):
        name = f"node-{first // PER_NODE:04d}"
        devices = [
            {
                "gpuUuid": f"GPU-{name}-{index}",
                "deviceIndex": index,
                "modelName": "A100-SXM4-80GB",
                "memoryTotalMb": 81920,
            }
            for index in range(min(PER_NODE, gpus - first))
        ]
        given = {"clusterName": "bench", "nodeName": name, "devices": devices}
        body = json.dumps({"query": _REPORT, "variables": {"input": given}}).encode()
        url = f"http://{HOST}:{server.port}{GRAPHQL_PATH}"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            result = json.load(answer)["data"]["reportNode"]
        if result.get("registered") != len(devices):
            raise ServerError(f"{name} was not registered: {result}")


def measure(kind: str, processes: int, options: argparse.Namespace) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="gpu-bench-") as name,
        database(kind, Path(name)) as url,
        replicas(url, processes, options.policy, Path(name)) as servers,
    ):
        report_fleet(servers[0], options.gpus)
        return load(
            "allocations",
            servers[0],
            timeout_s=120 + options.warmup + 2 * options.seconds,
            ports=",".join(str(server.port) for server in servers),
            groups=",".join(str(server.group) for server in servers),
            clients=options.clients,
            warmup=options.warmup,
            seconds=options.seconds,
        )


def main() -> None:
    options = arguments()
    prepare_machine()
    for kind in options.databases.split(","):
        for processes in (int(count) for count in options.processes.split(",")):
            progress(f"allocation: {kind}, {processes} server processes")
            about = {"database": kind, "processes": processes, "gpus": options.gpus, "policy": options.policy}
            try:
                emit("allocation", **about, **measure(kind, processes, options))
            except (ServerError, LoadError, UnavailableError) as error:
                emit("allocation", **about, failed=str(error))


if __name__ == "__main__":
    main()
