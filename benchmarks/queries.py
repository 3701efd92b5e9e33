"""The two documents every server is asked."""

from __future__ import annotations

SUBSCRIPTION = "subscription{gpuMetrics{deviceId timestamp gpuUtilizationPct memoryUsedMb temperatureC powerDrawW}}"

DEVICE_FIELDS = (
    "id gpuUuid deviceIndex deviceStatus pciAddress "
    "node{id nodeName clusterName nodeStatus} "
    "model{id modelName memoryGb architecture} "
    "latestMetric{timestamp gpuUtilizationPct memoryUsedMb memoryTotalMb temperatureC powerDrawW}"
)


def device_list(first: int) -> str:
    """The list query for the first so many devices."""
    return f"{{devices(first:{first}){{nodes{{{DEVICE_FIELDS}}}}}}}"
