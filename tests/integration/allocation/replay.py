"""Every moment of the past: the change record is gone through in the order of the commits, whoever made them.

At each step at which something was given, what was held of its devices and under its quotas is counted again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from domain.allocation.lifecycle import HOLDING
from domain.allocation.model import AllocationStatus, QuotaScope
from domain.fleet.changes import ChangeKind
from domain.fleet.identity import derived_id
from tests.integration.allocation.books import Books, slices_of

_ROUNDING = 1e-6
_LIMITS = {"gpus_hard": "GPUs", "memory_gib_hard": "GiB", "mig_slices_hard": "MIG slices"}


def wrong_at_any_time(books: Books) -> list[str]:
    """Where two held one slice, sharers more than was on offer, or somebody more than a hard limit allowed."""
    past = _Past(books)
    for change in books.changes:
        match change.kind:
            case ChangeKind.ALLOCATION_CHANGED:
                past.step(change)
            case ChangeKind.DEVICE_SHARING_CHANGED if (change.after_value or "").startswith("mode="):
                past.sharing[change.entity_id] = _parsed(change.after_value)
            case ChangeKind.QUOTA_CHANGED:
                past.limits[change.entity_id] = _parsed(change.after_value or "")
    now = {id_ for id_, holds in past.holding.items() if holds}
    if now != set(books.of_status(*HOLDING)):
        past.wrong.append(f"held by the change record and by the allocations: {now ^ set(books.of_status(*HOLDING))}")
    return past.wrong


@dataclass
class _Past:
    """What is held at one moment of the replay."""

    books: Books
    holding: dict[str, bool] = field(default_factory=dict)
    held: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """By device: the resources held of it."""
    used: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    """By quota id and limit, whether there is such a quota or not."""
    sharing: dict[str, dict[str, str]] = field(default_factory=dict)
    limits: dict[str, dict[str, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def step(self, change: Any) -> None:
        id_ = change.entity_id
        had, has = self.holding.get(id_, False), AllocationStatus(change.after_value) in HOLDING
        self.holding[id_] = has
        if has and not had:
            self._give(id_, f"at {change.sequence}, {id_}")
        elif had and not has:
            self._take_back(id_)

    def _give(self, id_: str, who: str) -> None:
        for resource in self.books.resources.get(id_, ()):
            others = self.held[resource.device_id]
            for other in others:
                shares = (resource.share_milli is not None, other.share_milli is not None)
                if any(shares) != all(shares):
                    self.wrong.append(f"{who}: share and slices of {resource.device_id} with {other.allocation_id}")
                elif set(slices_of(resource)) & set(slices_of(other)):
                    self.wrong.append(f"{who}: a slice of {resource.device_id} is {other.allocation_id}'s")
            others.append(resource)
            if resource.share_milli is not None:
                self.wrong += [f"{who}: {words}" for words in self._shared_too_far(resource.device_id)]
        self._count(id_, 1)
        for scope, name, quota_id in self._quotas_of(id_):
            limits = self.limits.get(quota_id, {})
            for limit, words in _LIMITS.items():
                used, most = self.used[quota_id, limit], limits.get(limit, "None")
                if most != "None" and used > float(most) + _ROUNDING:
                    self.wrong.append(f"{who}: {scope} {name} holds {used:g} {words} of {most}")

    def _take_back(self, id_: str) -> None:
        for resource in self.books.resources.get(id_, ()):
            self.held[resource.device_id].remove(resource)
        self._count(id_, -1)

    def _count(self, id_: str, sign: int) -> None:
        for resource in self.books.resources.get(id_, ()):
            for *_, quota_id in self._quotas_of(id_):
                self.used[quota_id, "gpus_hard"] += sign * resource.gpu_equivalent
                self.used[quota_id, "memory_gib_hard"] += sign * resource.memory_mib / 1024
                self.used[quota_id, "mig_slices_hard"] += sign * resource.mig_slices

    def _quotas_of(self, id_: str) -> list[tuple[QuotaScope, str, str]]:
        row = self.books.allocations[id_]
        names = {QuotaScope.TEAM: row.team_id, QuotaScope.USER: row.user_id, QuotaScope.NAMESPACE: row.namespace}
        return [(scope, name, derived_id("quota", f"{scope}\x00{name}")) for scope, name in names.items() if name]

    def _shared_too_far(self, device_id: str) -> list[str]:
        offer, held = self.sharing.get(device_id), self.held[device_id]
        if offer is None or offer["mode"] == "NONE":
            return [f"{device_id} may not be shared"]
        wrong = []
        if offer["max"] != "None" and len(held) > int(offer["max"]):
            wrong.append(f"{device_id} has {len(held)} sharers of {offer['max']}")
        if (milli := sum(resource.share_milli for resource in held)) > 1000 * float(offer["overcommit"]):
            wrong.append(f"{device_id} has given {milli}/1000 of its compute")
        device = self.books.devices.get(device_id)
        memory = offer["memory_mb"] if offer["memory_mb"] != "None" else device and device.memory_total_mb
        if memory is not None and (mib := sum(resource.memory_mib for resource in held)) > int(memory):
            wrong.append(f"{device_id} has given {mib} MiB of {memory}")
        return wrong


def _parsed(values: str) -> dict[str, str]:
    """`gpus_hard=3; gpus_soft=None` as a dictionary."""
    return dict(re.findall(r"(\w+)=([^;]+)", values))
