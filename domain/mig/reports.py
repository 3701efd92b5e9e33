"""What a node says about MIG on one of its GPUs: NVML's own answers, which win over every table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """One GPU instance profile as NVML offers it on a device.

    Three names of one thing that are never mixed: `profile_name` is what people write, `gi_profile_id` is what
    nvidia-smi prints (19 for 1g), `nvml_profile` is NVML's enum (0 for 1g), by which NVML is asked.
    """

    profile_name: str
    gi_profile_id: int
    nvml_profile: int
    compute_slices: int
    memory_slices: int
    memory_mb: int
    """Usable MiB of one instance (NVML's MemorySizeMB): what fit and money are decided by."""
    max_instances: int
    multiprocessors: int
    starts: tuple[int, ...]
    """The memory slices an instance may start at."""


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """One GPU instance that exists on a device, with its compute instance's device UUID where it has one."""

    gi_id: int
    """NVML's id of the instance (not of the profile): valid until the instance is destroyed."""
    gi_profile_id: int
    profile_name: str
    placement_start: int
    placement_size: int
    mig_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class MigReport:
    """MIG on one device. `pending` differs from `enabled` while a switch waits for a GPU reset."""

    enabled: bool
    pending: bool
    profiles: tuple[ProfileReport, ...] = ()
    instances: tuple[InstanceReport, ...] = ()
