"""One step of a layout command on one GPU, in blocking NVML calls. A step whose wanted fact holds does nothing.

An instance that programs can use is two things in NVML: a GPU instance at a placement, and a compute instance over
all of it. Creating makes both, and completes what an earlier attempt left half made; deleting takes both away, and
only while no program is there.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from typing import Any

import pynvml

from domain.mig.commands import CommandStep, StepKind
from domain.mig.reports import ProfileReport
from integrations.nvml.api import Handle
from integrations.nvml.collector import NodeCollector
from integrations.nvml.device import DeviceReader
from integrations.nvml.mig_reader import gpu_instances, listed, versioned
from integrations.nvml.query import DeviceLost, InvalidArgument, NotSupported, SessionLost, ends_session, query, reason
from integrations.nvml.reset import ResetFailed

_NAMED_MAX = 5


class StepFailed(Exception):
    """The step was not done; the message says why, in NVML's words where they are NVML's."""


class DeviceSteps:
    """The steps on one GPU. Called on the thread that reads it, between two rounds."""

    def __init__(self, collector: NodeCollector, gpu_uuid: str) -> None:
        self._api = collector.api
        self._collector = collector
        self._uuid = gpu_uuid

    def do(self, step: CommandStep) -> None:
        """Do a step. Raises `StepFailed` and nothing else that a GPU or its driver could cause."""
        try:
            try:
                self._do(step)
            except SessionLost as lost:
                # The driver went since the last round. A step may be begun again, and now with handles that are valid.
                self._collector.renew(str(lost))
                self._do(step)
        except pynvml.NVMLError as error:
            raise StepFailed(reason(error)) from error
        except (DeviceLost, SessionLost, ResetFailed) as error:
            raise StepFailed(str(error)) from error
        finally:
            self._ask_anew()

    def _do(self, step: CommandStep) -> None:
        device = self._device()
        try:
            if step.kind in {StepKind.ENABLE_MIG, StepKind.DISABLE_MIG}:
                self._switch(device, step.kind is StepKind.ENABLE_MIG)
            elif step.kind is StepKind.CREATE_INSTANCE:
                self._create(device, step)
            else:
                self._delete(device, step)
        except pynvml.NVMLError as error:
            if ends_session(error):
                raise SessionLost(reason(error)) from error
            raise

    def _device(self, *, fresh: bool = False) -> DeviceReader:
        device = self._collector.device(self._uuid, fresh=fresh)
        if device is None:
            raise StepFailed(f"{self._collector.node_name} cannot reach {self._uuid} now")
        return device

    def _ask_anew(self) -> None:
        with contextlib.suppress(SessionLost):
            device = self._collector.device(self._uuid)
            if device is not None:
                device.ask_anew()

    # The mode

    def _switch(self, device: DeviceReader, wanted: bool) -> None:
        current, pending = self._mode(device)
        if current == wanted:
            if pending != wanted:  # a switch back is waiting for a reset: withdraw it
                self._api.nvmlDeviceSetMigMode(device.handle, int(wanted))
            return
        # Asked before anything is changed: a mode left pending would take effect at somebody else's reset.
        self._require_idle(device)
        status = self._api.nvmlDeviceSetMigMode(device.handle, int(wanted))
        if status == pynvml.NVML_ERROR_IN_USE:
            self._withdraw(device, current)
            raise StepFailed(self._words(status))
        device = self._device(fresh=True)  # the switch may have unbound the GPU
        if self._mode(device)[0] == wanted:
            return
        self._collector.reset_device(self._uuid)
        device = self._device(fresh=True)
        if self._mode(device)[0] != wanted:
            raise StepFailed(f"the mode is still pending after a reset of the GPU: {self._words(status)}")

    def _require_idle(self, device: DeviceReader) -> None:
        programs = [pid for pid, _ in self._programs(device)]
        if programs:
            raise StepFailed(f"the GPU is in use by {_processes(programs)}")
        report = device.mig.read()
        if report is not None and report.instances:
            there = ", ".join(f"{one.profile_name} at {one.placement_start}" for one in report.instances[:_NAMED_MAX])
            raise StepFailed(f"the GPU still has {len(report.instances)} instances: {there}")

    def _withdraw(self, device: DeviceReader, current: bool) -> None:
        with contextlib.suppress(pynvml.NVMLError):
            self._api.nvmlDeviceSetMigMode(device.handle, int(current))

    def _mode(self, device: DeviceReader) -> tuple[bool, bool]:
        current, pending = self._api.nvmlDeviceGetMigMode(device.handle)
        return bool(current), bool(pending)

    # Instances

    def _create(self, device: DeviceReader, step: CommandStep) -> None:
        if not self._mode(device)[0]:
            raise StepFailed("MIG is off on this GPU")
        profile, start = self._profile(device, step), _start(step)
        found = self._instance(device, profile, start)
        if found is not None:
            self._complete(found, profile)
            return
        size = profile.memory_slices if step.placement_size is None else step.placement_size
        placement = ctypes.byref(pynvml.c_nvmlGpuInstancePlacement_t(start, size))
        made = self._api.nvmlDeviceCreateGpuInstanceWithPlacement(device.handle, profile.gi_profile_id, placement)
        try:
            self._complete(made, profile)
        except pynvml.NVMLError:
            with contextlib.suppress(pynvml.NVMLError):
                self._api.nvmlGpuInstanceDestroy(made)
            raise

    def _complete(self, instance: Handle, profile: ProfileReport) -> None:
        """Make sure of a compute instance over all of a GPU instance."""
        whole = [info for info in self._compute_profiles(instance) if info.sliceCount == profile.compute_slices]
        if not whole:
            raise StepFailed(f"the driver offers no compute instance over all of a {profile.profile_name}")
        if not any(self._compute_instances(instance, info) for info in whole):
            self._api.nvmlGpuInstanceCreateComputeInstance(instance, whole[0].id)

    def _delete(self, device: DeviceReader, step: CommandStep) -> None:
        if not self._mode(device)[0]:
            return
        instance = self._instance(device, self._profile(device, step), _start(step))
        if instance is None:
            return
        gi_id = self._api.nvmlGpuInstanceGetInfo(instance).id
        programs = [pid for pid, on in self._programs(device) if on == gi_id]
        if programs:
            raise StepFailed(f"it is in use by {_processes(programs)}")
        for info in self._compute_profiles(instance):
            for compute_instance in self._compute_instances(instance, info):
                self._api.nvmlComputeInstanceDestroy(compute_instance)
        self._api.nvmlGpuInstanceDestroy(instance)

    def _profile(self, device: DeviceReader, step: CommandStep) -> ProfileReport:
        for profile in device.mig.profiles():
            by_id = step.gi_profile_id is not None and profile.gi_profile_id == step.gi_profile_id
            if by_id or (step.gi_profile_id is None and profile.profile_name == step.profile_name):
                return profile
        raise StepFailed("the GPU does not offer this profile")

    def _instance(self, device: DeviceReader, profile: ProfileReport, start: int) -> Handle | None:
        for instance in gpu_instances(self._api, device.handle, profile):
            if self._api.nvmlGpuInstanceGetInfo(instance).placement.start == start:
                return instance
        return None

    def _compute_profiles(self, instance: Handle) -> Iterator[Any]:
        function, shared = self._api.nvmlGpuInstanceGetComputeInstanceProfileInfo, 0
        for number in range(pynvml.NVML_COMPUTE_INSTANCE_PROFILE_COUNT):
            with contextlib.suppress(NotSupported, InvalidArgument):
                yield versioned(function, instance, number, shared)

    def _compute_instances(self, instance: Handle, info: Any) -> list[Handle]:
        function, kind = self._api.nvmlGpuInstanceGetComputeInstances, pynvml.c_nvmlComputeInstance_t
        return listed(function, instance, info.id, kind, info.instanceCount)

    def _programs(self, device: DeviceReader) -> list[tuple[int, int]]:
        """Process id and GPU instance of what runs on the GPU."""
        functions = (self._api.nvmlDeviceGetComputeRunningProcesses, self._api.nvmlDeviceGetGraphicsRunningProcesses)
        processes = [process for function in functions for process in query(function, device.handle) or ()]
        return [(process.pid, process.gpuInstanceId) for process in processes]

    @staticmethod
    def _words(status: int) -> str:
        return reason(pynvml.NVMLError(status))  # type: ignore[no-untyped-call]


def _start(step: CommandStep) -> int:
    if step.placement_start is None:
        raise StepFailed("the step does not say at which memory slice")
    return step.placement_start


def _processes(pids: list[int]) -> str:
    named = sorted(set(pids))
    more = f" and {len(named) - _NAMED_MAX} more" if len(named) > _NAMED_MAX else ""
    return f"process{'es' if len(named) > 1 else ''} {', '.join(str(pid) for pid in named[:_NAMED_MAX])}{more}"
