"""What one request asks of the fleet, in the units of the placement policies.

One device is 1,000 milli, one core 1,000 milli-CPU; memory is MiB. A request is for whole devices (`milli` = 1,000),
for a share of one device, or, in recorded traces only, for no device at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

WHOLE = 1000
"""Thousandths of one device."""


class Shape(NamedTuple):
    """The part of a demand that the request mix learns: what it takes, and which models will do (None: any)."""

    cpu_milli: int
    memory_mib: int
    gpus: int
    milli: int
    models: frozenset[str] | None


class TypeKey(NamedTuple):
    """Everything that decides how well a demand suits a node; where it may go (clusters, nodes) is not part of it."""

    cpu_milli: int
    memory_mib: int
    gpus: int
    milli: int
    share_memory_mib: int
    device_memory_mib: int
    models: frozenset[str] | None
    same_nvlink: bool


@dataclass(frozen=True)
class Demand:
    """A request as the scheduler sees it. None: no restriction.

    `milli` and `share_memory_mib` are per device; a share is of one device. `device_memory_mib` is the least memory
    that a whole device must have. CPU and host memory are for the whole request. Raises `ValueError` on nonsense.
    """

    cpu_milli: int
    memory_mib: int
    gpus: int
    milli: int
    share_memory_mib: int = 0
    device_memory_mib: int = 0
    models: frozenset[str] | None = None
    clusters: frozenset[str] | None = None
    nodes: frozenset[str] | None = None
    same_nvlink: bool = False

    def __post_init__(self) -> None:
        if min(self.cpu_milli, self.memory_mib, self.gpus, self.share_memory_mib, self.device_memory_mib) < 0:
            raise ValueError("a demand has no negative part")
        if self.gpus == 0:
            if self.milli or self.share_memory_mib:
                raise ValueError("no device: neither milli nor memory of one")
        elif not 1 <= self.milli <= WHOLE:
            raise ValueError(f"milli is 1 to {WHOLE}, not {self.milli}")
        elif self.gpus > 1 and self.milli < WHOLE:
            raise ValueError("a share is of one device")

    @property
    def is_share(self) -> bool:
        return self.gpus == 1 and self.milli < WHOLE

    @property
    def gpu_milli(self) -> int:
        """Thousandths of devices in all."""
        return self.gpus * self.milli

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.cpu_milli, self.memory_mib, self.gpus, self.milli, self.models)

    @cached_property
    def type_key(self) -> TypeKey:
        """Equal for demands that every policy scores alike: the key of the score caches."""
        return TypeKey(
            self.cpu_milli,
            self.memory_mib,
            self.gpus,
            self.milli,
            self.share_memory_mib,
            self.device_memory_mib,
            self.models,
            self.same_nvlink,
        )
