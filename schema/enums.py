"""The domain's closed sets as GraphQL enums. The Python enum is the same object; nothing is translated."""

from __future__ import annotations

from enum import Enum

import strawberry

from domain.access.policy import Permission
from domain.access.principal import Role
from domain.allocation.answers import AlternativeKind
from domain.allocation.answers import Step as RequestStep
from domain.allocation.model import AllocationStatus, QuotaScope, ResourceType, Spread, WorkloadType
from domain.allocation.model import Priority as PriorityLevel
from domain.allocation.query import AllocationOrder as AllocationOrderField
from domain.allocation.query import AllocationView
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, DeviceStatus, NodeStatus, SharingMode
from domain.fleet.query import DeviceOrder as DeviceOrderField
from domain.fleet.query import NodeOrder as NodeOrderField
from domain.metrics.validation import RejectReason
from domain.mig.commands import CommandStatus, StepKind
from domain.mig.layout_plans import RefusalKind
from domain.mig.model import InstanceStatus
from domain.mig.planning import PhaseName

__all__ = [
    "AllocationOrderField",
    "AllocationStatus",
    "AllocationView",
    "AlternativeKind",
    "ChangeKind",
    "CollectionSource",
    "CommandStatus",
    "DeviceOrderField",
    "DeviceStatus",
    "InstanceStatus",
    "NodeOrderField",
    "NodeStatus",
    "Permission",
    "PhaseName",
    "Priority",
    "QuotaScope",
    "RefusalKind",
    "RejectReason",
    "RequestStep",
    "ResourceType",
    "Role",
    "SharingMode",
    "Spread",
    "StepKind",
    "WorkloadType",
]

strawberry.enum(DeviceStatus, description="Where a device is in its life.")
strawberry.enum(NodeStatus, description="Whether the node's reporter is heard.")
strawberry.enum(CollectionSource, description="Where readings come from.")
strawberry.enum(ChangeKind, description="What happened to the inventory.")
strawberry.enum(Role, description="What a principal is trusted with.")
strawberry.enum(Permission, description="A right that a role can hold.")
strawberry.enum(RejectReason, description="Why a sample was refused.")
strawberry.enum(
    DeviceOrderField,
    name="DeviceOrderField",
    description="What devices can be sorted by; POSITION is cluster, node, index.",
)
strawberry.enum(
    NodeOrderField, name="NodeOrderField", description="What nodes can be sorted by; POSITION is cluster, name."
)
strawberry.enum(AllocationStatus, description="Where an allocation is in its life.")
strawberry.enum(ResourceType, description="Whole devices, MIG instances, or a share of a device.")
strawberry.enum(WorkloadType, description="What runs on it.")
strawberry.enum(Spread, description="How close several GPUs of one job must be.")
strawberry.enum(QuotaScope, description="Whom a quota binds.")
strawberry.enum(RequestStep, name="RequestStep", description="The steps a request goes through, in order.")
strawberry.enum(AlternativeKind, description="What would have to be done differently.")
strawberry.enum(AllocationView, description="Whose allocations.")
strawberry.enum(AllocationOrderField, name="AllocationOrderField", description="What allocations can be sorted by.")
strawberry.enum(SharingMode, description="How a device may be held by several at once; MPS does not go with MIG.")
strawberry.enum(
    InstanceStatus,
    name="MigInstanceStatus",
    description="Where a MIG instance is; LOST: its node does not list it any more.",
)
strawberry.enum(CommandStatus, description="Where a node's command is.")
strawberry.enum(StepKind, name="LayoutStepKind", description="One step of a layout change.")
strawberry.enum(PhaseName, name="LayoutPhaseName", description="Parts of the time a layout change takes, in order.")
strawberry.enum(RefusalKind, name="LayoutRefusalKind", description="Why a layout is refused.")


@strawberry.enum(description="Who goes first in the queue; waiting raises it.")
class Priority(Enum):
    """GraphQL enums are of names; the domain's levels are numbers."""

    LOW = PriorityLevel.LOW.name
    NORMAL = PriorityLevel.NORMAL.name
    HIGH = PriorityLevel.HIGH.name
    PRODUCTION = PriorityLevel.PRODUCTION.name
