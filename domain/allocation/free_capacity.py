"""What of the fleet's MIG capacity is free: by profile, how fragmented, and which moves would mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.access.policy import SOMEBODY, Permission, authorise
from domain.access.principal import AccessScope
from domain.allocation.access import may_see
from domain.allocation.mig_feed import MigFeed, gives_instances
from domain.errors import InvalidInput, NotFound
from domain.fleet.model import GpuDevice
from domain.fleet.query import visible_node
from domain.fleet.view import InventoryView
from domain.mig.defragment import DefragDevice, DefragMove, DefragPlan, defragmentation_plan
from domain.mig.fragmentation import Fragmentation, fragmentation_of, score_of_states
from domain.mig.geometry import Placement
from domain.mig.holders import holder_of, holder_words
from domain.mig.layout_plans import placement_of_instance
from domain.mig.offers import Offers
from domain.mig.places import held_layout
from domain.mig.planning import CurrentInstance

MOVES_MAX = 50
DEFRAGMENTED_MAX = 2_000
"""GPUs with MIG on that one plan looks at: it takes about a second for these."""


@dataclass(frozen=True, slots=True)
class FreeProfile:
    """How many more instances of a profile could be taken now, on GPUs of one product."""

    model_name: str
    profile_name: str
    places: int
    idle_instances: int
    """Those that stand ready: nothing has to be made for them."""


@dataclass(frozen=True, slots=True)
class ProfileGain:
    """How many more of a profile fit."""

    profile_name: str
    places: int


@dataclass(frozen=True, slots=True)
class DefragmentationMove:
    """One instance in use that goes elsewhere: made there first, then removed here."""

    step: int
    """Moves of one step belong together: the gain may come with the last."""
    mig_id: str
    profile_name: str
    from_device: GpuDevice
    from_start: int
    to_device: GpuDevice
    to_start: int
    seconds: float
    pods: int
    holder: str
    allocation_id: str | None
    gains: tuple[ProfileGain, ...]


@dataclass(frozen=True, slots=True)
class DefragmentationPlan:
    """Moves in their order, what they gain and what they cost."""

    moves: Sequence[DefragmentationMove]
    gains: tuple[ProfileGain, ...]
    seconds: float
    pods: int
    fragmentation_before: float | None
    fragmentation_after: float | None


class FreeCapacity:
    """Answers from memory, as far as a reader may see."""

    def __init__(self, view: InventoryView, offers: Offers, feed: MigFeed) -> None:
        self._view = view
        self._offers = offers
        self._feed = feed

    def profiles(self, scope: AccessScope) -> list[FreeProfile]:
        """By product and profile, smallest first; +me profiles are left out, they take no slices of their own."""
        authorise(scope, Permission.READ_FLEET)
        nodes = self._feed.mask(scope.clusters)
        found = []
        for group in self._feed.fleet.groups:
            rows = group.usable if nodes is None else group.usable & nodes[group.node]
            if not rows.any():
                continue
            places = group.table.places_now[group.seen[rows]].sum(axis=0)
            for profile in group.geometry.profiles:
                if profile.media_extensions:
                    continue
                ready = group.ready_starts(profile)
                idle = 0 if ready is None else int(np.bitwise_count(ready[rows]).sum())
                count = int(places[group.geometry.shape_of[profile.profile_name]])
                found.append(FreeProfile(group.geometry.name, profile.profile_name, count, idle))
        return sorted(found, key=lambda each: each.model_name)

    def fragmentation(self, scope: AccessScope, node_id: str | None = None) -> float | None:
        """0 to 1 over the visible GPUs with MIG on, or those of one node; None where there are none."""
        authorise(scope, Permission.READ_FLEET)
        nodes = self._feed.mask(scope.clusters, None if node_id is None else {node_id})
        score = score_of_states(
            (group.table, group.seen[group.usable if nodes is None else group.usable & nodes[group.node]])
            for group in self._feed.fleet.groups
        )
        return None if score is None else round(score, 4)

    def fragmentation_on(self, devices: Iterable[GpuDevice]) -> float | None:
        """Of these devices together; what is in use counts, idle instances make way."""
        found = self._measured(devices)
        return round(found.fragmentation, 4) if found.gpus else None

    def _measured(self, devices: Iterable[GpuDevice]) -> Fragmentation:
        return fragmentation_of(
            (layout.geometry, layout, gives_instances(self._view, device))
            for device in devices
            if device.mig_enabled and (layout := held_layout(self._offers, device)) is not None
        )

    async def defragmentation(
        self,
        scope: AccessScope,
        node_id: str | None = None,
        cluster_name: str | None = None,
        profile_name: str | None = None,
        most_moves: int = 20,
    ) -> DefragmentationPlan:
        """Which moves make most room, for a profile or for all. Nothing is moved by asking.

        Raises `InvalidInput` outside the bounds, `NotFound`.
        """
        authorise(scope, Permission.READ_FLEET)
        if not 1 <= most_moves <= MOVES_MAX:
            raise InvalidInput(f"between 1 and {MOVES_MAX} moves, not {most_moves:,}", path=("maxMoves",))
        await self._view.ensure_current()
        devices = self._partitioned(scope, node_id, cluster_name)
        if profile_name is not None and not any(profile_name in self._offers.profiles(d.model) for d in devices):
            raise InvalidInput(f"no GPU with MIG on there offers {profile_name[:80]!r}", path=("profileName",))
        gpus = [self._movable(device) for device in devices]
        plan = await asyncio.to_thread(
            defragmentation_plan, [gpu for gpu in gpus if gpu is not None], profile_name, most_moves
        )
        return self._named(scope, plan, devices)

    def _partitioned(self, scope: AccessScope, node_id: str | None, cluster_name: str | None) -> list[GpuDevice]:
        if node_id is not None and visible_node(self._view, scope, node_id) is None:
            raise NotFound(f"there is no node {node_id!r}", path=("nodeId",))
        candidates = self._view.devices if node_id is None else self._view.devices_of_node(node_id)
        devices = [
            each
            for each in candidates
            if each.mig_enabled
            and scope.sees_cluster(each.node.cluster_name)
            and cluster_name in {None, each.node.cluster_name}
        ]
        if len(devices) > DEFRAGMENTED_MAX:
            raise InvalidInput(
                f"{len(devices):,} GPUs have MIG on there, {DEFRAGMENTED_MAX:,} is the most: name a cluster or a node",
                path=("clusterName",),
            )
        return devices

    def _movable(self, device: GpuDevice) -> DefragDevice | None:
        layout = held_layout(self._offers, device)
        if layout is None:
            return None
        instances = [
            CurrentInstance(placement_of_instance(each), each.id, in_use=True, may_stop=each.allocated)
            for each in device.mig_instances
            if placement_of_instance(each) in layout.placements
        ]
        return DefragDevice(device.id, layout.geometry, instances, gives_instances(self._view, device))

    def _named(self, scope: AccessScope, plan: DefragPlan, devices: Sequence[GpuDevice]) -> DefragmentationPlan:
        by_id = {device.id: device for device in devices}
        moves = [self._move(scope, move, by_id) for move in plan.moves]
        return DefragmentationPlan(
            moves,
            _gains(plan.gain.items()),
            plan.seconds,
            plan.pods,
            self.fragmentation_on(devices),
            self._after(plan, devices),
        )

    def _move(self, scope: AccessScope, move: DefragMove, by_id: dict[str, GpuDevice]) -> DefragmentationMove:
        source, target = by_id[move.source], by_id[move.target]
        instance = self._view.instance(move.instance.key)
        home = None if instance is None else by_id.get(instance.device_id)  # it may move twice
        holder = None if instance is None or home is None else holder_of(home, instance)
        visible = holder is not None and may_see(scope, self._view, holder)
        return DefragmentationMove(
            move.step,
            move.instance.key,
            move.placement.profile_name,
            source,
            move.instance.placement.start,
            target,
            move.placement.start,
            move.seconds,
            move.pods,
            holder_words(holder) if holder is not None and visible else SOMEBODY,
            holder.id if holder is not None and visible else None,
            _gains(move.gain.items()),
        )

    def _after(self, plan: DefragPlan, devices: Sequence[GpuDevice]) -> float | None:
        layouts = {device.id: layout for device in devices if (layout := held_layout(self._offers, device)) is not None}
        for move in plan.moves:
            gone: Placement = move.instance.placement
            layouts[move.target] = layouts[move.target].plus(move.placement)
            layouts[move.source] = layouts[move.source].minus(gone)
        found = fragmentation_of(
            (layouts[device.id].geometry, layouts[device.id], gives_instances(self._view, device))
            for device in devices
            if device.id in layouts
        )
        return round(found.fragmentation, 4) if found.gpus else None


def _gains(gains: Iterable[tuple[str, int]]) -> tuple[ProfileGain, ...]:
    return tuple(ProfileGain(name, places) for name, places in sorted(gains) if places)
