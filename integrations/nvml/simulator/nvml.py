"""NVML's functions on one simulated node: pynvml's names, arguments, structures and errors."""

# ruff: noqa: N802 - the names are NVML's

from __future__ import annotations

import pynvml

from integrations.nvml.simulator.driver import SimulatedHandle
from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.events import EventFunctions
from integrations.nvml.simulator.layout import DRIVER_VERSION, serial_number
from integrations.nvml.simulator.loads import Load
from integrations.nvml.simulator.parts import Part

_NVML_VERSION = f"13.{DRIVER_VERSION}"
_CUDA_DRIVER_VERSION = 13_000
_BRANDS = {"NVIDIA GeForce": pynvml.NVML_BRAND_GEFORCE, "Tesla": pynvml.NVML_BRAND_TESLA}
_1G = pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE
_GI_PROFILE_ID_1G = 19


class SimulatedNvml(EventFunctions):
    """An object in the place of the `pynvml` module. Handles are its own: those of another node are invalid here."""

    # The six read every round come first, and do nothing twice.

    def nvmlDeviceGetUtilizationRates(self, handle: SimulatedHandle) -> pynvml.c_nvmlUtilization_t:
        row = self.row(handle, "nvmlDeviceGetUtilizationRates")
        if self.mig_mode and self.mig_mode.get(row, (0, 0))[0]:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return self._fleet.tick.utilization[row]

    def nvmlDeviceGetMemoryInfo(
        self, handle: SimulatedHandle, version: int | None = None
    ) -> pynvml.c_nvmlMemory_t | pynvml.c_nvmlMemory_v2_t:
        if not version:
            row = self.row(handle, "nvmlDeviceGetMemoryInfo")
            return self._fleet.tick.memory_v1[row]
        row = self.row(handle, "nvmlDeviceGetMemoryInfo_v2")
        if version != pynvml.nvmlMemory_v2:
            raise nvml_error(pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)
        return self._fleet.tick.memory_v2[row]

    def nvmlDeviceGetTemperatureV(
        self, handle: SimulatedHandle, sensor: int, version: int = pynvml.nvmlTemperature_v1
    ) -> int:
        row = self.row(handle, "nvmlDeviceGetTemperatureV")
        if version != pynvml.nvmlTemperature_v1:
            raise nvml_error(pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)
        if sensor:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return self._fleet.tick.temperature[row]

    def nvmlDeviceGetTemperature(self, handle: SimulatedHandle, sensor: int) -> int:
        row = self.row(handle, "nvmlDeviceGetTemperature")
        if sensor:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return self._fleet.tick.temperature[row]

    def nvmlDeviceGetPowerUsage(self, handle: SimulatedHandle) -> int:
        row = self.row(handle, "nvmlDeviceGetPowerUsage")
        return self._fleet.tick.power_mw[row]

    def nvmlDeviceGetClockInfo(self, handle: SimulatedHandle, type: int) -> int:
        row = self.row(handle, "nvmlDeviceGetClockInfo")
        if type == pynvml.NVML_CLOCK_MEM:
            return self._fleet.tick.memory_clock[row]
        if type in {pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_GRAPHICS}:
            return self._fleet.tick.sm_clock[row]
        raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)

    # The system

    def nvmlInit(self) -> None:
        self.open()

    def nvmlInitWithFlags(self, flags: int) -> None:
        self.open()

    def nvmlShutdown(self) -> None:
        self.shut()

    def nvmlSystemGetDriverVersion(self) -> str:
        self.require_session()
        return DRIVER_VERSION

    def nvmlSystemGetNVMLVersion(self) -> str:
        self.require_session()
        return _NVML_VERSION

    def nvmlSystemGetCudaDriverVersion(self) -> int:
        self.require_session()
        return _CUDA_DRIVER_VERSION

    def nvmlDeviceGetCount(self) -> int:
        self.require_session()
        return self.layout.gpus

    def nvmlDeviceGetHandleByIndex(self, index: int) -> SimulatedHandle:
        return self.handle(index)

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> SimulatedHandle:
        self.require_session()
        own = self._fleet.uuids[self.first : self.first + self.layout.gpus]
        if uuid not in own:
            raise nvml_error(pynvml.NVML_ERROR_NOT_FOUND)
        return self.handle(own.index(uuid))

    # What a device is

    def nvmlDeviceGetIndex(self, handle: SimulatedHandle) -> int:
        return self.row(handle, "nvmlDeviceGetIndex") - self.first

    def nvmlDeviceGetMinorNumber(self, handle: SimulatedHandle) -> int:
        return self.row(handle, "nvmlDeviceGetMinorNumber") - self.first

    def nvmlDeviceGetUUID(self, handle: SimulatedHandle) -> str:
        return self._fleet.uuids[self.row(handle, "nvmlDeviceGetUUID")]

    def nvmlDeviceGetName(self, handle: SimulatedHandle) -> str:
        return self._part(handle, "nvmlDeviceGetName").name

    def nvmlDeviceGetBrand(self, handle: SimulatedHandle) -> int:
        name = self._part(handle, "nvmlDeviceGetBrand").name
        return next((brand for start, brand in _BRANDS.items() if name.startswith(start)), pynvml.NVML_BRAND_NVIDIA)

    def nvmlDeviceGetSerial(self, handle: SimulatedHandle) -> str:
        row = self.row(handle, "nvmlDeviceGetSerial")
        if not self._fleet.parts[row].has_serial:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return serial_number(self._fleet.seed, self.layout.name, row - self.first)

    def nvmlDeviceGetPciInfo(self, handle: SimulatedHandle) -> pynvml.nvmlPciInfo_t:
        row = self.row(handle, "nvmlDeviceGetPciInfo")
        info = pynvml.nvmlPciInfo_t()
        info.bus = 0x1B + 0x10 * (row - self.first)
        info.pciDeviceId = self._fleet.parts[row].pci_device_id
        info.busId = f"00000000:{info.bus:02X}:00.0"
        info.busIdLegacy = f"0000:{info.bus:02X}:00.0"
        return info

    def nvmlDeviceGetArchitecture(self, device: SimulatedHandle) -> int:
        return self._part(device, "nvmlDeviceGetArchitecture").architecture

    def nvmlDeviceGetNumGpuCores(self, device: SimulatedHandle) -> int:
        return self._part(device, "nvmlDeviceGetNumGpuCores").cores

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: SimulatedHandle) -> int:
        return int(self._part(handle, "nvmlDeviceGetEnforcedPowerLimit").power_limit_w * 1000)

    def nvmlDeviceGetPowerManagementLimit(self, handle: SimulatedHandle) -> int:
        return int(self._part(handle, "nvmlDeviceGetPowerManagementLimit").power_limit_w * 1000)

    def nvmlDeviceGetMaxClockInfo(self, handle: SimulatedHandle, type: int) -> int:
        part = self._part(handle, "nvmlDeviceGetMaxClockInfo")
        return part.memory_clock_max_mhz if type == pynvml.NVML_CLOCK_MEM else part.sm_clock_max_mhz

    def nvmlDeviceGetTemperatureThreshold(self, handle: SimulatedHandle, threshold: int) -> int:
        part = self._part(handle, "nvmlDeviceGetTemperatureThreshold")
        if threshold == pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN:
            return part.slowdown_c
        if threshold == pynvml.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN:
            return part.slowdown_c + 5
        raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)

    # What a device does

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: SimulatedHandle) -> int:
        row = self.row(handle, "nvmlDeviceGetTotalEnergyConsumption")
        return int(self._fleet.tick.energy_mj[row])

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: SimulatedHandle) -> int:
        row = self.row(handle, "nvmlDeviceGetCurrentClocksEventReasons")
        tick = self._fleet.tick
        if row in tick.throttled:
            return int(pynvml.nvmlClocksEventReasonHwSlowdown | pynvml.nvmlClocksEventReasonHwThermalSlowdown)
        if self._fleet.loads[row] is Load.FREE:
            return int(pynvml.nvmlClocksEventReasonGpuIdle)
        if tick.power_mw[row] > 970 * self._fleet.parts[row].power_limit_w:
            return int(pynvml.nvmlClocksEventReasonSwPowerCap)
        return int(pynvml.nvmlClocksEventReasonNone)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: SimulatedHandle) -> int:
        return self.nvmlDeviceGetCurrentClocksEventReasons(handle)

    def nvmlDeviceGetPerformanceState(self, handle: SimulatedHandle) -> int:
        row = self.row(handle, "nvmlDeviceGetPerformanceState")
        part = self._fleet.parts[row]
        sleeps = self._fleet.loads[row] is Load.FREE and part.memory_clock_idle_mhz < part.memory_clock_max_mhz
        return 8 if sleeps else 0

    def nvmlDeviceGetComputeRunningProcesses(self, handle: SimulatedHandle) -> list[pynvml.nvmlFriendlyObject]:
        row = self.row(handle, "nvmlDeviceGetComputeRunningProcesses")
        if self._fleet.loads[row] is Load.FREE:
            return []
        process = pynvml.c_nvmlProcessInfo_v3_t()
        process.pid = 20_000 + row
        process.usedGpuMemory = self._fleet.tick.memory_v2[row].used
        process.gpuInstanceId = process.computeInstanceId = 0xFFFFFFFF
        return [pynvml.nvmlStructToFriendlyObject(process)]  # type: ignore[no-untyped-call]

    # MIG: the mode and its limits

    def nvmlDeviceGetMigMode(self, device: SimulatedHandle) -> list[int]:
        row = self._mig_row(device, "nvmlDeviceGetMigMode")
        return list(self.mig_mode.get(row, (0, 0)))

    def nvmlDeviceSetMigMode(self, device: SimulatedHandle, mode: int) -> int:
        """Hopper and later switch at once; an Ampere board in use keeps the mode pending, as it needs a reset."""
        row = self._mig_row(device, "nvmlDeviceSetMigMode")
        if mode not in {pynvml.NVML_DEVICE_MIG_DISABLE, pynvml.NVML_DEVICE_MIG_ENABLE}:
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        needs_reset = self._fleet.parts[row].architecture < pynvml.NVML_DEVICE_ARCH_HOPPER
        in_use = needs_reset and self._fleet.loads[row] is not Load.FREE
        current = self.mig_mode.get(row, (0, 0))[0] if in_use else mode
        self.mig_mode = {**self.mig_mode, row: (current, mode)}
        self.update()
        return int(pynvml.NVML_ERROR_IN_USE if in_use and current != mode else pynvml.NVML_SUCCESS)

    def nvmlDeviceGetMaxMigDeviceCount(self, device: SimulatedHandle) -> int:
        """Documented: "returns zero if MIG is not supported or enabled"."""
        row = self.row(device, "nvmlDeviceGetMaxMigDeviceCount")
        return self._fleet.parts[row].mig_instances if self.mig_mode.get(row, (0, 0))[0] else 0

    def nvmlDeviceGetGpuInstanceProfileInfo(
        self, device: SimulatedHandle, profile: int, version: int = 2
    ) -> pynvml.c_nvmlGpuInstanceProfileInfo_v2_t:
        """The smallest profile only, in version 2 of the structure."""
        part = self._fleet.parts[self._mig_row(device, "nvmlDeviceGetGpuInstanceProfileInfo")]
        if profile != _1G or version != 2:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        info = pynvml.c_nvmlGpuInstanceProfileInfo_v2_t()  # type: ignore[no-untyped-call]
        info.id, info.sliceCount, info.instanceCount = _GI_PROFILE_ID_1G, 1, part.mig_instances
        info.multiprocessorCount, info.memorySizeMB = part.mig_slice_sms, part.mig_slice_mib
        info.name = f"MIG 1g.{round(part.memory_mib / 1024 / 8)}gb"
        return info

    def _part(self, handle: SimulatedHandle, function: str) -> Part:
        return self._fleet.parts[self.row(handle, function)]

    def _mig_row(self, handle: SimulatedHandle, function: str) -> int:
        row = self.row(handle, function)
        if not self._fleet.parts[row].mig_instances:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return row
