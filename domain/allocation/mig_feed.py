"""Keeps the MIG placement view true to the inventory: what is held, what stands idle, and where new work may go."""

from __future__ import annotations

from collections.abc import Collection

from domain.allocation.feed import host_left, takes_new_work
from domain.allocation.holding import held_on
from domain.allocation.policies.mig_fleet import MigFleet
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryDelta, InventoryView
from domain.mig.commands import SWITCHES
from domain.mig.layout_plans import placement_of_instance
from domain.mig.model import InstanceStatus
from domain.mig.offers import Offers
from domain.mig.places import taken_on


class MigFeed:
    """Writes `fleet` from the view; keys are device ids. Idle instances are ready, everything else is occupied."""

    def __init__(self, view: InventoryView, offers: Offers) -> None:
        self.fleet = MigFleet()
        self._view = view
        self._offers = offers
        self._of_node: dict[str, set[str]] = {}
        self._of_cluster: dict[str, set[str]] = {}
        self._of_model: dict[str, set[str]] = {}
        self._where: dict[str, tuple[str, str, str]] = {}
        self._host: dict[str, tuple[float | None, float | None]] = {}
        view.on_change(self._follow)
        if view.loaded:
            self._rebuild()

    def keys_of_node(self, node_id: str) -> Collection[str]:
        """The GPUs of a node that instances can be given out on."""
        return self._of_node.get(node_id, ())

    def keys_in(
        self, clusters: Collection[str] | None, nodes: Collection[str] | None, models: Collection[str] | None
    ) -> frozenset[str] | None:
        """The GPUs within all of these; None: no restriction."""
        found: set[str] | None = None
        for names, groups in ((clusters, self._of_cluster), (nodes, self._of_node), (models, self._of_model)):
            if names is not None:
                keys = set().union(*(groups.get(name, ()) for name in names))
                found = keys if found is None else found & keys
        return None if found is None else frozenset(found)

    def nodes_with(self, cpu_milli: int, memory_mib: int) -> frozenset[str]:
        """The nodes whose host has so much left, or does not say what it has."""
        return frozenset(
            node_id
            for node_id, (cpu, memory) in self._host.items()
            if (cpu is None or cpu >= cpu_milli) and (memory is None or memory >= memory_mib)
        )

    def restore(self, device_ids: Collection[str]) -> None:
        """Write these anew from the view, after something was tried on them."""
        for device_id in device_ids:
            if (device := self._view.device(device_id)) is not None:
                self._write(device)

    def _follow(self, delta: InventoryDelta) -> None:
        if delta.full:
            self._rebuild()
            return
        touched = {device.node.id for device in delta.devices}
        touched |= {change.node_id for change in delta.changes if change.node_id is not None}
        for device_id in delta.removed_device_ids:
            self._forget(device_id)
        for node_id in touched:
            self._write_node(node_id)

    def _rebuild(self) -> None:
        for device_id in [key for key in self._where if self._view.device(key) is None]:
            self._forget(device_id)
        known = {node.id for node in self._view.nodes}
        self._host = {node_id: host for node_id, host in self._host.items() if node_id in known}
        for node_id in dict.fromkeys(device.node.id for device in self._view.devices):
            self._write_node(node_id)

    def _write_node(self, node_id: str) -> None:
        node = self._view.node(node_id)
        devices = self._view.devices_of_node(node_id)
        if node is None or not any(device.mig_enabled for device in devices):
            self._host.pop(node_id, None)
        else:
            self._host[node_id] = host_left(node, devices)
        for device in devices:
            if device.mig_enabled:
                self._write(device)
            else:
                self._forget(device.id)

    def _write(self, device: GpuDevice) -> None:
        geometry = self._offers.geometry(device.model)
        if geometry is None:
            self._forget(device.id)
            return
        where = (device.node.id, device.node.cluster_name, device.model.model_name)
        if self._where.get(device.id) != where:
            self._forget(device.id)
            self._where[device.id] = where
            for name, groups in zip(where, (self._of_node, self._of_cluster, self._of_model), strict=True):
                groups.setdefault(name, set()).add(device.id)
        ready = {
            placement_of_instance(each)
            for each in device.mig_instances
            if not each.allocated and each.instance_status is InstanceStatus.READY
        }
        self.fleet.set_gpu(
            device.id, geometry, taken_on(device), usable=gives_instances(self._view, device), ready=ready
        )

    def _forget(self, device_id: str) -> None:
        where = self._where.pop(device_id, None)
        if where is None:
            return
        self.fleet.remove_gpu(device_id)
        for name, groups in zip(where, (self._of_node, self._of_cluster, self._of_model), strict=True):
            groups[name].discard(device_id)
            if not groups[name]:
                del groups[name]


def gives_instances(view: InventoryView, device: GpuDevice) -> bool:
    """Whether instances of a device with MIG on may be given out: not as a whole held, no switch of its mode."""
    switching = any(step.kind in SWITCHES for command in view.commands_of(device.id) for step in command.steps)
    whole = any(resource.mig_id is None for resource in held_on(device))
    return takes_new_work(device) and device.mig_pending is not False and not switching and not whole
