"""Layouts are planned, ordered and made; each refusal says why and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access.principal import SYSTEM
from domain.allocation.administration import SharingRequest
from domain.allocation.model import AllocationStatus
from domain.errors import Conflict, DomainError, InvalidInput, NotFound
from domain.fleet.model import DeviceStatus, SharingMode
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.watch import NodeWatch
from domain.mig.commands import CommandStatus, StepKind
from domain.mig.layout_plans import DeviceLayoutPlan, RefusalKind
from domain.mig.model import InstanceStatus
from domain.mig.requests import (
    CreateInstanceRequest,
    DeleteInstanceRequest,
    LayoutRequest,
    MigModeRequest,
    WantedPlacement,
)
from tests.integration.allocation.support import ANN, OPERATOR, TIMEOUT
from tests.integration.mig.support import A100, H100, Rig


async def planned(rig: Rig, row: int, *profiles: str, **more: object) -> DeviceLayoutPlan:
    (plan,) = (await rig.first.layouts.plan(OPERATOR, rig.wanted(row, *profiles, **more))).devices
    return plan


async def test_a_layout_is_planned_ordered_and_made(rig: Rig) -> None:
    plan = await rig.first.layouts.plan(OPERATOR, rig.wanted(H100, "3g.40gb", "1g.10gb", "1g.10gb"))
    assert plan.ready
    (device_plan,) = plan.devices
    assert [step.kind for step in device_plan.steps] == [StepKind.ENABLE_MIG, *[StepKind.CREATE_INSTANCE] * 3]
    assert plan.message == "MIG to switch on, 3 to make; nothing in use stops; about 39 s."
    assert rig.placed(H100) == []

    applied = await rig.apply(H100, "3g.40gb", "1g.10gb", "1g.10gb", reason="for the course")
    (command,) = applied.commands
    assert (command.status, command.attempt, command.reason) == (CommandStatus.PENDING, 0, "for the course")
    assert command.deadline == rig.clock.now + TIMEOUT
    assert await rig.carry_out() == 1
    ended = await rig.command(command.id)
    assert (ended.status, ended.attempt, ended.error) == (CommandStatus.SUCCEEDED, 1, None)
    assert rig.stored(H100) == rig.placed(H100) != []
    assert await rig.report() == 0
    again = await rig.apply(H100, "3g.40gb", "1g.10gb", "1g.10gb")
    assert (again.plan.message, list(again.commands)) == ("The layout is as wanted.", [])


async def test_steps_stops_and_phases_of_a_change_that_stops_something(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    held = [await rig.first.granted(ANN, profile_name="3g.40gb", namespace="ml", pod_name=f"p-{n}") for n in range(2)]
    there = {each.resources[0].placement_start: each for each in held}
    plan = await planned(rig, H100, "4g.40gb", "3g.40gb", release_allocations=(there[0].id,))
    assert [(step.kind, step.profile_name, step.placement_start, step.layout_after) for step in plan.steps] == [
        (StepKind.DELETE_INSTANCE, "3g.40gb", 0, ("3g.40gb at 4",)),
        (StepKind.CREATE_INSTANCE, "4g.40gb", 0, ("4g.40gb at 0", "3g.40gb at 4")),
    ]
    (stop,) = plan.stops
    assert (stop.holder, stop.allocation_id, stop.namespace, stop.moves_to) == (
        f"speech/ann, pod ml/{there[0].pod_name}",
        there[0].id,
        "ml",
        None,
    )
    assert [phase.name.value for phase in plan.phases] == ["EVICT", "INSTANCES", "PLUGIN_RELOAD", "PODS_START"]
    assert plan.seconds == sum(phase.seconds for phase in plan.phases) == 45 + 3 + 28 + 75

    refused = await planned(rig, H100, "4g.40gb", "3g.40gb")
    assert refused.refusal is not None
    assert refused.refusal.kind is RefusalKind.HELD
    assert f"3g.40gb at 0 (speech/ann, pod ml/{there[0].pod_name})" in refused.refusal.message
    assert [each.allocation_id for each in refused.refusal.blockers] == [there[0].id]
    with pytest.raises(Conflict, match="which must stay"):
        await rig.apply(H100, "4g.40gb", "3g.40gb")

    await rig.apply(H100, "4g.40gb", "3g.40gb", release_allocations=(there[0].id,), reason="bigger")
    released = await rig.first.stored(there[0])
    assert released.status is AllocationStatus.RELEASED
    assert released.status_reason == "the layout of its GPU changes: bigger"
    assert await rig.carry_out() == 1
    assert rig.stored(H100) == [("4g.40gb", 0), ("3g.40gb", 4)]
    assert (await rig.first.stored(there[4])).status is AllocationStatus.ACTIVE


async def test_a_key_orders_once(rig: Rig) -> None:
    first = await rig.apply(H100, "3g.40gb", idempotency_key="k1")
    again = await rig.apply(H100, "3g.40gb", idempotency_key="k1")
    assert [each.id for each in again.commands] == [each.id for each in first.commands]
    with pytest.raises(Conflict, match="used for another request"):
        await rig.apply(H100, "4g.40gb", idempotency_key="k1")
    assert await rig.carry_out() == 1
    later = await rig.second.layouts.apply(OPERATOR, rig.wanted(H100, "3g.40gb", idempotency_key="k1"))
    assert [(each.id, each.status) for each in later.commands] == [(first.commands[0].id, CommandStatus.SUCCEEDED)]
    unchanged = await rig.apply(H100, "3g.40gb", idempotency_key="k2")
    await rig.laid_out(H100, "4g.40gb")
    assert list((await rig.apply(H100, "3g.40gb", idempotency_key="k2")).commands) == list(unchanged.commands) == []
    assert rig.placed(H100) == [("4g.40gb", 0)]


async def test_a_key_of_a_node_wide_order_gives_all_its_commands_again(rig: Rig) -> None:
    request = LayoutRequest(node_id=rig.device(H100).node.id, profiles=("7g.80gb",) * 2, idempotency_key="node")
    first = await rig.first.layouts.apply(OPERATOR, request)
    assert len(first.commands) == 2
    again = await rig.second.layouts.apply(OPERATOR, request)
    assert {each.id for each in again.commands} == {each.id for each in first.commands}
    assert await rig.carry_out() == 2


async def test_one_change_of_a_gpu_at_a_time(rig: Rig) -> None:
    await rig.apply(H100, "3g.40gb")
    device = rig.device(H100)
    refused = await planned(rig, H100, "4g.40gb")
    assert refused.refusal is not None
    assert refused.refusal.kind is RefusalKind.DEVICE
    assert "is being changed (command cmd_" in refused.refusal.message
    for call in (
        rig.apply(H100, "4g.40gb"),
        rig.first.layouts.create(OPERATOR, CreateInstanceRequest(device.id, "1g.10gb")),
        rig.first.layouts.switch(OPERATOR, MigModeRequest(device.id, False)),
        rig.first.layouts.delete(OPERATOR, DeleteInstanceRequest(device.mig_instances[0].id)),
    ):
        with pytest.raises(Conflict, match="is being changed"):
            await call
    assert await rig.carry_out() == 1
    await rig.laid_out(H100, "4g.40gb")


async def test_a_node_gets_room_for_profiles_beside_what_is_in_use(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "1g.10gb@1", "3g.40gb@4")
    held = await rig.first.granted(profile_name="3g.40gb")
    assert held.status is AllocationStatus.ACTIVE
    node_id = rig.device(H100).node.id
    plan = await rig.first.layouts.plan(OPERATOR, LayoutRequest(node_id=node_id, profiles=("3g.40gb", "7g.80gb")))
    assert plan.ready, plan.message
    targets = {each.name: [str(one) for one in each.target] for each in plan.devices}
    assert targets == {"sim-h100-01/0": ["3g.40gb at 0", "3g.40gb at 4"], "sim-h100-01/1": ["7g.80gb at 0"]}
    too_much = await rig.first.layouts.plan(OPERATOR, LayoutRequest(node_id=node_id, profiles=("7g.80gb",) * 8))
    assert not too_much.ready
    assert too_much.message.startswith("sim-h100-01 has no room for 1 × 7g.80gb beside what is in use.")
    with pytest.raises(Conflict, match="no room for 1 × 7g"):
        await rig.first.layouts.apply(OPERATOR, LayoutRequest(node_id=node_id, profiles=("7g.80gb",) * 8))
    applied = await rig.first.layouts.apply(OPERATOR, LayoutRequest(node_id=node_id, profiles=("3g.40gb", "7g.80gb")))
    assert len(applied.commands) == 2
    assert await rig.carry_out() == 2
    assert rig.stored(H100) == [("3g.40gb", 0), ("3g.40gb", 4)]
    assert (await rig.first.stored(held)).status is AllocationStatus.ACTIVE


async def test_one_more_instance_is_made_with_and_without_a_start(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0")
    device_id = rig.device(H100).id
    layouts = rig.first.layouts
    made = await layouts.create(OPERATOR, CreateInstanceRequest(device_id, "1g.10gb", 5, idempotency_key="one"))
    assert (made.instance.placement_start, made.instance.instance_status) == (5, InstanceStatus.CREATING)
    assert await rig.carry_out() == 1
    again = await layouts.create(OPERATOR, CreateInstanceRequest(device_id, "1g.10gb", 5, idempotency_key="one"))
    assert (again.instance.id, again.instance.instance_status) == (made.instance.id, InstanceStatus.READY)
    free = await layouts.create(OPERATOR, CreateInstanceRequest(device_id, "1g.10gb"))
    assert free.instance.placement_start in {4, 6}
    assert free.instance.id != made.instance.id
    assert await rig.carry_out() == 1
    for request, kind, words, path in (
        (CreateInstanceRequest(device_id, "1g.10gb", 5), Conflict, "5", ("placementStart",)),
        (CreateInstanceRequest(device_id, "2g.20gb", 3), InvalidInput, "start", ("placementStart",)),
        (CreateInstanceRequest(device_id, "4g.40gb"), Conflict, "4g.40gb", ("profileName",)),
        (CreateInstanceRequest(device_id, "1g.5gb"), InvalidInput, "has no profile '1g.5gb'", ("profileName",)),
        (CreateInstanceRequest(device_id, "1g.10gb", 99), InvalidInput, "between 0 and 31", ("placementStart",)),
        (CreateInstanceRequest("dev_none", "1g.10gb"), NotFound, "no device", ("deviceId",)),
    ):
        with pytest.raises(kind, match=words) as refused:
            await layouts.create(OPERATOR, request)
        assert refused.value.path == path
    assert len(rig.placed(H100)) == 3


async def test_an_idle_instance_goes_and_one_in_use_only_with_its_allocation(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    held = await rig.first.granted(ANN, profile_name="3g.40gb")
    mig_id = held.resources[0].mig_id
    idle = next(each for each in rig.device(H100).mig_instances if each.id != mig_id)
    assert mig_id is not None
    layouts = rig.first.layouts
    with pytest.raises(Conflict, match=f"is held by speech/ann, allocation {held.id}"):
        await layouts.delete(OPERATOR, DeleteInstanceRequest(mig_id))
    with pytest.raises(NotFound, match="no live allocation 'alloc_x'"):
        await layouts.delete(OPERATOR, DeleteInstanceRequest(mig_id, "alloc_x"))
    with pytest.raises(NotFound, match="no MIG instance 'mig_x'"):
        await layouts.delete(OPERATOR, DeleteInstanceRequest("mig_x"))
    await layouts.delete(OPERATOR, DeleteInstanceRequest(idle.id))
    assert (await rig.first.ask(profile_name="3g.40gb", dry_run=True)).status is AllocationStatus.NO_RESOURCE
    assert await rig.carry_out() == 1
    gone = await layouts.delete(OPERATOR, DeleteInstanceRequest(mig_id, held.id, "needed elsewhere"))
    assert gone.command is not None
    assert gone.instance.instance_status is InstanceStatus.DELETING
    assert (await rig.first.stored(held)).status is AllocationStatus.RELEASED
    assert await rig.carry_out() == 1
    assert rig.placed(H100) == rig.stored(H100) == []


@pytest.mark.parametrize("row", [H100, A100])
async def test_the_mode_is_switched_on_and_off(rig: Rig, row: int) -> None:
    device_id = rig.device(row).id
    layouts = rig.first.layouts
    on = await layouts.switch(OPERATOR, MigModeRequest(device_id, True, idempotency_key="on"))
    assert on.command is not None
    assert await rig.carry_out() == 1
    assert (rig.device(row).mig_enabled, rig.device(row).mig_pending) == (True, True)
    same = await layouts.switch(OPERATOR, MigModeRequest(device_id, True))
    assert same.command is None
    again = await layouts.switch(OPERATOR, MigModeRequest(device_id, True, idempotency_key="on"))
    assert again.command is not None
    assert again.command.id == on.command.id
    await rig.laid_out(row, "1g.10gb", "2g.20gb")
    held = await rig.first.granted(profile_name="2g.20gb")
    with pytest.raises(Conflict, match=f"allocation {held.id}"):
        await layouts.switch(OPERATOR, MigModeRequest(device_id, False))
    off = await layouts.switch(OPERATOR, MigModeRequest(device_id, False, (held.id,)))
    assert off.command is not None
    assert [step.kind for step in off.command.steps] == [*[StepKind.DELETE_INSTANCE] * 2, StepKind.DISABLE_MIG]
    assert await rig.carry_out() == 1
    assert (rig.device(row).mig_enabled, rig.placed(row)) == (False, [])
    assert (await rig.first.stored(held)).status is AllocationStatus.RELEASED


async def test_a_gpu_under_way_into_mig_is_not_given_out_as_a_whole(rig: Rig) -> None:
    await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(A100).id, True))
    other = await rig.first.granted(gpu_count=1, node_name="sim-a100-01")
    assert other.resources[0].device_id == rig.device(A100 + 1).id
    answer = await rig.second.ask(gpu_count=1, node_name="sim-a100-01")
    assert answer.status is AllocationStatus.NO_RESOURCE
    assert await rig.carry_out() == 1
    assert (await rig.first.ask(gpu_count=1, node_name="sim-a100-01")).status is AllocationStatus.NO_RESOURCE


async def test_what_never_fits_is_told_with_its_rule(lite: Rig) -> None:
    refused = await planned(lite, H100, "4g.40gb", "4g.40gb")
    assert refused.refusal is not None
    assert (refused.refusal.kind, refused.refusal.reason, refused.refusal.fits) == (
        RefusalKind.NEVER,
        "2 × 4g.40gb are wanted.",
        ("4g.40gb",),
    )
    for profiles, words in (
        (("4g.40gb", "4g.40gb"), "at most 1 × 4g"),
        (("1g.5gb",), "1g.5gb"),
        (("2g.20gb@3",), "start"),
        (("3g.40gb@0", "1g.10gb@2"), "sim-h100-01/0"),
        (("1g.10gb@31",), "sim-h100-01/0"),
        (("1g.10gb+me", "1g.10gb+me"), "1 × 1g.10gb\\+me"),
    ):
        with pytest.raises(InvalidInput, match=words):
            await lite.apply(H100, *profiles)
    assert not lite.first.view.commands


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (LayoutRequest(), ("deviceId",)),
        (LayoutRequest("d", "n"), ("deviceId",)),
        (LayoutRequest(node_id="n", placements=(WantedPlacement("1g.10gb", 0),)), ("placements",)),
        (LayoutRequest(node_id="n"), ("profiles",)),
        (LayoutRequest("d", profiles=("1g.10gb",) * 113), ("profiles",)),
        (LayoutRequest("d", placements=(WantedPlacement("1g.10gb", -1),)), ("placements", "0", "placementStart")),
        (LayoutRequest("d", profiles=("1g\x00",)), ("profiles", "0")),
        (LayoutRequest("d", release_allocations=("a",) * 65), ("releaseAllocations",)),
        (LayoutRequest("d", reason="x" * 301), ("reason",)),
        (LayoutRequest("d", idempotency_key=""), ("idempotencyKey",)),
        (LayoutRequest("dev_none"), ("deviceId",)),
        (LayoutRequest(node_id="node_none", profiles=("1g.10gb",)), ("nodeId",)),
    ],
)
async def test_bad_input_names_its_field(lite: Rig, request_: LayoutRequest, path: tuple[str, ...]) -> None:
    for call in (lite.first.layouts.plan, lite.first.layouts.apply):
        with pytest.raises(DomainError) as refused:
            await call(OPERATOR, request_)
        assert refused.value.path == path


async def test_locked_instances_stay_and_unknown_ones_are_refused(lite: Rig) -> None:
    await lite.laid_out(H100, "1g.10gb@0")
    locked = lite.instance(H100, 0)
    kept = await planned(lite, H100, "4g.40gb", locked=(locked.id,))
    assert kept.refusal is not None
    assert kept.refusal.kind is RefusalKind.HELD
    for call in (lite.first.layouts.plan, lite.first.layouts.apply):
        with pytest.raises(NotFound, match="mig_none") as refused:
            await call(OPERATOR, lite.wanted(H100, "4g.40gb", locked=(locked.id, "mig_none")))
        assert refused.value.path == ("locked", "1")


async def test_a_gpu_held_as_a_whole_is_partitioned_only_with_leave(rig: Rig) -> None:
    held = await rig.first.granted(ANN, gpu_count=8)
    refused = await planned(rig, H100, "3g.40gb")
    assert refused.refusal is not None
    assert refused.refusal.kind is RefusalKind.HELD
    assert f"All of sim-h100-01/0 is held by speech/ann, allocation {held.id}." in refused.refusal.message
    with pytest.raises(Conflict, match="All of sim-h100-01/0"):
        await rig.apply(H100, "3g.40gb")
    with pytest.raises(Conflict, match="All of sim-h100-01/0"):
        await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(H100).id, True))
    plan = await planned(rig, H100, "3g.40gb", release_allocations=(held.id,))
    assert [(stop.mig_id, stop.allocation_id) for stop in plan.stops] == [(None, held.id)]
    await rig.apply(H100, "3g.40gb", release_allocations=(held.id,))
    assert (await rig.first.stored(held)).status is AllocationStatus.RELEASED
    assert await rig.carry_out() == 1
    with pytest.raises(NotFound, match="no live allocation"):
        await rig.apply(H100, "4g.40gb", release_allocations=(held.id,))


async def test_a_shared_gpu_a_silent_node_and_a_gpu_that_is_away_are_refused(rig: Rig) -> None:
    one = rig.first
    await one.base.administration.set_sharing(OPERATOR, SharingRequest(rig.device(H100).id, SharingMode.TIME_SLICING))
    rig.clock.now += timedelta(minutes=10)
    reports = {report.node_name: report for report in await rig.source.discover()}
    h100 = reports["sim-h100-01"]
    await one.reporting.report_node(SYSTEM, h100)
    assert await NodeWatch(one.base.transactions, timedelta(minutes=5)).sweep() == 1
    words = {H100: "may be shared by TIME_SLICING", A100: "A silent node takes no commands"}
    for row, said in words.items():
        refused = await planned(rig, row, "3g.40gb")
        assert refused.refusal is not None
        assert refused.refusal.kind is RefusalKind.DEVICE
        assert said in refused.refusal.message
        with pytest.raises(Conflict, match=said):
            await rig.apply(row, "3g.40gb")
    await one.reporting.report_node(SYSTEM, replace(h100, devices=h100.devices[:7]))
    assert rig.device(7).device_status is DeviceStatus.OFFLINE
    with pytest.raises(Conflict, match="sim-h100-01/7 is OFFLINE"):
        await rig.apply(7, "3g.40gb")


async def test_a_product_without_mig_and_one_nobody_has_told_are_refused(lite: Rig) -> None:
    devices = (
        DeviceReport("GPU-plain", 0, "NVIDIA GeForce RTX 4090", memory_total_mb=24564),
        DeviceReport("GPU-untold", 1, "NVIDIA B200", memory_total_mb=183359),
    )
    source = lite.source.collection_source
    await lite.first.reporting.report_node(SYSTEM, NodeReport("lab", "bench", source, devices))
    for uuid, profile, words in (
        ("GPU-plain", "1g.10gb", "That product has no MIG."),
        ("GPU-untold", "1g.23gb", "No node has told"),
    ):
        device = lite.first.view.device_by_uuid(uuid)
        assert device is not None
        with pytest.raises(Conflict, match=words):
            await lite.first.layouts.apply(OPERATOR, LayoutRequest(device.id, profiles=(profile,)))
        with pytest.raises(Conflict, match=words):
            await lite.first.layouts.create(OPERATOR, CreateInstanceRequest(device.id, profile))
        with pytest.raises(Conflict, match=words):
            await lite.first.layouts.switch(OPERATOR, MigModeRequest(device.id, True))
