"""Reading NVIDIA GPUs through NVML, and a simulated fleet where there are none."""

from integrations.nvml.factory import CollectorName, open_source

__all__ = ["CollectorName", "open_source"]
