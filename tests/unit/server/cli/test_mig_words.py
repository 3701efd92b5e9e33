"""Layouts, plans and moves as text, and layouts as people type them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.cli.failures import CommandFailed, ExitCode
from server.cli.mig.bar import slice_bar
from server.cli.mig.change import layout_input
from server.cli.mig.defragment import print_defragmentation
from server.cli.mig.layouts import placements, profiles, split_start
from server.cli.mig.plan_text import duration, print_plan
from server.cli.mig.show import mode_words, print_device, print_fleet
from tests.unit.server.cli import recorded_mig as recorded


def out(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def block(start: int, size: int, profile: str, words: str = "idle") -> dict[str, Any]:
    return {"placementStart": start, "placementSize": size, "profileName": profile, "words": words, "style": ""}


def test_the_bar_of_slices() -> None:
    lines = [line.plain for line in slice_bar(4, [block(1, 2, "2g.12gb", "speech/ann"), block(3, 1, "1g.6gb+me")])]
    assert lines == [
        " 0        1        2        3",
        "│········│2g.12gb          │1g.…b+me│",
        "│free    │speech/ann       │idle    │",
    ]


def test_the_bar_of_the_widest_device_fits_beside_an_indent() -> None:
    lines = slice_bar(8, [block(0, 8, "7g.80gb", "x" * 200), block(6, 4, "4g.40gb")])
    assert {len(line.plain) for line in lines[1:]} == {73}


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["3g.40gb,2g.20gb*2"], ["3g.40gb", "2g.20gb", "2g.20gb"]),
        (["1g.10gb+me", " 1g.10gb x 2 "], ["1g.10gb+me", "1g.10gb", "1g.10gb"]),
        ([",", ""], []),
    ],
)
def test_profiles_as_typed(texts: list[str], names: list[str]) -> None:
    assert profiles(texts) == names


@pytest.mark.parametrize("text", ["3g.40gb*0", "3g.40gb*", "*2", "3g.40gb*200", "3g 40gb"])
def test_what_is_no_profile_is_wrong_usage(text: str) -> None:
    with pytest.raises(CommandFailed, match=r"write 3g.40gb, or 2g.20gb\*2") as refused:
        profiles([text])
    assert refused.value.code is ExitCode.USAGE


def test_placements_as_typed() -> None:
    assert placements(["3g.40gb@0,1g.10gb+me@4"]) == [
        {"profileName": "3g.40gb", "placementStart": 0},
        {"profileName": "1g.10gb+me", "placementStart": 4},
    ]
    with pytest.raises(CommandFailed, match=r"write 3g\.40gb@0"):
        placements(["3g.40gb"])
    assert split_start("seoul/h100-07/3@4") == ("seoul/h100-07/3", 4)
    assert [split_start(name) for name in ("mig_1", "@4", "h100-07/3@", "h100-07/3@x")] == [None] * 4


def test_a_layout_is_said_in_one_way() -> None:
    assert layout_input(["1g.10gb"], ["3g.40gb@0"], False, None, ["alloc_1"]) == {
        "profiles": ["1g.10gb"],
        "placements": [{"profileName": "3g.40gb", "placementStart": 0}],
        "releaseAllocations": ["alloc_1"],
    }
    assert layout_input([], [], True, None, None) == {}
    for wanted, empty in ((["1g.10gb"], True), ([], False)):
        with pytest.raises(CommandFailed, match="--empty"):
            layout_input(wanted, [], empty, None, None)


def test_one_device_with_all_it_could_do(capsys: pytest.CaptureFixture[str]) -> None:
    print_device(recorded.device())
    lines = out(capsys)
    assert lines[0] == "h100-07/3  H100 80GB  MIG on"
    assert lines[2:5] == [
        "  │3g.40gb                            │1g.10gb │1g.10gb │········│········│",
        "  │asr/train-0                        │idle    │in use  │free    │free    │",
        "  memory 6 of 8 slices, compute 5 of 7, fragmentation 0.25",
    ]
    held = [line.split() for line in lines if line.startswith("  mig_")]
    assert held[0] == ["mig_0", "3g.40gb", "0", "READY", "asr/train-0", "alloc_7", "–"]
    assert held[1][4] == "nobody"
    assert "somebody you may not see" in "\n".join(lines)
    assert [line.split() for line in lines if line.startswith("  1g.10gb ")] == [
        ["1g.10gb", "10GB", "1", "1", "2", "6"]
    ]
    assert "  7g.80gb  7g.80gb needs slices 0-7. 3g.40gb holds 0-3." in lines
    assert lines[-1].endswith("FAILED  ENABLE_MIG: step 1 of 1, ENABLE_MIG: the GPU is in use by process 20016")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"migCapable": False}, "cannot be partitioned"),
        ({"migEnabled": None}, "MIG unknown: its node has not told"),
        ({"migEnabled": False, "migPending": False}, "MIG off"),
        ({"migEnabled": False}, "MIG off, on after a reset of the GPU"),
    ],
)
def test_the_mode_in_words(changes: dict[str, Any], words: str) -> None:
    assert mode_words(recorded.device(**changes)) == words


def test_a_line_for_each_device_of_the_fleet(capsys: pytest.CaptureFixture[str]) -> None:
    whole = {**recorded.HOLDER, "resourceType": "FULL"}
    off = recorded.device(migEnabled=False, migPending=False, migInstances=[], allocations=[whole], fragmentation=None)
    empty = recorded.device(migInstances=[])
    pair = recorded.device(migInstances=[recorded.instance("1g.10gb", start, 1, 1) for start in (0, 1)])
    print_fleet([recorded.device(), off, empty, pair])
    _, first, *others = [re.split(r"\s{2,}", line) for line in out(capsys)]
    assert first == ["h100-07/3", "H100 80GB", "on", "3g.40gb* 1g.10gb 1g.10gb*", "2/8", "0.25", "seoul"]
    assert [other[2:5] for other in others] == [
        ["off", "whole, asr/train-0", "–"],
        ["on", "empty", "8/8"],
        ["on", "1g.10gb×2", "6/8"],
    ]


def test_a_plan_says_what_is_done_and_what_stops(capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(recorded.plan())
    lines = out(capsys)
    assert lines[0] == "READY  1 to remove, 2 to make; 1 in use stop; about 153 s."
    assert lines[lines.index("Then") + 2] == (
        "  │4g.40gb                            │2g.20gb          │········│········│"
    )
    assert lines[lines.index("Steps") + 1].split("  ") == ["", "1", "DELETE_INSTANCE 2g.20gb at 0", "1 s", "then empty"]
    assert lines[lines.index("Stops") + 1] == "  2g.20gb at 0  speech/ann  alloc_7  may come back at 4"
    assert lines[-2:] == [
        "takes          2.5 min: EVICT 45 s, PODS_START 1.8 min",
        "fragmentation  0.50 now, 0.00 then",
    ]


def test_a_refused_plan_says_what_to_type_instead(capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(recorded.refused_plan())
    lines = out(capsys)
    assert lines[0] == "NOT POSSIBLE  h100-07/3: The layout has no room for 2g.20gb at 0 (speech/ann)."
    assert "Then" not in lines
    assert "  What fits: --profiles 1g.10gb*2,3g.40gb" in lines
    assert lines[-1] == "  They may end with: --release alloc_7"


def test_what_you_may_not_see_is_not_offered_for_release(capsys: pytest.CaptureFixture[str]) -> None:
    refused = recorded.refused_plan()
    refused["devices"][0]["refusal"]["blockers"] = [{**recorded.STOP, "allocationId": None, "holder": "somebody else"}]
    print_plan(refused)
    assert out(capsys)[-1] == "  2g.20gb at 0  somebody else  –  may come back at 4"


def test_moves_that_make_room(capsys: pytest.CaptureFixture[str]) -> None:
    print_defragmentation(recorded.defragmentation())
    first, gains, _, move = out(capsys)
    assert first == "Moves: 1, restarts of pods: 1, about 2.5 min; fragmentation 0.50 now, 0.00 then"
    assert gains == "More room for  +1 7g.80gb"
    assert move.split() == [
        *["1", "2g.20gb", "h100-07/3@0", "h100-07/4@4", "2.5", "min", "speech/ann", "+1", "7g.80gb", "alloc_7"]
    ]
    print_defragmentation({**recorded.defragmentation(), "moves": []})
    assert out(capsys) == ["No move makes more room; fragmentation 0.50"]


def test_durations() -> None:
    assert [duration(seconds) for seconds in (2, 89, 90, 153)] == ["2 s", "89 s", "1.5 min", "2.5 min"]
