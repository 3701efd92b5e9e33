"""MIG on one simulated GPU: its mode, what is placed on its slices, and what runs there.

The rules are the driver's. A GPU instance takes consecutive memory slices from a start its profile allows, and none
that is taken; instances last until they are destroyed, the GPU is reset or the driver goes. A compute instance takes
compute slices of its GPU instance and is what programs see as a device.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

import pynvml

from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.mig_profiles import COMPUTE_SLICES, MEMORY_SLICES, MigProfile
from integrations.nvml.simulator.parts import Part

_EMPTY_INSTANCE_MIB = 12
"""What an instance with nothing on it shows as used."""


@dataclass(frozen=True, slots=True)
class InstanceProcess:
    """A program on an instance."""

    pid: int
    memory_mib: int


@dataclass(slots=True, eq=False)
class ComputeInstance:
    """A compute instance, and the MIG device it is."""

    instance: GpuInstance
    id: int
    slices: int
    uuid: str
    index: int
    """Of its MIG device on the GPU."""


@dataclass(slots=True, eq=False)
class GpuInstance:
    """A GPU instance at its placement."""

    board: MigBoard
    id: int
    profile: MigProfile
    start: int
    compute: list[ComputeInstance] = field(default_factory=list)
    process: InstanceProcess | None = None

    @property
    def slices(self) -> range:
        return range(self.start, self.start + self.profile.memory_slices)

    @property
    def used_mib(self) -> int:
        return _EMPTY_INSTANCE_MIB if self.process is None else self.process.memory_mib


class MigBoard:
    """One GPU that can be partitioned. Raises `NVMLError` where the driver refuses."""

    def __init__(self, part: Part, row: int, gpu_uuid: str, seed: int) -> None:
        self.row = row
        self.part = part
        self.enabled = False
        self.pending = False
        self.instances: list[GpuInstance] = []
        self._seed = f"{seed}\x00{gpu_uuid}"
        self._made = 0
        """Compute instances made so far: a UUID never comes back."""

    @property
    def needs_reset(self) -> bool:
        """Whether a switch of the mode waits for a reset, as it does up to Ampere."""
        return self.part.architecture < pynvml.NVML_DEVICE_ARCH_HOPPER

    @property
    def used_mib(self) -> int:
        return sum(instance.used_mib for instance in self.instances)

    @property
    def compute_instances(self) -> list[ComputeInstance]:
        return [compute for instance in self.instances for compute in instance.compute]

    def by_gi_profile(self, gi_profile_id: int) -> MigProfile:
        """The profile of an id as nvidia-smi prints it."""
        for profile in self.part.mig_profiles:
            if profile.gi_id == gi_profile_id:
                return profile
        raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def require_enabled(self) -> None:
        if not self.enabled:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def switch(self, wanted: bool, in_use: bool) -> int:
        """Ask for a mode; the activation status. What cannot be done now stays pending."""
        self.pending = wanted
        if self.enabled == wanted:
            return int(pynvml.NVML_SUCCESS)
        if in_use or self.instances:
            return int(pynvml.NVML_ERROR_IN_USE)
        if self.needs_reset:
            return int(pynvml.NVML_ERROR_RESET_REQUIRED)
        self.enabled = wanted
        return int(pynvml.NVML_SUCCESS)

    def free_starts(self, profile: MigProfile) -> list[int]:
        """Where an instance of the profile could be made now."""
        if sum(instance.profile is profile for instance in self.instances) >= profile.max_instances:
            return []
        taken = {number for instance in self.instances for number in instance.slices}
        return [s for s in profile.starts if taken.isdisjoint(range(s, s + profile.memory_slices))]

    def create(self, profile: MigProfile, start: int) -> GpuInstance:
        self.require_enabled()
        if start not in profile.starts:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        if start not in self.free_starts(profile):
            raise nvml_error(pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES)
        # Ids go by size, as on hardware: 0 is the whole GPU, 1-2 its halves, 3-6 its quarters, 7-14 its eighths.
        parts = MEMORY_SLICES // profile.memory_slices
        known = {instance.id for instance in self.instances}
        instance = GpuInstance(self, next(i for i in range(parts - 1, 2 * parts - 1) if i not in known), profile, start)
        self.instances.append(instance)
        return instance

    def destroy(self, instance: GpuInstance) -> None:
        if instance.compute or instance.process is not None:
            raise nvml_error(pynvml.NVML_ERROR_IN_USE)
        self.instances.remove(instance)

    def create_compute(self, instance: GpuInstance, slices: int) -> ComputeInstance:
        if slices > self.free_compute(instance):
            raise nvml_error(pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES)
        ids = {compute.id for compute in instance.compute}
        indexes = {compute.index for compute in self.compute_instances}
        digest = hashlib.sha256(f"{self._seed}\x00{self._made}".encode()).digest()
        self._made += 1
        compute = ComputeInstance(
            instance=instance,
            id=next(number for number in range(COMPUTE_SLICES) if number not in ids),
            slices=slices,
            uuid=f"MIG-{uuid.UUID(bytes=digest[:16], version=4)}",
            index=next(number for number in range(COMPUTE_SLICES) if number not in indexes),
        )
        instance.compute.append(compute)
        return compute

    def destroy_compute(self, compute: ComputeInstance) -> None:
        if compute.instance.process is not None:
            raise nvml_error(pynvml.NVML_ERROR_IN_USE)
        compute.instance.compute.remove(compute)

    @staticmethod
    def free_compute(instance: GpuInstance) -> int:
        """Compute slices of an instance that no compute instance has."""
        return instance.profile.compute_slices - sum(compute.slices for compute in instance.compute)

    def reset(self) -> None:
        """What a GPU reset does: everything on it is gone, and a pending mode takes effect."""
        self.instances = []
        self.enabled = self.pending

    def reboot(self) -> None:
        """What a reboot does: as a reset, but from Hopper on the mode is forgotten too."""
        if not self.needs_reset:
            self.pending = False
        self.reset()
