"""Choosing MIG instances: which profile a wish means, which GPUs it may go to, where it does least harm."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.allocation.answers import Alternative, Check, Decision, Place, PlacedResource, Step
from domain.allocation.mig_feed import MigFeed, NodeMask
from domain.allocation.model import ResourceType, Spread
from domain.allocation.nearest_mig import nearest_instances
from domain.allocation.policies.base import ScorePart
from domain.allocation.policies.mig import FILL, MigChoice, MigPolicy
from domain.allocation.policies.mig_fleet import GeometryGroup, MigFleet
from domain.allocation.wanted import Wanted
from domain.errors import InvalidInput
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.mig.geometry import Placement
from domain.mig.layout_plans import placement_of_instance
from domain.mig.model import InstanceStatus, MigInstance
from domain.mig.offers import Offers
from domain.mig.profiles import MigGeometry, MigProfile, smallest_profile_for

NODES_TRIED = 8
"""Nodes with room for all instances of a request on which they are tried together."""
RUNNERS_UP = 3


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """Which profile a request means on a geometry: the one it names, or the smallest with enough memory."""

    profile_name: str | None
    memory_mib: int
    models: frozenset[str] | None
    """Products that will do; a geometry has the name of its product."""

    def allows(self, geometry: MigGeometry) -> bool:
        return self.models is None or geometry.name in self.models

    def __call__(self, geometry: MigGeometry) -> MigProfile | None:
        if not self.allows(geometry):
            return None
        if self.profile_name is not None:
            profile = geometry.by_name.get(self.profile_name)
            enough = profile is not None and (profile.memory_mb or 0) >= self.memory_mib
            return profile if enough else None
        return smallest_profile_for(geometry, self.memory_mib, 1)


class InstanceChooser:
    """Decides on requests of type MIG, from memory."""

    def __init__(self, view: InventoryView, offers: Offers, feed: MigFeed, policy: MigPolicy = FILL) -> None:
        self.feed = feed
        self.policy = policy
        self._view = view
        self._offers = offers

    def decide(self, wanted: Wanted) -> Decision:
        """The best place now with the next best ones, or why there is none.

        Raises `InvalidInput` for a profile that no product here has.
        """
        wish = ProfileWish(wanted.allocation.profile_name, wanted.memory_mib, wanted.models)
        self._check_offered(wish, wanted)
        nodes = self._nodes(wanted)
        if wanted.count == 1:
            choices = self.policy.rank(self.feed.fleet, wish, RUNNERS_UP + 1, nodes=nodes)
            places = [self._place([choice]) for choice in choices]
        else:
            several = self._several(wanted, wish, nodes)
            places = [self._place(several)] if several else []
        if places:
            passed = (Check(Step.TYPE, True, ResourceType.MIG.value), Check(Step.SCORE, True, places[0].words))
            return Decision(ResourceType.MIG, self.policy.name, places[0], places[1:], passed)
        checks = self._why_not(wanted, wish, nodes)
        return Decision(ResourceType.MIG, self.policy.name, None, (), checks, checks[-1].message)

    def nearest(self, wanted: Wanted) -> Sequence[Alternative]:
        """What is near a refused wish and would work, best first."""
        wish = ProfileWish(wanted.allocation.profile_name, wanted.memory_mib, wanted.models)
        nodes = self._nodes(wanted)
        return nearest_instances(self._view, self._offers, self.feed, self.policy, wanted, wish, nodes)

    def could_ever_serve(self, wanted: Wanted) -> bool:
        """Whether the GPUs with MIG on could, were they empty: what they could not is not waited for."""
        wish = ProfileWish(wanted.allocation.profile_name, wanted.memory_mib, wanted.models)
        nodes = self.feed.mask(wanted.clusters, wanted.nodes)
        places = self.feed.places_when_empty(wish, nodes)
        most = places.sum() if wanted.allocation.spread is Spread.ANY else places.max(initial=0)
        return int(most) >= wanted.count

    def _check_offered(self, wish: ProfileWish, wanted: Wanted) -> None:
        if wish.profile_name is None:
            return
        models = [m for m in self._view.models if wanted.models is None or m.model_name in wanted.models]
        offered = {name: None for model in models for name in self._offers.profiles(model)}
        if wish.profile_name in offered:
            return
        whose = ", ".join(sorted(wanted.models)) if wanted.models else "GPU here"
        there = f"there are: {', '.join(offered)}" if offered else "it has no MIG"
        raise InvalidInput(f"no {whose} has a profile {wish.profile_name[:80]!r}; {there}", path=("profileName",))

    def _nodes(self, wanted: Wanted) -> NodeMask | None:
        allocation = wanted.allocation
        return self.feed.mask(wanted.clusters, wanted.nodes, allocation.cpu_milli, allocation.host_memory_mib)

    def _several(self, wanted: Wanted, wish: ProfileWish, nodes: NodeMask | None) -> Sequence[MigChoice] | None:
        """All instances of one request or none: anywhere, or on one node."""
        places = self.feed.places_by_node(wish, nodes)
        if wanted.allocation.spread is Spread.ANY:
            if places.sum() < wanted.count:
                return None
            chosen = self._together(self.feed.fleet, wish, wanted.count, nodes)
            self.feed.restore({choice.gpu for choice in chosen})
            return chosen if len(chosen) == wanted.count else None
        able = places >= wanted.count
        for _ in range(NODES_TRIED):
            first = self.policy.rank(self.feed.fleet, wish, 1, nodes=able)
            if not first:
                return None
            node_id = self._device(first[0].gpu).node.id
            chosen = self._together(self.feed.alone(node_id), wish, wanted.count)
            if len(chosen) == wanted.count:
                return chosen
            able[self.feed.number(node_id)] = False
        return None

    def _together(
        self, fleet: MigFleet, wish: ProfileWish, count: int, nodes: NodeMask | None = None
    ) -> Sequence[MigChoice]:
        """As many as fit of so many, each where it does least harm beside those before it."""
        chosen: list[MigChoice] = []
        for _ in range(count):
            choices = self.policy.rank(fleet, wish, 1, nodes=nodes)
            if not choices:
                break
            fleet.place(choices[0].gpu, choices[0].placement)
            chosen.append(choices[0])
        return chosen

    def _place(self, choices: Sequence[MigChoice]) -> Place:
        gone: set[str] = set()
        resources = []
        for choice in choices:
            resources.append(self._resource(choice, gone))
            gone |= {instance.id for instance in resources[-1].removes}
        score = sum(choice.score for choice in choices)
        making = sum(resource.instance is None for resource in resources)
        parts = (
            ScorePart("stranding", score, "compute slices that no profile could use afterwards and could before"),
            ScorePart("making", 0.0, f"{making} to be made" if making else "taken as it stands idle: nothing is made"),
        )
        return Place(ResourceType.MIG, tuple(resources), score, parts)

    def _resource(self, choice: MigChoice, gone: Collection[str]) -> PlacedResource:
        device = self._device(choice.gpu)
        geometry = self._offers.geometry(device.model)
        profile = self._offers.profiles(device.model)[choice.placement.profile_name]
        slices = profile.memory_slices if geometry is None else geometry.memory_slices
        idle = [each for each in idle_instances(device) if each.id not in gone]
        same = next((each for each in idle if placement_of_instance(each) == choice.placement), None)
        in_the_way = () if same is not None else _overlapping(idle, choice.placement)
        return PlacedResource(
            device,
            profile.memory_mb or 0,
            profile.memory_slices / slices,
            profile=profile,
            start=choice.placement.start,
            size=choice.placement.size,
            instance=same,
            removes=tuple(in_the_way),
        )

    def _why_not(self, wanted: Wanted, wish: ProfileWish, nodes: NodeMask | None) -> tuple[Check, ...]:
        """The steps up to the one at which nothing was left."""
        groups = [group for group in self.feed.fleet.groups if wish.allows(group.geometry)]
        reached = _usable(groups, self.feed.mask(wanted.clusters, wanted.nodes))
        if not reached:
            what = "no GPU that takes new work has MIG on"
            anywhere = wanted.clusters is None and wanted.nodes is None and wanted.models is None
            where = "" if anywhere else " among those you ask for"
            return (Check(Step.DISCOVERY, False, what + where),)
        discovered = Check(Step.DISCOVERY, True, f"{reached} GPUs with MIG on take new work")
        if not _usable(groups, nodes):
            host = f"{wanted.allocation.cpu_milli:,} milli-CPU and {wanted.allocation.host_memory_mib:,} MiB left"
            return discovered, Check(Step.FILTER, False, f"none of {reached} GPUs with MIG on is on a host with {host}")
        names = dict.fromkeys(profile.profile_name for group in groups if (profile := wish(group.geometry)))
        if not names:
            return discovered, Check(Step.FILTER, False, self._too_large(wish, groups, reached))
        what = " or ".join(names)
        if wanted.count == 1:
            return discovered, Check(Step.FILTER, False, f"no room for {what} on any of {reached} GPUs with MIG on")
        where = "together" if wanted.allocation.spread is Spread.ANY else "on one node"
        return discovered, Check(Step.FILTER, False, f"no room for {wanted.count} × {what} {where}")

    def _too_large(self, wish: ProfileWish, groups: Sequence[GeometryGroup], reached: int) -> str:
        if wish.profile_name is None:
            most = max((p.memory_mb or 0 for group in groups for p in group.geometry.profiles), default=0)
            return f"no instance has {wish.memory_mib:,} MiB: the largest has {most:,}"
        if any(wish.profile_name in group.geometry.by_name for group in groups):
            return f"{wish.profile_name} has less than {wish.memory_mib:,} MiB"
        return f"none of {reached} GPUs with MIG on offers {wish.profile_name}"

    def _device(self, device_id: str) -> GpuDevice:
        device = self._view.device(device_id)
        if device is None:
            raise RuntimeError(f"the placement view has {device_id} and the inventory has not")
        return device


def _usable(groups: Sequence[GeometryGroup], nodes: NodeMask | None) -> int:
    return sum(int((group.usable if nodes is None else group.usable & nodes[group.node]).sum()) for group in groups)


def idle_instances(device: GpuDevice) -> list[MigInstance]:
    """Those that are there and nobody holds."""
    return [
        each for each in device.mig_instances if not each.allocated and each.instance_status is InstanceStatus.READY
    ]


def _overlapping(instances: Sequence[MigInstance], placement: Placement) -> list[MigInstance]:
    return [each for each in instances if placement_of_instance(each).bitmap & placement.bitmap]
