"""Allocations as rows and words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from server.cli import figures
from server.cli.output import Column

STATUS_STYLES = {
    "ACTIVE": "green",
    "CREATING": "cyan",
    "RESERVED": "cyan",
    "REQUESTED": "cyan",
    "QUEUED": "yellow",
    "RELEASED": "bright_black",
    "EXPIRED": "bright_black",
    "FAILED": "red",
    "REJECTED": "red",
    "NO_RESOURCE": "red",
}
FINAL = frozenset({"RELEASED", "EXPIRED", "FAILED", "REJECTED", "NO_RESOURCE"})

COLUMNS = (
    Column("ALLOCATION"),
    Column("STATUS"),
    Column("HOLDS"),
    Column("GPUS", right=True),
    Column("ENDS", right=True),
    Column("TEAM", spare=1),
    Column("WORKLOAD", spare=2),
    Column("USER", spare=3),
    Column("KIND", spare=5),
    Column("SINCE", right=True, spare=4),
)


def row(allocation: dict[str, Any], now: datetime | None = None) -> list[Text | str]:
    """The cells of `COLUMNS`."""
    status = allocation["status"]
    since = allocation["allocationTime"] or allocation["requestedTime"]
    return [
        allocation["id"],
        Text(status, STATUS_STYLES.get(status, "")),
        holds(allocation),
        f"{allocation['gpuEquivalents']:.4g}",
        ends(allocation, now),
        allocation["teamId"],
        workload(allocation),
        allocation["userId"],
        allocation["workloadType"],
        figures.age((_now(now) - datetime.fromisoformat(since)).total_seconds()),
    ]


def holds(allocation: dict[str, Any]) -> str:
    """What it holds; what it wants while it waits."""
    if allocation["allocatedResource"]:
        return str(allocation["allocatedResource"])
    if allocation["queuePosition"] is not None:
        return f"number {allocation['queuePosition']} in line"
    return figures.UNKNOWN


def workload(allocation: dict[str, Any]) -> str:
    """`namespace/pod`, as far as there is one."""
    parts = [allocation["namespace"], allocation["podName"]]
    return "/".join(part for part in parts if part) or figures.UNKNOWN


def size(allocation: dict[str, Any]) -> str:
    """`2 × FULL`, `1 × MIG 3g.40gb`, `1 × SHARED of 12 GB`."""
    words = f"{allocation['gpuCount']} × {allocation['resourceType']}"
    if allocation["profileName"]:
        return f"{words} {allocation['profileName']}"
    if allocation["requestedMemoryGb"] is not None:
        return f"{words} of {allocation['requestedMemoryGb']:g} GB"
    return words


def ends(allocation: dict[str, Any], now: datetime | None = None, *, exact: bool = False) -> str:
    """`in 4h`, `1h ago`, `never`; `exact` with the time, as this machine's clock shows it."""
    at = allocation["endedTime"] or allocation["plannedReleaseTime"]
    if at is None:
        if allocation["hours"] is not None and allocation["status"] not in FINAL:
            return f"{allocation['hours']:g} h from its start"
        return figures.UNKNOWN if allocation["status"] in FINAL else "never"
    end = datetime.fromisoformat(at)
    left = (end - _now(now)).total_seconds()
    words = f"in {figures.age(left)}" if left >= 0 else f"{figures.age(-left)} ago"
    return f"{figures.local_time(at)} ({words})" if exact else words


def _now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)
