"""The newest reading of every GPU, and the way a reading gets there: validate, enrich, apply.

The device object itself carries its newest reading (`GpuDevice.latest_metric`), so a frame is a walk
over devices with no look-ups. Readings that arrive twice - an agent that retries, a replica's echo - are
recognised by time: each device accepts only what is newer than what it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.clock import Clock, utc_now
from domain.fleet.model import DeviceStatus, GpuDevice
from domain.fleet.view import InventoryView
from domain.metrics.sample import GpuMetric, Sample
from domain.metrics.validation import (
    Rejection,
    RejectReason,
    SampleLimits,
    check_time,
    explain_values,
    values_believable,
)

REJECTIONS_LISTED = 100
"""How many refused samples of a batch are described one by one; the rest are counted by reason."""

MetricsListener = Callable[[Sequence[GpuMetric]], None]


@dataclass(slots=True)
class IngestOutcome:
    """What became of a batch."""

    accepted: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    metrics: list[GpuMetric] = field(default_factory=list)

    def reject(self, rejection: Rejection) -> None:
        self.rejected[rejection.reason] += 1
        if len(self.rejections) < REJECTIONS_LISTED:
            self.rejections.append(rejection)


class LiveState:
    """Applies readings to the devices of one process. Used from one event loop."""

    def __init__(self, view: InventoryView, limits: SampleLimits | None = None, clock: Clock = utc_now) -> None:
        self._view = view
        self._limits = limits or SampleLimits()
        self._clock = clock
        self._listeners: list[MetricsListener] = []
        self.accepted = 0
        """Readings applied since start, own and from other replicas."""
        self.rejected: Counter[RejectReason] = Counter()
        self.last_applied_at: datetime | None = None

    def on_metrics(self, listener: MetricsListener) -> None:
        """Call `listener` with every batch of readings that was applied, whoever sent it."""
        self._listeners.append(listener)

    def ingest(self, samples: Sequence[Sample], node_id: str | None = None) -> IngestOutcome:
        """Validate, enrich and apply raw samples, oldest first. With `node_id`, only of that node's devices."""
        now = self._clock()
        earliest, furthest = now - self._limits.age, now + self._limits.future
        by_uuid = self._view.device_by_uuid
        outcome = IngestOutcome()
        metrics = outcome.metrics
        for index, sample in enumerate(samples):
            device = by_uuid(sample.gpu_uuid)
            if device is None or device.device_status is DeviceStatus.RETIRED or node_id not in (None, device.node.id):
                outcome.reject(_explain_device(index, sample, device))
                continue
            if not values_believable(sample):
                outcome.reject(explain_values(index, sample))
                continue
            latest = device.latest_metric
            rejection = check_time(index, sample, None if latest is None else latest.timestamp, earliest, furthest)
            if rejection is not None:
                outcome.reject(rejection)
                continue
            metric = enrich(sample, device)
            device.latest_metric = metric
            metrics.append(metric)
        outcome.accepted = len(metrics)
        self.rejected.update(outcome.rejected)
        self._applied(metrics, now)
        return outcome

    def apply_remote(self, metrics: Sequence[GpuMetric]) -> bool:
        """Apply readings another replica has validated. False where one is of a device not known here yet."""
        all_known = True
        applied = []
        for metric in metrics:
            device = self._view.device(metric.device_id)
            if device is None:
                all_known = False
                continue
            latest = device.latest_metric
            if latest is None or latest.timestamp < metric.timestamp:
                device.latest_metric = metric
                applied.append(metric)
        self._applied(applied, self._clock())
        return all_known

    def _applied(self, metrics: Sequence[GpuMetric], now: datetime) -> None:
        if not metrics:
            return
        self.accepted += len(metrics)
        self.last_applied_at = now
        for listener in self._listeners:
            listener(metrics)


def enrich(sample: Sample, device: GpuDevice) -> GpuMetric:
    """Add what the inventory knows: the device's id and, where the reading lacks it, its memory size."""
    used = sample.memory_used_mb
    total = sample.memory_total_mb if sample.memory_total_mb is not None else device.memory_total_mb
    return GpuMetric(
        device.id,
        None,
        sample.timestamp if sample.timestamp.tzinfo is UTC else sample.timestamp.astimezone(UTC),
        sample.gpu_utilization_pct,
        used,
        total,
        round(100.0 * used / total, 2) if used is not None and total else None,
        sample.temperature_c,
        sample.power_draw_w,
        sample.sm_clock_mhz,
        sample.memory_clock_mhz,
        sample.collection_source,
    )


def _explain_device(index: int, sample: Sample, device: GpuDevice | None) -> Rejection:
    uuid = sample.gpu_uuid
    if device is None:
        message = f"no device has the UUID {uuid!r}: report its node first"
        return Rejection(index, uuid, RejectReason.UNKNOWN_DEVICE, "gpuUuid", message)
    if device.device_status is DeviceStatus.RETIRED:
        return Rejection(index, uuid, RejectReason.RETIRED_DEVICE, "gpuUuid", f"the device {uuid} is retired")
    message = f"the device {uuid} is not of the node that sent this"
    return Rejection(index, uuid, RejectReason.NOT_YOUR_NODE, "gpuUuid", message)
