"""What the clients were told, kept to be compared with what is stored."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import AllocationStatus
from tests.integration.allocation.books import Books

Held = frozenset[tuple[str, int, int, int | None]]
"""Device, first slice, slices, thousandths of a share - of each thing held."""


@dataclass
class Journal:
    """Everything that was answered. One for all clients of a run."""

    counts: Counter[str] = field(default_factory=Counter)
    answered: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By key of a request: the allocations it was answered with."""
    granted: dict[str, Held] = field(default_factory=dict)
    """By allocation: what the client was told it holds."""
    released: set[str] = field(default_factory=set)
    extending: Counter[str] = field(default_factory=Counter)
    """By allocation: other ends that were asked for, and of those the ones that were answered."""
    extended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers that no client may get."""

    def heard(self, key: str, answer: dict[str, Any]) -> None:
        """An answer to a request under this key; the key is the name of its pod too."""
        allocation = answer["allocation"]
        self.counts[answer["status"]] += 1
        self.answered[key].add(allocation["id"])
        if allocation["podName"] != key:
            self.wrong.append(f"{key} was answered with {allocation['podName']}'s allocation")
        if answer["status"] in HOLDING:
            self.granted[allocation["id"]] = frozenset(
                (part["deviceId"], part["placementStart"], part["placementSize"], part["shareMilli"])
                for part in allocation["resources"]
            )

    def lacks(self, least: Mapping[str, int]) -> list[str]:
        """What has happened less often than that."""
        return [name for name, times in least.items() if self.counts[name] < times]

    def summary(self, **more: object) -> str:
        """One JSON line."""
        known = ("requests", "lost", "down", "unavailable", "kills")
        answers = {name: self.counts[name] for name in AllocationStatus if self.counts[name]}
        others = {name: count for name, count in sorted(self.counts.items()) if name not in {*known, *answers}}
        return json.dumps({**more, **{name: self.counts[name] for name in known}, "answers": answers, **others})


def told_otherwise(journal: Journal, books: Books) -> list[str]:
    """Where the database does not say what the clients were told, once and the same to all."""
    return [*journal.wrong, *_wrong_keys(journal, books), *_wrong_grants(journal, books)]


def _wrong_keys(journal: Journal, books: Books) -> Iterator[str]:
    pods = Counter(row.pod_name for row in books.allocations.values() if row.pod_name is not None)
    yield from (f"key {pod} has {times} allocations" for pod, times in pods.items() if times > 1)
    for key, ids in journal.answered.items():
        if len(ids) > 1:
            yield f"key {key} was answered with {len(ids)} allocations"
        if not ids <= books.allocations.keys():
            yield f"key {key} was answered with {ids}, which is not stored"


def _wrong_grants(journal: Journal, books: Books) -> Iterator[str]:
    for id_, told in journal.granted.items():
        stored = frozenset(
            (row.device_id, row.placement_start, row.placement_size, row.share_milli)
            for row in books.resources.get(id_, ())
        )
        if stored != told:
            yield f"{id_} was granted {sorted(told)}, and {sorted(stored)} is stored"
    for id_ in journal.released:
        if id_ not in books.allocations or books.allocations[id_].status is not AllocationStatus.RELEASED:
            yield f"{id_} was answered as released, and is not"
    for id_, most in journal.extending.items():
        least, ends = journal.extended[id_], sum(step.from_status is step.to_status for step in books.history[id_])
        if not least <= ends <= most:
            yield f"{id_} was given another end {ends} times; {most} were asked for and {least} answered"
