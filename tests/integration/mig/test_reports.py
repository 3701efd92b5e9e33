"""What nodes tell of MIG is stored once, wins over the table, and is not undone by what is older."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from domain.access.principal import SYSTEM
from domain.allocation.model import AllocationStatus
from domain.errors import InvalidInput, Unavailable
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.requests import check_node_report
from domain.mig.reports import InstanceReport, MigReport, ProfileReport
from persistence.inventory_reader import SqlInventoryReader
from persistence.unit_of_work import SqlUnitOfWork
from tests.integration.mig.conftest import MakeRig
from tests.integration.mig.support import A100, H100, Rig

H100_NODE, A100_NODE = "sim-h100-01", "sim-a100-01"


async def told(rig: Rig) -> dict[str, NodeReport]:
    return {report.node_name: report for report in await rig.source.discover()}


def with_memory(report: NodeReport, profile_name: str, memory_mb: int) -> NodeReport:
    """The same node with a driver that gives one profile another size."""

    def changed(device: DeviceReport) -> DeviceReport:
        assert device.mig is not None
        profiles = tuple(
            replace(each, memory_mb=memory_mb) if each.profile_name == profile_name else each
            for each in device.mig.profiles
        )
        return replace(device, mig=replace(device.mig, profiles=profiles))

    return replace(report, devices=tuple(changed(device) for device in report.devices))


def as_node(report: NodeReport, name: str) -> NodeReport:
    """The same on another node with GPUs of its own."""
    devices = tuple(replace(device, gpu_uuid=f"{device.gpu_uuid}-{name}") for device in report.devices)
    return replace(report, node_name=name, devices=devices)


def memory_of(rig: Rig, row: int, profile_name: str) -> int | None:
    return rig.first.view.profiles_of(rig.device(row).model.id)[profile_name].memory_mb


async def profiles_told(rig: Rig, since: int) -> int:
    """How often profiles were written after this revision."""
    changes, _ = await SqlInventoryReader(rig.engine).since(since, 1000)
    return sum(change.kind is ChangeKind.PROFILES_REPORTED for change in changes)


async def test_profiles_and_instances_are_stored_once(database: object, make_rig: MakeRig) -> None:
    layout = [("3g.40gb", 0), ("1g.10gb", 4), ("1g.10gb+me", 6)]
    rig = await make_rig(database, {H100: layout})  # type: ignore[arg-type]
    assert rig.stored(H100) == layout
    board = rig.fleet.node_of(H100).board(H100)
    for instance in rig.device(H100).mig_instances:
        (real,) = [each for each in board.instances if each.start == instance.placement_start]
        assert (instance.instance_id, instance.mig_uuid) == (real.id, real.compute[0].uuid)
    assert list(rig.first.offers.profiles(rig.device(H100).model)) == list(
        rig.second.offers.profiles(rig.second.view.device(rig.device(H100).id).model)  # type: ignore[union-attr]
    )
    assert [await rig.report() for _ in range(3)] == [0, 0, 0]
    writes = rig.second.view.revision
    await rig.second.reporting.report_nodes(SYSTEM, await rig.source.discover())
    assert rig.second.view.revision == writes


async def test_nvml_wins_over_the_table_and_the_difference_is_logged_once(
    lite: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    (a100,) = [report for report in (await told(lite)).values() if report.node_name == A100_NODE]
    other = with_memory(as_node(a100, "new"), "1g.10gb", 9728)
    with caplog.at_level(logging.WARNING, "domain.mig.taking_in"):
        for driver in ("580.1", "580.2", "580.3"):
            await lite.first.reporting.report_node(SYSTEM, replace(other, nvidia_driver_version=driver))
    assert [record.message for record in caplog.records if "9,728" in record.message or "9728" in record.message]
    assert len(caplog.records) == 1
    assert memory_of(lite, A100, "1g.10gb") == 9728


async def test_two_drivers_that_differ_keep_the_smaller_and_do_not_overwrite_each_other(rig: Rig) -> None:
    a100 = (await told(rig))[A100_NODE]
    small, large = (with_memory(as_node(a100, name), "1g.10gb", size) for name, size in (("s", 9728), ("l", 9984)))
    one = rig.first
    for report in (large, small):
        await one.reporting.report_node(SYSTEM, report)
    assert memory_of(rig, A100, "1g.10gb") == 9728
    for round_ in range(3):  # a new driver each time: the reports are news, their profiles are not
        for report in (a100, small, large):
            before = one.view.revision
            await one.reporting.report_node(SYSTEM, replace(report, nvidia_driver_version=f"580.{round_}"))
            assert await profiles_told(rig, before) == 0
    assert memory_of(rig, A100, "1g.10gb") == 9728


@pytest.mark.parametrize("smaller_first", [True, False])
@pytest.mark.parametrize("product", ["NVIDIA A100-SXM4-80GB", "NVIDIA A100X"])
async def test_two_drivers_told_in_one_go_keep_the_smaller_too(rig: Rig, product: str, smaller_first: bool) -> None:
    """Of a product that is known, and of one that comes with them."""
    a100 = (await told(rig))[A100_NODE]
    a100 = replace(a100, devices=tuple(replace(device, model_name=product) for device in a100.devices))
    both = [with_memory(as_node(a100, name), "1g.10gb", size) for name, size in (("s", 9728), ("l", 9984))]
    await rig.first.reporting.report_nodes(SYSTEM, both if smaller_first else both[::-1])
    await rig.second.view.refresh()
    device = rig.second.view.device_by_uuid(both[0].devices[0].gpu_uuid)
    assert device is not None
    assert rig.second.view.profiles_of(device.model.id)["1g.10gb"].memory_mb == 9728


async def test_profiles_that_could_not_be_stored_are_stored_with_the_next_report(
    lite: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = with_memory(as_node((await told(lite))[A100_NODE], "s"), "1g.10gb", 9728)

    async def away(_: SqlUnitOfWork) -> int:
        raise Unavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(SqlUnitOfWork, "commit", away)
        with pytest.raises(Unavailable):
            await lite.first.reporting.report_node(SYSTEM, small)
    assert memory_of(lite, A100, "1g.10gb") == 9856
    await lite.first.reporting.report_node(SYSTEM, small)
    assert memory_of(lite, A100, "1g.10gb") == 9728


async def test_what_is_made_and_removed_by_hand_is_taken_over(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "1g.10gb@1")
    kept = rig.instance(H100, 1)
    rig.remove_by_hand(H100, 0)
    rig.make_by_hand(H100, "3g.40gb", 4)
    assert await rig.report() > 0
    assert rig.stored(H100) == [("1g.10gb", 1), ("3g.40gb", 4)]
    assert rig.instance(H100, 1).id == kept.id
    assert await rig.report() == 0
    taken = await rig.first.granted(profile_name="3g.40gb")
    assert (taken.status, taken.resources[0].mig_id) == (AllocationStatus.ACTIVE, rig.instance(H100, 4).id)


async def test_an_instance_that_was_made_again_by_hand_keeps_its_row_with_its_new_names(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@6")
    held = await rig.first.granted(profile_name="1g.10gb")
    before = rig.instance(H100, 6)
    rig.remove_by_hand(H100, 6)
    rig.make_by_hand(H100, "1g.10gb", 6)
    assert await rig.report() > 0
    after = rig.instance(H100, 6)
    assert after.id == before.id
    assert after.mig_uuid != before.mig_uuid
    assert (await rig.first.stored(held)).status is AllocationStatus.ACTIVE


async def test_a_report_read_before_a_change_does_not_undo_it(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "1g.10gb@4")
    read_at = rig.clock.now
    old = await rig.source.discover()
    await rig.apply(H100, "4g.40gb@0")
    assert await rig.carry_out() == 1
    granted = await rig.first.granted(profile_name="4g.40gb")
    await rig.first.reporting.report_nodes(SYSTEM, old, read_at=read_at)
    assert (await rig.first.stored(granted)).status is AllocationStatus.ACTIVE
    assert rig.stored(H100) == [("4g.40gb", 0)]
    assert await rig.report() == 0


async def test_an_unknown_profile_is_left_alone_and_costs_no_write(lite: Rig, caplog: pytest.LogCaptureFixture) -> None:
    report = (await told(lite))[H100_NODE]
    device = report.devices[0]
    assert device.mig is not None
    strange = InstanceReport(9, 99, "1c.2g.20gb", 0, 2)
    mig = MigReport(True, True, device.mig.profiles, (strange,))
    changed = replace(report, devices=(replace(device, mig=mig), *report.devices[1:]))
    lite.quiet = False
    await lite.first.reporting.report_node(SYSTEM, changed)
    revision = lite.first.view.revision
    caplog.clear()
    for _ in range(3):
        await lite.first.reporting.report_node(SYSTEM, changed)
    assert lite.first.view.revision == revision
    assert lite.device(H100).mig_instances == ()


GOOD = ProfileReport("1g.10gb", 19, 0, 1, 1, 9856, 7, 14, (0, 1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("profile", "instance", "field"),
    [
        ({"memory_slices": 31, "starts": (0,)}, {}, ("profiles", "0", "memorySlices")),
        ({"memory_slices": 0}, {}, ("profiles", "0", "memorySlices")),
        ({"compute_slices": -1}, {}, ("profiles", "0", "computeSlices")),
        ({"memory_mb": 0}, {}, ("profiles", "0", "memoryMb")),
        ({"starts": (-1,)}, {}, ("profiles", "0", "starts")),
        ({"starts": tuple(range(31))}, {}, ("profiles", "0", "starts")),
        ({"starts": (0, 0)}, {}, ("profiles", "0", "starts")),
        ({"profile_name": ""}, {}, ("profiles", "0", "profileName")),
        ({"profile_name": "x" * 41}, {}, ("profiles", "0", "profileName")),
        ({"gi_profile_id": -1}, {}, ("profiles", "0", "giProfileId")),
        ({}, {"placement_start": -1}, ("instances", "0", "placementStart")),
        ({}, {"placement_start": 7, "placement_size": 2}, ("instances", "0", "placementStart")),
        ({}, {"placement_size": 0}, ("instances", "0", "placementSize")),
        ({}, {"mig_uuid": "M" * 65}, ("instances", "0", "migUuid")),
        ({}, {"twice": True}, ("instances", "1", "placementStart")),
    ],
)
def test_what_no_gpu_could_say_is_refused(
    profile: dict[str, object], instance: dict[str, object], field: tuple[str, ...]
) -> None:
    """One node's numbers would be the whole product's: a table of all layouts of 31 slices would never be done."""
    twice = bool(instance.pop("twice", False))
    listed = replace(InstanceReport(1, 19, "1g.10gb", 0, 1), **instance)  # type: ignore[arg-type]
    profiles = (replace(GOOD, **profile),)  # type: ignore[arg-type]
    mig = MigReport(True, True, profiles, (listed,) * (1 + twice))
    device = DeviceReport("GPU-odd0", 0, "NVIDIA H100 80GB HBM3", mig=mig)
    report = NodeReport("lab", "odd", CollectionSource.NVML, (device,))
    with pytest.raises(InvalidInput) as refused:
        check_node_report(report)
    assert refused.value.path == ("devices", "0", "mig", *field)


async def test_too_many_kinds_of_profiles_are_refused(lite: Rig) -> None:
    profiles = tuple(
        replace(GOOD, profile_name=f"{n}", compute_slices=1 + n % 4, memory_slices=1 + n // 4, starts=(0,))
        for n in range(13)
    )
    device = DeviceReport("GPU-odd0", 0, "NVIDIA X1", mig=MigReport(True, True, profiles))
    report = NodeReport("lab", "odd", lite.source.collection_source, (device,))
    with pytest.raises(InvalidInput, match="at most 12 kinds") as refused:
        await lite.first.reporting.report_node(SYSTEM, report)
    assert refused.value.path == ("devices", "0", "mig", "profiles")
    twice = MigReport(True, True, (GOOD, replace(GOOD, gi_profile_id=20, compute_slices=2)))  # of one name
    await lite.first.reporting.report_node(SYSTEM, replace(report, devices=(replace(device, mig=twice),)))
    odd = lite.first.view.device_by_uuid("GPU-odd0")
    assert odd is not None
    assert lite.first.offers.profiles(odd.model)["1g.10gb"].gi_profile_id == GOOD.gi_profile_id
