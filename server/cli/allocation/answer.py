"""The answer to a request as text: the API's own words, and beside an alternative the option that asks for it."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from server.cli import figures
from server.cli.allocation.rows import STATUS_STYLES, ends, size
from server.cli.output import print_facts, print_words

OPTION_OF = {
    "OTHER_PROFILE": ("--profile", "profileName"),
    "OTHER_MODEL": ("--model", "modelName"),
    "OTHER_TYPE": ("--type", "resourceType"),
    "FEWER_GPUS": ("--gpus", "gpuCount"),
}


def print_answer(answer: dict[str, Any], *, explain: bool) -> None:
    """Head, place or refusal, what would work; with `explain` all that was looked at."""
    status = answer["status"]
    dry = " (dry run: nothing is taken)" if answer["dryRun"] else ""
    print_words((status, STATUS_STYLES.get(status, "red")), f"{dry}  {answer['message']}")
    print_facts(_facts(answer), indent=2)
    checks = answer["checks"]
    if explain or not answer["granted"]:
        _titled("Steps", [_check(check) for check in checks])
    else:
        _titled("Warnings", [_check(check) for check in checks if check["warning"]])
    if explain and answer["place"] is not None:
        _titled("Score, lower is better", _parts(answer["place"]))
    if explain:
        _titled("Next best", [_runner(place) for place in answer["runnersUp"]])
    _titled("What would work", [_alternative(each) for each in answer["alternatives"]])


def score(place: dict[str, Any]) -> str:
    return f"{place['score']:.4g}"


def _facts(answer: dict[str, Any]) -> list[list[Text | str]]:
    facts: list[list[Text | str]] = []
    allocation, place = answer["allocation"], answer["place"]
    if allocation is not None:
        facts.append(["allocation", allocation["id"]])
    if answer["granted"] and allocation is not None:
        facts.append(["what", size(allocation)])
    if allocation is not None and allocation["queuePosition"] is not None:
        facts.append(["queue", f"number {allocation['queuePosition']} in line"])
    if place is not None:
        memory = sum(part["memoryMib"] for part in place["resources"])
        facts.append(["memory", f"{figures.gib(memory)} GiB"])
        chosen = ", ".join(f"{part['name']} {part['value']:.4g}" for part in place["parts"])
        facts.append(["score", f"{score(place)} by {answer['policy']}" + (f": {chosen}" if chosen else "")])
    if answer["granted"] and allocation is not None:
        facts.append(["ends", ends(allocation, exact=True)])
    return facts


def _check(check: dict[str, Any]) -> list[Text | str]:
    if not check["passed"]:
        return [check["step"], Text("refused", "red"), check["message"]]
    return [check["step"], Text("warning", "yellow") if check["warning"] else "ok", check["message"]]


def _parts(place: dict[str, Any]) -> list[list[Text | str]]:
    return [[part["name"], f"{part['value']:.4g}", part["meaning"] or ""] for part in place["parts"]]


def _runner(place: dict[str, Any]) -> list[Text | str]:
    parts = ", ".join(f"{part['name']} {part['value']:.4g}" for part in place["parts"])
    return [score(place), place["words"], parts]


def _alternative(alternative: dict[str, Any]) -> list[Text | str]:
    return [alternative["kind"], alternative["message"] + _how(alternative)]


def _how(alternative: dict[str, Any]) -> str:
    kind = alternative["kind"]
    if kind == "QUEUE":
        return "  [--queue]"
    if kind == "WIDER_SPREAD":
        return "  [--spread any]"
    option, field = OPTION_OF.get(kind, ("", ""))
    value = alternative.get(field) if field else None
    if value is None:
        return ""
    return f"  [{option} '{value}']" if " " in str(value) else f"  [{option} {value}]"


def _titled(title: str, rows: list[list[Text | str]]) -> None:
    if rows:
        print_words((title, "bold"))
        print_facts(rows, indent=2)
