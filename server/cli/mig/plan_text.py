"""A layout plan as text: now and then, the steps, what stops, how long, or why there is none."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.text import Text

from server.cli import figures
from server.cli.device_names import short_name
from server.cli.mig.bar import slice_bar
from server.cli.mig.show import IN_USE, step_words
from server.cli.output import print_facts, print_words


def print_plan(plan: dict[str, Any]) -> None:
    """The server's sentence first, then each device that takes part."""
    head = ("READY", "green") if plan["ready"] else ("NOT POSSIBLE", "red")
    print_words(head, f"  {plan['message']}")
    for device in plan["devices"]:
        print_words("")
        _print_device(device)
    if plan["ready"] and len(plan["devices"]) > 1:
        print_words(f"\nIn all {duration(plan['seconds'])}: devices change at the same time")


def duration(seconds: float) -> str:
    """`28 s`, `2.5 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def stop_option(stops: list[dict[str, Any]]) -> str:
    """The options that allow these to be stopped; empty where one of them cannot be named."""
    ids = [stop["allocationId"] for stop in stops]
    return " ".join(f"--release {one}" for one in dict.fromkeys(ids)) if all(ids) else ""


def _print_device(device: dict[str, Any]) -> None:
    model = figures.short_model(device["device"]["model"]["modelName"])
    unchanged = "  stays as it is" if device["unchanged"] else ""
    print_words((short_name(device["device"]), "bold"), f"  {model}{unchanged}")
    _print_bar("now", device["device"]["memorySlices"], device["current"], device["target"])
    if device["refusal"] is not None:
        _print_refusal(device["refusal"])
        return
    if device["unchanged"]:
        return
    _print_bar("then", device["device"]["memorySlices"], device["target"], device["current"])
    print_words(("Steps", "bold"))
    print_facts([_step(number, step) for number, step in enumerate(device["steps"], 1)], indent=2)
    if device["stops"]:
        print_words(("Stops", "bold"))
        print_facts([_stop(stop) for stop in device["stops"]], indent=2)
    phases = ", ".join(f"{phase['name']} {duration(phase['seconds'])}" for phase in device["phases"])
    print_facts([["takes", f"{duration(device['seconds'])}: {phases}"], ["fragmentation", _fragmentation(device)]])


def _print_bar(title: str, slices: int | None, placements: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    if slices is None:
        return
    print_words(("Now" if title == "now" else "Then", "bold"))
    there = {_key(placement) for placement in other}
    blocks = [_block(placement, title, _key(placement) in there) for placement in placements]
    for line in slice_bar(slices, blocks):
        print_words("  ", line)


def _block(placement: dict[str, Any], title: str, stays: bool) -> dict[str, Any]:
    if title == "then" and not stays:
        words, style = "new", "bold cyan"
    elif placement["inUse"]:
        words, style = placement["holder"] or "in use", IN_USE if stays else "bold red"
    else:
        words, style = "idle", "" if stays else "yellow"
    return {**placement, "words": words, "style": style}


def _step(number: int, step: dict[str, Any]) -> list[Text | str]:
    return [f"{number}", step_words(step), duration(step["seconds"]), f"then {_layout(step['layoutAfter'])}"]


def _layout(placements: list[str]) -> str:
    return ", ".join(placements) or "empty"


def _stop(stop: dict[str, Any]) -> list[Text | str]:
    what = "all of it" if stop["profileName"] is None else f"{stop['profileName']} at {stop['placementStart']}"
    goes = "ends" if stop["movesTo"] is None else f"may come back at {stop['movesTo']}"
    return [what, stop["holder"] or "somebody you may not see", stop["allocationId"] or figures.UNKNOWN, goes]


def _print_refusal(refusal: dict[str, Any]) -> None:
    """What the server's sentence, which stands at the head, does not say: what to type instead."""
    if refusal["fits"]:
        parts = [name if count == 1 else f"{name}*{count}" for name, count in Counter(refusal["fits"]).items()]
        print_words(f"  What fits: --profiles {','.join(parts)}")
    if refusal["blockers"]:
        print_words(("In the way", "bold"))
        print_facts([_stop(stop) for stop in refusal["blockers"]], indent=2)
        if option := stop_option(refusal["blockers"]):
            print_words(f"  They may end with: {option}")


def _fragmentation(device: dict[str, Any]) -> str:
    before, after = device["fragmentationBefore"], device["fragmentationAfter"]
    shown = [figures.UNKNOWN if each is None else f"{each:.2f}" for each in (before, after)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} now, {shown[1]} then"


def _key(placement: dict[str, Any]) -> tuple[str, int]:
    return placement["profileName"], placement["placementStart"]
