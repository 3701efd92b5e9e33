"""What nodes say about themselves, taken into the inventory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.access.policy import Permission, authorise, authorise_node
from domain.access.principal import Principal
from domain.allocation.book import fail_allocations_on
from domain.allocation.holding import Holdings
from domain.errors import Conflict, Unavailable
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import (
    CollectionSource,
    DeviceStatus,
    GpuDevice,
    GpuNode,
    NodeStatus,
    device_id_for,
    node_id_for,
)
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.requests import check_node_report
from domain.fleet.writing import InventoryTransactions, InventoryWriter
from domain.mig.commands import COMMAND_TIMEOUT
from domain.mig.taking_in import MigTakingIn, ToldProfiles

HEARTBEAT_EVERY = timedelta(seconds=45)
"""How often a report that changes nothing still writes the node's time of last report."""


@dataclass(frozen=True, slots=True)
class NodeReported:
    """What a report led to: the node as it is now, its devices, and how many of each kind of change."""

    node: GpuNode
    devices: Sequence[GpuDevice]
    registered: int = 0
    updated: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of the nodes and devices that reports name, read at once."""

    nodes: dict[str, GpuNode]
    devices: dict[str, GpuDevice]

    @classmethod
    async def read(cls, writer: InventoryWriter, reports: Sequence[NodeReport]) -> _Known:
        uow = writer.uow
        if len(reports) == 1:
            node = await uow.node(node_id_for(reports[0].cluster_name, reports[0].node_name))
            nodes = [] if node is None else [node]
        else:
            nodes = list(await uow.nodes())
        ids = {device_id_for(device.gpu_uuid) for report in reports for device in report.devices}
        devices = await uow.devices_by_id(ids) if ids else ()
        return cls({node.id: node for node in nodes}, {device.id: device for device in devices})


@dataclass(frozen=True, slots=True)
class _MigPart:
    """What a transaction writes about MIG, and what it was told of profiles."""

    holdings: Holdings
    read_at: datetime
    told: ToldProfiles = field(default_factory=ToldProfiles)


class NodeReporting:
    """Registers nodes and their GPUs, and keeps them as reported."""

    def __init__(self, transactions: InventoryTransactions, command_timeout: timedelta = COMMAND_TIMEOUT) -> None:
        """`command_timeout`: how long a node has to make lost instances again."""
        self._transactions = transactions
        self._view = transactions.view
        self._clock = transactions.clock
        self._mig = MigTakingIn(transactions.view)
        self._command_timeout = command_timeout

    async def report_node(self, actor: Principal, report: NodeReport) -> NodeReported:
        """Register or refresh a node and the GPUs it sees. Sending the same report again changes nothing.

        A GPU the node no longer lists goes OFFLINE if it was ACTIVE, and returns when it is listed again; a
        status an operator set is kept. Raises `InvalidInput`, `Forbidden`, `Conflict`, `Unavailable`.
        """
        _check_report(actor, report)
        read_at = self._clock()
        await self._view.ensure_current()
        counts = (0, 0, 0)
        if not self._is_known(report, read_at):
            counts = await self._take_in([report], actor, read_at)
        else:
            await self._note_heard(actor, [report])
        return self._reported(node_id_for(report.cluster_name, report.node_name), counts)

    async def report_nodes(
        self, actor: Principal, reports: Sequence[NodeReport], read_at: datetime | None = None
    ) -> None:
        """As `report_node` for many at once, in one transaction: all or none.

        `read_at`: when they were begun to be read, else now. A layout that has changed since is not undone by them.
        """
        for report in reports:
            _check_report(actor, report)
        read_at = read_at or self._clock()
        await self._view.ensure_current()
        news = [report for report in reports if not self._is_known(report, read_at)]
        if news:
            await self._take_in(news, actor, read_at)
        await self._note_heard(actor, [report for report in reports if self._is_known(report, read_at)])

    async def forget_simulated_nodes(self, actor: Principal, cluster_name: str, keep: Collection[str]) -> int:
        """Delete the simulated nodes of a cluster, and their devices, that its simulation no longer contains.

        Simulated nodes that agents report are in clusters of their own and stay. Returns how many were deleted.
        """
        authorise(actor, Permission.REPORT_NODE)
        async with self._transactions.begin(actor, current=True) as writer:
            stale = [
                node
                for node in await writer.uow.nodes()
                if node.collection_source is CollectionSource.SIMULATED
                and node.cluster_name == cluster_name
                and node.id not in keep
            ]
            gone = [node.id for node in stale]
            if gone:
                fail_allocations_on(writer, self._view.allocations, set(gone), "its node is gone")
                writer.before_flush(lambda: writer.uow.delete_nodes(gone))  # after their claims are given back
            writer.changes += [
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
        return len(stale)

    def _is_known(self, report: NodeReport, read_at: datetime) -> bool:
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
            if device_report.mig is not None and not self._mig.is_known(device, device_report.mig, read_at):
                return False
        return not any(
            device.gpu_uuid not in listed and device.device_status is DeviceStatus.ACTIVE
            for device in self._view.devices_of_node(node.id)
        )

    async def _take_in(
        self, reports: Sequence[NodeReport], actor: Principal, read_at: datetime
    ) -> tuple[int, int, int]:
        counts = (0, 0, 0)
        async with self._transactions.begin(actor, current=True) as writer:
            known = await _Known.read(writer, reports)
            mig = _MigPart(Holdings(writer, self._view, self._command_timeout), read_at)
            for report in reports:
                node = self._node_from_report(writer, report, known)
                node.last_report_at = self._clock()
                changed = await self._devices_from_report(writer, report, node, known, mig)
                counts = (counts[0] + changed[0], counts[1] + changed[1], counts[2] + changed[2])
        self._mig.committed(mig.told)
        await self._view.ensure_current()  # another replica may have written it between our look and our lock
        return counts

    async def _note_heard(self, actor: Principal, reports: Sequence[NodeReport]) -> None:
        """Store now and then that nodes were heard. Not a change: nobody is told."""
        now = self._clock()
        heard = [self._view.node(node_id_for(report.cluster_name, report.node_name)) for report in reports]
        due = {node.id: node for node in heard if node is not None and _is_due(node, now)}
        if not due:
            return
        async with self._transactions.begin(actor) as writer:
            for stored in await writer.uow.nodes():
                if stored.id in due:
                    stored.last_report_at = due[stored.id].last_report_at = now
                    await writer.uow.save_node(stored)
            writer.touch()

    def _node_from_report(self, writer: InventoryWriter, report: NodeReport, known: _Known) -> GpuNode:
        node = known.nodes.get(node_id_for(report.cluster_name, report.node_name))
        if node is None:
            name = (report.cluster_name, report.node_name)
            added = writer.add_node(name, report.collection_source, report.node_ip, report.nvidia_driver_version)
            added.cpu_milli, added.memory_mib = report.cpu_milli, report.memory_mib
            return added
        wanted, current = _reported_facts(report), _node_facts(node)
        if wanted != current:
            node.node_status, node.node_ip, node.nvidia_driver_version, node.collection_source = wanted[:4]
            node.cpu_milli, node.memory_mib = wanted[4:]
            before, after = (", ".join(str(part) for part in parts) for parts in (current, wanted))
            writer.change_node(node, ChangeKind.NODE_UPDATED, before, after)
        return node

    async def _devices_from_report(
        self, writer: InventoryWriter, report: NodeReport, node: GpuNode, known: _Known, mig: _MigPart
    ) -> tuple[int, int, int]:
        here = {} if writer.is_new(node) else {d.id: d for d in await writer.uow.devices_of_node(node.id)}
        listed = {device_id_for(device.gpu_uuid): device for device in report.devices}
        registered = updated = gone = 0
        for position, (device_id, device_report) in enumerate(listed.items()):
            device = here.get(device_id) or known.devices.get(device_id)
            if device is None:
                device = await writer.add_device(node, device_report)
                await self._mig_from_report(writer, device, device_report, mig)
                registered += 1
                continue
            if not writer.actor.scope.sees_cluster(device.node.cluster_name):
                # A GPU may move within what the reporter is trusted with, not into it from elsewhere.
                path = ("devices", str(position), "gpuUuid")
                raise Conflict(f"{device.gpu_uuid} is registered in another cluster", path=path)
            differs = self._refresh_device(writer, device, node, device_report)
            updated += await self._mig_from_report(writer, device, device_report, mig) or differs
        for device_id, device in here.items():
            if device_id not in listed and device.device_status is DeviceStatus.ACTIVE:
                writer.set_status(device, DeviceStatus.OFFLINE, "its node does not list it")
                gone += 1
        return registered, updated, gone

    async def _mig_from_report(
        self, writer: InventoryWriter, device: GpuDevice, report: DeviceReport, mig: _MigPart
    ) -> bool:
        """Take in what the report says of MIG on one device; return whether its layout differed."""
        if report.mig is None:
            return False
        await self._mig.profiles(writer, device.model, report.mig, mig.told)
        return self._mig.instances(mig.holdings, self._view.device(device.id) or device, report.mig, mig.read_at)

    def _refresh_device(self, writer: InventoryWriter, device: GpuDevice, node: GpuNode, report: DeviceReport) -> bool:
        before, after = [], []
        if device.node.id != node.id:
            before.append(f"node={device.node.node_name}")
            after.append(f"node={node.node_name}")
            writer.node_loses_device(device.node, device.gpu_uuid)
            device.node = node
        for name, current, wanted in _differences(device, report):
            before.append(f"{name}={current}")
            after.append(f"{name}={wanted}")
            setattr(device, name, wanted)
        if after:
            writer.change_device(device, ChangeKind.DEVICE_UPDATED, "; ".join(before), "; ".join(after))
        if device.device_status is DeviceStatus.OFFLINE:
            writer.set_status(device, DeviceStatus.ACTIVE, "its node lists it again")
            return True
        return bool(after)

    def _reported(self, node_id: str, counts: tuple[int, int, int]) -> NodeReported:
        node = self._view.node(node_id)
        if node is None:
            raise Unavailable("the report was stored, but the database went away before it could be read back")
        return NodeReported(node, self._view.devices_of_node(node_id), *counts)


_REPORTED = ("device_index", "pci_address", "serial_number", "memory_total_mb", "power_limit_w", "driver_version")
"""What a node says about a device it has."""


def _differences(device: GpuDevice, report: DeviceReport) -> list[tuple[str, object, object]]:
    """Name, stored and reported value of each difference. What a report leaves out is no difference."""
    pairs = [(name, getattr(device, name), getattr(report, name)) for name in _REPORTED]
    if report.mig is not None:
        pairs += [("mig_enabled", device.mig_enabled, report.mig.enabled)]
        pairs += [("mig_pending", device.mig_pending, report.mig.pending)]
    return [(name, current, wanted) for name, current, wanted in pairs if wanted is not None and wanted != current]


_NodeFacts: TypeAlias = tuple[NodeStatus, str | None, str | None, CollectionSource, int | None, int | None]


def _reported_facts(report: NodeReport) -> _NodeFacts:
    return (
        NodeStatus.READY,
        report.node_ip,
        report.nvidia_driver_version,
        report.collection_source,
        report.cpu_milli,
        report.memory_mib,
    )


def _node_facts(node: GpuNode) -> _NodeFacts:
    return (
        node.node_status,
        node.node_ip,
        node.nvidia_driver_version,
        node.collection_source,
        node.cpu_milli,
        node.memory_mib,
    )


def _is_due(node: GpuNode, now: datetime) -> bool:
    return node.last_report_at is None or now - node.last_report_at >= HEARTBEAT_EVERY


def _check_report(actor: Principal, report: NodeReport) -> None:
    authorise(actor, Permission.REPORT_NODE)
    authorise_node(actor, report.cluster_name, report.node_name)
    check_node_report(report)
