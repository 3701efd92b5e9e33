"""The page in a real browser: how soon it shows the fleet, what a tick costs it, and whether it grows."""

from __future__ import annotations

import argparse
import statistics

from playwright.sync_api import Browser

from benchmarks.clients.browser import WatchedPage, chromium, watched_page
from benchmarks.harness.pinning import prepare_machine
from benchmarks.harness.process import RunningServer, ServerError, running
from benchmarks.harness.report import emit, progress
from benchmarks.harness.servers import HOST, ROOT, Scale, UnavailableError

INTERVAL_S = 1.0
FIRST_PAINT_BARS_MS = {20: 1000.0, 1_000: 1000.0, 10_000: 1500.0}
LONG_TASK_GPUS = 1_000
REDRAW_GPUS = 10_000
REDRAW_BAR_MS = 16.0
GROWTH_BAR_KB_PER_MINUTE = 50.0
"""The hour of totals that the page keeps takes about 10 KB a minute until it is full."""

GROWTH_MINUTES_MIN = 5
"""In fewer, compiled code and inline caches outweigh everything."""

SETTLE_S = 5.0


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="few loads, one minute: a look, not a figure to quote")
    options.add_argument("--gpus", default=",".join(map(str, FIRST_PAINT_BARS_MS)), help="fleets, with commas between")
    options.add_argument("--loads", type=int, default=7, help="of the page per fleet; the median counts")
    options.add_argument("--seconds", type=float, default=60.0, help="of watching redraws")
    options.add_argument("--minutes", type=int, default=10, help="of watching memory and long tasks")
    chosen = options.parse_args()
    if chosen.quick:
        chosen.loads, chosen.seconds, chosen.minutes = 3, 15.0, 1
    return chosen


def url(server: RunningServer) -> str:
    return f"http://{HOST}:{server.port}/"


def first_paint(browser: Browser, server: RunningServer, gpus: int, loads: int) -> None:
    """From the start of the navigation to the frame that shows every GPU, nothing cached."""
    runs = []
    for _ in range(loads):
        with watched_page(browser) as page:
            runs.append(page.load(url(server)))
    middle = {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}
    painted = middle.pop("painted_ms")
    bar = FIRST_PAINT_BARS_MS.get(gpus)
    emit(
        "page first paint",
        gpus=gpus,
        loads=loads,
        first_paint_ms=painted,
        slowest_ms=round(max(run["painted_ms"] for run in runs), 1),
        **middle,
        bar=None if bar is None else f"< {bar:g}",
        met=None if bar is None else painted < bar,
    )


def redraws(page: WatchedPage, gpus: int, seconds: float) -> None:
    """What one tick costs: drawing the map, and all that the main thread does."""
    before = page.spent()
    taken = page.stay(seconds)
    after = page.spent()
    redraw, ticks = sorted(taken["redrawsMs"]), seconds / INTERVAL_S
    p95 = round(percentile(redraw, 95), 2)
    emit(
        "page tick",
        gpus=gpus,
        seconds=seconds,
        redraws=len(redraw),
        redraw_p50_ms=round(percentile(redraw, 50), 2),
        redraw_p95_ms=p95,
        main_thread_ms_per_tick=round(1000 * (after.task_s - before.task_s) / ticks, 1),
        script_ms_per_tick=round(1000 * (after.script_s - before.script_s) / ticks, 1),
        layout_ms_per_tick=round(1000 * (after.layout_s - before.layout_s) / ticks, 1),
        long_tasks=len(taken["longTasksMs"]),
        bar=f"< {REDRAW_BAR_MS:g}" if gpus == REDRAW_GPUS else None,
        met=p95 < REDRAW_BAR_MS if gpus == REDRAW_GPUS else None,
    )


def growth(page: WatchedPage, gpus: int, minutes: int) -> None:
    """Long tasks and memory while it streams, minute by minute."""
    heaps, nodes = [page.heap_bytes()], page.spent().nodes
    long_tasks: list[float] = []
    for minute in range(minutes):
        progress(f"page: {gpus} GPUs, minute {minute + 1} of {minutes}")
        long_tasks += page.stay(60)["longTasksMs"]  # without those of the collections between
        heaps.append(page.heap_bytes())
    kb_per_minute = round(statistics.linear_regression(range(minutes + 1), heaps).slope / 1000, 1)
    emit(
        "page long tasks",
        gpus=gpus,
        minutes=minutes,
        long_tasks_per_minute=round(len(long_tasks) / minutes, 2),
        longest_ms=round(max(long_tasks, default=0.0), 1),
        bar="= 0",
        met=not long_tasks,
    )
    emit(
        "page memory",
        gpus=gpus,
        minutes=minutes,
        heap_mb=[round(heap / 1e6, 2) for heap in heaps],
        growth_kb_per_minute=kb_per_minute,
        dom_nodes=[nodes, page.spent().nodes],
        bar=f"< {GROWTH_BAR_KB_PER_MINUTE:g}",
        met=kb_per_minute < GROWTH_BAR_KB_PER_MINUTE if minutes >= GROWTH_MINUTES_MIN else None,
    )


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else float("nan")


def measure(gpus: int, options: argparse.Namespace) -> None:
    """Everything about one fleet, on one server."""
    progress(f"page: {gpus} GPUs, {options.loads} loads")
    with running("ours", Scale(gpus, INTERVAL_S)) as server, chromium() as browser:
        first_paint(browser, server, gpus, options.loads)
        with watched_page(browser) as page:
            page.load(url(server))
            page.stay(SETTLE_S)
            redraws(page, gpus, options.seconds)
            if gpus == LONG_TASK_GPUS:
                growth(page, gpus, options.minutes)


def main() -> None:
    options = arguments()
    prepare_machine()
    if not (ROOT / "frontend" / "dist" / "index.html").is_file():
        raise SystemExit("the page is not built: make frontend")
    for gpus in map(int, options.gpus.split(",")):
        try:
            measure(gpus, options)
        except (ServerError, UnavailableError) as error:
            emit("page", gpus=gpus, failed=str(error))


if __name__ == "__main__":
    main()
