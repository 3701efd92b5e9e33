"""Choosing MIG instances over a view: what a wish means, where it may go, and that the arrays follow the view."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from domain.allocation.instances import InstanceChooser, ProfileWish
from domain.allocation.mig_feed import MigFeed
from domain.allocation.model import Allocation, AllocationStatus, Priority, ResourceType, Spread, WorkloadType
from domain.allocation.wanted import Wanted
from domain.errors import InvalidInput
from domain.fleet.changes import ChangeKind
from domain.fleet.model import DeviceStatus, GpuDevice
from domain.fleet.view import InventoryView
from domain.mig.geometry import Layout, Placement, places_now
from domain.mig.model import InstanceStatus, MigInstance
from domain.mig.offers import Offers
from domain.mig.places import held_layout
from tests.unit.fleet_factory import NOW, FakeReader, make_device, make_model, make_node

SIZES = {"1g.10gb": 1, "1g.20gb": 2, "2g.20gb": 2, "3g.40gb": 4, "4g.40gb": 4, "7g.80gb": 8}
NODES = 5


def instance(device: GpuDevice, name: str, start: int, *, allocated: bool = True) -> MigInstance:
    id_ = f"mig_{device.id}_{start}"
    return MigInstance(id_, device.id, "", name, 1, None, allocated, InstanceStatus.READY, start, SIZES[name], NOW)


def partitioned(device: GpuDevice, *instances: MigInstance) -> GpuDevice:
    return replace(
        device,
        device_status=DeviceStatus.ACTIVE,
        mig_enabled=True,
        mig_pending=True,
        mig_instances=tuple(sorted(instances, key=lambda each: each.placement_start)),
    )


class Rig:
    """Five nodes of four GPUs; those of the last have MIG off."""

    def __init__(self) -> None:
        chance = random.Random(7)
        model = make_model()
        layouts = [[("3g.40gb", 0)], [("4g.40gb", 0), ("1g.10gb", 4)], [("1g.10gb", 1), ("2g.20gb", 4)], []]
        devices = []
        for number in range(NODES):
            node = replace(make_node(f"n{number}", "east" if number % 2 else "west"), cpu_milli=1000 * number)
            for index in range(4):
                device = make_device(node, model, index)
                held = [instance(device, *place, allocated=chance.random() < 0.8) for place in chance.choice(layouts)]
                devices.append(partitioned(device, *held) if number < NODES - 1 else device)
        self.reader = FakeReader(devices, [model])
        self.view = InventoryView(self.reader)
        self.offers = Offers(self.view)
        self.feed = MigFeed(self.view, self.offers)
        self.chooser = InstanceChooser(self.view, self.offers, self.feed)

    def room(self, name: str, *, node: str | None = None) -> int:
        """How many more fit, counted one GPU at a time by the geometry's rules."""
        total = 0
        for device in self.view.devices:
            layout = held_layout(self.offers, device)
            usable = device.mig_enabled and device.device_status is DeviceStatus.ACTIVE
            if layout is not None and usable and node in {None, device.node.node_name}:
                total += places_now(layout.geometry, layout, name)
        return total


@pytest.fixture
async def rig() -> Rig:
    made = Rig()
    await made.view.refresh()
    return made


def wanted(profile: str | None = None, **limits: object) -> Wanted:
    values = {"gpu_count": 1, "cpu_milli": 0, "spread": Spread.SAME_NODE}
    allocation = Allocation(
        id="", namespace=None, pod_name=None, workload_type=WorkloadType.OTHER, resource_type=ResourceType.MIG,
        allocated_resource=None, requested_memory_gb=None, allocation_time=None, planned_release_time=None,
        status=AllocationStatus.REQUESTED, cost_per_hour=None, total_cost=None, user_id="", team_id="",
        requested_time=NOW, ended_time=None, status_reason=None, profile_name=profile, compute_milli=1000,
        host_memory_mib=0, model_names=(), cluster_name=None, node_name=None, priority=Priority.NORMAL, hours=None,
        policy=None, score=None, explanation=None, version=1,
        **{name: limits.pop(name, value) for name, value in values.items()},
    )  # fmt: skip
    bounds = {"memory_mib": 0, "models": None, "clusters": None, "nodes": None, **limits}
    return Wanted(allocation, (ResourceType.MIG,), **bounds)  # type: ignore[arg-type]


@pytest.mark.parametrize("profile", SIZES)
async def test_places_of_each_node_are_those_of_its_gpus(rig: Rig, profile: str) -> None:
    places = rig.feed.places_by_node(ProfileWish(profile, 0, None), None)
    by_name = {rig.view.node(rig.feed.node_id(number)).node_name: int(count) for number, count in enumerate(places)}  # type: ignore[union-attr]
    assert by_name == {f"n{number}": rig.room(profile, node=f"n{number}") for number in range(NODES - 1)}


@pytest.mark.parametrize("profile", SIZES)
async def test_an_instance_is_found_where_one_fits_and_only_there(rig: Rig, profile: str) -> None:
    place = rig.chooser.decide(wanted(profile)).place
    assert (place is not None) == (rig.room(profile) > 0)
    if place is not None:
        (resource,) = place.resources
        layout = held_layout(rig.offers, resource.device)
        assert layout is not None
        assert (
            Layout(layout.geometry, layout.placements)
            .plus(Placement(profile, resource.start, resource.size))
            .obstacle()
            is None
        )


async def test_several_go_to_one_node_or_nowhere(rig: Rig) -> None:
    most = max(rig.room("1g.10gb", node=f"n{number}") for number in range(NODES - 1))
    place = rig.chooser.decide(wanted("1g.10gb", gpu_count=most)).place
    assert place is not None
    assert len({resource.device.node.id for resource in place.resources}) == 1
    assert len(place.resources) == most == len({(r.device.id, r.start) for r in place.resources})
    assert rig.chooser.decide(wanted("1g.10gb", gpu_count=most + 1)).place is None
    everywhere = rig.chooser.decide(wanted("1g.10gb", gpu_count=most + 1, spread=Spread.ANY)).place
    assert everywhere is not None
    # what was tried on the arrays is undone
    assert int(rig.feed.places_by_node(ProfileWish("1g.10gb", 0, None), None).sum()) == rig.room("1g.10gb")


async def test_cluster_node_product_and_host_bind(rig: Rig) -> None:
    for limits, allowed in (
        ({"clusters": frozenset({"east"})}, {"n1", "n3"}),
        ({"nodes": frozenset({rig.view.devices[0].node.id})}, {rig.view.devices[0].node.node_name}),
        ({"cpu_milli": 2500}, {"n3"}),
        ({"cpu_milli": 2500, "clusters": frozenset({"west"})}, set()),
        ({"models": frozenset({"another product"})}, set()),
    ):
        found = rig.chooser.decide(wanted(memory_mib=9_000, **limits))
        names = {resource.device.node.node_name for resource in found.place.resources} if found.place else set()
        assert names <= allowed, limits
        assert bool(names) == bool(allowed), limits
        assert (found.refusal is None) == bool(allowed)


async def test_memory_alone_means_the_smallest_profile_that_has_it(rig: Rig) -> None:
    for mib, profile in ((5_000, "1g.10gb"), (15_000, "1g.20gb"), (30_000, "3g.40gb"), (60_000, "7g.80gb")):
        place = rig.chooser.decide(wanted(memory_mib=mib)).place
        assert place is None or place.resources[0].profile.profile_name == profile  # type: ignore[union-attr]
    assert "the largest has 81,152" in str(rig.chooser.decide(wanted(memory_mib=90_000)).refusal)
    assert "has less than 30,000 MiB" in str(rig.chooser.decide(wanted("2g.20gb", memory_mib=30_000)).refusal)


async def test_a_profile_that_no_product_has_is_bad_input(rig: Rig) -> None:
    with pytest.raises(InvalidInput, match=r"no GPU here has a profile '1g\.5gb'; there are: 1g\.10gb"):
        rig.chooser.decide(wanted("1g.5gb"))


async def test_the_arrays_follow_the_view(rig: Rig) -> None:
    chance = random.Random(3)
    for step in range(40):
        old = chance.choice(rig.reader.devices)
        layout = chance.choice([[("7g.80gb", 0)], [("2g.20gb", 0), ("3g.40gb", 4)], []])
        new = partitioned(old, *(instance(old, *place, allocated=chance.random() < 0.5) for place in layout))
        if step % 5 == 0:
            new = replace(new, mig_enabled=False, mig_pending=False, mig_instances=())
        elif step % 7 == 0:
            new = replace(new, device_status=DeviceStatus.CORDONED)
        rig.reader.replace(old, new, ChangeKind.DEVICE_LAYOUT_CHANGED)
        await rig.view.refresh()
        for profile in ("1g.10gb", "3g.40gb"):
            places = rig.feed.places_by_node(ProfileWish(profile, 0, None), None)
            assert int(places.sum()) == rig.room(profile), step
