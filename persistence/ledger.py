"""The part of a write transaction that deals with MIG and allocations (`Ledger`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from domain.allocation.model import AllocatedResource, Allocation, HistoryEntry, Quota, SliceClaim
from domain.errors import Conflict
from domain.mig.commands import CommandRecord
from domain.mig.model import MigInstance, OfferedProfile
from persistence import ledger_statements as sql
from persistence.ledger_mapping import (
    allocation_values,
    allocations_from,
    claim_values,
    command_from,
    command_values,
    history_values,
    instance_values,
    profile_values,
    quota_values,
    resource_values,
)
from persistence.mapping import as_update, batches, possible_ids

Execute = Callable[..., Awaitable[Any]]
"""Sends one statement inside the transaction: see `SqlUnitOfWork`."""


class SqlLedger:
    """See `Ledger`. Made by its unit of work, and gone with it."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    async def save_profiles(self, added: Sequence[OfferedProfile], changed: Sequence[OfferedProfile]) -> None:
        for some in batches([profile_values(profile) for profile in added]):
            await self._execute(sql.INSERT_PROFILE, some)
        for some in batches([as_update(profile_values(profile), "profile_id") for profile in changed]):
            await self._execute(sql.UPDATE_PROFILE, some)

    async def add_instances(self, instances: Sequence[MigInstance]) -> None:
        for some in batches([instance_values(instance) for instance in instances]):
            await self._execute(sql.INSERT_INSTANCE, some)

    async def save_instances(self, instances: Sequence[MigInstance]) -> None:
        for some in batches([as_update(instance_values(instance), "mig_id") for instance in instances]):
            await self._execute(sql.UPDATE_INSTANCE, some)

    async def delete_instances(self, mig_ids: Collection[str]) -> None:
        for ids in batches(sorted(mig_ids)):
            await self._execute(sql.DELETE_INSTANCES, {"ids": ids})

    async def add_command(self, command: CommandRecord) -> None:
        await self._execute(sql.INSERT_COMMAND, command_values(command))

    async def save_command(self, command: CommandRecord) -> None:
        await self._execute(sql.UPDATE_COMMAND, as_update(command_values(command), "command_id"))

    async def command(self, command_id: str) -> CommandRecord | None:
        ids = possible_ids([command_id])
        rows = (await self._execute(sql.COMMANDS_BY_ID, {"ids": ids})).all() if ids else ()
        return command_from(rows[0]) if rows else None

    async def add_allocation(self, allocation: Allocation) -> None:
        await self._execute(sql.INSERT_ALLOCATION, allocation_values(allocation))

    async def save_allocation(self, allocation: Allocation) -> None:
        values = as_update(allocation_values(allocation), "allocation_id")
        for constant in ("new_requested_time", "new_user_id"):
            del values[constant]
        if (await self._execute(sql.UPDATE_ALLOCATION, values)).rowcount != 1:
            raise Conflict(f"the allocation {allocation.id!r} was removed by another request")

    async def allocation(self, allocation_id: str) -> Allocation | None:
        rows = (await self._execute(sql.ALLOCATIONS_BY_ID, {"ids": [allocation_id]})).all()
        if not rows:
            return None
        resources = (await self._execute(sql.RESOURCES_BY_ALLOCATION, {"ids": [allocation_id]})).all()
        return allocations_from(rows, resources)[0]

    async def add_resources(self, resources: Sequence[AllocatedResource]) -> None:
        for some in batches([resource_values(resource) for resource in resources]):
            await self._execute(sql.INSERT_RESOURCE, some)

    async def claim(self, claims: Sequence[SliceClaim]) -> None:
        # In one order everywhere, so that two that want the same slices meet at the first of them.
        ordered = sorted(claims, key=lambda claim: (claim.device_id, claim.slice_no))
        for some in batches([claim_values(claim) for claim in ordered]):
            await self._execute(sql.INSERT_CLAIM, some)

    async def release_claims(self, allocation_id: str) -> None:
        await self._execute(sql.RELEASE_CLAIMS, {"id": allocation_id})

    async def last_step(self, allocation_id: str) -> int:
        return (await self._execute(sql.LAST_STEP, {"id": allocation_id})).scalar_one() or 0

    async def add_history(self, entries: Sequence[HistoryEntry]) -> None:
        for some in batches([history_values(entry) for entry in entries]):
            await self._execute(sql.INSERT_HISTORY, some)

    async def add_quota(self, quota: Quota) -> None:
        await self._execute(sql.INSERT_QUOTA, quota_values(quota))

    async def save_quota(self, quota: Quota) -> None:
        values = as_update(quota_values(quota), "quota_id")
        for constant in ("new_scope", "new_name"):
            del values[constant]
        await self._execute(sql.UPDATE_QUOTA, values)

    async def delete_quota(self, quota_id: str) -> None:
        await self._execute(sql.DELETE_QUOTA, {"id": quota_id})
