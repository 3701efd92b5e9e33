"""How a command is run by these tests, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class RunHere(Protocol):
    def __call__(self, *arguments: str, **settings: object) -> Done: ...
