"""Layouts as people type them: `3g.40gb,2g.20gb*2`, `3g.40gb@0`, `h100-07/3@4`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from server.cli.api_errors import CallFailed
from server.cli.failures import CommandFailed, ExitCode
from server.cli.options import by_option

COUNT_MAX = 112
_COUNTED = re.compile(r"([^\s,*]+?)(?:\s*[*x×]\s*(\d{1,3}))?")
_PLACED = re.compile(r"([^\s,@]+)@(\d{1,2})")

CONFLICT = "CONFLICT"


def profiles(texts: list[str]) -> list[str]:
    """Profile names, as often as they are wanted."""
    found: list[str] = []
    for text in _parts(texts):
        counted = _COUNTED.fullmatch(text)
        count = int(counted[2] or 1) if counted else 0
        if counted is None or not 1 <= count <= COUNT_MAX:
            raise CommandFailed(f"--profiles: {text!r} is no profile: write 3g.40gb, or 2g.20gb*2", ExitCode.USAGE)
        found += [counted[1]] * count
    return found


def placements(texts: list[str]) -> list[dict[str, Any]]:
    """Profiles with the memory slice they shall start at."""
    found = []
    for text in _parts(texts):
        placed = _PLACED.fullmatch(text)
        if placed is None:
            raise CommandFailed(f"--at: {text!r} is no placement: write 3g.40gb@0", ExitCode.USAGE)
        found.append({"profileName": placed[1], "placementStart": int(placed[2])})
    return found


def split_start(name: str) -> tuple[str, int] | None:
    """The device and the memory slice of `h100-07/3@4`; None where it is not written so."""
    device, at, start = name.rpartition("@")
    return (device, int(start)) if at and device and start.isdecimal() else None


def explained(error: CallFailed, options: Mapping[str, str]) -> CallFailed | CommandFailed:
    """A conflict of layouts is an answer, with its exit status; what is wrong with the input names its option."""
    if error.code == CONFLICT:
        return CommandFailed(error.words, ExitCode.NOT_POSSIBLE)
    return by_option(error, options)


def _parts(texts: list[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]
