"""What the keys do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from server.cli import figures

KEYS = (
    "[b]u m t p a[/b] sort  [b]r[/b] reverse  [b]/[/b] filter  [b]n[/b] nodes  "
    "[b]space[/b] pause  [b]?[/b] help  [b]q[/b] quit"
)

TEXT = f"""\
[b]Sort[/b]    u utilisation   m memory   t temperature   p power   a name
        r the other way round
[b]Show[/b]    n one row per node, or per GPU again
        / only rows with these words: name, cluster, model, UUID, state
          Enter keeps the filter, Escape ends it
[b]Look[/b]    arrows, PgUp, PgDn, Home, End scroll
        space holds the picture still; the data goes on behind it
[b]Marks[/b]   + is high, ! is critical
        temperature from {figures.HOT_C:.0f}° and {figures.TOO_HOT_C:.0f}°, \
memory from {figures.MEMORY_HIGH_PCT:.0f}% and {figures.MEMORY_FULL_PCT:.0f}%,
        power from {figures.POWER_HIGH_PCT:.0f}% of the limit
        – is unknown; a dim row is stale, AGE says how old
[b]State[/b]   ● LIVE   ◐ STALE: no new readings   ✗ LOST: no connection
        A lost connection is tried again, later each time.

q quits.  Any key closes this."""


class HelpScreen(ModalScreen[None]):
    """Over the table until a key is pressed."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen Static { width: 76; height: auto; max-height: 100%; border: round $primary; padding: 0 1;
        background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("q", "app.quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Static(TEXT)

    def on_key(self) -> None:
        self.dismiss()
