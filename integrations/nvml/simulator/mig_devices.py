"""NVML's functions over compute instances, and over the MIG devices that programs see."""

# ruff: noqa: N802, N803 - the names are NVML's

from __future__ import annotations

import ctypes
from typing import Any

import pynvml

from integrations.nvml.simulator.driver import SimulatedHandle
from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.mig import MigFunctions
from integrations.nvml.simulator.mig_board import ComputeInstance, GpuInstance
from integrations.nvml.simulator.mig_handles import ComputeInstanceHandle, fill

_MIB = 1024 * 1024
_SLICES_OF_PROFILE = {
    pynvml.NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE: 1,
    pynvml.NVML_COMPUTE_INSTANCE_PROFILE_2_SLICE: 2,
    pynvml.NVML_COMPUTE_INSTANCE_PROFILE_3_SLICE: 3,
    pynvml.NVML_COMPUTE_INSTANCE_PROFILE_4_SLICE: 4,
    pynvml.NVML_COMPUTE_INSTANCE_PROFILE_7_SLICE: 7,
}
"""A compute instance profile's id is the same number as its enum."""
_PROFILE_OF_SLICES = {slices: profile for profile, slices in _SLICES_OF_PROFILE.items()}


class MigDeviceFunctions(MigFunctions):
    """Compute instances are made on a GPU instance and are listed on the GPU as MIG devices."""

    def nvmlGpuInstanceGetComputeInstanceProfileInfo(
        self, device: Any, profile: int, engProfile: int, version: int = 2
    ) -> pynvml.c_nvmlComputeInstanceProfileInfo_t | pynvml.c_nvmlComputeInstanceProfileInfo_v2_t:
        """`device` is a GPU instance, whatever the binding calls it. Version 1 of the structure has no name."""
        if version not in {1, 2}:
            raise nvml_error(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        function = f"nvmlGpuInstanceGetComputeInstanceProfileInfo{'V' if version == 2 else ''}"
        instance = self.gpu_instance(device, function)
        if not 0 <= profile < pynvml.NVML_COMPUTE_INSTANCE_PROFILE_COUNT or engProfile:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        slices = _slices(instance, profile)
        whole = instance.profile
        info: Any = pynvml.c_nvmlComputeInstanceProfileInfo_t()
        if version == 2:
            info = pynvml.c_nvmlComputeInstanceProfileInfo_v2_t()  # type: ignore[no-untyped-call]
            info.name = f"MIG {'' if slices == whole.compute_slices else f'{slices}c.'}{whole.name}"
        info.id, info.sliceCount, info.instanceCount = profile, slices, whole.compute_slices // slices
        info.multiprocessorCount = whole.multiprocessors * slices // whole.compute_slices
        info.sharedCopyEngineCount = whole.compute_slices
        return info  # type: ignore[no-any-return]

    def nvmlGpuInstanceCreateComputeInstance(self, gpuInstance: Any, profileId: int) -> ComputeInstanceHandle:
        instance = self.gpu_instance(gpuInstance, "nvmlGpuInstanceCreateComputeInstance")
        compute = instance.board.create_compute(instance, _slices(instance, profileId))
        return self._compute_instances.of(compute)

    def nvmlGpuInstanceGetComputeInstances(
        self, gpuInstance: Any, profileId: int, computeInstancesRef: Any, countRef: Any
    ) -> int:
        instance = self.gpu_instance(gpuInstance, "nvmlGpuInstanceGetComputeInstances")
        slices = _slices(instance, profileId)
        handles = [self._compute_instances.of(known) for known in instance.compute if known.slices == slices]
        fill(handles, computeInstancesRef, countRef)
        return int(pynvml.NVML_SUCCESS)

    def nvmlComputeInstanceGetInfo(self, computeInstance: Any) -> pynvml.c_nvmlComputeInstanceInfo_t:
        compute = self._compute_instance(computeInstance, "nvmlComputeInstanceGetInfo")
        info = pynvml.c_nvmlComputeInstanceInfo_t()
        info.device = self._handles[compute.instance.board.row]
        info.gpuInstance = self._gpu_instances.of(compute.instance)
        info.id, info.profileId = compute.id, _PROFILE_OF_SLICES[compute.slices]
        earlier = compute.instance.compute[: compute.instance.compute.index(compute)]
        info.placement = pynvml.c_nvmlComputeInstancePlacement_t(sum(c.slices for c in earlier), compute.slices)
        return info

    def nvmlComputeInstanceDestroy(self, computeInstance: Any) -> int:
        compute = self._compute_instance(computeInstance, "nvmlComputeInstanceDestroy")
        compute.instance.board.destroy_compute(compute)
        return int(pynvml.NVML_SUCCESS)

    def nvmlDeviceGetMigDeviceHandleByIndex(self, device: SimulatedHandle, index: int) -> SimulatedHandle:
        """Numbers may be skipped: a MIG device keeps its own while others are destroyed."""
        board = self._board(device, "nvmlDeviceGetMigDeviceHandleByIndex", enabled=True)
        if not 0 <= index < board.part.mig_instances:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        for compute in board.compute_instances:
            if compute.index == index:
                return self._mig_devices.of(compute)
        raise nvml_error(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceIsMigDeviceHandle(self, device: SimulatedHandle) -> ctypes.c_uint:
        """A number in a box, as the binding returns it."""
        found = self.mig_device(device, "nvmlDeviceIsMigDeviceHandle")
        if found is None:
            self.row(device, "nvmlDeviceIsMigDeviceHandle")
        return ctypes.c_uint(found is not None)

    def nvmlDeviceGetGpuInstanceId(self, device: SimulatedHandle) -> int:
        return self._required_mig_device(device, "nvmlDeviceGetGpuInstanceId").instance.id

    def nvmlDeviceGetComputeInstanceId(self, device: SimulatedHandle) -> int:
        return self._required_mig_device(device, "nvmlDeviceGetComputeInstanceId").id

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, migDevice: SimulatedHandle) -> SimulatedHandle:
        compute = self._required_mig_device(migDevice, "nvmlDeviceGetDeviceHandleFromMigDeviceHandle")
        return self._handles[compute.instance.board.row]

    def nvmlDeviceGetAttributes(self, device: SimulatedHandle) -> pynvml.c_nvmlDeviceAttributes:
        """What a MIG device has of its GPU."""
        compute = self._required_mig_device(device, "nvmlDeviceGetAttributes")
        profile = compute.instance.profile
        attributes = pynvml.c_nvmlDeviceAttributes()
        attributes.multiprocessorCount = profile.multiprocessors * compute.slices // profile.compute_slices
        attributes.sharedCopyEngineCount = profile.compute_slices
        attributes.gpuInstanceSliceCount = profile.compute_slices
        attributes.computeInstanceSliceCount = compute.slices
        attributes.memorySizeMB = profile.memory_mib
        return attributes

    def nvmlDeviceGetAttributes_v2(self, device: SimulatedHandle) -> pynvml.c_nvmlDeviceAttributes:
        return self.nvmlDeviceGetAttributes(device)

    def mig_device(self, handle: Any, function: str) -> ComputeInstance | None:
        """The compute instance a MIG device handle stands for; None where the handle is of something else."""
        compute = self._mig_devices.thing(handle)
        if compute is None:
            return None
        self.require_session()
        self._require_standing(compute, function)
        return compute

    def mig_memory(
        self, compute: ComputeInstance, version: int | None
    ) -> pynvml.c_nvmlMemory_t | pynvml.c_nvmlMemory_v2_t:
        """The memory of a MIG device, which is that of its GPU instance."""
        instance = compute.instance
        memory = pynvml.c_nvmlMemory_v2_t() if version else pynvml.c_nvmlMemory_t()
        if version:
            memory.version = version
        memory.total = instance.profile.memory_mib * _MIB
        memory.used = instance.used_mib * _MIB
        memory.free = memory.total - memory.used
        return memory

    def mig_processes(self, instances: list[GpuInstance]) -> list[pynvml.nvmlFriendlyObject]:
        """The programs on these instances."""
        processes = []
        for instance in instances:
            if instance.process is None:
                continue
            process = pynvml.c_nvmlProcessInfo_v3_t()
            process.pid = instance.process.pid
            process.usedGpuMemory = instance.process.memory_mib * _MIB
            process.gpuInstanceId, process.computeInstanceId = instance.id, instance.compute[0].id
            processes.append(pynvml.nvmlStructToFriendlyObject(process))  # type: ignore[no-untyped-call]
        return processes

    def _required_mig_device(self, handle: Any, function: str) -> ComputeInstance:
        self.require_session()
        compute = self.mig_device(handle, function)
        if compute is None:
            self.row(handle, function)
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return compute

    def _compute_instance(self, handle: Any, function: str) -> ComputeInstance:
        self.require_session()
        compute = self._compute_instances.thing(handle)
        if compute is None:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        self._require_standing(compute, function)
        return compute

    def _require_standing(self, compute: ComputeInstance, function: str) -> None:
        instance = compute.instance
        self.check(instance.board.row, function)
        if compute not in instance.compute or instance not in instance.board.instances:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)


def _slices(instance: GpuInstance, profile: int) -> int:
    slices = _SLICES_OF_PROFILE.get(profile)
    if slices is None or slices > instance.profile.compute_slices:
        raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
    return slices
