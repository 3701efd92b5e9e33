"""The table widget: draws the lines that are on the screen and no others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from server.cli.top.columns import Layout, heading, line
from server.cli.top.rows import Rows
from server.cli.top.sorting import SortKey

HEADING_STYLE = Style(bold=True, reverse=True)


class FleetTable(ScrollView, can_focus=True):
    """Rows in order under a fixed heading. Scrolls by keys and by wheel."""

    DEFAULT_CSS = "FleetTable { height: 1fr; scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._rows: Rows | None = None
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._key = SortKey.NAME
        self._reverse = False
        self._stale_after_s = 5.0
        self._longest_name = 0
        self._empty = ""
        self.lines_drawn = 0
        """Rows drawn since start: no more than are visible for each refresh."""

    def show(
        self, rows: Rows, order: NDArray[np.intp], key: SortKey, reverse: bool, stale_after_s: float, empty: str
    ) -> None:
        """Show these rows from now on; `empty` says why there are none."""
        self._rows, self._order, self._key, self._reverse = rows, order, key, reverse
        self._stale_after_s, self._empty = stale_after_s, empty
        self._longest_name = max(map(len, rows.names), default=0)
        self.virtual_size = Size(self.size.width, len(order) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        layout = Layout.of(width, self._longest_name)
        if y == 0:
            title = heading(layout, self._key, self._reverse)
            return Strip([Segment(title.ljust(width)[:width], HEADING_STYLE)], width)
        index = y - 1 + self.scroll_offset.y
        rows = self._rows
        if rows is None or index >= len(self._order):
            text = f" {self._empty}" if y == 2 and not len(self._order) else ""
            return Strip([Segment(text.ljust(width)[:width])], width)
        self.lines_drawn += 1
        strip = Strip(line(rows, int(self._order[index]), layout, self._stale_after_s))
        return strip.adjust_cell_length(width)
