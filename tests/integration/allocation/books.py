"""What is stored about allocations, read in one snapshot: what the auditor works on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.allocation.model import AllocationStatus
from persistence import tables
from persistence.dialects import TransactionMode
from persistence.transactions import reading


@dataclass(frozen=True)
class Books:
    """What is stored, by its keys; rows have the tables' column names. `changes` are in the order of the commits."""

    allocations: dict[str, Any]
    resources: dict[str, list[Any]]
    history: dict[str, list[Any]]
    claims: list[Any]
    instances: list[Any]
    devices: dict[str, Any]
    changes: list[Any]
    keys: list[Any]

    def of_status(self, *statuses: AllocationStatus) -> list[str]:
        """The ids of the allocations in these states."""
        return [id_ for id_, row in self.allocations.items() if row.status in statuses]


async def read_books(engine: AsyncEngine) -> Books:
    """All of it as it was at one moment."""
    async with reading(engine, TransactionMode.SNAPSHOT) as connection:
        allocations = await _rows(connection, tables.gpu_allocations)
        resources = await _rows(connection, tables.allocated_resources)
        history = await _rows(connection, tables.allocation_history)
        return Books(
            allocations={row.allocation_id: row for row in allocations},
            resources=_by_allocation(sorted(resources, key=lambda row: row.position)),
            history=_by_allocation(sorted(history, key=lambda row: row.step)),
            claims=await _rows(connection, tables.slice_claims),
            instances=await _rows(connection, tables.mig_instances),
            devices={row.device_id: row for row in await _rows(connection, tables.gpu_devices)},
            changes=sorted(await _rows(connection, tables.inventory_changes), key=lambda row: row.sequence),
            keys=await _rows(connection, tables.idempotency_keys),
        )


def slices_of(resource: Any) -> range:
    """The memory slices that it takes; none for a share."""
    return range(resource.placement_start, resource.placement_start + resource.placement_size)


async def _rows(connection: AsyncConnection, table: Table) -> list[Any]:
    return list((await connection.execute(select(table))).all())


def _by_allocation(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.allocation_id].append(row)
    return dict(found)
