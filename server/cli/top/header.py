"""The lines above the table: the state of the connection, the age of the data, the fleet's totals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from server.cli import figures
from server.cli.following import Lost
from server.cli.top.draw import bar
from server.cli.top.fleet import Figures, Fleet

BAR = 8


@dataclass(frozen=True, slots=True)
class Totals:
    """The fleet in numbers, over GPUs that have a reading and are not retired. None: unknown."""

    gpus: int
    active: int
    nodes: int
    clusters: int
    stale: int
    newest_age_s: float | None
    utilization_pct: float | None
    memory_used_mb: float | None
    memory_total_mb: float | None
    power_w: float | None
    hottest_c: float | None
    hottest: str

    @classmethod
    def of(cls, fleet: Fleet) -> Totals:
        present = np.array([status != "RETIRED" for status in fleet.statuses], dtype=bool)
        identities = [one for one, counts in zip(fleet.identities, present, strict=True) if counts]
        ages, temperature = fleet.ages[present], fleet.temperature[present]
        hottest = None if np.isnan(temperature).all() else int(np.nanargmax(temperature))
        identity = None if hottest is None else identities[hottest]
        return cls(
            gpus=len(identities),
            active=sum(status == "ACTIVE" for status in fleet.statuses),
            nodes=len({(one.cluster, one.node) for one in identities}),
            clusters=len({one.cluster for one in identities}),
            stale=int(np.count_nonzero(~(ages <= fleet.stale_after_s))),
            newest_age_s=None if np.isnan(ages).all() else float(np.nanmin(ages)),
            utilization_pct=_mean(fleet.utilization[present]),
            memory_used_mb=_sum(fleet.memory_used[present]),
            memory_total_mb=_sum(fleet.memory_total[present]),
            power_w=_sum(fleet.power[present]),
            hottest_c=None if hottest is None else float(temperature[hottest]),
            hottest="" if identity is None else f"{identity.node}/{identity.index}",
        )


def state_line(server: str, fleet: Fleet, totals: Totals, lost: Lost | None, retry_in_s: float, paused: bool) -> Text:
    """Where the data comes from, and whether it is the present."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("gpuctl top ", "bold")
    text.append(server.removeprefix("http://"))
    text.append("  ")
    age = figures.age(totals.newest_age_s)
    if lost is not None:
        text.append("✗ LOST", "bold red")
        text.append(f" data {age} old," if fleet.frames else " no data,")
        text.append(f" try {lost.attempt + 1} " + (f"in {retry_in_s:.0f}s" if retry_in_s >= 0.5 else "now"))
    elif not fleet.frames:
        text.append("… CONNECTING", "bold yellow")
    elif totals.gpus and (totals.newest_age_s is None or totals.newest_age_s > fleet.stale_after_s):
        text.append("◐ STALE", "bold yellow")
        text.append(f" newest reading is {age} old")
    else:
        text.append("● LIVE", "bold green")
        text.append(f" {age} old" if totals.gpus else " no GPU is registered")
    if paused:
        text.append("  ‖ PAUSED (space goes on)", "bold yellow")
    if "SIMULATED" in fleet.sources:
        text.append("  SIMULATED" if len(fleet.sources) == 1 else "  partly SIMULATED", "bold magenta")
    if lost is not None:
        text.append(f"  {lost.reason}")
    return text


def count_line(totals: Totals, shown: int | None, what: str) -> Text:
    """How many there are; `shown` where a filter leaves some out."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(_counted(totals.gpus, "GPU"), "bold")
    text.append(f"  {totals.active:,} active")
    if other := totals.gpus - totals.active:
        text.append(f"  {other:,} not", "yellow")
    if totals.stale:
        text.append(f"  {totals.stale:,} stale!", "yellow")
    text.append(f"  {_counted(totals.nodes, 'node')}  {_counted(totals.clusters, 'cluster')}")
    if shown is not None:
        text.append(f"  filter shows {shown:,} {what}", "bold")
    return text


def totals_line(totals: Totals) -> Text:
    """What the fleet does."""
    text = Text(no_wrap=True, overflow="ellipsis")
    _gauge(text, "UTIL", totals.utilization_pct, figures.BUSY_PCT, figures.FULL_PCT)
    percent = figures.share(totals.memory_used_mb, totals.memory_total_mb)
    _gauge(text, "  MEM", percent, figures.MEMORY_HIGH_PCT, figures.MEMORY_FULL_PCT)
    text.append(f" {figures.memory(totals.memory_used_mb, totals.memory_total_mb)}")
    text.append("  POWER ", "bold")
    text.append(figures.watts(totals.power_w))
    if totals.hottest_c is not None:
        level = figures.level(totals.hottest_c, figures.HOT_C, figures.TOO_HOT_C)
        text.append("  HOTTEST ", "bold")
        mark = figures.LEVEL_MARKS[level].strip()
        text.append(f"{figures.celsius(totals.hottest_c)}{mark}", ("", "yellow", "red")[level])
        text.append(f" {totals.hottest}")
    return text


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _gauge(text: Text, title: str, percent: float | None, high: float, critical: float) -> None:
    filled, rest = bar(math.nan if percent is None else percent, BAR)
    text.append(f"{title} ", "bold")
    text.append(filled, figures.LEVEL_STYLES[figures.level(percent, high, critical)])
    text.append(rest, "dim")
    text.append(f" {figures.percent(percent)}")


def _sum(values: Figures) -> float | None:
    return None if np.isnan(values).all() else float(np.nansum(values))


def _mean(values: Figures) -> float | None:
    return None if np.isnan(values).all() else float(np.nanmean(values))
