"""One transaction on the inventory: what changes, who changed it, and how the others learn of it.

Everything that changes the inventory does it here: under the inventory's writer lock, so that the check before
a write and the write cannot be separated by another replica, and with a record of each change in the same
transaction. After the commit this process's view has the change, and the other replicas are told to look.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from domain.access.principal import Principal
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

    @asynccontextmanager
    async def begin(self, actor: Principal) -> AsyncIterator[InventoryWriter]:
        """Write as `actor`. Leaving without an error commits what was written; with one, nothing is.

        Raises `Unavailable` when the database is away: then nothing was changed.
        """
        revision = None
        async with self._unit_of_work() as uow:
            await uow.lock_inventory()
            writer = InventoryWriter(uow, actor, self.clock)
            yield writer
            if writer.dirty:
                await writer.flush()
                revision = writer.revision = await uow.commit()
        if revision is not None:
            self._announce(revision)
            with suppress(Unavailable):  # it is committed: the view follows when the database answers again
                await self.view.refresh()


class InventoryWriter:
    """Changes rows and records each change. Rows changed here are saved when the transaction ends."""

    def __init__(self, uow: FleetUnitOfWork, actor: Principal, clock: Clock) -> None:
        self.uow = uow
        self.actor = actor
        self.clock = clock
        self.changes: list[InventoryChange] = []
        self.revision = -1
        """Of the inventory once this is committed; -1 before, and where there was nothing to write."""
        self._touched = False
        self._devices: dict[str, GpuDevice] = {}
        self._nodes: dict[str, GpuNode] = {}
        self._new_nodes: set[str] = set()
        self._models: dict[str, GpuModel] = {}

    @property
    def dirty(self) -> bool:
        return self._touched or bool(self.changes)

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
        self.changes.append(
            InventoryChange(
                kind=kind,
                entity_id=device.id,
                node_id=device.node.id,
                actor=self.actor.subject,
                at=self.clock(),
                reason=reason,
                before=before,
                after=after,
            )
        )

    def change_node(
        self, node: GpuNode, kind: ChangeKind, before: str | None, after: str | None, reason: str | None = None
    ) -> None:
        """Save the node when the transaction ends, and record why."""
        self._nodes[node.id] = node
        self.changes.append(
            InventoryChange(
                kind=kind,
                entity_id=node.id,
                node_id=node.id,
                actor=self.actor.subject,
                at=self.clock(),
                reason=reason,
                before=before,
                after=after,
            )
        )

    def node_loses_device(self, node: GpuNode, gpu_uuid: str) -> None:
        """Record on the node a device leaves that it is gone, so that readers look at that node again too."""
        self.change_node(node, ChangeKind.NODE_UPDATED, f"device={gpu_uuid}", None)

    def is_new(self, node: GpuNode) -> bool:
        """Whether this transaction adds the node: then all its devices come from this transaction too."""
        return node.id in self._new_nodes

    async def flush(self) -> None:
        """Save what was changed, count the nodes' devices again, write the record."""
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
            self.changes.append(
                InventoryChange(
                    kind=ChangeKind.MODEL_REGISTERED,
                    entity_id=model.id,
                    node_id=None,
                    actor=self.actor.subject,
                    at=self.clock(),
                    after=model.model_name,
                )
            )
        self._models[model.id] = model
        return model
