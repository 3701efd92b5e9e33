"""A device's memory slices as text: which instance covers which, and what is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from server.cli.figures import clip

SLICE = 9
"""Cells of a slice with its border: eight of them fit into 80 columns."""
FREE = "·"


def slice_bar(slices: int, blocks: Iterable[Mapping[str, Any]]) -> list[Text]:
    """Three lines: the numbers of the slices, what covers them, and below each its words.

    A block has `placementStart`, `placementSize`, `profileName`, `words` and `style`. What reaches beyond the
    device is cut off.
    """
    by_start = {block["placementStart"]: block for block in blocks}
    numbers = Text(" " + "".join(f"{number:<{SLICE}}" for number in range(slices)).rstrip(), "bright_black")
    names, words = Text("│"), Text("│")
    at = 0
    while at < slices:
        block = by_start.get(at)
        size = 1 if block is None else max(1, min(block["placementSize"], slices - at))
        width = SLICE * size - 1
        if block is None:
            names.append(FREE * width, "bright_black")
            words.append(clip("free", width), "bright_black")
        else:
            names.append(clip(block["profileName"], width), block["style"])
            words.append(clip(block["words"], width), block["style"])
        names.append("│")
        words.append("│")
        at += size
    return [numbers, names, words]
