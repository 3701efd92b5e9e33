"""NVML's functions on one simulated node: pynvml's names, arguments, structures and errors."""

# ruff: noqa: N802 - the names are NVML's

from __future__ import annotations

from typing import TypeAlias

import pynvml

from integrations.nvml.simulator.driver import SimulatedHandle
from integrations.nvml.simulator.errors import nvml_error
from integrations.nvml.simulator.layout import DRIVER_VERSION, serial_number
from integrations.nvml.simulator.loads import Load
from integrations.nvml.simulator.mig_devices import MigDeviceFunctions
from integrations.nvml.simulator.parts import Part

_NVML_VERSION = f"13.{DRIVER_VERSION}"
_CUDA_DRIVER_VERSION = 13_000
_BRANDS = {"NVIDIA GeForce": pynvml.NVML_BRAND_GEFORCE, "Tesla": pynvml.NVML_BRAND_TESLA}
_Memory: TypeAlias = pynvml.c_nvmlMemory_t | pynvml.c_nvmlMemory_v2_t
_MIB = 1024 * 1024


class SimulatedNvml(MigDeviceFunctions):
    """An object in the place of the `pynvml` module. Handles are its own: those of another node are invalid here."""

    # The six read every round come first, and do nothing twice.

    def nvmlDeviceGetUtilizationRates(self, handle: SimulatedHandle) -> pynvml.c_nvmlUtilization_t:
        row = self.row(handle, "nvmlDeviceGetUtilizationRates")
        if self._partitioned and row in self._partitioned:
            raise nvml_error(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return self._fleet.tick.utilization[row]

    def nvmlDeviceGetMemoryInfo(self, handle: SimulatedHandle, version: int | None = None) -> _Memory:
        if self._partitioned:
            return self._memory_beside_mig(handle, version)
        if not version:
            return self._fleet.tick.memory_v1[self.row(handle, "nvmlDeviceGetMemoryInfo")]
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
        compute = self.mig_device(handle, "nvmlDeviceGetUUID")
        return self._fleet.uuids[self.row(handle, "nvmlDeviceGetUUID")] if compute is None else compute.uuid

    def nvmlDeviceGetName(self, handle: SimulatedHandle) -> str:
        compute = self.mig_device(handle, "nvmlDeviceGetName")
        if compute is None:
            return self._part(handle, "nvmlDeviceGetName").name
        return f"{compute.instance.board.part.name} MIG {compute.instance.profile.name}"

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
        compute = self.mig_device(handle, "nvmlDeviceGetComputeRunningProcesses")
        if compute is not None:
            return self.mig_processes([compute.instance])
        row = self.row(handle, "nvmlDeviceGetComputeRunningProcesses")
        if row in self._partitioned:
            return self.mig_processes(self._boards[row].instances)
        if self._fleet.loads[row] is Load.FREE:
            return []
        process = pynvml.c_nvmlProcessInfo_v3_t()
        process.pid = 20_000 + row
        process.usedGpuMemory = self._fleet.tick.memory_v2[row].used
        process.gpuInstanceId = process.computeInstanceId = 0xFFFFFFFF
        return [pynvml.nvmlStructToFriendlyObject(process)]  # type: ignore[no-untyped-call]

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: SimulatedHandle) -> list[pynvml.nvmlFriendlyObject]:
        self.row(handle, "nvmlDeviceGetGraphicsRunningProcesses")
        return []

    def _memory_beside_mig(self, handle: SimulatedHandle, version: int | None) -> _Memory:
        """Memory on a node where some GPU is partitioned: a MIG device has its own, its GPU the sum."""
        function = "nvmlDeviceGetMemoryInfo_v2" if version else "nvmlDeviceGetMemoryInfo"
        compute = self.mig_device(handle, function)
        row = self.row(handle, function) if compute is None else compute.instance.board.row
        if version and version != pynvml.nvmlMemory_v2:
            raise nvml_error(pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)
        if compute is not None:
            return self.mig_memory(compute, version)
        tick = self._fleet.tick
        whole: _Memory = tick.memory_v2[row] if version else tick.memory_v1[row]
        return _with_instances(whole, self._boards[row].used_mib) if row in self._partitioned else whole

    def _part(self, handle: SimulatedHandle, function: str) -> Part:
        return self._fleet.parts[self.row(handle, function)]


def _with_instances(whole: _Memory, used_mib: int) -> _Memory:
    memory: _Memory = type(whole).from_buffer_copy(whole)
    memory.used += used_mib * _MIB
    memory.free -= used_mib * _MIB
    return memory
