"""What these commands ask for and change."""

from __future__ import annotations

_ERROR = "... on Error { message code path }"

_ALLOCATION = """
id namespace podName workloadType resourceType allocatedResource requestedMemoryGb allocationTime plannedReleaseTime
status costPerHour totalCost userId teamId requestedTime endedTime statusReason gpuCount profileName cpuMilli
hostMemoryMib modelNames clusterName nodeName spread hours policy score version priority gpuEquivalents queuePosition
"""

_DETAILS = """
resources {
  deviceId nodeId migId profileName placementStart placementSize shareMilli memoryMib gpuEquivalent migSlices
  device { deviceIndex gpuUuid node { nodeName clusterName } model { modelName } }
}
scoreParts { name value meaning }
history { step fromStatus toStatus changedAt changedBy reason }
"""

_PLACE = """
resourceType words score creates
parts { name value meaning }
resources {
  memoryMib gpuEquivalent start size shareMilli words profileName ready removes
  device { id gpuUuid deviceIndex node { nodeName clusterName } }
}
"""

REQUEST = f"""
mutation RequestAllocation($input: RequestAllocationInput!) {{
  requestAllocation(input: $input) {{
    ... on AllocationAnswer {{
      status granted dryRun message policy
      allocation {{ {_ALLOCATION} }}
      checks {{ step passed warning message }}
      place {{ {_PLACE} }}
      runnersUp {{ {_PLACE} }}
      alternatives {{ kind message resourceType profileName modelName gpuCount deviceId availableAt }}
    }}
    {_ERROR}
  }}
}}
"""

ALLOCATIONS = f"""
query Allocations($first: Int!, $after: String, $where: AllocationWhere, $orderBy: AllocationOrder) {{
  page: allocations(first: $first, after: $after, where: $where, orderBy: $orderBy) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_ALLOCATION} }}
  }}
}}
"""

ALLOCATION = f"""
query Allocation($id: ID!) {{ node(id: $id) {{ ... on GpuAllocation {{ {_ALLOCATION} {_DETAILS} }} }} }}
"""

EVENTS = f"""
subscription AllocationEvents($where: AllocationWhere) {{
  allocationEvents(where: $where) {{ sequence snapshot allocations {{ {_ALLOCATION} }} }}
}}
"""

RELEASE = f"""
mutation Release($input: ReleaseAllocationInput!) {{
  releaseAllocation(input: $input) {{ ... on GpuAllocation {{ {_ALLOCATION} }} {_ERROR} }}
}}
"""

EXTEND = f"""
mutation Extend($input: ExtendAllocationInput!) {{
  extendAllocation(input: $input) {{ ... on GpuAllocation {{ {_ALLOCATION} }} {_ERROR} }}
}}
"""

_QUOTA = """
id scope name gpusHard gpusSoft memoryGibHard memoryGibSoft migSlicesHard migSlicesSoft version updatedBy updatedDate
used { gpus memoryGib migSlices }
"""

QUOTAS = f"query Quotas {{ quotas {{ {_QUOTA} }} }}"

SET_QUOTA = f"""
mutation SetQuota($input: SetQuotaInput!) {{ setQuota(input: $input) {{ ... on Quota {{ {_QUOTA} }} {_ERROR} }} }}
"""

DELETE_QUOTA = f"""
mutation DeleteQuota($input: DeleteQuotaInput!) {{
  deleteQuota(input: $input) {{ ... on Quota {{ {_QUOTA} }} {_ERROR} }}
}}
"""
