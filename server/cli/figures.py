"""Readings as people read them, with their thresholds. What is unknown is a dash, never a zero."""

from __future__ import annotations

from datetime import datetime

UNKNOWN = "–"

BUSY_PCT = 60.0
FULL_PCT = 90.0
MEMORY_HIGH_PCT = 90.0
MEMORY_FULL_PCT = 97.0
HOT_C = 80.0
TOO_HOT_C = 90.0
POWER_HIGH_PCT = 98.0

LEVEL_STYLES = ("green", "yellow", "red")
"""Normal, high, critical. Beside the colour there is always a figure, and a mark where it matters."""

LEVEL_MARKS = (" ", "+", "!")

STATUS_STYLES = {
    "ACTIVE": "green",
    "CORDONED": "yellow",
    "DRAINING": "yellow",
    "MAINTENANCE": "blue",
    "UNHEALTHY": "red",
    "OFFLINE": "red",
    "RETIRED": "bright_black",
}


def percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}%"


def gib(mib: float | None) -> str:
    """MiB as GiB: one decimal below ten."""
    if mib is None:
        return UNKNOWN
    value = mib / 1024
    return f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"


def memory(used_mib: float | None, total_mib: float | None) -> str:
    """`12/80G`; `12/80T` for thousands of GiB."""
    if total_mib is not None and total_mib >= 10_000 * 1024:
        used = UNKNOWN if used_mib is None else f"{used_mib / 1024**2:,.1f}"
        return f"{used}/{total_mib / 1024**2:,.1f}T"
    return f"{gib(used_mib)}/{gib(total_mib)}G"


def celsius(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}°"


def watts(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.0f}W" if value < 10_000 else f"{value / 1000:,.1f}kW"


def age(seconds: float | None) -> str:
    """`0.4s`, `12s`, `3m`, `2h`, `5d`."""
    if seconds is None:
        return UNKNOWN
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    for most, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < most:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def local_time(at: str, *, seconds: bool = False) -> str:
    """A time of the API on this machine's clock: `2026-11-24 18:00`, or with its seconds."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def share(part: float | None, whole: float | None) -> float | None:
    """In percent."""
    return None if part is None or not whole else 100.0 * part / whole


def level(value: float | None, high: float, critical: float) -> int:
    """0 normal, 1 high, 2 critical: an index into the styles and marks."""
    if value is None or value < high:
        return 0
    return 2 if value >= critical else 1


def short_model(name: str) -> str:
    """The part of a product's name that tells it apart: `NVIDIA H100 80GB HBM3` is `H100 80GB`."""
    words = [word for word in name.split() if word not in {"NVIDIA", "GeForce", "Tesla", "HBM3", "HBM3e", "HBM2e"}]
    return " ".join(words) or name


def clip(text: str, width: int) -> str:
    """Exactly this wide; what is cut off is the middle, since names differ at their ends."""
    if len(text) <= width:
        return text.ljust(width)
    if width < 5:
        return text[:width]
    head = (width - 1) // 2
    return f"{text[:head]}…{text[head + 1 - width :]}"
