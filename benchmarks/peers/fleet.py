"""N simulated GPUs in memory: the same shape and sizes as benchmarks/peers/shared/fleet.mjs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

_MODELS = (("A100-SXM4-80GB", 80, "Ampere"), ("H100-80GB-HBM3", 80, "Hopper"), ("H200-SXM-141GB", 141, "Hopper"))
_GPUS_PER_NODE = 8


class DeviceStatus(Enum):
    AVAILABLE = "AVAILABLE"
    ALLOCATED = "ALLOCATED"
    MAINTENANCE = "MAINTENANCE"
    FAILED = "FAILED"
    RETIRED = "RETIRED"


class NodeStatus(Enum):
    READY = "READY"
    NOT_READY = "NOT_READY"


@dataclass
class GpuNode:
    id: str
    node_name: str
    cluster_name: str = "simulated"
    node_status: NodeStatus = NodeStatus.READY


@dataclass
class GpuModel:
    id: str
    model_name: str
    memory_gb: int
    architecture: str


@dataclass
class GpuMetric:
    device_id: str
    timestamp: datetime
    gpu_utilization_pct: float | None
    memory_used_mb: int | None
    memory_total_mb: int | None
    temperature_c: int | None
    power_draw_w: float | None


@dataclass
class Device:
    id: str
    gpu_uuid: str
    device_index: int
    device_status: DeviceStatus
    pci_address: str
    node: GpuNode
    model: GpuModel
    latest_metric: GpuMetric | None = None


class Fleet:
    """All devices with their nodes, models and newest readings."""

    def __init__(self, gpus: int) -> None:
        models = [GpuModel(f"mod_{i:020x}", *model) for i, model in enumerate(_MODELS)]
        nodes = [GpuNode(f"nod_{i:020x}", f"gpu-node-{i:04}") for i in range(-(-gpus // _GPUS_PER_NODE))]
        self.devices = [
            Device(
                id=f"dev_{i:020x}",
                gpu_uuid=f"GPU-{i:08x}-0000-4000-8000-{i:012x}",
                device_index=i % _GPUS_PER_NODE,
                device_status=DeviceStatus.AVAILABLE,
                pci_address=f"00000000:{i % 256:02X}:00.0",
                node=nodes[i // _GPUS_PER_NODE],
                model=models[i % len(models)],
            )
            for i in range(gpus)
        ]
        self.tick()

    def tick(self) -> list[GpuMetric]:
        """Sample every GPU once and return the new readings."""
        now = datetime.now(UTC)
        metrics = []
        for device in self.devices:
            device.latest_metric = GpuMetric(
                device_id=device.id,
                timestamp=now,
                gpu_utilization_pct=round(10 + random.random() * 89, 1),
                memory_used_mb=10_000 + int(random.random() * 70_000),
                memory_total_mb=81_559,
                temperature_c=30 + int(random.random() * 60),
                power_draw_w=round(100 + random.random() * 600, 1),
            )
            metrics.append(device.latest_metric)
        return metrics
