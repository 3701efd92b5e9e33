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
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0


class PageServer:
    """One server with a data directory and a port of its own; `settings` are GPU_... variables without the prefix."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._log = folder / "server.log"
        ours = {f"GPU_{name.upper()}": value for name, value in settings.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GPU_")}
        self._environment = inherited | {"GPU_DATA_DIR": str(folder / "data"), "GPU_LOG_FORMAT": "text"} | ours
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

    def ask(self, query: str, **variables: Any) -> Any:
        """The `data` of a query or mutation."""
        answer = httpx.post(f"{self.url}graphql", json={"query": query, "variables": variables}, timeout=30)
        content = answer.json()
        assert "errors" not in content, content
        return content["data"]

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
