"""The part of NVML that is used here, as a type: `pynvml` has it, and so has the simulator."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

Handle: TypeAlias = Any
"""An opaque NVML device handle (`c_nvmlDevice_t`), valid until its session ends."""


class NvmlApi(Protocol):
    """NVML's functions under pynvml's names and conventions: results are returned, failures raise `NVMLError`.

    Functions that came or went with driver versions are looked up by name (see `readings.py`), not listed here.
    """

    def nvmlInit(self) -> None: ...  # noqa: N802
    def nvmlShutdown(self) -> None: ...  # noqa: N802
    def nvmlSystemGetDriverVersion(self) -> str: ...  # noqa: N802
    def nvmlDeviceGetCount(self) -> int: ...  # noqa: N802
    def nvmlDeviceGetHandleByIndex(self, index: int) -> Handle: ...  # noqa: N802
    def nvmlDeviceGetUUID(self, handle: Handle) -> str: ...  # noqa: N802
    def nvmlDeviceGetName(self, handle: Handle) -> str: ...  # noqa: N802
    def nvmlDeviceGetPciInfo(self, handle: Handle) -> Any: ...  # noqa: N802
    def nvmlDeviceGetSerial(self, handle: Handle) -> str: ...  # noqa: N802
    def nvmlDeviceGetMemoryInfo(self, handle: Handle, version: int | None = None) -> Any: ...  # noqa: N802
    def nvmlDeviceGetUtilizationRates(self, handle: Handle) -> Any: ...  # noqa: N802
    def nvmlDeviceGetPowerUsage(self, handle: Handle) -> int: ...  # noqa: N802
    def nvmlDeviceGetEnforcedPowerLimit(self, handle: Handle) -> int: ...  # noqa: N802
    def nvmlDeviceGetClockInfo(self, handle: Handle, type: int) -> int: ...  # noqa: N802
    def nvmlDeviceGetArchitecture(self, device: Handle) -> int: ...  # noqa: N802
    def nvmlDeviceGetNumGpuCores(self, device: Handle) -> int: ...  # noqa: N802
    def nvmlDeviceGetMigMode(self, device: Handle) -> list[int]: ...  # noqa: N802
    def nvmlDeviceGetMaxMigDeviceCount(self, device: Handle) -> int: ...  # noqa: N802
    def nvmlDeviceGetGpuInstanceProfileInfo(self, device: Handle, profile: int, version: int = 2) -> Any: ...  # noqa: N802
