"""The GPUs that can be simulated: what NVML says of a real one, as nvidia-smi prints it."""

from __future__ import annotations

from dataclasses import dataclass

import pynvml

from integrations.nvml.simulator.mig_profiles import (
    A100_80GB_PROFILES,
    H100_80GB_PROFILES,
    H200_PROFILES,
    MigProfile,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One product. Memory in MiB, power in W, clocks in MHz, temperatures in degrees Celsius."""

    key: str
    """Its word in node names: `sim-h100-01`."""
    name: str
    architecture: int
    cores: int
    memory_mib: int
    reserved_mib: int
    """Kept by the driver; version 1 of the memory structure counts it as used, version 2 apart."""
    power_limit_w: float
    idle_w: float
    held_w: float
    """With a process on it that computes nothing: the clocks stay up."""
    sm_clock_idle_mhz: int
    sm_clock_max_mhz: int
    memory_clock_idle_mhz: int
    memory_clock_max_mhz: int
    temperature_rise_c: float
    """Above the air around it, at its power limit."""
    slowdown_c: int
    pci_device_id: int
    mig_profiles: tuple[MigProfile, ...] = ()
    has_serial: bool = True

    @property
    def mig_instances(self) -> int:
        """How many instances fit at most; 0: it cannot be partitioned."""
        return max((profile.max_instances for profile in self.mig_profiles), default=0)


_TURING = pynvml.NVML_DEVICE_ARCH_TURING
_AMPERE = pynvml.NVML_DEVICE_ARCH_AMPERE
_ADA = pynvml.NVML_DEVICE_ARCH_ADA
_HOPPER = pynvml.NVML_DEVICE_ARCH_HOPPER

RTX_4090 = Part(
    "rtx4090", "NVIDIA GeForce RTX 4090", _ADA, 16384, 24564, 464,
    power_limit_w=450.0, idle_w=18.0, held_w=56.0,
    sm_clock_idle_mhz=210, sm_clock_max_mhz=2745, memory_clock_idle_mhz=405, memory_clock_max_mhz=10501,
    temperature_rise_c=44.0, slowdown_c=90, pci_device_id=0x268410DE, has_serial=False,
)  # fmt: skip
A100_80GB = Part(
    "a100", "NVIDIA A100-SXM4-80GB", _AMPERE, 6912, 81920, 769,
    power_limit_w=400.0, idle_w=58.0, held_w=82.0,
    sm_clock_idle_mhz=210, sm_clock_max_mhz=1410, memory_clock_idle_mhz=1593, memory_clock_max_mhz=1593,
    temperature_rise_c=40.0, slowdown_c=89, pci_device_id=0x20B210DE,
    mig_profiles=A100_80GB_PROFILES,
)  # fmt: skip
H100_80GB = Part(
    "h100", "NVIDIA H100 80GB HBM3", _HOPPER, 16896, 81559, 551,
    power_limit_w=700.0, idle_w=70.0, held_w=118.0,
    sm_clock_idle_mhz=345, sm_clock_max_mhz=1980, memory_clock_idle_mhz=2619, memory_clock_max_mhz=2619,
    temperature_rise_c=43.0, slowdown_c=87, pci_device_id=0x233010DE,
    mig_profiles=H100_80GB_PROFILES,
)  # fmt: skip
H200 = Part(
    "h200", "NVIDIA H200", _HOPPER, 16896, 143771, 599,
    power_limit_w=700.0, idle_w=76.0, held_w=121.0,
    sm_clock_idle_mhz=345, sm_clock_max_mhz=1980, memory_clock_idle_mhz=3201, memory_clock_max_mhz=3201,
    temperature_rise_c=43.0, slowdown_c=87, pci_device_id=0x233510DE,
    mig_profiles=H200_PROFILES,
)  # fmt: skip
L40S = Part(
    "l40s", "NVIDIA L40S", _ADA, 18176, 46068, 597,
    power_limit_w=350.0, idle_w=34.0, held_w=80.0,
    sm_clock_idle_mhz=210, sm_clock_max_mhz=2520, memory_clock_idle_mhz=405, memory_clock_max_mhz=9001,
    temperature_rise_c=47.0, slowdown_c=89, pci_device_id=0x26B910DE,
)  # fmt: skip
T4 = Part(
    "t4", "Tesla T4", _TURING, 2560, 15360, 449,
    power_limit_w=70.0, idle_w=10.0, held_w=26.0,
    sm_clock_idle_mhz=300, sm_clock_max_mhz=1590, memory_clock_idle_mhz=405, memory_clock_max_mhz=5000,
    temperature_rise_c=46.0, slowdown_c=93, pci_device_id=0x1EB810DE,
)  # fmt: skip
