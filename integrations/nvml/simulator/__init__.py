"""A GPU fleet that is not there, at the NVML boundary: the same functions, structures and errors as `pynvml`."""

from integrations.nvml.simulator.faults import Fault, FaultKind, FaultSpecError, parse_faults
from integrations.nvml.simulator.fleet import SimulatedFleet, XidEvent
from integrations.nvml.simulator.nvml import SimulatedNvml
from integrations.nvml.simulator.source import SimulatedSource

__all__ = [
    "Fault",
    "FaultKind",
    "FaultSpecError",
    "SimulatedFleet",
    "SimulatedNvml",
    "SimulatedSource",
    "XidEvent",
    "parse_faults",
]
