"""Choosing where a request goes: each type it allows is tried in turn, and the first that has a place decides.

The placement policies score rows of numbers (`capacity.py`); here their choice becomes devices, instances and words,
and a refusal becomes the step at which it ended and the nearest thing that would work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.allocation.answers import Alternative, Check, Decision, Place, PlacedResource, Step
from domain.allocation.demand import Demand
from domain.allocation.feed import CapacityFeed
from domain.allocation.instances import InstanceChooser
from domain.allocation.model import Allocation, ResourceType, Spread
from domain.allocation.nearest import nearest_whole
from domain.allocation.policies.base import Choice, Policy
from domain.allocation.policies.feasibility import Infeasibility, explain_infeasible
from domain.allocation.policies.spread import choose_spread
from domain.allocation.queue import gathering_nodes
from domain.allocation.requests import AllocationRequest
from domain.allocation.wanted import Wanted, shareable, wanted_again, wanted_by
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.mig.profiles import geometry_for

RUNNERS_UP = 3
NO_SHARING = "no GPU here may be shared: an operator can allow it (setDeviceSharing)"


class Scheduler:
    """Decides from memory, in well under a millisecond once its scores are warm. Changes nothing."""

    def __init__(self, view: InventoryView, feed: CapacityFeed, instances: InstanceChooser, policy: Policy) -> None:
        self.policy = policy
        self.feed = feed
        self.instances = instances
        self._view = view

    def decide_request(self, allocation: Allocation, request: AllocationRequest, now: datetime) -> Decision:
        """Raises `InvalidInput` for a product, cluster or node that is not there."""
        return self.decide(self._kept_clear(wanted_by(self._view, allocation, request), now))

    def decide_waiting(self, allocation: Allocation, now: datetime) -> Decision:
        """For a stored request that waits. Raises `InvalidInput` where its cluster or node is gone."""
        wanted = wanted_again(self._view, allocation, (allocation.resource_type,))
        return self.decide(self._kept_clear(wanted, now), nearest=False)

    def _kept_clear(self, wanted: Wanted, now: datetime) -> Wanted:
        """Without the nodes that gather capacity for those who have waited long."""
        others = gathering_nodes(self._view, now, wanted.allocation)
        if not others:
            return wanted
        nodes = wanted.nodes if wanted.nodes is not None else frozenset(node.id for node in self._view.nodes)
        return replace(wanted, nodes=nodes - others)

    def decide(self, wanted: Wanted, *, nearest: bool = True) -> Decision:
        """The best place for it now, with reasons; or the refusals of the types that were tried.

        `nearest`: with what would work instead. To look for that takes longer than to decide.
        """
        decisions: list[Decision] = []
        for kind in wanted.kinds:
            decision = self._decide_kind(wanted, kind)
            if decision.place is not None:
                return decision
            decisions.append(decision)
        last = decisions[-1]
        earlier = [f"as {d.resource_type}: {d.refusal}" for d in decisions[:-1]]
        kinds = wanted.kinds if nearest else ()
        alternatives = [alternative for kind in kinds for alternative in self._nearest(wanted, kind)]
        refusal = "; ".join([*earlier, (f"as {last.resource_type}: " if earlier else "") + (last.refusal or "")])
        checks = [check for decision in decisions for check in decision.checks]
        return Decision(last.resource_type, last.policy, None, (), checks, refusal, alternatives)

    def _decide_kind(self, wanted: Wanted, kind: ResourceType) -> Decision:
        if kind is ResourceType.MIG:
            return self.instances.decide(wanted)
        if kind is ResourceType.SHARED:
            return self._decide_share(wanted)
        return self._decide_whole(wanted)

    def _nearest(self, wanted: Wanted, kind: ResourceType) -> Sequence[Alternative]:
        """What is near a refused wish of this type and would work, best first."""
        if kind is ResourceType.MIG:
            return self.instances.nearest(wanted)
        return () if kind is ResourceType.SHARED else nearest_whole(self._view, self.feed, self.policy, wanted)

    def _decide_whole(self, wanted: Wanted) -> Decision:
        demand = wanted.demand(ResourceType.FULL)
        capacity = self.feed.capacity
        choices = self.policy.rank(capacity, demand, RUNNERS_UP + 1)
        places = [self._whole_place([choice]) for choice in choices]
        if not places and wanted.allocation.spread is Spread.ANY and demand.gpus > 1:
            spread = choose_spread(capacity, self.policy, demand)
            places = [self._whole_place(spread)] if spread else []
        if places:
            return Decision(ResourceType.FULL, self.policy.name, places[0], places[1:], _passed(places[0]))
        found = explain_infeasible(capacity, demand)
        refusal = _refusal(found, demand)
        return Decision(ResourceType.FULL, self.policy.name, None, (), _failed(found, refusal), refusal)

    def _decide_share(self, wanted: Wanted) -> Decision:
        demand = wanted.demand(ResourceType.SHARED)
        choices = self.policy.rank(self.feed.capacity, demand, RUNNERS_UP + 1)
        places = [self._share_place(choice, demand) for choice in choices]
        if places:
            return Decision(ResourceType.SHARED, self.policy.name, places[0], places[1:], _passed(places[0]))
        found = explain_infeasible(self.feed.capacity, demand)
        refusal = _refusal(found, demand) if shareable(self._view, wanted.allocation) else NO_SHARING
        return Decision(ResourceType.SHARED, self.policy.name, None, (), _failed(found, refusal), refusal)

    def _whole_place(self, choices: Sequence[Choice]) -> Place:
        devices = [self._device(key) for choice in choices for key in choice.device_keys]
        resources = tuple(
            PlacedResource(device, device.memory_total_mb or 0, 1.0, size=_slices_of(device)) for device in devices
        )
        score = sum(choice.score for choice in choices)
        return Place(ResourceType.FULL, resources, score, choices[0].parts)

    def _share_place(self, choice: Choice, demand: Demand) -> Place:
        device = self._device(choice.device_keys[0])
        resource = PlacedResource(
            device, demand.share_memory_mib, demand.milli / 1000, size=0, share_milli=demand.milli
        )
        return Place(ResourceType.SHARED, (resource,), choice.score, choice.parts)

    def _device(self, device_id: str) -> GpuDevice:
        device = self._view.device(device_id)
        if device is None:
            raise RuntimeError(f"the placement view has {device_id} and the inventory has not")
        return device


def _slices_of(device: GpuDevice) -> int:
    """Memory slices a whole device is claimed by: those it could be partitioned into, else one."""
    geometry = geometry_for(device.model.model_name)
    return 1 if geometry is None else geometry.memory_slices


def _passed(place: Place) -> tuple[Check, ...]:
    # nothing is counted here: over a large fleet that takes longer than the decision
    return Check(Step.TYPE, True, f"{place.resource_type}"), Check(Step.SCORE, True, place.words)


def _failed(found: Infeasibility, refusal: str) -> tuple[Check, ...]:
    step = Step.DISCOVERY if not found.gpus_with_device_memory else Step.FILTER
    checks = [Check(Step.DISCOVERY, True, f"{found.gpus_of_model} of {found.gpus} GPUs are of a kind that will do")]
    return (*(checks if step is Step.FILTER else ()), Check(step, False, refusal))


def _refusal(found: Infeasibility, demand: Demand) -> str:
    """The first step at which nothing was left, in one sentence."""
    if not found.gpus:
        return "no GPU takes new work"
    if not found.gpus_in_reach:
        return f"none of the {found.gpus} GPUs that take new work are in the cluster or on the node that was named"
    if not found.gpus_of_model:
        models = ", ".join(sorted(demand.models or ()))
        return f"no {models} takes new work there"
    if not found.gpus_with_device_memory:
        return f"none of {found.gpus_of_model} GPUs has {demand.device_memory_mib:,} MiB"
    if demand.is_share:
        if not found.gpus_with_room:
            wish = f"{demand.share_memory_mib:,} MiB and {demand.milli}/1000 of its compute"
            return f"none of {found.gpus_of_model} GPUs has {wish} left to share"
    elif found.gpus_with_room < demand.gpus:
        return f"{found.gpus_with_room} of {found.gpus_with_device_memory} such GPUs are free, {demand.gpus} needed"
    if not found.nodes_with_enough_gpus:
        where = "in one NVLink group" if demand.same_nvlink else "on one node"
        spread = f"{found.gpus_with_room} such GPUs are free, but spread over several nodes"
        return f"{spread}: none has {demand.gpus} free {where}"
    if not found.nodes_with_cpu:
        return f"{found.nodes_with_enough_gpus} nodes have the GPUs, none of them {demand.cpu_milli:,} milli-CPU left"
    if not found.nodes_with_memory:
        return (
            f"{found.nodes_with_enough_gpus} nodes have the GPUs, none of them {demand.memory_mib:,} MiB of memory left"
        )
    return "no node has GPUs, CPU and memory at once"
