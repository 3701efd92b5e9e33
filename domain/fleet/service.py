"""Changing the inventory: registration, updates, the life of a device. Every change is recorded with who and why.

Each call is one transaction under the inventory's writer lock, so the check before a write and the write
cannot be separated by another replica. After the commit this process's view has the change, and the other
replicas are told to look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import Principal
from domain.clock import Clock, utc_now
from domain.errors import Conflict, InvalidInput, NotFound, Unavailable
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
from domain.fleet.ports import FleetUnitOfWork, IdempotencyRecord, UnitOfWorkFactory
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.requests import (
    UNSET,
    DeviceRegistration,
    DeviceUpdate,
    StatusChange,
    check_node_report,
    check_registration,
    check_status_change,
    check_update,
    fingerprint,
)
from domain.fleet.status import SERVING, check_transition
from domain.fleet.view import InventoryView

HEARTBEAT_EVERY = timedelta(seconds=60)
"""How often a report that changes nothing still writes the node's time of last report."""


@dataclass(frozen=True, slots=True)
class NodeReported:
    """What a report led to: the node as it is now, its devices, and how many of each kind of change."""

    node: GpuNode
    devices: Sequence[GpuDevice]
    registered: int = 0
    updated: int = 0
    gone: int = 0


@dataclass(slots=True)
class _Writing:
    """What one transaction will save and record."""

    actor: Principal
    changes: list[InventoryChange] = field(default_factory=list)
    devices: dict[str, GpuDevice] = field(default_factory=dict)
    nodes: dict[str, GpuNode] = field(default_factory=dict)
    models: dict[str, GpuModel] = field(default_factory=dict)
    """Models this transaction has met, so that each is looked up once."""


class FleetService:
    """The write side of the inventory."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        view: InventoryView,
        announce: Callable[[int], None] = lambda revision: None,
        clock: Clock = utc_now,
    ) -> None:
        """`announce` is called with the new revision after a commit, to tell the other replicas."""
        self._unit_of_work = unit_of_work
        self._view = view
        self._announce = announce
        self._clock = clock

    # -- operations

    async def report_node(self, actor: Principal, report: NodeReport) -> NodeReported:
        """Register or refresh a node and the GPUs it sees. Sending the same report again changes nothing.

        A GPU the node no longer lists goes OFFLINE if it was ACTIVE, and returns when it is listed again; a
        status an operator set is kept. Raises `InvalidInput`, `Forbidden`, `Unavailable`.
        """
        _check_report(actor, report)
        await self._view.ensure_current()
        counts = (0, 0, 0)
        if not self._is_known(report):
            counts = await self._take_in([report], actor)
        elif (node := self._view.node(node_id_for(report.cluster_name, report.node_name))) is not None:
            await self._note_heard(node)
        return self._reported(node_id_for(report.cluster_name, report.node_name), counts)

    async def report_nodes(self, actor: Principal, reports: Sequence[NodeReport]) -> None:
        """As `report_node` for many at once, in one transaction: all or none."""
        for report in reports:
            _check_report(actor, report)
        await self._view.ensure_current()
        if news := [report for report in reports if not self._is_known(report)]:
            await self._take_in(news, actor)

    async def register_device(self, actor: Principal, request: DeviceRegistration) -> GpuDevice:
        """Add one device by hand. Raises `Conflict` where its UUID is known, `InvalidInput`, `Forbidden`."""
        authorise(actor, Permission.REGISTER_DEVICE)
        authorise_node(actor, request.cluster_name, request.node_name)
        check_registration(request)

        async def register(uow: FleetUnitOfWork) -> str:
            report = request.device
            device_id = device_id_for(report.gpu_uuid)
            if (known := await uow.device(device_id)) is not None:
                raise Conflict(
                    f"{report.gpu_uuid} is registered already, on node {known.node.node_name!r}", path=("gpuUuid",)
                )
            writing = _Writing(actor)
            node = await self._node_for_registration(uow, writing, request)
            for other in await uow.devices_of_node(node.id):
                if other.device_index == report.device_index and other.device_status is not DeviceStatus.RETIRED:
                    raise Conflict(
                        f"index {report.device_index} of {request.node_name!r} is {other.gpu_uuid}",
                        path=("deviceIndex",),
                    )
            await self._add_device(uow, writing, node, report)
            await self._save(uow, writing)
            return device_id

        return await self._once(actor, "registerDevice", request.idempotency_key, request, register)

    async def update_device(self, actor: Principal, request: DeviceUpdate) -> GpuDevice:
        """Change what people keep about a device. Raises `NotFound`, `Conflict`, `InvalidInput`, `Forbidden`."""
        authorise(actor, Permission.UPDATE_DEVICE)
        check_update(request)

        async def update(uow: FleetUnitOfWork) -> str:
            device = await self._visible(uow, actor, request.device_id, request.expected_version)
            before, after = [], []
            for name in (
                "serial_number",
                "installation_date",
                "last_maintenance_date",
                "purchase_cost",
                "purchase_currency",
            ):
                wanted, current = getattr(request, name), getattr(device, name)
                if wanted is not UNSET and wanted != current:
                    before.append(f"{name}={current}")
                    after.append(f"{name}={wanted}")
                    setattr(device, name, wanted)
            if device.purchase_cost is not None and device.purchase_currency is None:
                raise InvalidInput("a cost needs its currency", path=("purchaseCurrency",))
            if after:
                writing = _Writing(actor)
                self._change_device(writing, device, ChangeKind.DEVICE_UPDATED, "; ".join(before), "; ".join(after))
                await self._save(uow, writing)
            return device.id

        return await self._once(actor, "updateDevice", request.idempotency_key, request, update)

    async def set_device_status(self, actor: Principal, request: StatusChange) -> GpuDevice:
        """Take a device one step through its life. Raises `IllegalTransition`, `NotFound`, `Conflict`, `Forbidden`."""
        authorise(actor, Permission.SET_DEVICE_STATUS)
        check_status_change(request)

        async def set_status(uow: FleetUnitOfWork) -> str:
            device = await self._visible(uow, actor, request.device_id, request.expected_version)
            check_transition(device.device_status, request.status)
            if device.device_status is not request.status:
                writing = _Writing(actor)
                self._set_status(writing, device, request.status, request.reason)
                await self._save(uow, writing)
            return device.id

        return await self._once(actor, "setDeviceStatus", request.idempotency_key, request, set_status)

    async def forget_simulated_nodes(self, actor: Principal, keep: Collection[str]) -> int:
        """Delete simulated nodes, and their devices, that no simulation of now contains. Returns how many."""
        authorise(actor, Permission.REPORT_NODE)
        async with self._unit_of_work() as uow:
            await uow.lock_inventory()
            stale = [
                node
                for node in await uow.nodes()
                if node.collection_source is CollectionSource.SIMULATED and node.id not in keep
            ]
            if not stale:
                return 0
            await uow.delete_nodes([node.id for node in stale])
            await uow.record(
                [
                    InventoryChange(
                        kind=ChangeKind.NODE_REMOVED,
                        entity_id=node.id,
                        node_id=node.id,
                        actor=actor.subject,
                        at=self._clock(),
                        reason="not part of the present simulation",
                        before=f"{node.cluster_name}/{node.node_name}",
                    )
                    for node in stale
                ]
            )
            revision = await uow.commit()
        await self._committed(revision)
        return len(stale)

    # -- the parts of a node report

    def _is_known(self, report: NodeReport) -> bool:
        """Whether the view shows exactly what the report says, so that nothing has to be written."""
        node = self._view.node(node_id_for(report.cluster_name, report.node_name))
        if node is None or _reported_facts(report) != _node_facts(node):
            return False
        listed = {device.gpu_uuid for device in report.devices}
        for device_report in report.devices:
            device = self._view.device_by_uuid(device_report.gpu_uuid)
            if device is None or device.node.id != node.id or device.device_status is DeviceStatus.OFFLINE:
                return False
            if _differences(device, device_report):
                return False
        return not any(
            device.gpu_uuid not in listed and device.device_status is DeviceStatus.ACTIVE
            for device in self._view.devices_of_node(node.id)
        )

    async def _take_in(self, reports: Sequence[NodeReport], actor: Principal) -> tuple[int, int, int]:
        counts = (0, 0, 0)
        async with self._unit_of_work() as uow:
            await uow.lock_inventory()
            writing = _Writing(actor)
            for report in reports:
                node = await self._node_from_report(uow, writing, report)
                node.last_report_at = self._clock()
                changed = await self._devices_from_report(uow, writing, report, node)
                counts = (counts[0] + changed[0], counts[1] + changed[1], counts[2] + changed[2])
            await self._save(uow, writing)
            revision = await uow.commit()
        await self._committed(revision)
        return counts

    async def _note_heard(self, node: GpuNode) -> None:
        """Store now and then that the node was heard. Not a change: nobody is told."""
        now = self._clock()
        if node.last_report_at is not None and now - node.last_report_at < HEARTBEAT_EVERY:
            return
        async with self._unit_of_work() as uow:
            await uow.lock_inventory()
            stored = await uow.node(node.id)
            if stored is not None:
                stored.last_report_at = now
                await uow.save_node(stored)
            await uow.commit()
        node.last_report_at = now

    async def _node_from_report(self, uow: FleetUnitOfWork, writing: _Writing, report: NodeReport) -> GpuNode:
        node = await uow.node(node_id_for(report.cluster_name, report.node_name))
        if node is None:
            name = (report.cluster_name, report.node_name)
            return await self._add_node(
                uow, writing, name, report.collection_source, report.node_ip, report.nvidia_driver_version
            )
        wanted, current = _reported_facts(report), _node_facts(node)
        if wanted != current:
            node.node_status, node.node_ip, node.nvidia_driver_version, node.collection_source = wanted
            before, after = (", ".join(str(part) for part in parts) for parts in (current, wanted))
            self._change_node(writing, node, ChangeKind.NODE_UPDATED, before, after)
        return node

    async def _devices_from_report(
        self, uow: FleetUnitOfWork, writing: _Writing, report: NodeReport, node: GpuNode
    ) -> tuple[int, int, int]:
        here = {device.id: device for device in await uow.devices_of_node(node.id)}
        listed = {device_id_for(device.gpu_uuid): device for device in report.devices}
        elsewhere = {device.id: device for device in await uow.devices_by_id(listed.keys() - here.keys())}
        registered = updated = gone = 0
        for device_id, device_report in listed.items():
            known = here.get(device_id) or elsewhere.get(device_id)
            if known is None:
                await self._add_device(uow, writing, node, device_report)
                registered += 1
            elif self._refresh_device(writing, known, node, device_report):
                updated += 1
        for device_id, device in here.items():
            if device_id not in listed and device.device_status is DeviceStatus.ACTIVE:
                self._set_status(writing, device, DeviceStatus.OFFLINE, "its node does not list it")
                gone += 1
        return registered, updated, gone

    def _refresh_device(self, writing: _Writing, device: GpuDevice, node: GpuNode, report: DeviceReport) -> bool:
        before, after = [], []
        if device.node.id != node.id:
            before.append(f"node={device.node.node_name}")
            after.append(f"node={node.node_name}")
            writing.nodes[device.node.id] = device.node  # loses one
            device.node = node
        for name, current, wanted in _differences(device, report):
            before.append(f"{name}={current}")
            after.append(f"{name}={wanted}")
            setattr(device, name, wanted)
        if after:
            self._change_device(writing, device, ChangeKind.DEVICE_UPDATED, "; ".join(before), "; ".join(after))
        if device.device_status is DeviceStatus.OFFLINE:
            self._set_status(writing, device, DeviceStatus.ACTIVE, "its node lists it again")
            return True
        return bool(after)

    # -- building rows and their records

    async def _node_for_registration(
        self, uow: FleetUnitOfWork, writing: _Writing, request: DeviceRegistration
    ) -> GpuNode:
        node = await uow.node(node_id_for(request.cluster_name, request.node_name))
        if node is not None:
            return node
        name = (request.cluster_name, request.node_name)
        return await self._add_node(uow, writing, name, CollectionSource.MANUAL, None, None)

    async def _add_node(
        self,
        uow: FleetUnitOfWork,
        writing: _Writing,
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
            created_date=self._clock(),
        )
        await uow.save_node(node)  # its devices refer to it
        self._change_node(writing, node, ChangeKind.NODE_REGISTERED, None, f"{cluster_name}/{node_name}")
        return node

    async def _add_device(
        self, uow: FleetUnitOfWork, writing: _Writing, node: GpuNode, report: DeviceReport
    ) -> GpuDevice:
        now = self._clock()
        model = await self._model_for(uow, writing, report)
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
        self._change_device(writing, device, ChangeKind.DEVICE_REGISTERED, None, report.gpu_uuid)
        return device

    async def _model_for(self, uow: FleetUnitOfWork, writing: _Writing, report: DeviceReport) -> GpuModel:
        fresh = model_for(report, self._clock())
        if (met := writing.models.get(fresh.id)) is not None:
            return met
        model = await uow.model(fresh.id)
        if model is None:
            model = fresh
            await uow.add_model(model)
            writing.changes.append(
                InventoryChange(
                    kind=ChangeKind.MODEL_REGISTERED,
                    entity_id=model.id,
                    node_id=None,
                    actor=writing.actor.subject,
                    at=self._clock(),
                    after=model.model_name,
                )
            )
        writing.models[model.id] = model
        return model

    def _set_status(self, writing: _Writing, device: GpuDevice, status: DeviceStatus, reason: str | None) -> None:
        before = device.device_status
        check_transition(before, status)
        device.device_status = status
        device.status_reason = reason
        self._change_device(writing, device, ChangeKind.DEVICE_STATUS_CHANGED, before, status, reason)

    def _change_device(
        self,
        writing: _Writing,
        device: GpuDevice,
        kind: ChangeKind,
        before: str | None,
        after: str | None,
        reason: str | None = None,
    ) -> None:
        if device.id not in writing.devices:
            device.version += 1
            writing.devices[device.id] = device
        writing.nodes[device.node.id] = device.node
        writing.changes.append(
            InventoryChange(
                kind=kind,
                entity_id=device.id,
                node_id=device.node.id,
                actor=writing.actor.subject,
                at=self._clock(),
                reason=reason,
                before=before,
                after=after,
            )
        )

    def _change_node(
        self, writing: _Writing, node: GpuNode, kind: ChangeKind, before: str | None, after: str | None
    ) -> None:
        writing.nodes[node.id] = node
        writing.changes.append(
            InventoryChange(
                kind=kind,
                entity_id=node.id,
                node_id=node.id,
                actor=writing.actor.subject,
                at=self._clock(),
                before=before,
                after=after,
            )
        )

    # -- the transaction's boundary

    async def _save(self, uow: FleetUnitOfWork, writing: _Writing) -> None:
        if not writing.changes:
            return
        await uow.save_devices(list(writing.devices.values()))
        for node in writing.nodes.values():
            devices = [d for d in await uow.devices_of_node(node.id) if d.device_status is not DeviceStatus.RETIRED]
            node.total_gpus = len(devices)
            node.available_gpus = sum(device.device_status in SERVING for device in devices)
            await uow.save_node(node)
        await uow.record(writing.changes)

    async def _visible(
        self, uow: FleetUnitOfWork, actor: Principal, device_id: str, expected_version: int | None
    ) -> GpuDevice:
        device = await uow.device(device_id)
        if device is None or not actor.scope.sees_cluster(device.node.cluster_name):
            raise NotFound(f"there is no device {device_id!r}", path=("deviceId",))
        if expected_version is not None and device.version != expected_version:
            raise Conflict(
                f"the device has changed: it is at version {device.version}, not {expected_version}; read it again",
                path=("expectedVersion",),
            )
        return device

    async def _once(
        self,
        actor: Principal,
        operation: str,
        key: str | None,
        request: object,
        work: Callable[[FleetUnitOfWork], Awaitable[str]],
    ) -> GpuDevice:
        """Do `work` in one transaction; under an idempotency key at most once, whoever retries it where."""
        request_hash = fingerprint((operation, replace(request, idempotency_key=None)))  # type: ignore[type-var]
        async with self._unit_of_work() as uow:
            await uow.lock_inventory()
            done = await uow.idempotency(actor.subject, key) if key is not None else None
            if done is not None and done.request_hash != request_hash:
                raise Conflict("this key was used for another request", path=("idempotencyKey",))
            if done is None:
                device_id = await work(uow)
                if key is not None:
                    await uow.remember(IdempotencyRecord(key, actor.subject, request_hash, device_id))
                revision = await uow.commit()
            else:
                device_id, revision = done.result_id, None
        if revision is not None:
            await self._committed(revision)
        else:
            await self._view.ensure_current()
        device = self._view.device(device_id)
        if device is None:
            raise NotFound(f"there is no device {device_id!r} any more", path=("deviceId",))
        return device

    async def _committed(self, revision: int) -> None:
        self._announce(revision)
        with suppress(Unavailable):  # it is committed: the view follows when the database answers again
            await self._view.refresh()

    def _reported(self, node_id: str, counts: tuple[int, int, int]) -> NodeReported:
        node = self._view.node(node_id)
        if node is None:
            raise Unavailable("the report was stored, but the database went away before it could be read back")
        return NodeReported(node, self._view.devices_of_node(node_id), *counts)


_REPORTED = ("device_index", "pci_address", "serial_number", "memory_total_mb", "power_limit_w", "driver_version")
"""What a node says about a device it has."""


def _differences(device: GpuDevice, report: DeviceReport) -> list[tuple[str, object, object]]:
    """Name, stored and reported value of each difference. What a report leaves out is no difference."""
    pairs = ((name, getattr(device, name), getattr(report, name)) for name in _REPORTED)
    return [(name, current, wanted) for name, current, wanted in pairs if wanted is not None and wanted != current]


def _reported_facts(report: NodeReport) -> tuple[NodeStatus, str | None, str | None, CollectionSource]:
    return (NodeStatus.READY, report.node_ip, report.nvidia_driver_version, report.collection_source)


def _node_facts(node: GpuNode) -> tuple[NodeStatus, str | None, str | None, CollectionSource]:
    return (node.node_status, node.node_ip, node.nvidia_driver_version, node.collection_source)


def _check_report(actor: Principal, report: NodeReport) -> None:
    authorise(actor, Permission.REPORT_NODE)
    authorise_node(actor, report.cluster_name, report.node_name)
    check_node_report(report)
