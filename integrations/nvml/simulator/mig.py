"""NVML's MIG functions over a GPU: its mode, its profiles and placements, its GPU instances."""

# ruff: noqa: N802, N803 - the names are NVML's

from __future__ import annotations

from typing import Any, TypeAlias

import pynvml

from integrations.nvml.simulator.driver import SimulatedHandle
from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.mig_board import GpuInstance, MigBoard
from integrations.nvml.simulator.mig_handles import GpuInstanceHandle, fill, pointed_at
from integrations.nvml.simulator.mig_profiles import MigProfile
from integrations.nvml.simulator.mig_state import MigState

_ProfileInfo: TypeAlias = pynvml.c_nvmlGpuInstanceProfileInfo_t | pynvml.c_nvmlGpuInstanceProfileInfo_v2_t
_MODES = {pynvml.NVML_DEVICE_MIG_DISABLE: False, pynvml.NVML_DEVICE_MIG_ENABLE: True}


class MigFunctions(MigState):
    """What NVML answers and does about a whole GPU's layout. Profiles are told whatever the mode is."""

    def nvmlDeviceGetMigMode(self, device: SimulatedHandle) -> list[int]:
        board = self._board(device, "nvmlDeviceGetMigMode")
        return [int(board.enabled), int(board.pending)]

    def nvmlDeviceSetMigMode(self, device: SimulatedHandle, mode: int) -> int:
        """The activation status: in use, or that a reset is required, where the mode stays pending."""
        board = self._board(device, "nvmlDeviceSetMigMode")
        if mode not in _MODES:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        status = board.switch(_MODES[mode], self.busy(board.row))
        self._note(board)
        return status

    def nvmlDeviceGetMaxMigDeviceCount(self, device: SimulatedHandle) -> int:
        """Documented: "returns zero if MIG is not supported or enabled"."""
        row = self.row(device, "nvmlDeviceGetMaxMigDeviceCount")
        return self._fleet.parts[row].mig_instances if row in self._partitioned else 0

    def nvmlDeviceGetGpuInstanceProfileInfo(
        self, device: SimulatedHandle, profile: int, version: int = 2
    ) -> _ProfileInfo:
        """By NVML's enum. Version 1 of the structure has no name."""
        if version not in {1, 2}:
            raise nvml_error(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        board = self._board(device, f"nvmlDeviceGetGpuInstanceProfileInfo{'V' if version == 2 else ''}")
        if not 0 <= profile < pynvml.NVML_GPU_INSTANCE_PROFILE_COUNT:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        found = [known for known in board.part.mig_profiles if known.nvml_profile == profile]
        if not found:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        if version == 1:
            return _described(pynvml.c_nvmlGpuInstanceProfileInfo_t(), found[0])
        info = pynvml.c_nvmlGpuInstanceProfileInfo_v2_t()  # type: ignore[no-untyped-call]
        info.name = f"MIG {found[0].name}"
        return _described(info, found[0])

    def nvmlDeviceGetGpuInstancePossiblePlacements(
        self, device: SimulatedHandle, profileId: int, placementsRef: Any, countRef: Any
    ) -> int:
        """All placements of a profile, taken or not. By the GI profile id, as everything below."""
        board = self._board(device, "nvmlDeviceGetGpuInstancePossiblePlacements")
        profile = board.by_gi_profile(profileId)
        fill([_placement(profile, start) for start in profile.starts], placementsRef, countRef)
        return int(pynvml.NVML_SUCCESS)

    def nvmlDeviceGetGpuInstanceRemainingCapacity(self, device: SimulatedHandle, profileId: int) -> int:
        """How many more instances of a profile fit beside what is there."""
        board = self._board(device, "nvmlDeviceGetGpuInstanceRemainingCapacity", enabled=True)
        profile = board.by_gi_profile(profileId)
        made = sum(instance.profile is profile for instance in board.instances)
        return min(len(board.free_starts(profile)), profile.max_instances - made)

    def nvmlDeviceCreateGpuInstance(self, device: SimulatedHandle, profileId: int) -> GpuInstanceHandle:
        """An instance where the driver likes: here, at the last start that is free."""
        board = self._board(device, "nvmlDeviceCreateGpuInstance", enabled=True)
        profile = board.by_gi_profile(profileId)
        free = board.free_starts(profile)
        if not free:
            raise nvml_error(pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES)
        return self._gpu_instances.of(board.create(profile, free[-1]))

    def nvmlDeviceCreateGpuInstanceWithPlacement(
        self, device: SimulatedHandle, profileId: int, placement: Any
    ) -> GpuInstanceHandle:
        board = self._board(device, "nvmlDeviceCreateGpuInstanceWithPlacement", enabled=True)
        profile = board.by_gi_profile(profileId)
        wanted = pointed_at(placement)
        if wanted.size != profile.memory_slices:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return self._gpu_instances.of(board.create(profile, wanted.start))

    def nvmlDeviceGetGpuInstances(
        self, device: SimulatedHandle, profileId: int, gpuInstancesRef: Any, countRef: Any
    ) -> int:
        """The instances of one profile."""
        board = self._board(device, "nvmlDeviceGetGpuInstances", enabled=True)
        profile = board.by_gi_profile(profileId)
        handles = [self._gpu_instances.of(known) for known in board.instances if known.profile is profile]
        fill(handles, gpuInstancesRef, countRef)
        return int(pynvml.NVML_SUCCESS)

    def nvmlDeviceGetGpuInstanceById(self, device: SimulatedHandle, gpuInstanceId: int) -> GpuInstanceHandle:
        board = self._board(device, "nvmlDeviceGetGpuInstanceById", enabled=True)
        for instance in board.instances:
            if instance.id == gpuInstanceId:
                return self._gpu_instances.of(instance)
        raise nvml_error(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlGpuInstanceGetInfo(self, gpuInstance: Any) -> pynvml.c_nvmlGpuInstanceInfo_t:
        instance = self.gpu_instance(gpuInstance, "nvmlGpuInstanceGetInfo")
        info = pynvml.c_nvmlGpuInstanceInfo_t()
        info.device = self._handles[instance.board.row]
        info.id, info.profileId = instance.id, instance.profile.gi_id
        info.placement = _placement(instance.profile, instance.start)
        return info

    def nvmlGpuInstanceDestroy(self, gpuInstance: Any) -> int:
        instance = self.gpu_instance(gpuInstance, "nvmlGpuInstanceDestroy")
        instance.board.destroy(instance)
        return int(pynvml.NVML_SUCCESS)

    def gpu_instance(self, handle: Any, function: str) -> GpuInstance:
        """The instance a handle stands for. Raises "invalid argument" once it is destroyed."""
        self.require_session()
        instance = self._gpu_instances.thing(handle)
        if instance is None:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        self.check(instance.board.row, function)
        if instance not in instance.board.instances:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return instance

    def _board(self, device: SimulatedHandle, function: str, *, enabled: bool = False) -> MigBoard:
        board = self.board(self.row(device, function))
        if enabled:
            board.require_enabled()
        return board


def _placement(profile: MigProfile, start: int) -> pynvml.c_nvmlGpuInstancePlacement_t:
    return pynvml.c_nvmlGpuInstancePlacement_t(start, profile.memory_slices)


def _described(info: _ProfileInfo, profile: MigProfile) -> _ProfileInfo:
    info.id, info.sliceCount, info.instanceCount = profile.gi_id, profile.compute_slices, profile.max_instances
    info.multiprocessorCount, info.memorySizeMB = profile.multiprocessors, profile.memory_mib
    info.copyEngineCount = profile.compute_slices
    return info
