"""The newest readings in Prometheus's text format, under the names and labels of NVIDIA's DCGM exporter.

Dashboards and rules written for that exporter work on these. The text is made here rather than by
prometheus-client, which needs a second for 10,000 devices where this needs a tenth; it is the same in the
plain and in the OpenMetrics format. Beyond the exporter's labels there are `cluster` and `collection_source`:
the latter says SIMULATED where a device does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from domain.fleet.model import DeviceStatus, GpuDevice
from domain.metrics.sample import GpuMetric


@dataclass(frozen=True, slots=True)
class DcgmSeries:
    """One of the exporter's metrics and how a reading gives it; None: unknown, and then it is left out."""

    name: str
    help: str
    value: Callable[[GpuMetric], float | None]


def _free_mib(metric: GpuMetric) -> int | None:
    used, total = metric.memory_used_mb, metric.memory_total_mb
    return None if used is None or total is None else total - used


DCGM_SERIES: tuple[DcgmSeries, ...] = (
    DcgmSeries("DCGM_FI_DEV_GPU_UTIL", "GPU utilization (in %).", attrgetter("gpu_utilization_pct")),
    DcgmSeries("DCGM_FI_DEV_FB_USED", "Framebuffer memory used (in MiB).", attrgetter("memory_used_mb")),
    DcgmSeries("DCGM_FI_DEV_FB_FREE", "Framebuffer memory free (in MiB).", _free_mib),
    DcgmSeries("DCGM_FI_DEV_GPU_TEMP", "GPU temperature (in C).", attrgetter("temperature_c")),
    DcgmSeries("DCGM_FI_DEV_POWER_USAGE", "Power draw (in W).", attrgetter("power_draw_w")),
    DcgmSeries("DCGM_FI_DEV_SM_CLOCK", "SM clock frequency (in MHz).", attrgetter("sm_clock_mhz")),
    DcgmSeries("DCGM_FI_DEV_MEM_CLOCK", "Memory clock frequency (in MHz).", attrgetter("memory_clock_mhz")),
)

STATUS = "gpu_device_status"
DATA_AGE = "gpu_data_age_seconds"


Reading = tuple[GpuDevice, GpuMetric | None]


def readings_of(devices: Iterable[GpuDevice]) -> list[Reading]:
    """Each device with its newest reading of this moment, so that all that is drawn from them adds up."""
    return [(device, device.latest_metric) for device in devices]


def device_text(readings: Sequence[Reading], now: datetime, stale_after: timedelta) -> str:
    """All per-device families. A reading older than `stale_after` shows in its age only, never as a value.

    Reads nothing that a running event loop changes in place, so it may run beside one on another thread.
    """
    oldest_shown = now - stale_after
    fresh: list[tuple[str, GpuMetric]] = []
    ages: list[tuple[str, float]] = []
    statuses: list[str] = []
    for device, metric in readings:
        ours, dcgm = _labels(device)
        node = device.node
        statuses.append(f'{ours},status="{device.device_status}",collection_source="{node.collection_source}"}} 1.0\n')
        if metric is None or device.device_status is DeviceStatus.RETIRED:
            continue
        ages.append((ours, max(0.0, (now - metric.timestamp).total_seconds())))
        if metric.timestamp >= oldest_shown:
            fresh.append((dcgm, metric))
    parts = [_dcgm_family(series, fresh) for series in DCGM_SERIES]
    parts.append(_family(STATUS, "1 for the state that a device is in.", (f"{STATUS}{line}" for line in statuses)))
    age_lines = (f"{DATA_AGE}{labels}}} {round(age, 3)!r}\n" for labels, age in ages)
    parts.append(_family(DATA_AGE, "Age of a device's newest reading, however old.", age_lines))
    return "".join(parts)


def _dcgm_family(series: DcgmSeries, fresh: Iterable[tuple[str, GpuMetric]]) -> str:
    return _family(series.name, series.help, _dcgm_lines(series, fresh))


def _dcgm_lines(series: DcgmSeries, fresh: Iterable[tuple[str, GpuMetric]]) -> Iterator[str]:
    name, value_of = series.name, series.value
    for labels, metric in fresh:
        value = value_of(metric)
        if value is not None:
            yield f"{name}{labels}}} {value}\n"


def _family(name: str, help_text: str, lines: Iterable[str]) -> str:
    return f"# HELP {name} {help_text}\n# TYPE {name} gauge\n" + "".join(lines)


def _labels(device: GpuDevice) -> tuple[str, str]:
    """The opening brace and labels of our own series and of the exporter's."""
    node, index, escape = device.node, device.device_index, escaped
    host, cluster = escape(node.node_name), escape(node.cluster_name)
    gpu = f'{{gpu="{index}",UUID="{escape(device.gpu_uuid)}"'
    place = f'Hostname="{host}",cluster="{cluster}"'
    pci, model = escape(device.pci_address or ""), escape(device.model.model_name)
    kind = f'pci_bus_id="{pci}",device="nvidia{index}",modelName="{model}"'
    return f"{gpu},{place}", f'{gpu},{kind},{place},collection_source="{node.collection_source}"'


def escaped(text: str) -> str:
    """A label value as it stands between quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
