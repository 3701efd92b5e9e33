"""The record of every change of the inventory: audit trail, event feed and cache invalidation in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened."""

    MODEL_REGISTERED = "MODEL_REGISTERED"
    NODE_REGISTERED = "NODE_REGISTERED"
    NODE_UPDATED = "NODE_UPDATED"
    NODE_REMOVED = "NODE_REMOVED"
    DEVICE_REGISTERED = "DEVICE_REGISTERED"
    DEVICE_UPDATED = "DEVICE_UPDATED"
    DEVICE_STATUS_CHANGED = "DEVICE_STATUS_CHANGED"
    DEVICE_REMOVED = "DEVICE_REMOVED"
    DEVICE_LAYOUT_CHANGED = "DEVICE_LAYOUT_CHANGED"
    DEVICE_SHARING_CHANGED = "DEVICE_SHARING_CHANGED"
    PROFILES_REPORTED = "PROFILES_REPORTED"
    COMMAND_CHANGED = "COMMAND_CHANGED"
    ALLOCATION_CHANGED = "ALLOCATION_CHANGED"
    QUOTA_CHANGED = "QUOTA_CHANGED"


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """One change: who, when, why, from what to what.

    `sequence` is dense in commit order across all replicas: a reader that has seen n has seen all below n.
    It is 0 until the change is written.
    """

    kind: ChangeKind
    entity_id: str
    node_id: str | None
    actor: str
    at: datetime
    reason: str | None = None
    before: str | None = None
    after: str | None = None
    sequence: int = 0
