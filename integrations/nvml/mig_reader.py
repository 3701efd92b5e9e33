"""What NVML says of MIG on one GPU: its mode, the profiles it offers, the instances there are.

A profile has two numbers that look alike: NVML's enum, which asks for a profile's description, and the GI profile id
in that description, which everything else is asked and made by. Whatever NVML is asked to list is bounded by what it
said would fit.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pynvml

from domain.mig.reports import InstanceReport, MigReport, ProfileReport
from integrations.nvml.api import Handle, NvmlApi
from integrations.nvml.query import FunctionNotFound, InvalidArgument, NotFound, name_of, query, text

MIG_DEVICES_MAX = 64
"""Seven on the hardware there is."""
_SLICES = 8
"""Memory slices of a GPU, for sizes that are not told."""
_ATTRIBUTES = {
    pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV1: "+me",
    pynvml.NVML_GPU_INSTANCE_PROFILE_2_SLICE_REV1: "+me",
    pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_GFX: "+gfx",
    pynvml.NVML_GPU_INSTANCE_PROFILE_2_SLICE_GFX: "+gfx",
    pynvml.NVML_GPU_INSTANCE_PROFILE_4_SLICE_GFX: "+gfx",
    pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_NO_ME: "-me",
    pynvml.NVML_GPU_INSTANCE_PROFILE_2_SLICE_NO_ME: "-me",
    pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_ALL_ME: "+me.all",
    pynvml.NVML_GPU_INSTANCE_PROFILE_2_SLICE_ALL_ME: "+me.all",
    pynvml.NVML_GPU_INSTANCE_PROFILE_3_SLICE_GFX: "+gfx",
}
_FAILED = object()


def read_mig(api: NvmlApi, handle: Handle, memory_total_mib: int | None) -> MigReport | None:
    """The GPU's MIG now. None: it has none, or its mode cannot be read. Raises `DeviceLost` or `SessionLost`."""
    return MigReader(api, handle, memory_total_mib).read()


class MigReader:
    """MIG of one device of one NVML session. Profiles do not change in a session: asked until all have answered."""

    __slots__ = ("_api", "_handle", "_memory_total_mib", "_profiles")

    def __init__(self, api: NvmlApi, handle: Handle, memory_total_mib: int | None) -> None:
        self._api = api
        self._handle = handle
        self._memory_total_mib = memory_total_mib
        self._profiles: tuple[ProfileReport, ...] | None = None

    def read(self) -> MigReport | None:
        """A question that fails leaves out what it was about: an instance, a UUID, the starts of a profile."""
        mode: list[int] | None = query(self._api.nvmlDeviceGetMigMode, self._handle)
        if mode is None:
            return None
        enabled, pending = bool(mode[0]), bool(mode[1])
        profiles = self.profiles()
        return MigReport(enabled, pending, profiles, self._instances(profiles) if enabled else ())

    def profiles(self) -> tuple[ProfileReport, ...]:
        """The profiles the device offers, in the order of NVML's enum."""
        if self._profiles is not None:
            return self._profiles
        profiles: list[ProfileReport] = []
        complete = True
        for number in range(pynvml.NVML_GPU_INSTANCE_PROFILE_COUNT):
            info = self._profile_info(number)
            if info is _FAILED:
                complete = False
            elif info is not None:
                placements = self._placements(info.id)
                complete = complete and placements is not None
                profiles.append(self._profile(number, info, placements or {}))
        if complete and profiles:
            self._profiles = tuple(profiles)
        return tuple(profiles)

    def _profile_info(self, number: int) -> Any:
        def ask() -> Any:
            try:
                return versioned(self._api.nvmlDeviceGetGpuInstanceProfileInfo, self._handle, number)
            except InvalidArgument:  # a driver older than this profile
                return None

        return query(_named(ask, self._api.nvmlDeviceGetGpuInstanceProfileInfo), failed=_FAILED)

    def _placements(self, gi_profile_id: int) -> dict[int, int] | None:
        """Size by start; None where the question failed. Those who are not root are not told."""
        function = self._api.nvmlDeviceGetGpuInstancePossiblePlacements

        def ask() -> list[Any]:
            count = ctypes.c_uint()
            function(self._handle, gi_profile_id, None, ctypes.byref(count))
            return listed(function, self._handle, gi_profile_id, pynvml.c_nvmlGpuInstancePlacement_t, count.value)

        found: list[Any] | None = query(_named(ask, function))
        return None if found is None else {placement.start: placement.size for placement in found}

    def _profile(self, number: int, info: Any, placements: dict[int, int]) -> ProfileReport:
        return ProfileReport(
            profile_name=self._name(number, info),
            gi_profile_id=info.id,
            nvml_profile=number,
            compute_slices=info.sliceCount,
            memory_slices=next(iter(placements.values()), 0) or self._eighths(info.memorySizeMB) or info.sliceCount,
            memory_mb=info.memorySizeMB,
            max_instances=info.instanceCount,
            multiprocessors=info.multiprocessorCount,
            starts=tuple(sorted(placements)),
        )

    def _name(self, number: int, info: Any) -> str:
        told = text(getattr(info, "name", None))
        if told is not None:
            return told.removeprefix("MIG ")
        total_gib = math.ceil((self._memory_total_mib or 0) / 1024)
        gigabytes = math.floor(self._eighths(info.memorySizeMB) / _SLICES * total_gib + 0.5)
        return f"{info.sliceCount}g.{gigabytes}gb{_ATTRIBUTES.get(number, '')}"

    def _eighths(self, memory_mib: int) -> int:
        total = self._memory_total_mib
        return math.ceil(memory_mib / total * _SLICES) if total else 0

    def _instances(self, profiles: tuple[ProfileReport, ...]) -> tuple[InstanceReport, ...]:
        uuids = self._uuids()
        instances = [
            InstanceReport(
                gi_id=info.id,
                gi_profile_id=info.profileId,
                profile_name=profile.profile_name,
                placement_start=info.placement.start,
                placement_size=info.placement.size,
                mig_uuid=uuids.get(info.id),
            )
            for profile in profiles
            for info in self._described(profile)
        ]
        return tuple(sorted(instances, key=lambda instance: instance.placement_start))

    def _described(self, profile: ProfileReport) -> Iterator[Any]:
        """NVML's description of each instance of a profile."""

        def ask() -> list[Handle]:
            return gpu_instances(self._api, self._handle, profile)

        for handle in query(_named(ask, self._api.nvmlDeviceGetGpuInstances)) or ():
            info = query(self._api.nvmlGpuInstanceGetInfo, handle)
            if info is not None:
                yield info

    def _uuids(self) -> dict[int, str]:
        """The UUID of the MIG device of each GPU instance; of the first, where one is divided further."""
        uuids: dict[int, str] = {}
        for index in range(min(query(self._api.nvmlDeviceGetMaxMigDeviceCount, self._handle) or 0, MIG_DEVICES_MAX)):
            device = query(_named(partial(self._mig_device, index), self._api.nvmlDeviceGetMigDeviceHandleByIndex))
            gi_id = None if device is None else query(self._api.nvmlDeviceGetGpuInstanceId, device)
            uuid = None if device is None else text(query(self._api.nvmlDeviceGetUUID, device))
            if gi_id is not None and uuid is not None:
                uuids.setdefault(gi_id, uuid)
        return uuids

    def _mig_device(self, index: int) -> Handle | None:
        try:
            return self._api.nvmlDeviceGetMigDeviceHandleByIndex(self._handle, index)
        except NotFound:  # ordinary: fewer devices than fit
            return None


def gpu_instances(api: NvmlApi, handle: Handle, profile: ProfileReport) -> list[Handle]:
    """The instances of one profile. Raises `NVMLError`."""
    kind, most = pynvml.c_nvmlGpuInstance_t, profile.max_instances
    return listed(api.nvmlDeviceGetGpuInstances, handle, profile.gi_profile_id, kind, most)


def listed(function: Callable[..., Any], owner: Handle, profile_id: int, kind: Any, most: int) -> list[Any]:
    """What NVML lists into an array of `kind`, which has to hold as many as it says can be. Raises `NVMLError`."""
    array, count = (kind * most)(), ctypes.c_uint(most)
    function(owner, profile_id, array, ctypes.byref(count))
    return list(array[: min(count.value, most)])


def versioned(function: Callable[..., Any], *args: Any) -> Any:
    """The second version of a structure, which has a name; the first from drivers before 530. Raises `NVMLError`."""
    try:
        return function(*args)
    except FunctionNotFound:
        return function(*args, 1)


def _named(ask: Callable[[], Any], function: Callable[..., Any]) -> Callable[[], Any]:
    # What fails is logged under the name of the function that was asked.
    ask.__name__ = name_of(function)
    return ask
