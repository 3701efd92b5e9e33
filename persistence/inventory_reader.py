"""Reading the inventory as a whole (`InventoryReader`). Nothing here locks or waits for a writer."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.fleet.changes import InventoryChange
from domain.fleet.ports import StoredInventory
from persistence import statements as sql
from persistence.commit_watch import CommitWatch
from persistence.dialects import TransactionMode
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
        """Everything, in four statements that see the same moment."""
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            revision = await _revision(connection)
            models = (await connection.execute(sql.MODELS)).all()
            nodes = (await connection.execute(sql.NODES)).all()
            devices = (await connection.execute(sql.DEVICES)).all()
        return _stored(revision, models, nodes, devices)

    async def changes_since(self, sequence: int, limit: int) -> Sequence[InventoryChange]:
        async with reading(self._engine, TransactionMode.SINGLE) as connection:
            rows = await connection.execute(sql.CHANGES_SINCE, {"after": sequence, "most": limit})
            return [change_from(row) for row in rows]

    async def load_nodes(self, node_ids: Collection[str]) -> StoredInventory:
        nodes: list[Any] = []
        devices: list[Any] = []
        async with reading(self._engine, TransactionMode.SNAPSHOT) as connection:
            revision = await _revision(connection)
            models = (await connection.execute(sql.MODELS)).all()
            for ids in batches(sorted(set(node_ids))):
                nodes += (await connection.execute(sql.NODES_BY_ID, {"ids": ids})).all()
                devices += (await connection.execute(sql.DEVICES_BY_NODE, {"ids": ids})).all()
        return _stored(revision, models, nodes, devices)


async def _revision(connection: AsyncConnection) -> int:
    revision: int = (await connection.execute(sql.REVISION)).scalar_one()
    return revision


def _stored(
    revision: int, model_rows: Sequence[Any], node_rows: Sequence[Any], device_rows: Sequence[Any]
) -> StoredInventory:
    models = {row[0]: model_from(row) for row in model_rows}
    nodes = {row[0]: node_from(row) for row in node_rows}
    devices = devices_from(device_rows, nodes, models)
    return StoredInventory(revision, list(models.values()), list(nodes.values()), devices)
