"""What a node says about itself: the input of registration, from the collector and from agents alike."""

from __future__ import annotations

from dataclasses import dataclass

from domain.fleet.model import CollectionSource
from domain.mig.reports import MigReport


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One GPU as its driver describes it. None: the driver does not say."""

    gpu_uuid: str
    device_index: int
    model_name: str
    pci_address: str | None = None
    serial_number: str | None = None
    memory_total_mb: int | None = None
    power_limit_w: float | None = None
    driver_version: str | None = None
    architecture: str | None = None
    cuda_cores: int | None = None
    mig_capable: bool | None = None
    max_mig_instances: int | None = None
    mig: MigReport | None = None
    """Its MIG mode, profiles and instances. None: it has no MIG, or does not say."""


@dataclass(frozen=True, slots=True)
class NodeReport:
    """A node and all the GPUs its driver sees now. A device it had before and does not list is gone from it."""

    cluster_name: str
    node_name: str
    collection_source: CollectionSource
    devices: tuple[DeviceReport, ...]
    node_ip: str | None = None
    nvidia_driver_version: str | None = None
    cpu_milli: int | None = None
    """Allocatable CPU of the host in thousandths."""
    memory_mib: int | None = None
    """Allocatable memory of the host."""
