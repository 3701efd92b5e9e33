"""Choosing MIG instances: which profile a wish means, which GPUs it may go to, where it does least harm."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.allocation.answers import Check, Decision, Place, PlacedResource, Step
from domain.allocation.mig_feed import MigFeed
from domain.allocation.model import ResourceType, Spread
from domain.allocation.nearest_mig import nearest_instances
from domain.allocation.policies.base import ScorePart
from domain.allocation.policies.mig import FILL, MigChoice, MigPolicy
from domain.allocation.wanted import Wanted
from domain.errors import InvalidInput
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.mig.geometry import Placement
from domain.mig.layout_plans import placement_of_instance
from domain.mig.model import InstanceStatus, MigInstance
from domain.mig.offers import Offers
from domain.mig.profiles import MigGeometry, MigProfile, smallest_profile_for

NODES_TRIED = 64
"""Nodes on which several instances of one request are tried together."""
RUNNERS_UP = 3


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """Which profile a request means on a geometry: the one it names, or the smallest with enough memory."""

    profile_name: str | None
    memory_mib: int

    def __call__(self, geometry: MigGeometry) -> MigProfile | None:
        if self.profile_name is not None:
            profile = geometry.by_name.get(self.profile_name)
            enough = profile is not None and (profile.memory_mb or 0) >= self.memory_mib
            return profile if enough else None
        return smallest_profile_for(geometry, self.memory_mib, 1)

    @property
    def words(self) -> str:
        return self.profile_name or f"an instance of {self.memory_mib:,} MiB"


class InstanceChooser:
    """Decides on requests of type MIG, from memory."""

    def __init__(self, view: InventoryView, offers: Offers, feed: MigFeed, policy: MigPolicy = FILL) -> None:
        self.feed = feed
        self.policy = policy
        self._view = view
        self._offers = offers

    def decide(self, wanted: Wanted) -> Decision:
        """The best place now with the next best ones, or why there is none. Raises `InvalidInput` for a profile
        that no product here has."""
        wish = ProfileWish(wanted.allocation.profile_name, wanted.memory_mib)
        self._check_offered(wish, wanted)
        allowed = self._allowed(wanted)
        if wanted.count == 1:
            choices = self.policy.rank(self.feed.fleet, wish, RUNNERS_UP + 1, allowed=allowed)
            places = [self._place([choice]) for choice in choices]
        else:
            several = self._several(wanted, wish, allowed)
            places = [self._place(several)] if several else []
        if places:
            passed = (Check(Step.TYPE, True, ResourceType.MIG.value), Check(Step.SCORE, True, places[0].words))
            return Decision(ResourceType.MIG, self.policy.name, places[0], places[1:], passed)
        checks = self._why_not(wanted, wish, allowed)
        nearest = nearest_instances(self._view, self._offers, self.feed, self.policy, wanted, wish, allowed)
        return Decision(ResourceType.MIG, self.policy.name, None, (), checks, checks[-1].message, nearest)

    def could_ever_serve(self, wanted: Wanted) -> bool:
        """Whether the GPUs with MIG on could, were they empty: what they could not is not waited for."""
        wish = ProfileWish(wanted.allocation.profile_name, wanted.memory_mib)
        allowed = self.feed.keys_in(wanted.clusters, wanted.nodes, wanted.models)
        places: dict[str, int] = {}
        for group in self.feed.fleet.groups:
            profile = wish(group.geometry)
            if profile is None:
                continue
            for key in group.keys:
                if key and (allowed is None or key in allowed):
                    node_id = "" if wanted.allocation.spread is Spread.ANY else self._device(key).node.id
                    places[node_id] = places.get(node_id, 0) + profile.max_instances
        return max(places.values(), default=0) >= wanted.count

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

    def _allowed(self, wanted: Wanted) -> frozenset[str] | None:
        nodes = wanted.nodes
        allocation = wanted.allocation
        if allocation.cpu_milli or allocation.host_memory_mib:
            enough = self.feed.nodes_with(allocation.cpu_milli, allocation.host_memory_mib)
            nodes = enough if nodes is None else nodes & enough
        return self.feed.keys_in(wanted.clusters, nodes, wanted.models)

    def _several(self, wanted: Wanted, wish: ProfileWish, allowed: frozenset[str] | None) -> Sequence[MigChoice] | None:
        """All instances of one request or none: anywhere, or on one node."""
        if wanted.allocation.spread is Spread.ANY:
            return self._together(wish, wanted.count, allowed)
        tried: set[str] = set()
        for choice in self.policy.rank(self.feed.fleet, wish, 8 * NODES_TRIED, allowed=allowed):
            node_id = self._device(choice.gpu).node.id
            if node_id in tried:
                continue
            tried.add(node_id)
            keys = frozenset(self.feed.keys_of_node(node_id))
            found = self._together(wish, wanted.count, keys if allowed is None else keys & allowed)
            if found is not None or len(tried) == NODES_TRIED:
                return found
        return None

    def _together(self, wish: ProfileWish, count: int, allowed: frozenset[str] | None) -> Sequence[MigChoice] | None:
        """So many at once, each where it does least harm beside those before it; the view is as before afterwards."""
        chosen: list[MigChoice] = []
        try:
            for _ in range(count):
                choices = self.policy.rank(self.feed.fleet, wish, 1, allowed=allowed)
                if not choices:
                    return None
                self.feed.fleet.place(choices[0].gpu, choices[0].placement)
                chosen.append(choices[0])
        finally:
            self.feed.restore({choice.gpu for choice in chosen})
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

    def _why_not(self, wanted: Wanted, wish: ProfileWish, allowed: frozenset[str] | None) -> tuple[Check, ...]:
        groups = [group for group in self.feed.fleet.groups if group.usable.any()]
        reached = sum(
            int((group.usable if allowed is None else group.usable & group.rows_of(allowed)).sum()) for group in groups
        )
        offering = [group for group in groups if wish(group.geometry) is not None]
        if not reached:
            what = "no GPU that takes new work has MIG on"
            where = "" if allowed is None else " where you ask for it, with the CPU and memory you ask for"
            return (Check(Step.DISCOVERY, False, what + where),)
        discovered = Check(Step.DISCOVERY, True, f"{reached} GPUs with MIG on take new work")
        if not offering:
            if wish.profile_name is not None and wanted.memory_mib:
                return discovered, Check(
                    Step.FILTER, False, f"{wish.profile_name} has less than {wanted.memory_mib:,} MiB"
                )
            most = max((p.memory_mb or 0 for group in groups for p in group.geometry.profiles), default=0)
            words = f"no instance has {wanted.memory_mib:,} MiB: the largest has {most:,}"
            if wish.profile_name is not None:
                words = f"none of {reached} GPUs with MIG on offers {wish.profile_name}"
            return discovered, Check(Step.FILTER, False, words)
        names = dict.fromkeys(profile.profile_name for group in offering if (profile := wish(group.geometry)))
        what = " or ".join(names)
        if wanted.count == 1:
            return discovered, Check(Step.FILTER, False, f"no room for {what} on any of {reached} GPUs with MIG on")
        where = "together" if wanted.allocation.spread is Spread.ANY else "on one node"
        return discovered, Check(Step.FILTER, False, f"no room for {wanted.count} × {what} {where}")

    def _device(self, device_id: str) -> GpuDevice:
        device = self._view.device(device_id)
        if device is None:
            raise RuntimeError(f"the placement view has {device_id} and the inventory has not")
        return device


def idle_instances(device: GpuDevice) -> list[MigInstance]:
    """Those that are there and nobody holds."""
    return [
        each for each in device.mig_instances if not each.allocated and each.instance_status is InstanceStatus.READY
    ]


def _overlapping(instances: Sequence[MigInstance], placement: Placement) -> list[MigInstance]:
    return [each for each in instances if placement_of_instance(each).bitmap & placement.bitmap]
