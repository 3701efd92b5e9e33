"""The fleet's objects: models, nodes, devices. One class each, from the tables to the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.fleet.identity import derived_id

if TYPE_CHECKING:
    from domain.allocation.model import Allocation
    from domain.metrics.sample import GpuMetric
    from domain.mig.model import MigInstance


class DeviceStatus(StrEnum):
    """Where a device is in its life; the legal steps are in `status.py`."""

    ACTIVE = "ACTIVE"
    CORDONED = "CORDONED"
    DRAINING = "DRAINING"
    MAINTENANCE = "MAINTENANCE"
    UNHEALTHY = "UNHEALTHY"
    OFFLINE = "OFFLINE"
    RETIRED = "RETIRED"


class NodeStatus(StrEnum):
    """Whether a node's reporter is heard."""

    READY = "READY"
    OFFLINE = "OFFLINE"


class CollectionSource(StrEnum):
    """Where readings come from. Simulated ones always say so."""

    NVML = "NVML"
    DCGM = "DCGM"
    AGENT = "AGENT"
    SIMULATED = "SIMULATED"
    MANUAL = "MANUAL"


class SharingMode(StrEnum):
    """How a device may be held by several allocations at once. MPS does not go with MIG."""

    NONE = "NONE"
    TIME_SLICING = "TIME_SLICING"
    MPS = "MPS"


@dataclass(slots=True, eq=False)
class GpuModel:
    """A GPU product (GPU_MODELS). `memory_gb` is the marketed size; fit and money use what NVML measures."""

    id: str
    model_name: str
    manufacturer: str
    architecture: str
    memory_gb: int
    cuda_cores: int | None
    tensor_cores: int | None
    power_consumption_w: int | None
    mig_support: bool
    max_mig_instances: int
    created_date: datetime


@dataclass(slots=True, eq=False)
class GpuNode:
    """A machine in a cluster (GPU_NODES). `available_gpus` counts its ACTIVE devices."""

    id: str
    node_name: str
    cluster_name: str
    node_ip: str | None
    total_gpus: int
    available_gpus: int
    node_status: NodeStatus
    nvidia_driver_version: str | None
    collection_source: CollectionSource
    last_report_at: datetime | None
    created_date: datetime
    cpu_milli: int | None = None
    """Allocatable thousandths of CPUs; None: not reported, so not a limit."""
    memory_mib: int | None = None
    """Allocatable host memory; None: not reported, so not a limit."""


@dataclass(slots=True, eq=False)
class GpuDevice:
    """One physical GPU (GPU_DEVICES), joined to its node and model.

    Three parts are not columns: `latest_metric` is pointed at the newest reading by the live state of this process,
    `mig_instances` and `allocations` (those that hold a part of it) are joined by the reader of the inventory.
    """

    id: str
    node: GpuNode
    model: GpuModel
    device_index: int
    gpu_uuid: str
    serial_number: str | None
    pci_address: str | None
    device_status: DeviceStatus
    status_reason: str | None
    current_temp_c: float | None
    current_power_w: float | None
    memory_total_mb: int | None
    power_limit_w: float | None
    driver_version: str | None
    installation_date: datetime | None
    last_maintenance_date: datetime | None
    purchase_cost: Decimal | None
    purchase_currency: str | None
    version: int
    """Counts the changes of this row; a writer that names an older one is refused (lost update)."""
    created_date: datetime
    mig_enabled: bool | None = None
    """None: the device cannot be partitioned, or nobody has told."""
    mig_pending: bool | None = None
    """Differs from `mig_enabled` while a switch waits for a GPU reset."""
    sharing_mode: SharingMode = SharingMode.NONE
    sharing_memory_mb: int | None = None
    """Device memory offered to sharers, MiB; None: all of it."""
    sharing_max: int | None = None
    """Most sharers at once; None: no such limit."""
    sharing_overcommit: float = 1.0
    """Thousandths of compute on offer, as a multiple of 1,000; 1: none is promised twice."""
    nvlink_group: str | None = None
    latest_metric: GpuMetric | None = None
    mig_instances: tuple[MigInstance, ...] = ()
    """In order of their start."""
    allocations: tuple[Allocation, ...] = ()
    """Those that hold a part of it now."""


def model_id_for(model_name: str) -> str:
    return derived_id("model", model_name)


def node_id_for(cluster_name: str, node_name: str) -> str:
    return derived_id("node", f"{cluster_name}\x00{node_name}")


def device_id_for(gpu_uuid: str) -> str:
    return derived_id("dev", gpu_uuid)
