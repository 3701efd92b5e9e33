"""One JSON line per figure."""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterable
from typing import Any

from benchmarks.harness.pinning import PINNED


def emit(figure: str, **values: Any) -> None:
    """Print a figure as one JSON line."""
    sys.stdout.write(json.dumps({"figure": figure, **values, "pinned": PINNED}) + "\n")
    sys.stdout.flush()


def emit_ratio(figure: str, of: float | None, to: float | None, bar: str | None, **values: Any) -> None:
    """Print how one figure compares to another, with the bar it must meet, such as '>= 0.8', if it has one."""
    if not of or not to:
        emit(figure, ratio=None, bar=bar, met=None, reason="one side was not measured", **values)
        return
    ratio = of / to
    emit(figure, ratio=round(ratio, 3), bar=bar, met=_met(ratio, bar), **values)


def _met(ratio: float, bar: str | None) -> bool | None:
    if bar is None:
        return None
    sign, limit = bar.split()
    return ratio >= float(limit) if sign == ">=" else ratio <= float(limit)


def progress(text: str) -> None:
    """Say on the error stream what happens now, so that the figures stay a clean stream of JSON."""
    sys.stderr.write(f"# {text}  (load {os.getloadavg()[0]:.1f})\n")
    sys.stderr.flush()


def median_of(runs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Field by field, the median of the runs; fields that are not numbers come from the last run."""
    rows = list(runs)
    merged: dict[str, Any] = {}
    for name, last in rows[-1].items():
        values = [row[name] for row in rows if isinstance(row.get(name), int | float)]
        number = isinstance(last, int | float) and not isinstance(last, bool)
        middle = round(statistics.median(values), 3) if number else last
        merged[name] = int(middle) if number and middle == int(middle) else middle
    return merged
