"""A real Chromium as the client: opens the page, and reads what it measured of itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.harness.pinning import CLIENT_CORE
from benchmarks.harness.servers import UnavailableError
from tests.browser.chromium import FLAGS, MISSING, find_chromium

WIDTH, HEIGHT = 1440, 900
LOAD_MS = 60_000
SETTLE_MS = 1_000

# Runs before the page's own scripts. The map measures each redraw; the grid is busy until it shows GPUs.
PROBE = """(() => {
  const bench = { paintedMs: null, redrawsMs: [], longTasksMs: [] };
  let isPainted;
  bench.painted = new Promise((resolve) => { isPainted = resolve; });
  window.bench = bench;
  const find = (root, selector) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const part of root.querySelectorAll('*')) {
      const deeper = part.shadowRoot && find(part.shadowRoot, selector);
      if (deeper) return deeper;
    }
    return null;
  };
  const showsGpus = () => find(document, 'heat-map')?.shadowRoot.querySelector('[role=grid][aria-busy=false]');
  const watch = (type, each) => {
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  };
  watch('longtask', ({ duration }) => bench.longTasksMs.push(duration));
  watch('measure', ({ name, duration }) => {
    if (name !== 'heat-map') return;
    bench.redrawsMs.push(duration);
    if (bench.paintedMs === null && showsGpus()) {
      bench.paintedMs = performance.now();
      requestAnimationFrame(() => { bench.paintedMs = performance.now(); isPainted(); });
    }
  });
})()"""

AWAIT_PAINT = """(patience) => Promise.race([
  window.bench.painted,
  new Promise((_, reject) => setTimeout(() => reject(new Error('no GPU was painted')), patience)),
])"""

# Sizes are those on the wire: headers and compressed bodies.
LOADED = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const early = all.filter(({ startTime }) => startTime < window.bench.paintedMs);
  const bytes = (some) => some.reduce((sum, { transferSize }) => sum + transferSize, 0);
  const queries = early.filter(({ name }) => name.endsWith('/graphql'));
  const files = early.filter((entry) => !queries.includes(entry));
  return {
    painted_ms: window.bench.paintedMs,
    files_done_ms: Math.max(...files.map(({ responseEnd }) => responseEnd)),
    queries_begun_ms: Math.min(...queries.map(({ startTime }) => startTime)),
    queries_done_ms: Math.max(...queries.map(({ responseEnd }) => responseEnd)),
    queries: queries.length,
    file_bytes: bytes(files),
    query_bytes: bytes(queries),
  };
}"""

TAKE = """() => {
  const { redrawsMs, longTasksMs } = window.bench;
  Object.assign(window.bench, { redrawsMs: [], longTasksMs: [] });
  return { redrawsMs, longTasksMs };
}"""


@dataclass(frozen=True)
class Spent:
    """What the page's main thread spent, in seconds since it began, and how many elements and texts there are."""

    task_s: float
    script_s: float
    layout_s: float
    nodes: int


class WatchedPage:
    """One open page in a context of its own: nothing is cached from an earlier one."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._debugger: CDPSession = page.context.new_cdp_session(page)
        self._debugger.send("Performance.enable")

    def load(self, url: str) -> dict[str, float]:
        """Open it and wait until GPUs are painted."""
        self._page.goto(url)
        self._page.evaluate(AWAIT_PAINT, LOAD_MS)
        loaded: dict[str, float] = self._page.evaluate(LOADED)
        return loaded

    def stay(self, seconds: float) -> dict[str, list[float]]:
        """Let it stream; how long each redraw and each long task of this time took."""
        self._page.evaluate(TAKE)
        self._page.wait_for_timeout(seconds * 1000)
        taken: dict[str, list[float]] = self._page.evaluate(TAKE)
        return taken

    def heap_bytes(self) -> int:
        """What is reachable after a full collection: objects, typed arrays, elements."""
        self._debugger.send("HeapProfiler.collectGarbage")
        usage = self._debugger.send("Runtime.getHeapUsage")
        self._page.wait_for_timeout(SETTLE_MS)  # the collection is a long task of ours, not of the page
        return sum(int(usage.get(part, 0)) for part in ("usedSize", "embedderHeapUsedSize", "backingStorageSize"))

    def spent(self) -> Spent:
        listed: list[dict[str, Any]] = self._debugger.send("Performance.getMetrics")["metrics"]
        metrics = {metric["name"]: float(metric["value"]) for metric in listed}
        layout = metrics["LayoutDuration"] + metrics["RecalcStyleDuration"]
        return Spent(metrics["TaskDuration"], metrics["ScriptDuration"], layout, int(metrics["Nodes"]))


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with all its processes on the client core."""
    program = find_chromium()
    if program is None:
        raise UnavailableError(MISSING)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CLIENT_CORE})  # what is started from here on inherits it
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
            yield browser
            browser.close()
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def watched_page(browser: Browser) -> Iterator[WatchedPage]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.add_init_script(PROBE)
    try:
        yield WatchedPage(context.new_page())
    finally:
        context.close()
