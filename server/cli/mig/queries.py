"""What these commands ask for and change."""

from __future__ import annotations

_ERROR = "... on Error { message code path }"

COMMAND_FIELDS = """
id deviceId nodeId gpuUuid status attempt requestedBy reason createdDate deadline finishedDate error
steps { kind profileName placementStart placementSize giProfileId }
"""

_DEVICE = """
id gpuUuid deviceIndex deviceStatus statusReason migCapable migEnabled migPending memorySlices computeSlices
fragmentation sharingMode
node { id nodeName clusterName }
model { id modelName }
migInstances {
  id profileName instanceId migUuid allocated instanceStatus placementStart placementSize createdDate allocatedDate
  profile { computeSlices memoryMb }
  allocation { id namespace podName userId teamId plannedReleaseTime }
}
allocations { id resourceType allocatedResource namespace podName userId teamId }
"""

LAYOUTS = f"""
query Layouts($first: Int!, $after: String, $where: DeviceWhere) {{
  page: devices(first: $first, after: $after, where: $where) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_DEVICE} }}
  }}
}}
"""

LAYOUT = f"""
query Layout($id: ID!) {{
  node(id: $id) {{
    ... on GpuDevice {{
      {_DEVICE}
      migPlaces {{
        profile {{ profileName computeSlices memorySlices memoryGb memoryMb maxInstancesPerGpu useCase starts }}
        placesNow placesFree starts whyNot
      }}
      migCommands(first: 5) {{ {COMMAND_FIELDS} }}
    }}
  }}
}}
"""

_STOP = "migId profileName placementStart placementSize holder allocationId namespace podName movesTo"
_PLACEMENT = "profileName placementStart placementSize migId inUse holder allocationId"

_PLAN = f"""
ready message seconds checkedAt
devices {{
  deviceId ready unchanged seconds fragmentationBefore fragmentationAfter
  device {{ deviceIndex gpuUuid memorySlices node {{ nodeName clusterName }} model {{ modelName }} }}
  current {{ {_PLACEMENT} }}
  target {{ {_PLACEMENT} }}
  steps {{ kind profileName placementStart placementSize migId seconds layoutAfter }}
  stops {{ {_STOP} }}
  phases {{ name seconds }}
  refusal {{ kind message reason rule fix fits blockers {{ {_STOP} }} }}
}}
"""

PLAN = f"""
query Plan($input: MigLayoutInput!) {{
  migLayoutPlan(input: $input) {{ ... on MigLayoutPlan {{ {_PLAN} }} {_ERROR} }}
}}
"""

APPLY = f"""
mutation Apply($input: MigLayoutInput!) {{
  applyMigLayout(input: $input) {{
    ... on MigLayoutApplied {{ plan {{ {_PLAN} }} commands {{ {COMMAND_FIELDS} }} }}
    {_ERROR}
  }}
}}
"""

_INSTANCE = "id deviceId profileName instanceId migUuid allocated instanceStatus placementStart placementSize"

CREATE = f"""
mutation Create($input: CreateMigInstanceInput!) {{
  createMigInstance(input: $input) {{
    ... on MigInstanceChanged {{ instance {{ {_INSTANCE} }} command {{ {COMMAND_FIELDS} }} }}
    {_ERROR}
  }}
}}
"""

DELETE = f"""
mutation Delete($input: DeleteMigInstanceInput!) {{
  deleteMigInstance(input: $input) {{
    ... on MigInstanceChanged {{ instance {{ {_INSTANCE} }} command {{ {COMMAND_FIELDS} }} }}
    {_ERROR}
  }}
}}
"""

_MODE = f"""
... on MigModeChanged {{
  device {{ id gpuUuid deviceIndex migEnabled migPending node {{ nodeName clusterName }} }}
  command {{ {COMMAND_FIELDS} }}
}}
"""

ENABLE = f"mutation Enable($input: MigModeInput!) {{ enableMig(input: $input) {{ {_MODE} {_ERROR} }} }}"
DISABLE = f"mutation Disable($input: MigModeInput!) {{ disableMig(input: $input) {{ {_MODE} {_ERROR} }} }}"

COMMANDS = f"""
query Commands($first: Int!, $after: String, $where: DeviceWhere) {{
  page: devices(first: $first, after: $after, where: $where) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ id deviceIndex node {{ nodeName clusterName }} migCommands(first: 20) {{ {COMMAND_FIELDS} }} }}
  }}
}}
"""

DEFRAGMENTATION = """
query Defragmentation($nodeId: ID, $clusterName: String, $profileName: String, $maxMoves: Int!) {
  defragmentationPlan(nodeId: $nodeId, clusterName: $clusterName, profileName: $profileName, maxMoves: $maxMoves) {
    seconds pods fragmentationBefore fragmentationAfter
    gains { profileName places }
    moves {
      step migId profileName fromStart toStart seconds pods holder allocationId
      fromDevice { id deviceIndex node { nodeName clusterName } }
      toDevice { id deviceIndex node { nodeName clusterName } }
      gains { profileName places }
    }
  }
}
"""
