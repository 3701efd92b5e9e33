"""What the commands ask for, and how a list is read to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.cli.client import ApiClient

PAGE = 1_000

_METRIC = """
latestMetric {
  timestamp ageSeconds gpuUtilizationPct memoryUsedMb memoryTotalMb memoryUtilizationPct
  temperatureC powerDrawW smClockMhz memoryClockMhz collectionSource
}
"""

DEVICES = f"""
query Devices($first: Int!, $after: String, $where: DeviceWhere, $orderBy: DeviceOrder) {{
  page: devices(first: $first, after: $after, where: $where, orderBy: $orderBy) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id gpuUuid deviceIndex deviceStatus statusReason serialNumber pciAddress memoryTotalMb powerLimitW
      driverVersion version
      node {{ id nodeName clusterName nodeStatus collectionSource }}
      model {{ id modelName architecture }}
      {_METRIC}
    }}
  }}
}}
"""

NODES = """
query Nodes($first: Int!, $after: String, $where: NodeWhere, $orderBy: NodeOrder) {
  page: gpuNodes(first: $first, after: $after, where: $where, orderBy: $orderBy) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id nodeName clusterName nodeIp totalGpus availableGpus nodeStatus nvidiaDriverVersion collectionSource
      lastReportAt createdDate
    }
  }
}
"""

NAMED_DEVICES = """
query NamedDevices($first: Int!, $after: String, $where: DeviceWhere) {
  page: devices(first: $first, after: $after, where: $where) {
    pageInfo { hasNextPage endCursor }
    nodes { id gpuUuid deviceIndex node { id nodeName clusterName } }
  }
}
"""

IDENTITIES = """
query Identities($first: Int!, $after: String, $where: DeviceWhere) {
  page: devices(first: $first, after: $after, where: $where) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id gpuUuid deviceIndex memoryTotalMb powerLimitW
      node { nodeName clusterName }
      model { modelName }
    }
  }
}
"""

_FRAME = """
  sequence asOf layoutVersion intervalMs deviceIds deviceStatuses gpuUtilizationPct memoryUsedMb memoryTotalMb
  temperatureC powerDrawW ageMs collectionSources
"""

FRAME = f"query Frame($where: DeviceWhere) {{ fleetFrame(where: $where) {{ {_FRAME} }} }}"
FRAMES = f"""
subscription Frames($where: DeviceWhere, $intervalMs: Int) {{
  fleetFrame(where: $where, intervalMs: $intervalMs) {{ {_FRAME} }}
}}
"""

SET_STATUS = """
mutation SetStatus($input: SetDeviceStatusInput!) {
  setDeviceStatus(input: $input) {
    ... on GpuDevice { id gpuUuid deviceIndex deviceStatus statusReason version node { nodeName clusterName } }
    ... on Error { message code path }
  }
}
"""


async def all_pages(
    client: ApiClient, document: str, variables: Mapping[str, Any], limit: int | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Every object of a list, read page by page; with `limit`, that many at most."""
    left = limit
    after: str | None = None
    while left is None or left > 0:
        first = PAGE if left is None else min(PAGE, left)
        page = (await client.execute(document, {**variables, "first": first, "after": after}))["page"]
        for node in page["nodes"]:
            yield node
        if left is not None:
            left -= len(page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
