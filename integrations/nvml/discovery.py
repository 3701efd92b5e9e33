"""What a device says about itself once, for registration. Everything but its UUID may be unknown."""

from __future__ import annotations

from typing import Any

import pynvml

from domain.fleet.reports import DeviceReport
from integrations.nvml.api import Handle, NvmlApi
from integrations.nvml.mig_reader import MigReader
from integrations.nvml.query import query, text

ARCHITECTURES = {
    pynvml.NVML_DEVICE_ARCH_KEPLER: "Kepler",
    pynvml.NVML_DEVICE_ARCH_MAXWELL: "Maxwell",
    pynvml.NVML_DEVICE_ARCH_PASCAL: "Pascal",
    pynvml.NVML_DEVICE_ARCH_VOLTA: "Volta",
    pynvml.NVML_DEVICE_ARCH_TURING: "Turing",
    pynvml.NVML_DEVICE_ARCH_AMPERE: "Ampere",
    pynvml.NVML_DEVICE_ARCH_ADA: "Ada Lovelace",
    pynvml.NVML_DEVICE_ARCH_HOPPER: "Hopper",
    pynvml.NVML_DEVICE_ARCH_BLACKWELL: "Blackwell",
    getattr(pynvml, "NVML_DEVICE_ARCH_RUBIN", 13): "Rubin",
}

_FAILED = object()


def describe(
    api: NvmlApi,
    handle: Handle,
    *,
    index: int,
    uuid: str,
    memory_total_mib: int | None,
    driver_version: str | None,
    mig: MigReader,
) -> DeviceReport:
    """A device's report. Raises `DeviceLost` or `SessionLost`; a single value that is not known is None."""
    mig_capable, max_mig_instances = _mig(api, handle)
    return DeviceReport(
        gpu_uuid=uuid,
        device_index=index,
        model_name=text(query(api.nvmlDeviceGetName, handle)) or "unknown GPU",
        pci_address=_pci_address(api, handle),
        serial_number=text(query(api.nvmlDeviceGetSerial, handle)),
        memory_total_mb=memory_total_mib,
        power_limit_w=_power_limit_w(api, handle),
        driver_version=driver_version,
        architecture=ARCHITECTURES.get(query(api.nvmlDeviceGetArchitecture, handle)),
        cuda_cores=query(api.nvmlDeviceGetNumGpuCores, handle),
        mig_capable=mig_capable,
        max_mig_instances=max_mig_instances,
        mig=mig.read() if mig_capable else None,
    )


def _pci_address(api: NvmlApi, handle: Handle) -> str | None:
    info: Any = query(api.nvmlDeviceGetPciInfo, handle)
    return None if info is None else text(info.busId)


def _power_limit_w(api: NvmlApi, handle: Handle) -> float | None:
    milliwatts: int | None = query(api.nvmlDeviceGetEnforcedPowerLimit, handle)
    return None if milliwatts is None else milliwatts / 1000


def _mig(api: NvmlApi, handle: Handle) -> tuple[bool | None, int | None]:
    # A driver that does not support the question cannot partition the device: that is a no, not an unknown.
    mode = query(api.nvmlDeviceGetMigMode, handle, default=None, failed=_FAILED)
    if mode is _FAILED:
        return None, None
    if mode is None:
        return False, 0
    # The device count is documented as zero while MIG mode is off; how many of the smallest profile fit is not.
    count: int | None = query(api.nvmlDeviceGetMaxMigDeviceCount, handle)
    if not count:
        smallest: Any = query(api.nvmlDeviceGetGpuInstanceProfileInfo, handle, pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE)
        count = None if smallest is None else smallest.instanceCount
    return True, count or None
