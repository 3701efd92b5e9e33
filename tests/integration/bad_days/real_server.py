"""A server of our own making: the program itself in a process of its own, to harm, kill, restart and measure."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from domain.access.principal import Principal
from server.settings import AuthMode
from server.tokens import Authenticator
from tests.fixtures.redis_server import free_port

ROOT = Path(__file__).resolve().parents[3]
SECRET = "a signing key that only these tests have"
AUTHENTICATOR = Authenticator(AuthMode.TOKEN, SECRET)

START_S = 30.0
STOP_S = 20.0


def token(principal: Principal, lifetime: timedelta = timedelta(hours=1)) -> str:
    """A token that the servers of these tests take."""
    return AUTHENTICATOR.issue(principal, lifetime)


class RealServer:
    """One `gpuctl serve`. It keeps its port, its database and its log over restarts."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.port = free_port()
        self._folder = folder
        self._log = folder / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        wanted = {
            "data_dir": folder,
            "database_url": f"sqlite:///{folder / 'fleet.db'}",
            "collector": "simulated",
            "simulated_gpus": 20,
            "sample_interval": 0.2,
            "auth_secret": SECRET,
            "log_format": "json",
            **settings,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GPU_")}
        self._environment = inherited | {f"GPU_{name.upper()}": str(value) for name, value in wanted.items()}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def errors_logged(self, since: int = 0) -> set[str]:
        """The events logged as errors, from this position of the log on."""
        lines = [line for line in self.log[since:].splitlines() if line.startswith("{")]
        return {entry["event"] for line in lines if (entry := orjson.loads(line))["level"] in {"error", "critical"}}

    # -- its life

    def start(self) -> None:
        """Start and wait until it is ready. Raises `RuntimeError` with its log where it does not get there."""
        assert self._process is None, "the server runs already"
        command = [sys.executable, "-m", "server.cli", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=self._environment
            )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not start:\n{self.log[-4000:]}")
            time.sleep(0.05)

    def terminate(self) -> None:
        """Ask it to end, as Kubernetes does. `wait` tells how it ended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        assert self._process is not None
        code = self._process.wait(STOP_S)
        self._process = None
        return code

    def kill(self) -> None:
        """End it as a crash does. No error where it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    # -- asking it

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def readiness(self) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(self.get("/readyz")[1])
        return answer

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        body = self.get("/metrics?part=server")[1].decode()
        found = re.search(rf"^{name} (\S+)$", body, re.MULTILINE)
        assert found is not None, f"/metrics has no {name}"
        return float(found.group(1))

    # -- what it holds

    @property
    def descriptors(self) -> int:
        """Open files, sockets and pipes; without the database's, of which the pool keeps more or fewer."""
        assert self._process is not None
        count = 0
        for entry in Path(f"/proc/{self._process.pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                count += "fleet.db" not in os.readlink(entry)
        return count

    @property
    def rss_mib(self) -> float:
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found.group(1)) / 1024

    def holds(self) -> dict[str, float]:
        """What must return to where it was when everybody has gone."""
        return {
            "descriptors": self.descriptors,
            "sockets": self.metric("gpu_sockets_open"),
            "subscribers": self.metric("gpu_subscribers"),
            "cohorts": self.metric("gpu_cohorts"),
        }

    def settle(self, before: dict[str, float], within_s: float = 15.0) -> None:
        """Wait until the server holds no more than before. Fails the test where it keeps something."""
        deadline = time.monotonic() + within_s
        while any((now := self.holds())[name] > before[name] for name in before):
            assert time.monotonic() < deadline, f"it held {before} and now holds {now}"
            time.sleep(0.1)
