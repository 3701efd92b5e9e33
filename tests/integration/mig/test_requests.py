"""Instances are given out: idle ones at once, others once they are made, or with what would work instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.allocation.answers import AlternativeKind
from domain.allocation.expiry import Expiry
from domain.allocation.model import AllocationStatus, QuotaScope, ResourceType, Spread
from domain.allocation.requests import QuotaRequest
from domain.errors import InvalidInput
from domain.mig.model import InstanceStatus
from domain.mig.requests import MigModeRequest
from tests.integration.allocation.support import ADMIN, ANN, BOB, OPERATOR, TIMEOUT
from tests.integration.mig.support import A100, H100, Rig

H100_NODE, A100_NODE = "sim-h100-01", "sim-a100-01"


async def switched_on(rig: Rig, *rows: int) -> None:
    for row in rows:
        await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(row).id, True))
    assert await rig.carry_out() == len(rows)


async def test_an_idle_instance_is_taken_at_once_and_left_idle_for_the_next(rig: Rig) -> None:
    await rig.laid_out(H100, "4g.40gb@0", "3g.40gb@4")
    first = await rig.first.granted(ANN, profile_name="3g.40gb")
    assert first.status is AllocationStatus.ACTIVE
    (resource,) = first.resources
    instance = rig.instance(H100, 4)
    assert (resource.mig_id, resource.mig_slices, resource.placement_size) == (instance.id, 3, 4)
    assert (instance.allocated, instance.allocated_date) == (True, rig.clock.now)
    assert (await rig.first.ask(BOB, profile_name="3g.40gb", dry_run=True)).status is AllocationStatus.CREATING
    await rig.first.release(first, ANN)
    assert rig.instance(H100, 4).allocated is False
    second = await rig.second.granted(BOB, profile_name="3g.40gb")
    assert (second.status, second.resources[0].mig_id) == (AllocationStatus.ACTIVE, instance.id)
    assert not rig.first.view.commands
    assert await rig.report() == 0


async def test_an_instance_is_made_in_the_place_of_idle_ones(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "1g.10gb@1", "3g.40gb@4")
    kept = await rig.first.granted(profile_name="3g.40gb")
    made = await rig.second.granted(profile_name="4g.40gb")
    assert made.status is AllocationStatus.CREATING
    command = await rig.only_command(H100)
    assert [step.kind.value for step in command.steps] == ["DELETE_INSTANCE"] * 2 + ["CREATE_INSTANCE"]
    assert await rig.report() == 0  # what is under way is no news
    assert await rig.carry_out() == 1
    assert (await rig.first.stored(made)).status is AllocationStatus.ACTIVE
    assert rig.stored(H100) == [("4g.40gb", 0), ("3g.40gb", 4)]
    assert (await rig.first.stored(kept)).status is AllocationStatus.ACTIVE


async def test_what_is_released_while_it_is_made_stays_idle(rig: Rig) -> None:
    await switched_on(rig, H100)
    made = await rig.first.granted(ANN, profile_name="2g.20gb")
    assert made.status is AllocationStatus.CREATING
    await rig.second.release(made, ANN)
    assert await rig.carry_out() == 1
    assert rig.stored(H100) == rig.placed(H100)
    assert len(rig.placed(H100)) == 1
    again = await rig.first.granted(BOB, profile_name="2g.20gb")
    assert again.status is AllocationStatus.ACTIVE


async def test_two_commands_of_one_gpu_are_carried_out_one_after_the_other(rig: Rig) -> None:
    await switched_on(rig, H100)
    asked = [await rig.first.granted(profile_name="1g.10gb") for _ in range(7)]
    assert len(rig.first.view.commands_of(rig.device(H100).id)) == 7
    assert len(rig.first.desk.due([rig.device(H100).node.id])) == 1
    assert (await rig.first.ask(profile_name="1g.10gb")).status is AllocationStatus.NO_RESOURCE
    assert await rig.carry_out() == 7
    assert [(await rig.first.stored(each)).status for each in asked] == [AllocationStatus.ACTIVE] * 7


async def test_several_instances_are_given_on_one_node_or_not_at_all(rig: Rig) -> None:
    await switched_on(rig, H100, H100 + 1, A100)
    before = rig.first.capacity.profiles(OPERATOR.scope)
    refused = await rig.first.ask(profile_name="3g.40gb", gpu_count=5)
    assert refused.status is AllocationStatus.NO_RESOURCE
    assert refused.message == "no room for 5 × 3g.40gb on one node"
    assert rig.first.capacity.profiles(OPERATOR.scope) == before  # what was tried is undone
    assert refused.decision.alternatives[0].kind is AlternativeKind.FEWER_GPUS
    four = await rig.first.granted(profile_name="3g.40gb", gpu_count=4)
    assert {each.node_id for each in four.resources} == {rig.device(H100).node.id}
    assert len({each.mig_id for each in four.resources}) == 4
    two = await rig.first.granted(profile_name="1g.10gb", gpu_count=7, spread=Spread.ANY)
    assert await rig.carry_out() == 3
    for each in (four, two):
        assert (await rig.first.stored(each)).status is AllocationStatus.ACTIVE
    await rig.first.release(four)
    anywhere = await rig.first.granted(profile_name="3g.40gb", gpu_count=3, spread=Spread.ANY)
    assert anywhere.status is AllocationStatus.ACTIVE


async def test_memory_alone_means_the_smallest_profile_and_a_model_is_kept_to(rig: Rig) -> None:
    await switched_on(rig, H100, A100)
    small = await rig.first.granted(memory_gb=9, model_names=("A100",))
    assert small.resource_type is ResourceType.MIG
    assert (small.resources[0].profile_name, small.resources[0].node_id) == ("1g.10gb", rig.device(A100).node.id)
    larger = await rig.first.granted(memory_gb=15, resource_type=ResourceType.MIG, model_names=("H100",))
    assert (larger.resources[0].profile_name, larger.resources[0].node_id) == ("1g.20gb", rig.device(H100).node.id)
    too_large = await rig.first.ask(memory_gb=90, resource_type=ResourceType.MIG)
    assert too_large.status is AllocationStatus.NO_RESOURCE
    assert "no instance has 85,831 MiB: the largest has 81,152" in too_large.message
    refused = await rig.first.ask(profile_name="1g.10gb", memory_gb=15)
    assert "1g.10gb has less than 14,306 MiB" in refused.message
    with pytest.raises(InvalidInput, match=r"no GPU here has a profile '1g\.5gb'"):
        await rig.first.ask(profile_name="1g.5gb")
    assert await rig.carry_out() == 2


async def test_memory_alone_gets_a_whole_gpu_where_no_instance_fits(lite: Rig) -> None:
    whole = await lite.first.granted(memory_gb=9)
    assert (whole.resource_type, whole.status) == (ResourceType.FULL, AllocationStatus.ACTIVE)


async def test_the_host_has_to_have_cpus_and_memory_left_too(lite: Rig) -> None:
    await switched_on(lite, H100, A100)
    node = lite.device(A100).node
    assert node.cpu_milli is not None
    assert node.memory_mib is not None
    first = await lite.first.granted(profile_name="1g.10gb", cpu_milli=node.cpu_milli - 1000, node_name=A100_NODE)
    refused = await lite.first.ask(profile_name="1g.10gb", cpu_milli=1001, node_name=A100_NODE)
    assert refused.status is AllocationStatus.NO_RESOURCE
    assert refused.message == "none of 1 GPUs with MIG on is on a host with 1,001 milli-CPU and 0 MiB left"
    elsewhere = await lite.first.granted(profile_name="1g.10gb", cpu_milli=1001)
    assert elsewhere.resources[0].node_id == lite.device(H100).node.id
    last = await lite.first.granted(
        profile_name="1g.10gb", cpu_milli=1000, host_memory_mib=node.memory_mib, node_name=A100_NODE
    )
    await lite.first.release(first)
    assert (await lite.first.ask(profile_name="1g.10gb", host_memory_mib=1, node_name=A100_NODE)).granted is False
    await lite.first.release(last)
    assert (await lite.first.granted(profile_name="1g.10gb", host_memory_mib=1, node_name=A100_NODE)) is not None
    assert await lite.carry_out() > 0


async def test_who_waits_for_an_instance_gets_it_when_one_is_released(rig: Rig) -> None:
    await rig.laid_out(H100, "7g.80gb")
    first = await rig.first.granted(ANN, profile_name="7g.80gb")
    waiting = await rig.second.ask(BOB, profile_name="3g.40gb", queue=True)
    assert waiting.status is AllocationStatus.QUEUED
    never = await rig.first.ask(BOB, profile_name="3g.40gb", gpu_count=3, queue=True)
    assert never.status is AllocationStatus.NO_RESOURCE  # two fit on the only GPU with MIG on, whatever is released
    assert await rig.first.base.admission.sweep() == 0
    await rig.first.release(first, ANN)
    await rig.second.view.ensure_current()
    assert await rig.second.base.admission.sweep() == 1
    assert waiting.allocation is not None
    assert (await rig.first.stored(waiting.allocation)).status is AllocationStatus.CREATING
    assert await rig.carry_out() == 1
    assert (await rig.first.stored(waiting.allocation)).status is AllocationStatus.ACTIVE
    assert [name for name, _ in rig.placed(H100)] == ["3g.40gb"]


async def test_a_quota_counts_slices_so_that_four_small_ones_are_not_four_large(rig: Rig) -> None:
    await switched_on(rig, *range(H100, H100 + 5))
    await rig.first.base.administration.set_quota(ADMIN, QuotaRequest(QuotaScope.TEAM, "speech", mig_slices_hard=8))
    small = [await rig.first.granted(ANN, profile_name="1g.10gb") for _ in range(4)]
    refused = await rig.second.ask(ANN, profile_name="7g.80gb")
    assert refused.status is AllocationStatus.REJECTED
    assert refused.message == "team 'speech' would hold 11 MIG slices with a hard limit of 8"
    assert (await rig.second.ask(ANN, profile_name="1g.10gb", gpu_count=5)).status is AllocationStatus.REJECTED
    assert (await rig.second.ask(ANN, profile_name="4g.40gb")).granted
    assert (await rig.first.ask(ANN, profile_name="1g.10gb")).status is AllocationStatus.REJECTED
    assert (await rig.first.ask(BOB, profile_name="7g.80gb")).granted
    await rig.first.release(small[0], ANN)
    assert (await rig.first.ask(ANN, profile_name="1g.10gb")).granted
    assert await rig.carry_out() > 0


async def test_a_refusal_names_what_is_free_now_later_and_after_a_switch(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    held = await rig.first.granted(profile_name="3g.40gb", hours=2)
    refused = await rig.first.ask(profile_name="7g.80gb")
    assert refused.message == "no room for 7g.80gb on any of 1 GPUs with MIG on"
    found = {each.kind: each for each in refused.decision.alternatives}
    other = found[AlternativeKind.OTHER_PROFILE]
    free = "4g.40gb" if held.resources[0].placement_start == 4 else "3g.40gb"
    assert (other.message, other.profile_name) == (f"{free} is free on {H100_NODE} now", free)
    later = found[AlternativeKind.LATER]
    assert later.available_at == held.planned_release_time == rig.clock.now + timedelta(hours=2)
    assert (later.device_id, later.profile_name) == (rig.device(H100).id, "7g.80gb")
    switch = found[AlternativeKind.ENABLE_MIG]
    assert switch.device_id is not None
    assert "an operator can switch MIG on there, and it offers 7g.80gb" in switch.message
    # and what it names works
    await rig.first.layouts.switch(OPERATOR, MigModeRequest(switch.device_id, True))
    assert await rig.carry_out() == 1
    assert (await rig.first.ask(profile_name="7g.80gb")).granted
    assert (await rig.first.ask(profile_name=free)).granted
    await rig.carry_out()


async def test_mig_off_everywhere_is_told_with_what_to_switch_on(lite: Rig) -> None:
    refused = await lite.first.ask(profile_name="3g.40gb")
    assert refused.message == "no GPU that takes new work has MIG on"
    assert [each.kind for each in refused.decision.alternatives] == [AlternativeKind.ENABLE_MIG]


async def test_an_instance_whose_end_comes_is_left_idle(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@6")
    held = await rig.first.granted(profile_name="1g.10gb", hours=1)
    rig.clock.now += timedelta(hours=2)
    monotonic = iter([0.0, 1.0]).__next__
    assert await Expiry(rig.first.base.transactions, TIMEOUT, monotonic).sweep() == 1
    assert (await rig.first.stored(held)).status is AllocationStatus.EXPIRED
    assert rig.stored(H100) == [("1g.10gb", 6)]
    assert rig.instance(H100, 6).instance_status is InstanceStatus.READY
