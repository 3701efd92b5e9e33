"""A GPU fleet that is not there, at the NVML boundary: the same functions, structures and errors as `pynvml`."""

from integrations.nvml.simulator.faults import Fault, FaultKind, FaultSpecError, parse_faults
from integrations.nvml.simulator.fleet import SimulatedFleet, XidEvent
from integrations.nvml.simulator.layout import DEFAULT_IDLE, DEFAULT_MIG_LAYOUTS, MigLayouts, lay_out, mig_layouts_of
from integrations.nvml.simulator.nvml import SimulatedNvml
from integrations.nvml.simulator.source import SimulatedSource

__all__ = [
    "DEFAULT_IDLE",
    "DEFAULT_MIG_LAYOUTS",
    "Fault",
    "FaultKind",
    "FaultSpecError",
    "MigLayouts",
    "SimulatedFleet",
    "SimulatedNvml",
    "SimulatedSource",
    "XidEvent",
    "lay_out",
    "mig_layouts_of",
    "parse_faults",
]
