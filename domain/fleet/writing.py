"""One transaction on the inventory: what changes, who changed it, and how the others learn of it.

Everything that changes the inventory does it here: under the inventory's writer lock, so that the check before
a write and the write cannot be separated by another replica, and with a record of each change in the same
transaction. After the commit this process's view has the change, and the other replicas are told to look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from domain.access.principal import Principal
from domain.allocation.model import Allocation
from domain.clock import Clock, utc_now
from domain.errors import Unavailable
from domain.fleet.catalogue import model_for
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import (
    CollectionSource,
    DeviceStatus,
    GpuDevice,
    GpuModel,
    GpuNode,
    NodeStatus,
    device_id_for,
    node_id_for,
)
from domain.fleet.ports import FleetUnitOfWork, UnitOfWorkFactory
from domain.fleet.reports import DeviceReport
from domain.fleet.status import SERVING, check_transition
from domain.fleet.view import InventoryView


class InventoryTransactions:
    """Opens transactions, and publishes what they committed."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        view: InventoryView,
        announce: Callable[[int], None] = lambda revision: None,
        clock: Clock = utc_now,
    ) -> None:
        """`announce` is called with the new revision after a commit, to tell the other replicas."""
        self.view = view
        self.clock = clock
        self._unit_of_work = unit_of_work
        self._announce = announce
        # The database lets one writer in at a time. Those of this process wait here, not each with a connection of
        # its own: the one inside may need another connection to catch up.
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self, actor: Principal, *, current: bool = False) -> AsyncIterator[InventoryWriter]:
        """Write as `actor`. Leaving without an error commits what was written; with one, nothing is.

        With `current`, the view is brought to the very revision that the lock was taken at: what is decided from
        memory inside is decided on the truth, because nobody else can commit before this transaction ends.
        Raises `Unavailable` when the database is away: then nothing was changed.
        """
        async with self._turn:
            revision = None
            async with self._unit_of_work() as uow:
                locked_at = await uow.lock_inventory()
                if current and self.view.revision != locked_at:
                    await self._catch_up(locked_at)
                writer = InventoryWriter(uow, actor, self.clock)
                yield writer
                if writer.dirty:
                    await writer.flush()
                    revision = writer.revision = await uow.commit()
            if revision is not None:
                self._announce(revision)
                with suppress(Unavailable):  # it is committed: the view follows when the database answers again
                    if writer.self_contained:
                        await self.view.follow(writer.changes, writer.allocations, revision)
                    else:
                        await self.view.refresh()

    async def _catch_up(self, revision: int) -> None:
        await self.view.catch_up(revision)
        if self.view.revision != revision:
            raise Unavailable("the inventory could not be brought up to date; send the same request again")


class InventoryWriter:
    """Changes rows and records each change. Rows changed here are saved when the transaction ends."""

    def __init__(self, uow: FleetUnitOfWork, actor: Principal, clock: Clock) -> None:
        self.uow = uow
        self.actor = actor
        self.clock = clock
        self.changes: list[InventoryChange] = []
        self.revision = -1
        """Of the inventory once this is committed; -1 before, and where there was nothing to write."""
        self.allocations: list[Allocation] = []
        """Those written here, as they are after the commit."""
        self._touched = False
        self._before_flush: list[Callable[[], Awaitable[None]]] = []
        self._after_devices: list[Callable[[], Awaitable[None]]] = []
        self._devices: dict[str, GpuDevice] = {}
        self._nodes: dict[str, GpuNode] = {}
        self._new_nodes: set[str] = set()
        self._models: dict[str, GpuModel] = {}

    @property
    def dirty(self) -> bool:
        return self._touched or bool(self.changes)

    @property
    def self_contained(self) -> bool:
        """Whether the written allocations are all that changed: then nobody here has to read it back."""
        return bool(self.changes) and all(
            change.kind is ChangeKind.ALLOCATION_CHANGED and change.node_id is None for change in self.changes
        )

    def before_flush(self, write: Callable[[], Awaitable[None]]) -> None:
        """Call `write` when the transaction is about to end, before the change record."""
        self._before_flush.append(write)

    def after_devices(self, write: Callable[[], Awaitable[None]]) -> None:
        """As `before_flush`, but when the changed devices are saved: for rows that refer to them."""
        self._after_devices.append(write)

    def record(
        self,
        kind: ChangeKind,
        entity_id: str,
        node_id: str | None = None,
        *,
        before: str | None = None,
        after: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Record a change. With a node, readers load that node again."""
        actor, now = self.actor.subject, self.clock()
        self.changes.append(InventoryChange(kind, entity_id, node_id, actor, now, reason, before, after))

    def written(self, device_id: str) -> GpuDevice | None:
        """A device that was changed here, as it is now."""
        return self._devices.get(device_id)

    def touch(self) -> None:
        """Commit even without a recorded change."""
        self._touched = True

    def add_node(
        self,
        name: tuple[str, str],
        source: CollectionSource,
        node_ip: str | None,
        driver_version: str | None,
    ) -> GpuNode:
        cluster_name, node_name = name
        node = GpuNode(
            id=node_id_for(cluster_name, node_name),
            node_name=node_name,
            cluster_name=cluster_name,
            node_ip=node_ip,
            total_gpus=0,
            available_gpus=0,
            node_status=NodeStatus.READY,
            nvidia_driver_version=driver_version,
            collection_source=source,
            last_report_at=None,
            created_date=self.clock(),
        )
        self._new_nodes.add(node.id)
        self.change_node(node, ChangeKind.NODE_REGISTERED, None, f"{cluster_name}/{node_name}")
        return node

    async def add_device(self, node: GpuNode, report: DeviceReport) -> GpuDevice:
        now = self.clock()
        model = await self._model_for(report)
        device = GpuDevice(
            id=device_id_for(report.gpu_uuid),
            node=node,
            model=model,
            device_index=report.device_index,
            gpu_uuid=report.gpu_uuid,
            serial_number=report.serial_number,
            pci_address=report.pci_address,
            device_status=DeviceStatus.ACTIVE,
            status_reason=None,
            current_temp_c=None,
            current_power_w=None,
            memory_total_mb=report.memory_total_mb,
            power_limit_w=report.power_limit_w,
            driver_version=report.driver_version,
            installation_date=None,
            last_maintenance_date=None,
            purchase_cost=None,
            purchase_currency=None,
            version=0,
            created_date=now,
            mig_enabled=None if report.mig is None else report.mig.enabled,
            mig_pending=None if report.mig is None else report.mig.pending,
        )
        self.change_device(device, ChangeKind.DEVICE_REGISTERED, None, report.gpu_uuid)
        return device

    def set_status(self, device: GpuDevice, status: DeviceStatus, reason: str | None) -> None:
        before = device.device_status
        check_transition(before, status)
        device.device_status = status
        device.status_reason = reason
        self.change_device(device, ChangeKind.DEVICE_STATUS_CHANGED, before, status, reason)

    def change_device(
        self,
        device: GpuDevice,
        kind: ChangeKind,
        before: str | None,
        after: str | None,
        reason: str | None = None,
    ) -> None:
        if device.id not in self._devices:
            device.version += 1
            self._devices[device.id] = device
        self._nodes[device.node.id] = device.node
        self.record(kind, device.id, device.node.id, before=before, after=after, reason=reason)

    def change_node(
        self, node: GpuNode, kind: ChangeKind, before: str | None, after: str | None, reason: str | None = None
    ) -> None:
        """Save the node when the transaction ends, and record why."""
        self._nodes[node.id] = node
        self.record(kind, node.id, node.id, before=before, after=after, reason=reason)

    def node_loses_device(self, node: GpuNode, gpu_uuid: str) -> None:
        """Record on the node a device leaves that it is gone, so that readers look at that node again too."""
        self.change_node(node, ChangeKind.NODE_UPDATED, f"device={gpu_uuid}", None)

    def is_new(self, node: GpuNode) -> bool:
        """Whether this transaction adds the node: then all its devices come from this transaction too."""
        return node.id in self._new_nodes

    async def flush(self) -> None:
        """Save what was changed, count the nodes' devices again, write the record."""
        for write in self._before_flush:
            await write()
        here: dict[str, list[GpuDevice]] = {node_id: [] for node_id in self._new_nodes}
        for device in self._devices.values():
            if device.node.id in here:
                here[device.node.id].append(device)
        for node_id, devices in here.items():  # first: their devices refer to them
            await self._save_counted(self._nodes[node_id], devices)
        if self._devices:
            await self.uow.save_devices(list(self._devices.values()))
        for node in self._nodes.values():
            if not self.is_new(node):
                await self._save_counted(node, await self.uow.devices_of_node(node.id))
        for write in self._after_devices:
            await write()
        if self.changes:
            await self.uow.record(self.changes)

    async def _save_counted(self, node: GpuNode, devices: Sequence[GpuDevice]) -> None:
        present = [device for device in devices if device.device_status is not DeviceStatus.RETIRED]
        serving = node.node_status is NodeStatus.READY
        node.total_gpus = len(present)
        node.available_gpus = sum(serving and device.device_status in SERVING for device in present)
        await self.uow.save_node(node)

    async def _model_for(self, report: DeviceReport) -> GpuModel:
        fresh = model_for(report, self.clock())
        if (met := self._models.get(fresh.id)) is not None:
            return met
        model = await self.uow.model(fresh.id)
        if model is None:
            model = fresh
            await self.uow.add_model(model)
            self.record(ChangeKind.MODEL_REGISTERED, model.id, after=model.model_name)
        self._models[model.id] = model
        return model
