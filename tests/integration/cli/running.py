"""How a command is run by these tests, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from tests.fixtures.gpuctl import GpuctlServer


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class RunHere(Protocol):
    def __call__(self, *arguments: str, **settings: object) -> Done: ...


class As:
    """The commands with one person's token."""

    def __init__(self, here: RunHere, server: GpuctlServer, stated: str) -> None:
        self._here, self._url, self._token = here, server.url, stated

    def __call__(self, *arguments: str) -> Done:
        return self._here(*arguments, server=self._url, token=self._token)

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)
