"""Times and amounts as people type them. Each refuses what it cannot read with a word on how to write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_CPU = re.compile(r"(\d+(?:\.\d+)?)(m?)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)(Mi|Gi|Ti|M|G|T)")
_AGO = re.compile(r"(\d+(?:\.\d+)?)([mhd])")
_MIB = {"Mi": 1.0, "Gi": 1024.0, "Ti": 1024.0**2, "M": 1e6 / 2**20, "G": 1e9 / 2**20, "T": 1e12 / 2**20}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def cpu_milli(text: str) -> int:
    """Thousandths of a core: `4`, `0.5` or `500m`, as Kubernetes writes them."""
    found = _CPU.fullmatch(text.strip())
    if found is None or (found[2] and "." in found[1]):
        raise typer.BadParameter(f"{text!r} is no number of CPUs: write 4, 0.5 or 500m")
    return int(found[1]) if found[2] else round(float(found[1]) * 1000)


def memory_mib(text: str) -> int:
    """MiB: `64Gi`, `512Mi`, `1.5Ti`; also G, M and T of 10^9, 10^6 and 10^12 bytes."""
    found = _MEMORY.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no amount of memory: write it with its unit, as 64Gi or 512Mi")
    return round(float(found[1]) * _MIB[found[2]])


def moment(text: str) -> str:
    """A time as the API takes it. Without a zone it is one of this machine."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-11-01T18:00 or 2026-11-01T18:00Z") from None
    return at.astimezone(UTC).isoformat()


def past_moment(text: str) -> str:
    """A time as `moment` reads it, or how long ago: `30m`, `24h`, `7d`."""
    found = _AGO.fullmatch(text.strip())
    if found is None:
        return moment(text)
    return (datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: float(found[1])})).isoformat()


NO_LIMIT = "none"


def limit(text: str) -> float | str:
    """A limit: a number, or `none`."""
    if text.strip().casefold() == NO_LIMIT:
        return NO_LIMIT
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no limit: write a number, or none") from None
