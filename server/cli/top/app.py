"""The terminal application: keys, the feed's events, and what is drawn when."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from server.cli.api_errors import ApiError
from server.cli.following import Lost
from server.cli.top.feed import Arrived, Feed
from server.cli.top.fleet import Fleet
from server.cli.top.header import Totals, count_line, state_line, totals_line
from server.cli.top.help import KEYS, HelpScreen
from server.cli.top.rows import RowMaker
from server.cli.top.sorting import SortKey
from server.cli.top.table import FleetTable

DRAW_EVERY_S = 0.2
"""New data is drawn this often at most."""

AGE_EVERY_S = 1.0
"""Without new data, ages are drawn anew this often."""


class TopApp(App[None]):
    """Shows what a feed brings. Ends with `failure` set where the server refuses."""

    TITLE = "gpuctl top"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    .head { height: 1; padding: 0 1; }
    #keys { height: 1; padding: 0 1; color: $text-muted; }
    #filter { height: 1; border: none; padding: 0 1; display: none; }
    .filtering #filter { display: block; }
    .filtering #keys { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("u", "sort('utilization')", "Sort by utilisation"),
        Binding("m", "sort('memory')", "Sort by memory"),
        Binding("t", "sort('temperature')", "Sort by temperature"),
        Binding("p", "sort('power')", "Sort by power"),
        Binding("a", "sort('name')", "Sort by name"),
        Binding("r", "reverse", "Reverse"),
        Binding("n", "nodes", "Nodes"),
        Binding("slash", "filter", "Filter"),
        Binding("escape", "end_filter", "End the filter"),
        Binding("space", "pause", "Pause"),
        Binding("question_mark", "help", "Help"),
    ]

    def __init__(self, feed: Feed, sort: SortKey = SortKey.NAME) -> None:
        super().__init__()
        self.failure: ApiError | None = None
        self._feed = feed
        self._fleet = Fleet()
        self._maker = RowMaker()
        self._lost: Lost | None = None
        self._retry_at = 0.0
        self._key = sort
        self._reverse = False
        self._by_node = False
        self._wanted = ""
        self._paused = False
        self._changed = True
        self._drawn_at = 0.0

    def compose(self) -> ComposeResult:
        yield Static(classes="head", id="state", markup=False)
        yield Static(classes="head", id="counts", markup=False)
        yield Static(classes="head", id="totals", markup=False)
        yield FleetTable()
        yield Input(id="filter", placeholder="words to look for", compact=True)
        yield Static(KEYS, id="keys")

    def on_mount(self) -> None:
        self.query_one(FleetTable).focus()
        self.set_interval(DRAW_EVERY_S, self._draw_if_due)
        self.run_worker(self._follow(), name="feed", exit_on_error=False)
        self._draw()

    # -- the feed

    async def _follow(self) -> None:
        async with aclosing(self._feed.events()) as events:
            async for event in events:
                match event:
                    case Arrived():
                        self._lost = None
                        self._fleet.take(event.frame, event.identities)
                    case Lost():
                        self._lost = event
                        self._retry_at = time.monotonic() + event.retry_in_s
                self._changed = True

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            if not isinstance(error, ApiError):
                raise error or RuntimeError("the feed ended")
            self.failure = error
            self.exit()

    # -- drawing

    def _draw_if_due(self) -> None:
        if self._changed or time.monotonic() - self._drawn_at >= AGE_EVERY_S:
            self._draw()

    def _draw(self) -> None:
        self._changed = False
        self._drawn_at = time.monotonic()
        fleet = self._fleet
        totals = Totals.of(fleet)
        retry_in_s = max(0.0, self._retry_at - time.monotonic())
        self.query_one("#state", Static).update(
            state_line(self._feed.server, fleet, totals, self._lost, retry_in_s, self._paused)
        )
        if self._paused:
            return
        rows = self._maker.nodes(fleet) if self._by_node else self._maker.gpus(fleet)
        order = rows.order(self._wanted, self._key, self._reverse)
        shown = len(order) if self._wanted else None
        self.query_one("#counts", Static).update(count_line(totals, shown, "nodes" if self._by_node else "GPUs"))
        self.query_one("#totals", Static).update(totals_line(totals))
        empty = "" if not fleet.frames else "no row has these words" if self._wanted else "no GPU is registered"
        self.query_one(FleetTable).show(rows, order, self._key, self._reverse, fleet.stale_after_s, empty)

    # -- keys

    def action_sort(self, key: str) -> None:
        self._key, self._reverse = SortKey(key), False
        self._show_from_top()

    def action_reverse(self) -> None:
        self._reverse = not self._reverse
        self._show_from_top()

    def action_nodes(self) -> None:
        self._by_node = not self._by_node
        self._show_from_top()

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._draw()

    def action_help(self) -> None:
        self.push_screen(HelpScreen())

    def action_filter(self) -> None:
        self.screen.add_class("filtering")
        self.query_one("#filter", Input).focus()

    def action_end_filter(self) -> None:
        self.query_one("#filter", Input).value = ""
        self._close_filter()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value
        self._show_from_top()

    def on_input_submitted(self) -> None:
        self._close_filter()

    def _close_filter(self) -> None:
        self.screen.remove_class("filtering")
        self.query_one(FleetTable).focus()

    def _show_from_top(self) -> None:
        self._paused = False
        self.query_one(FleetTable).scroll_to(y=0, animate=False)
        self._draw()
