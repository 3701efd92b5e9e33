"""Domain objects for the persistence tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, GpuModel, GpuNode, NodeStatus
from domain.fleet.ports import StoredInventory, Touched
from persistence import statements as sql
from persistence.dialects import TransactionMode
from persistence.inventory_reader import SqlInventoryReader, load_part
from persistence.transactions import reading

NOW = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


def a_model(number: int = 1, **changes: Any) -> GpuModel:
    values: dict[str, Any] = {
        "id": f"model_{number}",
        "model_name": f"NVIDIA H{number}00 80GB HBM3",
        "manufacturer": "NVIDIA",
        "architecture": "Hopper",
        "memory_gb": 80,
        "cuda_cores": None,
        "tensor_cores": None,
        "power_consumption_w": None,
        "mig_support": False,
        "max_mig_instances": 0,
        "created_date": NOW,
    }
    return GpuModel(**values | changes)


def a_node(number: int = 1, **changes: Any) -> GpuNode:
    values: dict[str, Any] = {
        "id": f"node_{number}",
        "node_name": f"gpu-{number}",
        "cluster_name": "berlin",
        "node_ip": None,
        "total_gpus": 0,
        "available_gpus": 0,
        "node_status": NodeStatus.READY,
        "nvidia_driver_version": None,
        "collection_source": CollectionSource.MANUAL,
        "last_report_at": None,
        "created_date": NOW,
    }
    return GpuNode(**values | changes)


def a_device(number: int, node: GpuNode, model: GpuModel, **changes: Any) -> GpuDevice:
    values: dict[str, Any] = {
        "id": f"dev_{number}",
        "node": node,
        "model": model,
        "device_index": number % 8,
        "gpu_uuid": f"GPU-{number:08d}",
        "serial_number": None,
        "pci_address": None,
        "device_status": DeviceStatus.ACTIVE,
        "status_reason": None,
        "current_temp_c": None,
        "current_power_w": None,
        "memory_total_mb": None,
        "power_limit_w": None,
        "driver_version": None,
        "installation_date": None,
        "last_maintenance_date": None,
        "purchase_cost": None,
        "purchase_currency": None,
        "version": 1,
        "created_date": NOW,
    }
    return GpuDevice(**values | changes)


def a_change(entity_id: str = "node_1", **changes: Any) -> InventoryChange:
    values: dict[str, Any] = {
        "kind": ChangeKind.NODE_UPDATED,
        "entity_id": entity_id,
        "node_id": entity_id,
        "actor": "ada",
        "at": NOW,
    }
    return InventoryChange(**values | changes)


def of_nodes(node_ids: Iterable[str]) -> Touched:
    """Changes of these nodes, and with them of models."""
    return Touched(node_ids=frozenset(node_ids), models=True)


async def part_of(reader: SqlInventoryReader, touched: Touched) -> StoredInventory:
    """These parts of what is stored, and the revision as of the same read."""
    async with reading(reader._engine, TransactionMode.SNAPSHOT) as connection:
        revision = (await connection.execute(sql.REVISION)).scalar_one()
        return await load_part(connection, touched, revision)
