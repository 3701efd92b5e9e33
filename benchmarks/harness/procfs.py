"""CPU time and memory, read from /proc."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GROUP, _UTIME, _STIME, _RSS = 2, 11, 12, 21  # positions in /proc/<pid>/stat after the command's name
_IDLE, _IOWAIT = 3, 4  # positions in a cpu line of /proc/stat


@dataclass(frozen=True)
class Usage:
    """What a process group and its core had used at one moment."""

    at: float
    group_s: float
    core_busy_s: float
    rss_bytes: int

    def percent_since(self, earlier: Usage) -> float:
        """Share of one core that the group used."""
        return round(100 * (self.group_s - earlier.group_s) / (self.at - earlier.at), 1)

    def core_percent_since(self, earlier: Usage) -> float:
        """Share of the core that anybody used, other people's processes included."""
        return round(100 * (self.core_busy_s - earlier.core_busy_s) / (self.at - earlier.at), 1)


def usage(group: int, core: int) -> Usage:
    """Read a process group's CPU seconds and memory, and how long its core was busy."""
    ticks = pages = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[_GROUP]) == group:
            ticks += int(fields[_UTIME]) + int(fields[_STIME])
            pages += int(fields[_RSS])
    return Usage(time.monotonic(), ticks / _TICKS, _core_busy_s(core), pages * _PAGE)


def _core_busy_s(core: int) -> float:
    for line in Path("/proc/stat").read_text().splitlines():
        name, *numbers = line.split()
        if name == f"cpu{core}":
            ticks = [int(number) for number in numbers[:8]]
            return (sum(ticks) - ticks[_IDLE] - ticks[_IOWAIT]) / _TICKS
    raise RuntimeError(f"/proc/stat has no line for core {core}")
