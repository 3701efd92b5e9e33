"""What operators do with devices: add one by hand, keep its papers, take it through its life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import Principal
from domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, GpuNode, device_id_for, node_id_for
from domain.fleet.once import done_before, remember
from domain.fleet.requests import (
    UNSET,
    DeviceRegistration,
    DeviceUpdate,
    StatusChange,
    check_registration,
    check_status_change,
    check_update,
    fingerprint,
)
from domain.fleet.status import check_transition
from domain.fleet.writing import InventoryTransactions, InventoryWriter

_KEPT_BY_PEOPLE = (
    "serial_number",
    "installation_date",
    "last_maintenance_date",
    "purchase_cost",
    "purchase_currency",
)


class FleetService:
    """The operators' side of the inventory."""

    def __init__(self, transactions: InventoryTransactions) -> None:
        self._transactions = transactions
        self._view = transactions.view

    async def register_device(self, actor: Principal, request: DeviceRegistration) -> GpuDevice:
        """Add one device by hand. Raises `Conflict` where its UUID is known, `InvalidInput`, `Forbidden`."""
        authorise(actor, Permission.REGISTER_DEVICE)
        authorise_node(actor, request.cluster_name, request.node_name)
        check_registration(request)

        async def register(writer: InventoryWriter) -> str:
            report = request.device
            device_id = device_id_for(report.gpu_uuid)
            if (known := await writer.uow.device(device_id)) is not None:
                raise Conflict(f"{report.gpu_uuid} is registered already{_where(known, actor)}", path=("gpuUuid",))
            node = await self._node_for_registration(writer, request)
            for other in await writer.uow.devices_of_node(node.id):
                if other.device_index == report.device_index and other.device_status is not DeviceStatus.RETIRED:
                    raise Conflict(
                        f"index {report.device_index} of {request.node_name!r} is {other.gpu_uuid}",
                        path=("deviceIndex",),
                    )
            await writer.add_device(node, report)
            return device_id

        return await self._once(actor, "registerDevice", request.idempotency_key, request, register)

    async def update_device(self, actor: Principal, request: DeviceUpdate) -> GpuDevice:
        """Change what people keep about a device. Raises `NotFound`, `Conflict`, `InvalidInput`, `Forbidden`."""
        authorise(actor, Permission.UPDATE_DEVICE)
        check_update(request)

        async def update(writer: InventoryWriter) -> str:
            device = await self._visible(writer, actor, request.device_id, request.expected_version)
            before, after = [], []
            for name in _KEPT_BY_PEOPLE:
                wanted, current = getattr(request, name), getattr(device, name)
                if wanted is not UNSET and wanted != current:
                    before.append(f"{name}={current}")
                    after.append(f"{name}={wanted}")
                    setattr(device, name, wanted)
            if device.purchase_cost is not None and device.purchase_currency is None:
                raise InvalidInput("a cost needs its currency", path=("purchaseCurrency",))
            if after:
                writer.change_device(device, ChangeKind.DEVICE_UPDATED, "; ".join(before), "; ".join(after))
            return device.id

        return await self._once(actor, "updateDevice", request.idempotency_key, request, update)

    async def set_device_status(self, actor: Principal, request: StatusChange) -> GpuDevice:
        """Take a device one step through its life. Raises `IllegalTransition`, `NotFound`, `Conflict`, `Forbidden`."""
        authorise(actor, Permission.SET_DEVICE_STATUS)
        check_status_change(request)

        async def set_status(writer: InventoryWriter) -> str:
            device = await self._visible(writer, actor, request.device_id, request.expected_version)
            check_transition(device.device_status, request.status)
            if device.device_status is not request.status:
                writer.set_status(device, request.status, request.reason)
            return device.id

        return await self._once(actor, "setDeviceStatus", request.idempotency_key, request, set_status)

    async def _node_for_registration(self, writer: InventoryWriter, request: DeviceRegistration) -> GpuNode:
        node = await writer.uow.node(node_id_for(request.cluster_name, request.node_name))
        if node is not None:
            return node
        name = (request.cluster_name, request.node_name)
        return writer.add_node(name, CollectionSource.MANUAL, None, None)

    async def _visible(
        self, writer: InventoryWriter, actor: Principal, device_id: str, expected_version: int | None
    ) -> GpuDevice:
        device = await writer.uow.device(device_id)
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
        work: Callable[[InventoryWriter], Awaitable[str]],
    ) -> GpuDevice:
        """Do `work` in one transaction; under an idempotency key at most once, whoever retries it where."""
        request_hash = fingerprint((operation, replace(request, idempotency_key=None)))  # type: ignore[type-var]
        async with self._transactions.begin(actor) as writer:
            done = None if key is None else await done_before(writer, key, request_hash)
            device_id = await work(writer) if done is None else done.result_id
            if key is not None and done is None:
                await remember(writer, key, request_hash, device_id)
        await self._view.ensure_current()
        if self._view.revision < writer.revision and (written := writer.written(device_id)) is not None:
            return written  # it is committed, and the database went away before the view could follow
        device = self._view.device(device_id)
        if device is None and self._view.unavailable is not None:
            raise Unavailable("this was done before, but it cannot be read back now; send the same request again")
        if device is None:
            raise NotFound(f"there is no device {device_id!r} any more", path=("deviceId",))
        return device


def _where(device: GpuDevice, actor: Principal) -> str:
    """Names the device's node to those who may see it."""
    visible = actor.scope.sees_cluster(device.node.cluster_name)
    return f", on node {device.node.node_name!r}" if visible else ""
