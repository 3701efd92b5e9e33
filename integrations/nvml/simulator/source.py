"""The simulated fleet as a metric source: the collector that ships, over simulated NVML, plainly labelled."""

from __future__ import annotations

from datetime import UTC, datetime

import pynvml

from domain.fleet.model import CollectionSource
from integrations.nvml.collector import NodeCollector
from integrations.nvml.query import reason
from integrations.nvml.reset import Reset, ResetFailed
from integrations.nvml.simulator.fleet import SimulatedFleet
from integrations.nvml.simulator.layout import CLUSTER_NAME
from integrations.nvml.simulator.nvml import SimulatedNvml
from integrations.nvml.source import NvmlSource


class SimulatedSource(NvmlSource):
    """All nodes of a simulated fleet, read in one call per round. Faults are injected through `fleet`."""

    def __init__(self, fleet: SimulatedFleet, *, sample_timeout: float = 5.0, discover_timeout: float = 30.0) -> None:
        """Samples are stamped with the fleet's own clock. Timeouts in seconds."""
        self.fleet = fleet
        super().__init__(
            [
                NodeCollector(
                    node,
                    node.layout.name,
                    CLUSTER_NAME,
                    CollectionSource.SIMULATED,
                    node_ip=node.layout.ip,
                    host=node.layout.host,
                    reset=_reset_of(node),
                )
                for node in fleet.nodes
            ],
            CollectionSource.SIMULATED,
            clock=lambda: datetime.fromtimestamp(fleet.clock(), UTC),
            sample_timeout=sample_timeout,
            discover_timeout=discover_timeout,
        )


def _reset_of(node: SimulatedNvml) -> Reset:
    def reset(index: int, gpu_uuid: str) -> None:
        try:
            node.reset_gpu(index)
        except pynvml.NVMLError as error:
            raise ResetFailed(f"GPU {index} is not reset: {reason(error)}") from error

    return reset
