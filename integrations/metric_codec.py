"""Readings on the wire between replicas: one JSON array of rows, about 110 bytes a reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson

from domain.fleet.model import CollectionSource
from domain.metrics.sample import GpuMetric

VERSION = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def encode_metrics(metrics: Sequence[GpuMetric]) -> bytes:
    """Pack readings. Times are whole microseconds since 1970, so that they compare equal after the journey."""
    rows = [
        (
            m.device_id,
            m.mig_id,
            (m.timestamp - EPOCH) // MICROSECOND,
            m.gpu_utilization_pct,
            m.memory_used_mb,
            m.memory_total_mb,
            m.memory_utilization_pct,
            m.temperature_c,
            m.power_draw_w,
            m.sm_clock_mhz,
            m.memory_clock_mhz,
            m.collection_source,
        )
        for m in metrics
    ]
    return orjson.dumps({"v": VERSION, "rows": rows})


def decode_metrics(payload: bytes) -> list[GpuMetric]:
    """Unpack readings. Raises `ValueError` on anything that is not of this version and shape."""
    content = orjson.loads(payload)
    if not isinstance(content, dict) or content.get("v") != VERSION:
        raise ValueError("readings of an unknown version")
    times: dict[int, datetime] = {}  # a batch mostly shares one time
    metrics = []
    for device_id, mig_id, at, *values, source in content["rows"]:
        timestamp = times.get(at) or times.setdefault(at, EPOCH + timedelta(microseconds=at))
        utilization, used, total, memory_pct, temperature, power, sm_clock, memory_clock = values
        metrics.append(
            GpuMetric(
                device_id,
                mig_id,
                timestamp,
                utilization,
                used,
                total,
                memory_pct,
                temperature,
                power,
                sm_clock,
                memory_clock,
                CollectionSource(source),
            )
        )
    return metrics
