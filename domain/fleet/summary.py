"""The fleet in numbers, as one reader may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from domain.access.principal import AccessScope
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, NodeStatus
from domain.fleet.query import select_devices
from domain.fleet.status import SERVING
from domain.fleet.view import InventoryView

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class StatusCount:
    status: DeviceStatus
    count: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Totals over what the reader may see. Sums and means are over devices with a reading; None without any.

    Memory in MiB, power in watts. `oldest_reading_at` and `newest_reading_at` bound the age of the data.
    """

    total_gpus: int
    available_gpus: int
    total_nodes: int
    cluster_names: Sequence[str]
    status_counts: Sequence[StatusCount]
    collection_sources: Sequence[CollectionSource]
    reporting_gpus: int
    gpu_utilization_pct: float | None
    memory_used_mb: int | None
    memory_total_mb: int | None
    power_draw_w: float | None
    oldest_reading_at: datetime | None
    newest_reading_at: datetime | None
    revision: int


def summarise(view: InventoryView, scope: AccessScope) -> Fleet:
    """Totals of the visible fleet. RETIRED devices are counted by status only."""
    devices = select_devices(view, scope)
    present = [device for device in devices if device.device_status is not DeviceStatus.RETIRED]
    readings = [device.latest_metric for device in present if device.latest_metric is not None]
    utilization = [m.gpu_utilization_pct for m in readings if m.gpu_utilization_pct is not None]
    statuses = Counter(device.device_status for device in devices)
    nodes = {device.node.id for device in present}
    return Fleet(
        total_gpus=len(present),
        available_gpus=sum(_serves(device) for device in present),
        total_nodes=len(nodes),
        cluster_names=sorted({device.node.cluster_name for device in present}),
        status_counts=[StatusCount(status, statuses[status]) for status in DeviceStatus],
        collection_sources=sorted({device.node.collection_source for device in present}),
        reporting_gpus=len(readings),
        gpu_utilization_pct=round(sum(utilization) / len(utilization), 2) if utilization else None,
        memory_used_mb=_sum_known(m.memory_used_mb for m in readings),
        memory_total_mb=_sum_known(m.memory_total_mb for m in readings),
        power_draw_w=_sum_known(m.power_draw_w for m in readings),
        oldest_reading_at=min((m.timestamp for m in readings), default=None),
        newest_reading_at=max((m.timestamp for m in readings), default=None),
        revision=view.revision,
    )


def _serves(device: GpuDevice) -> bool:
    return device.device_status in SERVING and device.node.node_status is NodeStatus.READY


def _sum_known(values: Iterable[N | None]) -> N | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
