"""One write transaction of the inventory (`FleetUnitOfWork`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.clock import Clock, utc_now
from domain.errors import Conflict, DomainError
from domain.fleet.changes import InventoryChange
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.ports import IdempotencyRecord
from persistence import statements as sql
from persistence.dialects import TransactionMode, dialect_of
from persistence.errors import domain_errors, is_broken
from persistence.ledger import SqlLedger
from persistence.ledger_statements import DELETE_INSTANCES_OF_NODES
from persistence.mapping import (
    Values,
    as_update,
    batches,
    change_values,
    device_values,
    devices_from_joined,
    idempotency_from,
    model_from,
    model_values,
    node_from,
    node_values,
    possible_ids,
)
from persistence.transactions import close_connection, open_connection

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class SqlUnitOfWork:
    """See `FleetUnitOfWork`. Every read locks its rows (devices with their nodes) until the transaction ends.

    Objects are made anew by every read: two reads of one row give two objects. A commit whose answer is lost
    raises `Unavailable` although it may have happened; an idempotency key tells a retry which it was.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._dialect = dialect_of(engine.dialect.name)
        self._clock = clock
        self._connection: AsyncConnection | None = None
        self._revision: int | None = None
        """The revision this transaction stands at, once it holds the writer lock."""
        self._failure: DomainError | None = None
        """What the database refused: nothing more is sent, least of all a commit of the half before it."""
        self.ledger = SqlLedger(self._execute)

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise RuntimeError("this unit of work is already in use: make one for each transaction")
        self._connection = await open_connection(self._engine, TransactionMode.WRITE)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await close_connection(connection, broken=is_broken(self._failure))

    async def commit(self) -> int:
        connection = self._open_connection()
        revision = await self._stored_revision(sql.REVISION) if self._revision is None else self._revision
        try:
            with domain_errors(self._dialect):
                await connection.commit()
        except DomainError as error:
            self._failure = error
            raise
        finally:
            # Nothing may follow: what came after would be a second transaction without its locks.
            self._connection = None
            await close_connection(connection, broken=is_broken(self._failure))
        return revision

    async def lock_inventory(self) -> int:
        if self._revision is None:
            self._revision = await self._stored_revision(sql.LOCK_REVISION)
        return self._revision

    # -- models and nodes

    async def model(self, model_id: str) -> GpuModel | None:
        rows = await self._rows_by_id(sql.MODEL_BY_ID, model_id)
        return model_from(rows[0]) if rows else None

    async def add_model(self, model: GpuModel) -> None:
        await self._execute(sql.INSERT_MODEL, model_values(model))

    async def node(self, node_id: str) -> GpuNode | None:
        rows = await self._rows_by_id(sql.LOCK_NODE, node_id)
        return node_from(rows[0]) if rows else None

    async def nodes(self) -> Sequence[GpuNode]:
        return [node_from(row) for row in (await self._execute(sql.LOCK_NODES)).all()]

    async def save_node(self, node: GpuNode) -> None:
        values = node_values(node)
        updated = await self._execute(sql.UPDATE_NODE, as_update(values, "node_id"))
        if updated.rowcount == 0:
            await self._execute(sql.INSERT_NODE, values)

    async def delete_nodes(self, node_ids: Collection[str]) -> None:
        for ids in batches(possible_ids(node_ids)):
            await self._execute(DELETE_INSTANCES_OF_NODES, {"ids": ids})
            await self._execute(sql.DELETE_DEVICES_OF_NODES, {"ids": ids})
            await self._execute(sql.DELETE_NODES, {"ids": ids})

    # -- devices

    async def device(self, device_id: str) -> GpuDevice | None:
        devices = devices_from_joined(await self._rows_by_id(sql.LOCK_JOINED_DEVICE, device_id))
        return devices[0] if devices else None

    async def devices_by_id(self, device_ids: Collection[str]) -> Sequence[GpuDevice]:
        rows: list[Any] = []
        for ids in batches(possible_ids(device_ids)):
            rows += (await self._execute(sql.LOCK_JOINED_DEVICES, {"ids": ids})).all()
        return devices_from_joined(rows)

    async def devices_of_node(self, node_id: str) -> Sequence[GpuDevice]:
        devices = devices_from_joined(await self._rows_by_id(sql.LOCK_JOINED_DEVICES_OF_NODE, node_id))
        return sorted(devices, key=lambda device: (device.device_index, device.id))

    async def save_devices(self, devices: Sequence[GpuDevice]) -> None:
        """As the port says. Raises `Conflict` where the stored version is not the one before the given."""
        stored: dict[str, int] = {}
        for ids in batches(sorted({device.id for device in devices})):
            stored.update((row[0], row[1]) for row in await self._execute(sql.LOCK_DEVICE_VERSIONS, {"ids": ids}))
        new: list[Values] = []
        changed: list[Values] = []
        for device in devices:
            if stored.get(device.id, 0) != device.version - 1:
                raise _lost_update(device, stored.get(device.id))
            values = device_values(device)
            if device.id in stored:
                changed.append(as_update(values, "device_id"))
            else:
                new.append(values)
        for batch in batches(changed):
            await self._execute(sql.UPDATE_DEVICE, batch)
        for batch in batches(new):
            await self._execute(sql.INSERT_DEVICE, batch)

    # -- the change record

    async def record(self, changes: Sequence[InventoryChange]) -> None:
        if not changes:
            return
        await self.lock_inventory()
        first = (self._revision or 0) + 1
        revision = first + len(changes) - 1
        await self._execute(sql.SET_REVISION, {"new_revision": revision})
        for batch in batches([change_values(change, first + place) for place, change in enumerate(changes)]):
            await self._execute(sql.INSERT_CHANGE, batch)
        self._revision = revision

    # -- idempotency

    async def idempotency(self, actor: str, key: str) -> IdempotencyRecord | None:
        row = (await self._execute(sql.IDEMPOTENCY, {"actor": actor, "idem_key": key})).one_or_none()
        return None if row is None else idempotency_from(row)

    async def remember(self, record: IdempotencyRecord) -> None:
        values = {
            "actor": record.actor,
            "idem_key": record.key,
            "request_hash": record.request_hash,
            "result_id": record.result_id,
            "created_date": self._clock(),
        }
        await self._execute(sql.INSERT_IDEMPOTENCY, values)

    # -- sending

    def _open_connection(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("this unit of work is not open: it has not begun, or it has ended with its commit")
        if self._failure is not None:
            raise self._failure
        return self._connection

    async def _execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        connection = self._open_connection()
        try:
            with domain_errors(self._dialect):
                return await connection.execute(statement, parameters)
        except DomainError as error:
            self._failure = error
            raise

    async def _rows_by_id(self, statement: Executable, entity_id: str) -> Sequence[Any]:
        if not possible_ids([entity_id]):
            return []
        return (await self._execute(statement, {"id": entity_id})).all()

    async def _stored_revision(self, statement: Executable) -> int:
        revision: int = (await self._execute(statement)).scalar_one()
        return revision


def unit_of_work_factory(engine: AsyncEngine, clock: Clock = utc_now) -> Callable[[], SqlUnitOfWork]:
    """A `UnitOfWorkFactory` over this engine."""
    return lambda: SqlUnitOfWork(engine, clock)


def _lost_update(device: GpuDevice, stored: int | None) -> Conflict:
    if stored is None:
        return Conflict(f"the device {device.id!r} was removed by another request; read again")
    return Conflict(
        f"the device {device.id!r} was changed by another request: it is at version {stored}, "
        f"and the change was made to version {device.version - 1}; read it again"
    )
