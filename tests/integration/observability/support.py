"""Real processes for these tests: the server as it is deployed, and a Prometheus that scrapes it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
START_S = 20.0
STOP_S = 15.0

SERVE = """
from server.observability.logs import configure_logging
from server.serve import serve
from server.settings import Settings

settings = Settings()
configure_logging(settings)
serve(settings, "127.0.0.1", {port})
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(true: Callable[[], Any], seconds: float = START_S, what: str = "it") -> Any:
    """Ask again and again until the answer is truthy; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.05)
    return answer


class Process:
    """A program with its output in a file, ended politely."""

    def __init__(self, command: list[str], output: Path, environment: dict[str, str] | None = None) -> None:
        self.output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)

    def answers(self, url: str) -> None:
        """Wait until it answers 200 on this URL."""

        def asked() -> bool:
            assert self._process.poll() is None, f"it ended:\n{self.output.read_text()[-4000:]}"
            try:
                return httpx.get(url).status_code == 200
            except httpx.TransportError:
                return False

        until(asked, what=f"an answer from {url}")

    def stop(self) -> int:
        """End it; return its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return self._process.returncode


class GpuServer(Process):
    """The server on a free port, with a simulated fleet and settings from `GPU_...` variables."""

    def __init__(self, folder: Path, gpus: int = 12, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GPU_")}
        environment |= {
            "GPU_DATA_DIR": str(folder / "data"),
            "GPU_COLLECTOR": "simulated",
            "GPU_SIMULATED_GPUS": str(gpus),
            "GPU_SAMPLE_INTERVAL": "0.5",
            "GPU_LOG_FORMAT": "json",
            **settings,
        }
        code = SERVE.format(port=self.port)
        super().__init__([sys.executable, "-c", code], folder / "server.log", environment)
        self.answers(f"{self.url}/readyz")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", **options)

    def graphql(self, query: str) -> Any:
        """The data of a query."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text().splitlines()]


class Prometheus(Process):
    """A Prometheus that scrapes one server every half second."""

    def __init__(self, executable: str, folder: Path, target: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
            "scrape_configs": [{"job_name": "gpu-management", "static_configs": [{"targets": [target]}]}],
        }
        file = folder / "prometheus.yml"
        file.write_text(json.dumps(config))  # JSON is YAML
        command = [executable, f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"]
        super().__init__([*command, f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log")
        self.answers(f"{self.url}/-/ready")

    def query(self, promql: str) -> list[dict[str, Any]]:
        """The vector that PromQL gives now."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": promql}).json()
        assert answer["status"] == "success", answer
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def value(self, promql: str) -> float:
        """The one value that PromQL gives, once a scrape has brought it."""
        (sample,) = until(lambda: self.query(promql), what=promql)
        return float(sample["value"][1])
