"""What is stored about MIG: the profiles a product offers and the instances that exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.fleet.identity import derived_id


class InstanceStatus(StrEnum):
    """Where a GPU instance is. LOST: it was there, and its node does not list it any more."""

    CREATING = "CREATING"
    READY = "READY"
    DELETING = "DELETING"
    LOST = "LOST"


STANDING = frozenset({InstanceStatus.CREATING, InstanceStatus.READY, InstanceStatus.LOST})
"""Instances that occupy their slices, or will: the layout as it is meant to be."""


@dataclass(frozen=True, slots=True)
class OfferedProfile:
    """A MIG profile as one product offers it (MIG_PROFILES). `memory_gb` is the vendor's figure in the name.

    What fits is decided by `memory_mb`, the usable MiB that NVML gives; None where no node has told yet.
    """

    id: str
    model_id: str
    profile_name: str
    compute_slices: int
    memory_slices: int
    memory_gb: float
    max_instances_per_gpu: int
    performance_ratio: float
    """Compute of one instance as a part of the whole GPU, 0 to 1."""
    use_case: str | None
    gi_profile_id: int
    nvml_profile: int
    memory_mb: int | None
    multiprocessors: int | None
    starts: tuple[int, ...]


@dataclass(slots=True, eq=False)
class MigInstance:
    """One GPU instance (MIG_INSTANCES): a profile at a placement of a device."""

    id: str
    device_id: str
    profile_id: str
    profile_name: str
    instance_id: int | None
    """NVML's GI id; None until the instance exists."""
    mig_uuid: str | None
    allocated: bool
    instance_status: InstanceStatus
    placement_start: int
    placement_size: int
    created_date: datetime
    allocated_date: datetime | None = None

    @property
    def slices(self) -> range:
        """The memory slices it covers."""
        return range(self.placement_start, self.placement_start + self.placement_size)


def profile_id_for(model_id: str, profile_name: str) -> str:
    return derived_id("prof", f"{model_id}\x00{profile_name}")
