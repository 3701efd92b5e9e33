"""The answer to a request: where and why there, or at which step it ended and what would work instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.allocation.model import Allocation, AllocationStatus, ResourceType
from domain.allocation.policies.base import ScorePart
from domain.fleet.model import GpuDevice
from domain.mig.model import MigInstance, OfferedProfile

EXPLANATION_MAX = 1000
"""Characters of the stored explanation: a column that every database holds."""


class Step(StrEnum):
    """The steps a request goes through, in order."""

    QUOTA = "QUOTA"
    TYPE = "TYPE"
    DISCOVERY = "DISCOVERY"
    FILTER = "FILTER"
    SCORE = "SCORE"


@dataclass(frozen=True, slots=True)
class Check:
    """What one step found. A warning passes and says something all the same."""

    step: Step
    passed: bool
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class PlacedResource:
    """One device, instance or share of a place."""

    device: GpuDevice
    memory_mib: int
    gpu_equivalent: float
    profile: OfferedProfile | None = None
    start: int = 0
    size: int = 1
    share_milli: int | None = None
    instance: MigInstance | None = None
    """The idle instance that is used; None: it is made (or none is needed)."""
    removes: tuple[MigInstance, ...] = ()
    """Idle instances that make way for the new one."""

    @property
    def words(self) -> str:
        where = f"{self.device.node.node_name}/{self.device.device_index}"
        if self.profile is not None:
            return f"{where}, {self.profile.profile_name} at {self.start}"
        return where if self.share_milli is None else f"{where}, {self.share_milli}/1000"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request can go: all of it."""

    resource_type: ResourceType
    resources: tuple[PlacedResource, ...]
    score: float
    parts: tuple[ScorePart, ...]

    @property
    def creates(self) -> bool:
        """Whether an instance has to be made first."""
        return any(resource.profile is not None and resource.instance is None for resource in self.resources)

    @property
    def words(self) -> str:
        """Short: `h100-07/0-7`, or `h100-07/3, 3g.40gb at 0`."""
        by_node: dict[str, list[int]] = {}
        for resource in self.resources:
            if resource.profile is not None or resource.share_milli is not None:
                return "; ".join(each.words for each in self.resources)
            by_node.setdefault(resource.device.node.node_name, []).append(resource.device.device_index)
        return "; ".join(f"{node}/{_ranges(indexes)}" for node, indexes in by_node.items())


class AlternativeKind(StrEnum):
    """What would have to be done differently."""

    OTHER_PROFILE = "OTHER_PROFILE"
    OTHER_MODEL = "OTHER_MODEL"
    OTHER_TYPE = "OTHER_TYPE"
    FEWER_GPUS = "FEWER_GPUS"
    WIDER_SPREAD = "WIDER_SPREAD"
    LATER = "LATER"
    QUEUE = "QUEUE"
    ENABLE_MIG = "ENABLE_MIG"
    RELEASE = "RELEASE"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something near the request that would work; `message` for people, the rest to act on."""

    kind: AlternativeKind
    message: str
    resource_type: ResourceType | None = None
    profile_name: str | None = None
    model_name: str | None = None
    gpu_count: int | None = None
    device_id: str | None = None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the scheduler found. Without a `place`, `refusal` says why in one sentence."""

    resource_type: ResourceType
    policy: str
    place: Place | None
    runners_up: Sequence[Place] = ()
    checks: Sequence[Check] = ()
    refusal: str | None = None
    alternatives: Sequence[Alternative] = ()


@dataclass(frozen=True, slots=True)
class AllocationAnswer:
    """The answer to `requestAllocation`. Of a dry run, nothing is stored and `allocation` is None."""

    status: AllocationStatus
    """What the allocation is now; of a dry run, what it would be."""
    dry_run: bool
    decision: Decision
    allocation: Allocation | None = None
    checks: Sequence[Check] = field(default_factory=tuple)
    message: str = ""

    @property
    def granted(self) -> bool:
        return self.status in {AllocationStatus.ACTIVE, AllocationStatus.CREATING, AllocationStatus.RESERVED}


def explanation_of(decision: Decision) -> str | None:
    """The choice as it is kept with the allocation: score parts and runners-up, as many as fit."""
    if decision.place is None:
        return None
    runners = [{"place": place.words, "score": round(place.score, 4)} for place in decision.runners_up]
    parts = [{"name": part.name, "value": round(part.value, 4)} for part in decision.place.parts]
    while True:
        text = json.dumps({"parts": parts, "runners": runners}, ensure_ascii=True, separators=(",", ":"))
        if len(text) <= EXPLANATION_MAX:
            return text
        if runners:
            runners.pop()
        else:
            parts.pop()


def _ranges(indexes: Sequence[int]) -> str:
    """[0, 1, 2, 5] as `0-2,5`."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
