"""Reads of what no process keeps in memory: ended allocations, histories, finished commands (`AllocationArchive`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.allocation.demand import Demand
from domain.allocation.model import Allocation, HistoryEntry
from domain.mig.commands import CommandRecord
from persistence import ledger_statements as sql
from persistence.dialects import TransactionMode
from persistence.ledger_mapping import allocations_from, command_from, demand_from, history_from
from persistence.mapping import batches, possible_ids
from persistence.transactions import reading


class SqlArchive:
    """See `AllocationArchive`. Used by any number of tasks at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def allocations(self, allocation_ids: Collection[str]) -> Mapping[str, Allocation]:
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            return {a.id: a for a in await allocations_by_id(connection, allocation_ids)}

    async def ended(self, since: datetime, until: datetime, most: int) -> Sequence[Allocation]:
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            parameters = {"since": since, "until": until, "most": most}
            rows = (await connection.execute(sql.ENDED_ALLOCATIONS, parameters)).all()
            resources: list[Any] = []
            for ids in batches([row[0] for row in rows]):
                resources += (await connection.execute(sql.RESOURCES_BY_ALLOCATION, {"ids": ids})).all()
        return allocations_from(rows, resources)

    async def history(self, allocation_ids: Collection[str]) -> Mapping[str, Sequence[HistoryEntry]]:
        found: dict[str, list[HistoryEntry]] = {}
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            for ids in batches(possible_ids(allocation_ids)):
                for row in await connection.execute(sql.HISTORY_OF, {"ids": ids}):
                    found.setdefault(row[0], []).append(history_from(row))
        return found

    async def requests_counted(self) -> int:
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            counted: int = (await connection.execute(sql.REQUESTS_COUNTED)).scalar_one()
            return counted

    async def recent_demands(self, most: int) -> Sequence[Demand]:
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            rows = (await connection.execute(sql.RECENT_REQUESTS, {"most": most})).all()
        return [demand_from(row) for row in reversed(rows)]

    async def command(self, command_id: str) -> CommandRecord | None:
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            row = (await connection.execute(sql.COMMANDS_BY_ID, {"ids": [command_id]})).one_or_none()
            return None if row is None else command_from(row)

    async def commands_of_devices(
        self, device_ids: Collection[str], most: int
    ) -> Mapping[str, Sequence[CommandRecord]]:
        found: dict[str, list[CommandRecord]] = {}
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            for ids in batches(sorted(set(device_ids))):
                for row in await connection.execute(sql.COMMANDS_OF_DEVICES, {"ids": ids, "most": most}):
                    command = command_from(row)
                    found.setdefault(command.device_id, []).append(command)
        return found


async def allocations_by_id(connection: AsyncConnection, allocation_ids: Collection[str]) -> list[Allocation]:
    """With what they hold, on an open connection."""
    rows: list[Any] = []
    resources: list[Any] = []
    for ids in batches(possible_ids(allocation_ids)):
        rows += (await connection.execute(sql.ALLOCATIONS_BY_ID, {"ids": ids})).all()
        resources += (await connection.execute(sql.RESOURCES_BY_ALLOCATION, {"ids": ids})).all()
    return allocations_from(rows, resources)
