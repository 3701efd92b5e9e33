"""The inventory's stream as a client sees it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.enums import ChangeKind
from schema.types import GpuDevice


@strawberry.type(description="One recorded change: who, when, why, from what to what.")
class InventoryChange:
    sequence: int
    kind: ChangeKind
    entity_id: strawberry.ID
    node_id: strawberry.ID | None
    actor: str
    at: datetime
    reason: str | None
    before: str | None
    after: str | None


@strawberry.type(
    description="First everything that matches (`snapshot`), then what changed. A reader that falls too far "
    "behind gets a snapshot again."
)
class DeviceEvents:
    sequence: int = strawberry.field(description="Number of the newest change contained; the same on every replica.")
    snapshot: bool
    devices: list[GpuDevice]
    removed_device_ids: list[strawberry.ID]
    changes: list[InventoryChange]
