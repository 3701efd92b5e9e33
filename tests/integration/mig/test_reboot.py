"""A reboot loses every instance: idle ones are forgotten, those in use are made again, or their allocations fail."""

from __future__ import annotations

import asyncio

import pytest

from domain.access.principal import SYSTEM
from domain.allocation.model import AllocationStatus
from domain.mig.commands import CommandStatus, StepKind
from domain.mig.model import InstanceStatus
from domain.mig.requests import MigModeRequest
from tests.integration.allocation.support import OPERATOR, TIMEOUT
from tests.integration.mig.support import A100, H100, PAST_GRACE, Rig


@pytest.mark.parametrize(("row", "mode_is_kept"), [(H100, False), (A100, True)])
async def test_idle_instances_are_forgotten_and_those_in_use_made_again(rig: Rig, row: int, mode_is_kept: bool) -> None:
    await rig.laid_out(row, "4g.40gb@0", "1g.10gb@4", "1g.10gb@5", "1g.10gb@6")
    held = [await rig.first.granted(profile_name=name) for name in ("4g.40gb", "1g.10gb")]
    before = {each.id: rig.first.view.instance(each.resources[0].mig_id or "") for each in held}
    await rig.reboot(row)
    assert rig.fleet.node_of(row).board(row).enabled is mode_is_kept
    assert await rig.report() > 0
    assert rig.stored(row) == []
    assert len(rig.stored(row, InstanceStatus.CREATING)) == 2
    command = await rig.only_command(row)
    kinds = [step.kind for step in command.steps]
    assert kinds == [*([] if mode_is_kept else [StepKind.ENABLE_MIG]), *[StepKind.CREATE_INSTANCE] * 2]
    assert command.reason == "instances in use were lost and are made again"
    assert await rig.report() == 0
    for each in held:
        assert (await rig.first.stored(each)).status is AllocationStatus.ACTIVE
    assert await rig.carry_out() == 1
    assert rig.stored(row) == rig.placed(row)
    for each in held:
        stored = await rig.first.stored(each)
        again = rig.first.view.instance(stored.resources[0].mig_id or "")
        known = before[each.id]
        assert stored.status is AllocationStatus.ACTIVE
        assert again is not None
        assert known is not None
        assert again.id == known.id
        assert again.mig_uuid != known.mig_uuid
        assert again.allocated
    assert await rig.report() == 0


async def test_what_stands_in_the_place_makes_way_where_nothing_runs_on_it(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    held = [await rig.first.granted(profile_name="3g.40gb") for _ in range(2)]
    await rig.reboot(H100)
    rig.switch_by_hand(H100)
    rig.make_by_hand(H100, "1g.10gb", 1)
    assert await rig.report() > 0
    assert await rig.carry_out() == 1
    assert rig.stored(H100) == rig.placed(H100) == [("3g.40gb", 0), ("3g.40gb", 4)]
    assert {(await rig.first.stored(each)).status for each in held} == {AllocationStatus.ACTIVE}


async def test_where_something_runs_in_the_place_the_allocation_fails(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    held = [await rig.first.granted(profile_name="3g.40gb") for _ in range(2)]
    by_start = {each.resources[0].placement_start: each for each in held}
    await rig.reboot(H100)
    rig.switch_by_hand(H100)
    rig.make_by_hand(H100, "1g.10gb", 1, runs=True)
    assert await rig.report() > 0
    assert await rig.carry_out() == 1
    failed = await rig.first.stored(by_start[0])
    assert failed.status is AllocationStatus.FAILED
    assert "its instance could not be made: step 1 of 3, DELETE_INSTANCE 1g.10gb at 1" in str(failed.status_reason)
    assert ("1g.10gb", 1) in rig.placed(H100)
    while await rig.report() > 0:
        await rig.carry_out()
    assert rig.stored(H100) == rig.placed(H100)


async def test_where_making_it_again_fails_the_allocation_fails(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0")
    held = await rig.first.granted(profile_name="3g.40gb", node_name="sim-h100-01")
    await rig.carry_out()
    await rig.reboot(H100)
    assert await rig.report() > 0
    rig.switch_by_hand(H100)
    start = held.resources[0].placement_start
    rig.make_by_hand(H100, "1g.10gb", start)
    assert await rig.carry_out() == 1
    failed = await rig.first.stored(held)
    assert failed.status is AllocationStatus.FAILED
    assert failed.status_reason is not None
    assert "its instance could not be made: step 2 of 2, CREATE_INSTANCE 3g.40gb" in failed.status_reason
    assert await rig.report() > 0
    assert rig.stored(H100) == [("1g.10gb", start)]


async def test_where_the_node_does_not_answer_the_allocation_fails_and_frees_its_slices(rig: Rig) -> None:
    await rig.laid_out(H100, "7g.80gb@0")
    held = await rig.first.granted(profile_name="7g.80gb")
    await rig.reboot(H100)
    assert await rig.report() > 0
    rig.clock.now += PAST_GRACE
    assert await rig.first.results.sweep() == 1
    assert (await rig.first.stored(held)).status is AllocationStatus.FAILED
    assert rig.device(H100).mig_instances == ()
    assert await rig.report() == 0
    await rig.laid_out(H100, "1g.10gb@0")


async def test_a_release_while_it_is_made_again_leaves_it_idle(rig: Rig) -> None:
    await rig.laid_out(H100, "7g.80gb@0")
    held = await rig.first.granted(profile_name="7g.80gb")
    await rig.reboot(H100)
    assert await rig.report() > 0
    assert (await rig.second.release(held)).status is AllocationStatus.RELEASED
    assert await rig.carry_out() == 1
    assert rig.stored(H100) == [("7g.80gb", 0)]
    assert not rig.instance(H100, 0).allocated


async def test_a_reboot_between_the_order_and_its_steps(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@4", "1g.10gb@0")
    held = await rig.first.granted(profile_name="3g.40gb")
    assert held.status is AllocationStatus.ACTIVE
    asked = await rig.first.granted(profile_name="4g.40gb")
    await rig.reboot(H100)
    assert await rig.report() >= 0  # under way: the result tells
    assert await rig.carry_out() == 1
    failed = await rig.first.stored(asked)
    assert failed.status is AllocationStatus.FAILED
    assert "MIG is off on this GPU" in (failed.status_reason or "")
    assert await rig.report() > 0
    assert await rig.carry_out() == 1
    assert (await rig.first.stored(held)).status is AllocationStatus.ACTIVE
    assert rig.stored(H100) == rig.placed(H100) == [("3g.40gb", 4)]


async def test_a_reboot_between_the_steps_and_the_next_report(rig: Rig) -> None:
    await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(A100).id, True))
    assert await rig.carry_out() == 1
    held = await rig.first.granted(profile_name="2g.20gb", gpu_count=2)
    assert await rig.carry_out() == 1
    await rig.reboot(A100)
    await rig.second.reporting.report_nodes(SYSTEM, await rig.source.discover())
    await rig.first.view.refresh()
    assert await rig.carry_out() == 1
    assert (await rig.first.stored(held)).status is AllocationStatus.ACTIVE
    assert len(rig.placed(A100)) == 2


async def test_both_replicas_see_the_loss_and_order_one_command(rig: Rig) -> None:
    await rig.laid_out(H100, "7g.80gb@0")
    await rig.first.granted(profile_name="7g.80gb")
    await rig.second.view.refresh()
    await rig.reboot(H100)
    reports = await rig.source.discover()
    await asyncio.gather(*(each.reporting.report_nodes(SYSTEM, reports) for each in rig.replicas))
    command = await rig.only_command(H100)
    assert await rig.carry_out() == 1
    assert (await rig.command(command.id)).status is CommandStatus.SUCCEEDED
    assert command.deadline == command.created_date + TIMEOUT
