"""Bars and lines out of characters."""

from __future__ import annotations

import math

import numpy as np

from server.cli.top.fleet import Figures

_PARTS = " ▏▎▍▌▋▊▉"
_HEIGHTS = "▁▂▃▄▅▆▇█"
EMPTY = "·"


def bar(percent: float, width: int) -> tuple[str, str]:
    """The filled part and the rest of a bar. Unknown is all rest; more than nothing shows at least a sliver."""
    if math.isnan(percent):
        return "", EMPTY * width
    eighths = round(max(0.0, min(percent, 100.0)) / 100 * width * 8)
    if percent > 0:
        eighths = max(eighths, 1)
    whole, part = divmod(eighths, 8)
    filled = "█" * whole + (_PARTS[part] if part else "")
    return filled, EMPTY * (width - len(filled))


def sparkline(figures: Figures, width: int) -> str:
    """Percentages over time, the newest at the right: the mean of what falls on a character, blank where unknown."""
    if width < 1:
        return ""
    per_character = max(1, math.ceil(len(figures) / width))
    padded = np.concatenate([np.full(-len(figures) % per_character, np.nan), figures])
    cells = padded.reshape(-1, per_character)
    known = ~np.isnan(cells)
    counts = known.sum(axis=1)
    sums = np.where(known, cells, 0.0).sum(axis=1)
    characters = [
        " " if not count else _HEIGHTS[min(int(total / count / 100 * len(_HEIGHTS)), len(_HEIGHTS) - 1)]
        for total, count in zip(sums, counts, strict=True)
    ]
    return "".join(characters)[-width:].rjust(width)
