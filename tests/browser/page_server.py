"""`gpuctl serve` as a process of its own, which tests can stop and start again on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import httpx

from domain.access.principal import Principal, Role
from server.settings import AuthMode
from server.tokens import Authenticator, kept_key

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0

REPORT_NODE = "mutation($i: ReportNodeInput!) { reportNode(input: $i) { __typename ... on Error { message } } }"
RECORD_SAMPLES = """mutation($i: RecordSamplesInput!) { recordSamples(input: $i) {
  ... on SamplesRecorded { accepted } ... on Error { message } } }"""


class PageServer:
    """One server with a data directory and a port of its own; `settings` are GPU_... variables without the prefix."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._log = folder / "server.log"
        self._data = folder / "data"
        ours = {f"GPU_{name.upper()}": value for name, value in settings.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GPU_")}
        self._environment = inherited | {"GPU_DATA_DIR": str(self._data), "GPU_LOG_FORMAT": "text"} | ours
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as an operator does, and wait for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    def run(self, *arguments: str) -> str:
        """What `gpuctl` prints for these arguments, with this server's settings."""
        command = [sys.executable, "-m", "server.cli", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def token(self, role: Role, seconds: float = 3600, subject: str = "minseo", clusters: Iterable[str] = ()) -> str:
        """A token as `gpuctl token` makes it, also of a life too short for anybody but a test."""
        principal = Principal(subject, role, clusters=frozenset(clusters) or None)
        authenticator = Authenticator(AuthMode.TOKEN, kept_key(self._data / "signing.key"))
        return authenticator.issue(principal, timedelta(seconds=seconds))

    def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The `data` of a query or mutation."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        content = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}graphql", json=content, headers=headers, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def report(self, node: str, gpus: int, cluster: str = "seoul", token: str | None = None) -> list[str]:
        """A node's agent registers its GPUs; their UUIDs."""
        numbers = range(gpus)
        uuids = [str(uuid5(NAMESPACE_DNS, f"{node}.{cluster}/{number}")) for number in numbers]
        devices = [
            {"gpuUuid": f"GPU-{uuids[number]}", "deviceIndex": number, "modelName": "NVIDIA A100-SXM4-80GB"}
            for number in numbers
        ]
        report = {"clusterName": cluster, "nodeName": node, "devices": devices}
        assert self.ask(REPORT_NODE, token, i=report) == {"reportNode": {"__typename": "NodeReported"}}
        return [device["gpuUuid"] for device in devices]

    def record(self, node: str, uuids: list[str], age_s: float = 0, cluster: str = "seoul", **values: float) -> None:
        """The same agent sends a reading of each of them, taken this long ago."""
        taken = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
        samples = [{"gpuUuid": uuid, "timestamp": taken, **values} for uuid in uuids]
        answer = self.ask(RECORD_SAMPLES, i={"clusterName": cluster, "nodeName": node, "samples": samples})
        assert answer == {"recordSamples": {"accepted": len(uuids)}}

    def metric(self, name: str) -> float:
        """The sum of a series of /metrics over its labels."""
        lines = httpx.get(f"{self.url}metrics", timeout=10).text.splitlines()
        found = [line for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
