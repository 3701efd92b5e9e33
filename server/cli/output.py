"""What commands write: data on standard output, for people or as JSON; messages on standard error."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

GAP = 2
PIPE_WIDTH = 100_000
"""Where nobody looks, nothing is cut off."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. The one with the largest `spare` number is the first to go where space is short."""

    title: str
    right: bool = False
    spare: int = 0
    least: int = 0
    """Cells it takes at least: what is printed later stands under what was printed before."""


def print_table(
    columns: Sequence[Column], rows: Sequence[Sequence[Text | str]], empty: str, *, titles: bool = True
) -> None:
    """Rows under their titles. With none, `empty` goes to standard error and nothing is printed."""
    if not rows:
        say(empty)
        return
    shown = _that_fit(columns, rows)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=titles)
    for index in shown:
        column = columns[index]
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=column.least or None,
        )
    for row in rows:
        table.add_row(*(row[index] for index in shown))
    console().print(table)


def print_facts(rows: Sequence[Sequence[Text | str]], indent: int = 0) -> None:
    """Rows of as many cells each, under each other without titles; the last cell goes on in further lines."""
    if not rows:
        return
    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    last = len(rows[0]) - 1
    for index in range(last + 1):
        table.add_column(no_wrap=index < last, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out = console()
    with out.capture() as captured:
        out.print(Padding(table, (0, 0, 0, indent), expand=False))
    sys.stdout.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines()))


def print_words(*words: Text | str | tuple[str, str]) -> None:
    """One line, or as many as it takes; a pair is words and their style."""
    console().print(Text.assemble(*words), soft_wrap=not sys.stdout.isatty())


def print_json(value: Any, *, indent: bool = True) -> None:
    option = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    sys.stdout.write(orjson.dumps(value, default=str, option=option).decode())
    sys.stdout.flush()


def say(message: str) -> None:
    """A message for people."""
    print(message, file=sys.stderr)  # noqa: T201 - the one place


def console() -> Console:
    """Standard output, as wide as its terminal; without one, as wide as it takes."""
    return Console(width=_width(), highlight=False, markup=False, emoji=False)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def as_wide(columns: Sequence[Column], rows: Sequence[Sequence[Text | str]]) -> list[Column]:
    """The columns for rows that go on under these ones."""
    return [
        replace(column, least=max([cell_len(column.title), *(cell_len(str(row[index])) for row in rows)]))
        for index, column in enumerate(columns)
    ]


def _that_fit(columns: Sequence[Column], rows: Sequence[Sequence[Text | str]]) -> list[int]:
    widths = [
        max(column.least, cell_len(column.title), *(cell_len(str(row[index])) for row in rows)) + GAP
        for index, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    while sum(widths[index] for index in shown) - GAP > _width():
        spare = max(shown, key=lambda index: columns[index].spare)
        if not columns[spare].spare:
            break
        shown.remove(spare)
    return shown
