"""How readings are written."""

from __future__ import annotations

import math

import numpy as np
import pytest

from server.cli import figures
from server.cli.figures import clip
from server.cli.top.draw import bar, sparkline


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.percent(None), "–"),
        (figures.percent(0.0), "0%"),
        (figures.memory(0, 81_920), "0.0/80G"),
        (figures.memory(None, 81_920), "–/80G"),
        (figures.memory(12_288, None), "12/–G"),
        (figures.memory(31_457_280, 83_886_080), "30.0/80.0T"),
        (figures.celsius(64.6), "65°"),
        (figures.watts(699.6), "700W"),
        (figures.watts(312_000), "312.0kW"),
        (figures.age(None), "–"),
        (figures.age(-0.2), "0.0s"),
        (figures.age(0.44), "0.4s"),
        (figures.age(12.3), "12s"),
        (figures.age(180), "3m"),
        (figures.age(7300), "2h"),
        (figures.age(500_000), "6d"),
        (figures.short_model("NVIDIA H100 80GB HBM3"), "H100 80GB"),
        (figures.short_model("NVIDIA GeForce RTX 4090"), "RTX 4090"),
        (figures.short_model("NVIDIA"), "NVIDIA"),
    ],
)
def test_figures(shown: str, expected: str) -> None:
    assert shown == expected


def test_levels() -> None:
    assert [figures.level(value, 80, 90) for value in (None, 79.9, 80, 89.9, 90)] == [0, 0, 1, 1, 2]
    assert figures.share(1, 0) is None
    assert figures.share(1, 4) == 25


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0.0, ("", "····")),
        (0.1, ("▏", "···")),
        (50.0, ("██", "··")),
        (53.2, ("██▏", "·")),
        (100.0, ("████", "")),
        (140.0, ("████", "")),
        (math.nan, ("", "····")),
    ],
)
def test_bars(percent: float, expected: tuple[str, str]) -> None:
    assert bar(percent, 4) == expected


def test_sparklines_end_now_and_leave_the_unknown_blank() -> None:
    assert sparkline(np.array([0.0, 50.0, 100.0]), 3) == "▁▅█"
    assert sparkline(np.array([100.0, np.nan, 0.0]), 5) == "  █ ▁"
    assert sparkline(np.array([np.nan, 0.0, 100.0, 100.0]), 2) == "▁█"
    assert sparkline(np.array([100.0] * 3), 2) == "██"
    assert sparkline(np.array([]), 3) == "   "
    assert sparkline(np.array([1.0]), 0) == ""


def test_names_are_cut_in_the_middle() -> None:
    assert clip("node-1/0", 10) == "node-1/0  "
    assert clip("a-very-long-node-name/7", 11) == "a-ver…ame/7"
    assert len(clip("a-very-long-node-name/7", 4)) == 4
