"""Tables that fit where they are printed."""

from __future__ import annotations

import io
import os
import re

import pytest

from server.cli import output
from server.cli.output import Column, print_json, print_table

COLUMNS = [Column("NAME"), Column("SOMETHING LONG", spare=1), Column("N", right=True), Column("REST", spare=2)]
ROWS = [["a", "x" * 30, "1", "y" * 30], ["bb", "x", "22", "y"]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, width: int | None) -> list[str]:
    out = io.StringIO() if width is None else Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(output.shutil, "get_terminal_size", lambda: os.terminal_size((width or 80, 24)))
    print_table(COLUMNS, ROWS, "none")
    return [line.rstrip() for line in re.sub("\x1b.*?m", "", out.getvalue()).splitlines()]


def test_in_a_pipe_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    heading, first, _ = printed(monkeypatch, None)
    assert heading.split() == ["NAME", "SOMETHING", "LONG", "N", "REST"]
    assert first == f"a     {'x' * 30}   1  {'y' * 30}"


@pytest.mark.parametrize(("width", "titles"), [(80, 4), (70, 3), (30, 2), (3, 2)])
def test_on_a_terminal_columns_that_do_not_fit_are_left_out(
    monkeypatch: pytest.MonkeyPatch, width: int, titles: int
) -> None:
    heading = printed(monkeypatch, width)[0]
    shown = [title for title in ("NAME", "SOMETHING LONG", "N ", "REST") if title in f"{heading} "]
    if width > 10:
        assert len(shown) == titles
        assert len(heading) <= width


def test_without_rows_people_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [], "none there")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "none there\n")


def test_json_is_one_line_where_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, None]}, indent=False)
    assert capsys.readouterr().out == '{"a":[1,null]}\n'
