"""Totals of the fleet for Prometheus: what a dashboard would otherwise add up from every device's series."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from domain.fleet.model import DeviceStatus, GpuNode
from domain.metrics.sample import GpuMetric
from server.observability.device_series import Reading

MIB = 1024 * 1024

FRESH, STALE, NEVER = "fresh", "stale", "never"


@dataclass(slots=True)
class _Cluster:
    """Sums over the fresh readings of one cluster, of the devices that state the value."""

    memory_used_mib: int = 0
    memory_total_mib: int = 0
    power_w: float = 0.0
    utilization_pct: float = 0.0
    utilizations: int = 0

    def add(self, metric: GpuMetric) -> None:
        if metric.memory_used_mb is not None and metric.memory_total_mb is not None:
            self.memory_used_mib += metric.memory_used_mb
            self.memory_total_mib += metric.memory_total_mb
        if metric.power_draw_w is not None:
            self.power_w += metric.power_draw_w
        if metric.gpu_utilization_pct is not None:
            self.utilization_pct += metric.gpu_utilization_pct
            self.utilizations += 1


class FleetSeries(Collector):
    """A collector for prometheus-client over one moment of the fleet."""

    def __init__(
        self, nodes: Sequence[GpuNode], readings: Sequence[Reading], now: datetime, stale_after: timedelta
    ) -> None:
        self._nodes = nodes
        self._readings = readings
        self._oldest_shown = now - stale_after

    def collect(self) -> Iterable[Metric]:
        counts: Counter[tuple[str, str, str, str]] = Counter()
        freshness: Counter[tuple[str, str]] = Counter()
        clusters: defaultdict[str, _Cluster] = defaultdict(_Cluster)
        for device, metric in self._readings:
            node, status = device.node, device.device_status
            counts[node.cluster_name, device.model.model_name, status, node.collection_source] += 1
            if status is DeviceStatus.RETIRED:
                continue
            if metric is None:
                freshness[node.cluster_name, NEVER] += 1
            elif metric.timestamp < self._oldest_shown:
                freshness[node.cluster_name, STALE] += 1
            else:
                freshness[node.cluster_name, FRESH] += 1
                clusters[node.cluster_name].add(metric)
        yield _gauge(
            "gpu_fleet_devices",
            "Registered devices.",
            ("cluster", "model", "status", "collection_source"),
            counts.items(),
        )
        for name in {cluster for cluster, _ in freshness}:
            for state in (FRESH, STALE, NEVER):
                freshness.setdefault((name, state), 0)
        yield _gauge(
            "gpu_fleet_readings",
            "Devices by their newest reading: fresh ones are shown as values, stale ones are left out.",
            ("cluster", "freshness"),
            freshness.items(),
        )
        nodes = Counter((node.cluster_name, str(node.node_status)) for node in self._nodes)
        yield _gauge("gpu_fleet_nodes", "Registered nodes.", ("cluster", "status"), nodes.items())
        yield from _sums(clusters)


def _sums(clusters: dict[str, _Cluster]) -> Iterable[Metric]:
    used = {(name,): c.memory_used_mib * MIB for name, c in clusters.items() if c.memory_total_mib}
    total = {(name,): c.memory_total_mib * MIB for name, c in clusters.items() if c.memory_total_mib}
    power = {(name,): c.power_w for name, c in clusters.items() if c.power_w}
    utilization = {(n,): c.utilization_pct / c.utilizations / 100 for n, c in clusters.items() if c.utilizations}
    by = ("cluster",)
    yield _gauge("gpu_fleet_memory_used_bytes", "Memory used, of the devices with a fresh reading.", by, used.items())
    yield _gauge("gpu_fleet_memory_bytes", "Memory of the devices with a fresh reading.", by, total.items())
    yield _gauge("gpu_fleet_power_watts", "Power drawn by the devices with a fresh reading.", by, power.items())
    yield _gauge("gpu_fleet_utilization_ratio", "Mean utilization, of the fresh readings.", by, utilization.items())


def _gauge(name: str, help_text: str, labels: Sequence[str], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for by, value in sorted(values):
        family.add_metric(by, value)
    return family
