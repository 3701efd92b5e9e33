"""A small fleet in memory for unit tests: real domain objects over a reader that needs no database."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import (
    CollectionSource,
    DeviceStatus,
    GpuDevice,
    GpuModel,
    GpuNode,
    NodeStatus,
    device_id_for,
    model_id_for,
    node_id_for,
)
from domain.fleet.ports import StoredInventory
from domain.fleet.view import InventoryView, touched_by
from domain.metrics.sample import GpuMetric

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def make_model(name: str = "NVIDIA H100 80GB HBM3") -> GpuModel:
    return GpuModel(model_id_for(name), name, "NVIDIA", "Hopper", 80, 16896, 528, 700, True, 7, NOW)


def make_node(name: str, cluster: str = "east") -> GpuNode:
    return GpuNode(
        id=node_id_for(cluster, name),
        node_name=name,
        cluster_name=cluster,
        node_ip="10.0.0.1",
        total_gpus=8,
        available_gpus=8,
        node_status=NodeStatus.READY,
        nvidia_driver_version="580.95.05",
        collection_source=CollectionSource.NVML,
        last_report_at=NOW,
        created_date=NOW,
    )


def make_device(node: GpuNode, model: GpuModel, index: int) -> GpuDevice:
    uuid = f"GPU-{node.cluster_name}-{node.node_name}-{index:04d}"
    return GpuDevice(
        id=device_id_for(uuid),
        node=node,
        model=model,
        device_index=index,
        gpu_uuid=uuid,
        serial_number=None if index % 2 else f"S{index}",
        pci_address=f"00000000:{index:02X}:00.0",
        device_status=DeviceStatus.ACTIVE if index % 5 else DeviceStatus.CORDONED,
        status_reason=None,
        current_temp_c=None,
        current_power_w=None,
        memory_total_mb=81559,
        power_limit_w=700.0,
        driver_version="580.95.05",
        installation_date=None if index % 3 else NOW,
        last_maintenance_date=None,
        purchase_cost=Decimal("30123.4500") if index % 2 else None,
        purchase_currency="USD" if index % 2 else None,
        version=1,
        created_date=NOW,
    )


def make_metric(device: GpuDevice, at: datetime = NOW, utilization: float | None = 50.0) -> GpuMetric:
    return GpuMetric(
        device_id=device.id,
        mig_id=None,
        timestamp=at,
        gpu_utilization_pct=utilization,
        memory_used_mb=40_000 + device.device_index,
        memory_total_mb=81_559,
        memory_utilization_pct=49.05,
        temperature_c=None if device.device_index % 4 == 0 else 61.5,
        power_draw_w=412.25,
        sm_clock_mhz=1980,
        memory_clock_mhz=2619,
        collection_source=CollectionSource.NVML,
    )


class FakeReader:
    """An inventory kept in lists; a change is whatever a test says it is."""

    def __init__(self, devices: Sequence[GpuDevice], models: Sequence[GpuModel]) -> None:
        self.devices = list(devices)
        self.models = list(models)
        self.changes: list[InventoryChange] = []
        self.reads = 0

    def commit_token(self) -> Hashable | None:
        return None

    async def revision(self) -> int:
        self.reads += 1
        return len(self.changes)

    async def load(self) -> StoredInventory:
        return StoredInventory(len(self.changes), self.models, self._nodes(self.devices), self.devices)

    async def since(self, sequence: int, limit: int) -> tuple[Sequence[InventoryChange], StoredInventory | None]:
        changes = self.changes[sequence : sequence + limit]
        if not 0 < len(changes) < limit:
            return changes, None
        devices = [device for device in self.devices if device.node.id in touched_by(changes).node_ids]
        return changes, StoredInventory(len(self.changes), self.models, self._nodes(devices), devices)

    def replace(self, old: GpuDevice, new: GpuDevice | None, kind: ChangeKind = ChangeKind.DEVICE_UPDATED) -> None:
        """Change a stored device as another replica would."""
        position = self.devices.index(old)
        self.devices[position : position + 1] = [] if new is None else [new]
        self.changes.append(InventoryChange(kind, old.id, old.node.id, "test", NOW, sequence=len(self.changes) + 1))

    @staticmethod
    def _nodes(devices: Sequence[GpuDevice]) -> list[GpuNode]:
        return list({device.node.id: device.node for device in devices}.values())


async def make_view(nodes: int = 3, per_node: int = 8, cluster: str = "east") -> tuple[InventoryView, FakeReader]:
    """A loaded view of `nodes` x `per_node` devices, each with a reading."""
    model = make_model()
    devices = []
    for n in range(nodes):
        node = make_node(f"node-{n}", cluster)
        devices += [make_device(node, model, index) for index in range(per_node)]
    reader = FakeReader(devices, [model])
    view = InventoryView(reader)
    await view.refresh()
    for position, device in enumerate(view.devices):
        device.latest_metric = make_metric(device, NOW + timedelta(seconds=position % 2), float(position % 101))
    return view, reader
