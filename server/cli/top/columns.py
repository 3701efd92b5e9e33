"""Which columns a table of some width has, and how a row is written into them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from rich.segment import Segment
from rich.style import Style

from server.cli import figures
from server.cli.figures import clip
from server.cli.top.draw import bar, sparkline
from server.cli.top.fleet import HISTORY_S
from server.cli.top.rows import Rows
from server.cli.top.sorting import SortKey

Piece: TypeAlias = tuple[str, str]
"""Text and the name of its style."""

MODEL_FROM, WIDE_FROM, WIDEST_FROM = 96, 120, 160
NAME_MIN, NAME_MAX = 14, 34
STATUS, FIGURE, MEMORY, TEMPERATURE, POWER, AGE = 5, 5, 10, 5, 7, 4
SPARKLINE_MIN = 8
BAR_MAX = 20

_SHORT_STATUS = {
    "ACTIVE": "ok",
    "CORDONED": "cordn",
    "DRAINING": "drain",
    "MAINTENANCE": "maint",
    "UNHEALTHY": "sick!",
    "OFFLINE": "off!",
    "RETIRED": "retrd",
}

_STYLES: dict[str, Style] = {}


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths in characters; 0: the column is not shown."""

    name: int
    model: int
    bar: int
    sparkline: int

    @classmethod
    def of(cls, width: int, longest_name: int) -> Layout:
        model = 0 if width < MODEL_FROM else 14 if width < WIDEST_FROM else 22
        bar_width = 5 if width < MODEL_FROM else 8 if width < WIDE_FROM else 12
        fixed = STATUS + 2 * bar_width + FIGURE + MEMORY + TEMPERATURE + POWER + AGE + 7 + (model + 1 if model else 0)
        # The name gives way before the sparkline does, which gives way before the figures do.
        name = max(NAME_MIN, min(longest_name, NAME_MAX, width - fixed - SPARKLINE_MIN - 1))
        left = width - fixed - name - 1
        if left > HISTORY_S:
            bar_width += min((left - HISTORY_S) // 2, BAR_MAX - bar_width)
        return cls(name, model, bar_width, min(left, HISTORY_S) if left >= SPARKLINE_MIN else 0)


def heading(layout: Layout, key: SortKey, reverse: bool) -> str:
    """The titles, with an arrow at the one that sorts."""
    arrow = "▲" if reverse else "▼"

    def title(text: str, wanted: SortKey, width: int, right: bool = False) -> str:
        shown = f"{text}{arrow}" if key is wanted else text
        return shown.rjust(width) if right else shown.ljust(width)

    parts = [title("NAME", SortKey.NAME, layout.name)]
    if layout.model:
        parts.append("MODEL".ljust(layout.model))
    parts += [
        "STATE".ljust(STATUS),
        title("UTIL", SortKey.UTILIZATION, layout.bar + FIGURE),
        title("MEMORY", SortKey.MEMORY, layout.bar + MEMORY),
        title("TEMP", SortKey.TEMPERATURE, TEMPERATURE, right=True),
        title("POWER", SortKey.POWER, POWER - 1, right=True) + " ",
        "AGE".rjust(AGE),
    ]
    if layout.sparkline:
        parts.append("LAST 60 S".rjust(layout.sparkline)[-layout.sparkline :])
    return " ".join(parts)


def line(rows: Rows, index: int, layout: Layout, stale_after_s: float) -> list[Segment]:
    """One row as styled text. What is stale is dimmed and shows its age with a mark."""
    age = float(rows.ages[index])
    stale = math.isnan(age) or age > stale_after_s
    pieces: list[Piece] = [(clip(rows.names[index], layout.name) + " ", "")]
    if layout.model:
        pieces.append((clip(rows.models[index], layout.model) + " ", "dim"))
    pieces.append(_status(rows.statuses[index]))
    pieces += _utilization(float(rows.utilization[index]), layout.bar)
    pieces += _memory(float(rows.memory_used[index]), float(rows.memory_total[index]), layout.bar)
    pieces.append(_temperature(float(rows.temperature[index])))
    pieces.append(_power(float(rows.power[index]), float(rows.power_limit[index])))
    shown_age = figures.age(_known(age))
    pieces.append((f" {shown_age:>{AGE}}", "yellow" if stale else "dim"))
    if layout.sparkline:
        pieces.append((" " + sparkline(rows.history[:, index], layout.sparkline), "cyan"))
    return [Segment(text, _style(f"{style} dim" if stale and style != "yellow" else style)) for text, style in pieces]


def _status(status: str) -> Piece:
    style = figures.STATUS_STYLES.get(status, "yellow")
    return f"{_SHORT_STATUS.get(status, status)[:STATUS]:<{STATUS}} ", style


def _utilization(value: float, width: int) -> list[Piece]:
    filled, rest = bar(value, width)
    style = figures.LEVEL_STYLES[figures.level(_known(value), figures.BUSY_PCT, figures.FULL_PCT)]
    return [(filled, style), (rest, "dim"), (f"{figures.percent(_known(value)):>{FIGURE}} ", "")]


def _memory(used: float, total: float, width: int) -> list[Piece]:
    percent = 100 * used / total if total else math.nan
    filled, rest = bar(percent, width)
    level = figures.level(_known(percent), figures.MEMORY_HIGH_PCT, figures.MEMORY_FULL_PCT)
    shown = figures.memory(_known(used), _known(total)) + figures.LEVEL_MARKS[level]
    return [(filled, figures.LEVEL_STYLES[level]), (rest, "dim"), (f"{shown:>{MEMORY}} ", "")]


def _power(value: float, limit: float) -> Piece:
    level = figures.level(_known(100 * value / limit) if limit else None, figures.POWER_HIGH_PCT, 105.0)
    return f"{figures.watts(_known(value)) + figures.LEVEL_MARKS[level]:>{POWER}}", ("", "yellow", "red")[level]


def _temperature(value: float) -> Piece:
    level = figures.level(_known(value), figures.HOT_C, figures.TOO_HOT_C)
    text = figures.celsius(_known(value)) + figures.LEVEL_MARKS[level]
    return f"{text:>{TEMPERATURE}} ", ("", "yellow", "red")[level]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _style(name: str) -> Style:
    style = _STYLES.get(name)
    if style is None:
        style = _STYLES[name] = Style.parse(name) if name.strip() else Style.null()
    return style
