"""The domain's closed sets as GraphQL enums. The Python enum is the same object; nothing is translated."""

from __future__ import annotations

import strawberry

from domain.access.policy import Permission
from domain.access.principal import Role
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, DeviceStatus, NodeStatus
from domain.fleet.query import DeviceOrder as DeviceOrderField
from domain.fleet.query import NodeOrder as NodeOrderField
from domain.metrics.validation import RejectReason

__all__ = [
    "ChangeKind",
    "CollectionSource",
    "DeviceOrderField",
    "DeviceStatus",
    "NodeOrderField",
    "NodeStatus",
    "Permission",
    "RejectReason",
    "Role",
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
