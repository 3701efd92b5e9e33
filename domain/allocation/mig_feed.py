"""Keeps the MIG placement view true to the inventory: what is held, what stands idle, and where new work may go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from domain.allocation.feed import host_left, takes_new_work
from domain.allocation.holding import held_on
from domain.allocation.policies.mig_fleet import MigFleet
from domain.fleet.model import GpuDevice, GpuNode
from domain.fleet.view import InventoryDelta, InventoryView
from domain.mig.commands import SWITCHES
from domain.mig.layout_plans import placement_of_instance
from domain.mig.model import InstanceStatus
from domain.mig.offers import Offers
from domain.mig.places import taken_on
from domain.mig.profiles import MigGeometry, MigProfile
from domain.mig.states import IntArray

NodeMask: TypeAlias = npt.NDArray[np.bool_]
Wish: TypeAlias = Callable[[MigGeometry], MigProfile | None]
"""Which profile a request means on a geometry; None: it has none that will do."""


_NO_LIMIT = np.inf


class MigFeed:
    """Writes `fleet` from the view; keys are device ids. Idle instances are ready, what else is there is occupied.

    Nodes have numbers, so that a decision that is bound to some of them stays one pass over arrays.
    """

    def __init__(self, view: InventoryView, offers: Offers) -> None:
        self.fleet = MigFleet()
        self._view = view
        self._offers = offers
        self._numbers: dict[str, int] = {}
        self._node_ids: list[str] = []
        self._clusters: list[str] = []
        self._host = np.empty((2, 0))
        """CPU milli and MiB that each node has left; infinite where it does not say what it has."""
        self._there: set[str] = set()
        view.on_change(self._follow)
        if view.loaded:
            self._rebuild()

    def node_id(self, number: int) -> str:
        return self._node_ids[number]

    def mask(
        self,
        clusters: Collection[str] | None = None,
        nodes: Collection[str] | None = None,
        cpu_milli: int = 0,
        memory_mib: int = 0,
    ) -> NodeMask | None:
        """By a node's number, whether it is within all of these; None: every node is."""
        found: NodeMask | None = None
        if clusters is not None:
            names = set(clusters)
            found = np.fromiter((name in names for name in self._clusters), np.bool_, len(self._clusters))
        if nodes is not None:
            named = np.zeros(len(self._node_ids), dtype=np.bool_)
            named[[self._numbers[node_id] for node_id in nodes if node_id in self._numbers]] = True
            found = named if found is None else found & named
        if cpu_milli or memory_mib:
            cpu, memory = self._host[:, : len(self._node_ids)]
            enough = (cpu >= cpu_milli) & (memory >= memory_mib)
            found = enough if found is None else found & enough
        return found

    def number(self, node_id: str) -> int:
        return self._numbers[node_id]

    def places_when_empty(self, wish: Wish, nodes: NodeMask | None) -> IntArray:
        """By a node's number, how many instances of the wanted profile its GPUs would hold if nobody had any."""
        places = np.zeros(len(self._node_ids), dtype=np.int32)
        for group in self.fleet.groups:
            if (profile := wish(group.geometry)) is not None:
                there = np.bincount(group.node[group.usable], minlength=len(places)).astype(np.int32)
                places += there * np.int32(profile.max_instances)
        return places if nodes is None else places * nodes

    def places_by_node(self, wish: Wish, nodes: NodeMask | None) -> IntArray:
        """By a node's number, how many instances of the wanted profile fit on it together."""
        places = np.zeros(len(self._node_ids), dtype=np.int32)
        for group in self.fleet.groups:
            profile = wish(group.geometry)
            if profile is None:
                continue
            rows = group.usable if nodes is None else group.usable & nodes[group.node]
            shape = group.geometry.shape_of[profile.profile_name]
            here = group.table.places_now[group.seen[rows], shape]
            if profile.media_extensions:
                here = np.minimum(here, ~group.media_held[rows])
            places += np.bincount(group.node[rows], weights=here, minlength=len(places)).astype(np.int32)
        return places

    def alone(self, node_id: str) -> MigFleet:
        """A copy of one node, to try things on."""
        copy = MigFleet()
        for device in self._view.devices_of_node(node_id):
            if device.id in self._there:
                self._enter(copy, device)
        return copy

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
        for device_id in [key for key in self._there if self._view.device(key) is None]:
            self._forget(device_id)
        for node_id in dict.fromkeys(device.node.id for device in self._view.devices):
            self._write_node(node_id)

    def _write_node(self, node_id: str) -> None:
        node = self._view.node(node_id)
        devices = self._view.devices_of_node(node_id)
        if node is not None and any(device.mig_enabled for device in devices):
            cpu, memory = host_left(node, devices)
            number = self._number(node)
            self._host[0, number] = _NO_LIMIT if cpu is None else cpu
            self._host[1, number] = _NO_LIMIT if memory is None else memory
        for device in devices:
            if device.mig_enabled:
                self._write(device)
            else:
                self._forget(device.id)

    def _number(self, node: GpuNode) -> int:
        number = self._numbers.get(node.id)
        if number is None:
            number = self._numbers[node.id] = len(self._node_ids)
            self._node_ids.append(node.id)
            self._clusters.append(node.cluster_name)
            if number == self._host.shape[1]:
                more = np.zeros((2, max(64, number)))
                self._host = np.hstack([self._host, more])
        return number

    def _write(self, device: GpuDevice) -> None:
        if self._enter(self.fleet, device):
            self._there.add(device.id)
        else:
            self._forget(device.id)

    def _enter(self, fleet: MigFleet, device: GpuDevice) -> bool:
        """Write a device's row; False where its product has no MIG."""
        geometry = self._offers.geometry(device.model)
        if geometry is None:
            return False
        ready = {
            placement_of_instance(each)
            for each in device.mig_instances
            if not each.allocated and each.instance_status is InstanceStatus.READY
        }
        usable, number = gives_instances(self._view, device), self._number(device.node)
        fleet.set_gpu(device.id, geometry, taken_on(device), usable=usable, ready=ready, node=number)
        return True

    def _forget(self, device_id: str) -> None:
        if device_id in self._there:
            self._there.discard(device_id)
            self.fleet.remove_gpu(device_id)


def gives_instances(view: InventoryView, device: GpuDevice) -> bool:
    """Whether instances of a device with MIG on may be given out: not as a whole held, no switch of its mode."""
    switching = any(step.kind in SWITCHES for command in view.commands_of(device.id) for step in command.steps)
    whole = any(resource.mig_id is None for resource in held_on(device))
    return takes_new_work(device) and device.mig_pending is not False and not switching and not whole
