"""Keeps the placement view true to the inventory: every refresh of the inventory rewrites the nodes it touched."""

from __future__ import annotations

from collections.abc import Iterable

from domain.allocation.capacity import Capacity, DeviceCapacity, NodeCapacity
from domain.allocation.demand import WHOLE
from domain.allocation.holding import held_on
from domain.allocation.model import Allocation
from domain.fleet.model import GpuDevice, GpuNode, NodeStatus, SharingMode
from domain.fleet.status import SERVING
from domain.fleet.view import InventoryDelta, InventoryView


class CapacityFeed:
    """Writes `capacity` from the view. Rows are (node, model name); devices are keyed by id, nodes by id."""

    def __init__(self, view: InventoryView) -> None:
        self.capacity = Capacity()
        self._view = view
        self._models_of_node: dict[str, frozenset[str]] = {}
        view.on_change(self._follow)
        if view.loaded:
            self._rebuild()

    def _follow(self, delta: InventoryDelta) -> None:
        if delta.full:
            self._rebuild()
            return
        touched = {device.node.id for device in delta.devices}
        touched |= {change.node_id for change in delta.changes if change.node_id is not None}
        self._write(touched)

    def _rebuild(self) -> None:
        known = {node.id for node in self._view.nodes}
        for node_id in self._models_of_node.keys() - known:
            self._forget(node_id)
        self._write(known)

    def _write(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            node = self._view.node(node_id)
            rows = {} if node is None else self._by_model(self._view.devices_of_node(node_id))
            if node is None or frozenset(rows) != self._models_of_node.get(node_id):
                self._forget(node_id)  # also where a model left the node: rows cannot be taken away one by one
            if node is None or not rows:
                continue
            self._models_of_node[node_id] = frozenset(rows)
            cpu, memory = host_left(node, self._view.devices_of_node(node_id))
            for model, devices in rows.items():
                self.capacity.set_node(
                    NodeCapacity(
                        node_key=node_id,
                        cluster=node.cluster_name,
                        model_key=model,
                        cpu_free_milli=cpu,
                        memory_free_mib=memory,
                        devices=tuple(_device_capacity(device) for device in devices),
                        order=f"{node.cluster_name}/{node.node_name}",
                    )
                )

    def _by_model(self, devices: Iterable[GpuDevice]) -> dict[str, list[GpuDevice]]:
        rows: dict[str, list[GpuDevice]] = {}
        for device in devices:
            if takes_new_work(device) and not partitioned(self._view, device):
                rows.setdefault(device.model.model_name, []).append(device)
        return rows

    def _forget(self, node_id: str) -> None:
        if self._models_of_node.pop(node_id, None) is not None:
            self.capacity.remove_node(node_id)


def takes_new_work(device: GpuDevice) -> bool:
    """Whether anything new may be placed on it: in service, and its node heard."""
    return device.device_status in SERVING and device.node.node_status is NodeStatus.READY


def partitioned(view: InventoryView, device: GpuDevice) -> bool:
    """Whether a device is in MIG mode, or on the way into it or out of it: it is not given out as a whole."""
    return bool(device.mig_enabled or device.mig_pending or view.commands_of(device.id))


def shared_memory_mb(device: GpuDevice) -> int:
    """Device memory offered to sharers, MiB."""
    return device.sharing_memory_mb or device.memory_total_mb or 0


def _device_capacity(device: GpuDevice) -> DeviceCapacity:
    memory = device.memory_total_mb or 0
    held = held_on(device)
    if not held and device.sharing_mode is SharingMode.NONE:
        return DeviceCapacity(device.id, device.device_index, memory, nvlink_group=device.nvlink_group)
    whole = any(resource.share_milli is None for resource in held)
    shares = [resource for resource in held if resource.share_milli is not None]
    compute = sum(resource.share_milli or 0 for resource in shares)
    on_offer = round(WHOLE * device.sharing_overcommit)
    shareable = device.sharing_mode is not SharingMode.NONE and not whole
    sharers_most = device.sharing_max if device.sharing_max is not None else len(shares) + 1
    return DeviceCapacity(
        key=device.id,
        index=device.device_index,
        memory_mib=memory,
        residual_milli=0 if whole else max(0, min(WHOLE, on_offer - compute)),
        whole_allowed=not held,
        share_allowed=shareable,
        share_memory_free_mib=max(0, shared_memory_mb(device) - sum(resource.memory_mib for resource in shares)),
        sharers_free=max(0, sharers_most - len(shares)) if shareable else 0,
        nvlink_group=device.nvlink_group,
    )


def host_left(node: GpuNode, devices: Iterable[GpuDevice]) -> tuple[float | None, float | None]:
    """CPU milli and host MiB that allocations leave; None where the node does not say what it has."""
    allocations: dict[str, Allocation] = {a.id: a for device in devices for a in device.allocations}
    cpu = memory = 0.0
    for allocation in allocations.values():
        here = sum(resource.node_id == node.id for resource in allocation.resources)
        part = here / len(allocation.resources) if allocation.resources else 0.0
        cpu += allocation.cpu_milli * part
        memory += allocation.host_memory_mib * part
    return (
        None if node.cpu_milli is None else max(0.0, node.cpu_milli - cpu),
        None if node.memory_mib is None else max(0.0, node.memory_mib - memory),
    )
