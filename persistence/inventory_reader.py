"""Reading the inventory as a whole (`InventoryReader`). Nothing here locks or waits for a writer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.fleet.changes import InventoryChange
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.ports import StoredInventory, Touched
from domain.fleet.view import touched_by
from domain.mig.model import MigInstance
from persistence import ledger_statements as ledger
from persistence import statements as sql
from persistence.archive import allocations_by_id
from persistence.commit_watch import CommitWatch
from persistence.dialects import TransactionMode
from persistence.ledger_mapping import allocations_from, command_from, instance_from, profile_from, quota_from
from persistence.mapping import batches, change_from, devices_from, model_from, node_from
from persistence.transactions import reading


class SqlInventoryReader:
    """See `InventoryReader`. Used by any number of tasks at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._watch = CommitWatch(engine)

    def commit_token(self) -> Hashable | None:
        return self._watch.token()

    async def revision(self) -> int:
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            return await _revision(connection)

    async def load(self) -> StoredInventory:
        """Everything, in statements that see the same moment."""
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            revision = await _revision(connection)
            models = (await connection.execute(sql.MODELS)).all()
            nodes = (await connection.execute(sql.NODES)).all()
            devices = (await connection.execute(sql.DEVICES)).all()
            instances = (await connection.execute(ledger.INSTANCES)).all()
            profiles = (await connection.execute(ledger.PROFILES)).all()
            allocations = (await connection.execute(ledger.LIVE_ALLOCATIONS)).all()
            resources = (await connection.execute(ledger.LIVE_RESOURCES)).all()
            quotas = (await connection.execute(ledger.QUOTAS)).all()
            commands = (await connection.execute(ledger.OPEN_COMMANDS)).all()
        return StoredInventory(
            revision,
            *_inventory(models, nodes, devices, instances),
            profiles=[profile_from(row) for row in profiles],
            allocations=allocations_from(allocations, resources),
            quotas=[quota_from(row) for row in quotas],
            commands=[command_from(row) for row in commands],
        )

    async def since(self, sequence: int, limit: int) -> tuple[Sequence[InventoryChange], StoredInventory | None]:
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            rows = await connection.execute(sql.CHANGES_SINCE, {"after": sequence, "most": limit})
            changes = [change_from(row) for row in rows]
            if not 0 < len(changes) < limit:
                return changes, None
            return changes, await load_part(connection, touched_by(changes), changes[-1].sequence)


async def load_part(connection: AsyncConnection, touched: Touched, revision: int) -> StoredInventory:
    """What `InventoryReader.since` gives beside the changes, on an open connection."""
    models: Sequence[Any] = []
    profiles: Sequence[Any] = []
    nodes: list[Any] = []
    devices: list[Any] = []
    instances: list[Any] = []
    quotas: Sequence[Any] = []
    commands: list[Any] = []
    if touched.models or touched.node_ids:
        models = (await connection.execute(sql.MODELS)).all()
    if touched.models:
        profiles = (await connection.execute(ledger.PROFILES)).all()
    for ids in batches(sorted(touched.node_ids)):
        nodes += (await connection.execute(sql.NODES_BY_ID, {"ids": ids})).all()
        devices += (await connection.execute(sql.DEVICES_BY_NODE, {"ids": ids})).all()
        instances += (await connection.execute(ledger.INSTANCES_BY_NODE, {"ids": ids})).all()
    allocations = await allocations_by_id(connection, touched.allocation_ids)
    if touched.quotas:
        quotas = (await connection.execute(ledger.QUOTAS)).all()
    for ids in batches(sorted(touched.command_ids)):
        commands += (await connection.execute(ledger.COMMANDS_BY_ID, {"ids": ids})).all()
    return StoredInventory(
        revision,
        *_inventory(models, nodes, devices, instances),
        profiles=[profile_from(row) for row in profiles],
        allocations=allocations,
        quotas=[quota_from(row) for row in quotas],
        commands=[command_from(row) for row in commands],
    )


async def _revision(connection: AsyncConnection) -> int:
    revision: int = (await connection.execute(sql.REVISION)).scalar_one()
    return revision


def _inventory(
    model_rows: Sequence[Any], node_rows: Sequence[Any], device_rows: Sequence[Any], instance_rows: Sequence[Any]
) -> tuple[list[GpuModel], list[GpuNode], list[GpuDevice]]:
    models = {row[0]: model_from(row) for row in model_rows}
    nodes = {row[0]: node_from(row) for row in node_rows}
    devices = devices_from(device_rows, nodes, models)
    instances: dict[str, list[MigInstance]] = {}
    for row in instance_rows:
        instance = instance_from(row)
        instances.setdefault(instance.device_id, []).append(instance)
    for device in devices:
        here = instances.get(device.id, [])
        device.mig_instances = tuple(sorted(here, key=lambda instance: (instance.placement_start, instance.id)))
    return list(models.values()), list(nodes.values()), devices
