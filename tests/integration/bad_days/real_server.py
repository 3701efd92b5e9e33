"""A server to harm: the command in a process of its own, and what that process holds."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import orjson

from domain.access.principal import Principal
from server.settings import AuthMode
from server.tokens import Authenticator
from tests.fixtures.gpuctl import SECRET, GpuctlServer

_AUTHENTICATOR = Authenticator(AuthMode.TOKEN, SECRET)


def token(principal: Principal, lifetime: timedelta = timedelta(hours=1)) -> str:
    """A token that these servers take."""
    return _AUTHENTICATOR.issue(principal, lifetime)


class RealServer(GpuctlServer):
    """`gpuctl serve`, with a look at what it holds: after a bad day that must be what it held before."""

    def __init__(self, folder: Path, **settings: object) -> None:
        simulation = {"collector": "simulated", "simulated_gpus": 20, "sample_interval": 0.2}
        super().__init__(folder, simulation | settings)

    @property
    def api(self) -> str:
        return f"{self.url}/graphql"

    def metric(self, name: str) -> float:
        return self.metrics()[name]

    def errors_logged(self, since: int = 0) -> set[str]:
        """The events logged as errors, from this position of the log on."""
        lines = [line for line in self.logs[since:].splitlines() if line.startswith("{")]
        return {entry["event"] for line in lines if (entry := orjson.loads(line))["level"] in {"error", "critical"}}

    @property
    def descriptors(self) -> int:
        """Open files, sockets and pipes; without the database's, of which the pool keeps more or fewer."""
        count = 0
        for entry in Path(f"/proc/{self._pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                count += "fleet.db" not in os.readlink(entry)
        return count

    @property
    def rss_mib(self) -> float:
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{self._pid}/status").read_text(), re.MULTILINE)
        assert found is not None
        return int(found.group(1)) / 1024

    def holds(self) -> dict[str, float]:
        """What must return to where it was when everybody has gone."""
        metrics = self.metrics()
        return {
            "descriptors": self.descriptors,
            "sockets": metrics["gpu_sockets_open"],
            "subscribers": metrics["gpu_subscribers"],
            "cohorts": metrics["gpu_cohorts"],
        }

    def settle(self, before: dict[str, float], within_s: float = 15.0) -> None:
        """Wait until the server holds no more than before. Fails the test where it keeps something."""
        deadline = time.monotonic() + within_s
        while any((now := self.holds())[name] > before[name] for name in before):
            assert time.monotonic() < deadline, f"it held {before} and now holds {now}"
            time.sleep(0.1)

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid
