"""Who may plan, order, see and carry out what."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from domain.access.policy import SOMEBODY
from domain.access.principal import SYSTEM, Principal, Role
from domain.allocation.model import AllocationStatus
from domain.errors import Forbidden, NotFound, Unavailable
from domain.mig import dispatch
from domain.mig.commands import CommandRecord, CommandResult, NodeCommand
from domain.mig.requests import CreateInstanceRequest, DeleteInstanceRequest, LayoutRequest, MigModeRequest
from tests.integration.allocation.support import ANN, BOB, OPERATOR
from tests.integration.mig.support import A100, H100, Rig

VIEWER = Principal("vera", Role.VIEWER)
AGENT = Principal("agent", Role.SERVICE, node_name="sim-h100-01")
OTHER_AGENT = Principal("agent", Role.SERVICE, node_name="sim-a100-01")


@pytest.mark.parametrize("who", [ANN, VIEWER, AGENT])
async def test_only_operators_change_layouts(lite: Rig, who: Principal) -> None:
    await lite.laid_out(H100, "1g.10gb@6")
    device_id, layouts = lite.device(H100).id, lite.first.layouts
    for call in (
        lite.apply(H100, "3g.40gb", actor=who),
        layouts.create(who, CreateInstanceRequest(device_id, "1g.10gb")),
        layouts.delete(who, DeleteInstanceRequest(lite.instance(H100, 6).id)),
        layouts.switch(who, MigModeRequest(device_id, False)),
    ):
        with pytest.raises(Forbidden, match="does not hold MANAGE_LAYOUTS"):
            await call
    plan = await layouts.plan(who, lite.wanted(H100, "3g.40gb"))
    assert plan.ready
    assert not lite.first.view.commands


async def test_holders_of_others_are_hidden_and_their_allocations_cannot_be_named(lite: Rig) -> None:
    await lite.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    ann, anna = Principal("ann", Role.USER), Principal("anna", Role.USER)  # of no team, and one name begins the other
    held = [await lite.first.granted(who, profile_name="3g.40gb") for who in (ann, anna)]
    for viewer, hidden in ((ann, anna), (anna, ann), (BOB, ann)):
        plan = await lite.first.layouts.plan(viewer, lite.wanted(H100, "7g.80gb"))
        (device_plan,) = plan.devices
        refusal = device_plan.refusal
        assert refusal is not None
        stops = [(stop.holder, stop.allocation_id) for stop in refusal.blockers]
        current = [(each.holder, each.allocation_id) for each in device_plan.current]
        names = {f"default/{who.subject}" if who is viewer else SOMEBODY for who in (ann, anna)}
        assert {holder for holder, _ in stops} == {holder for holder, _ in current} == names
        ids = {each.id for each in held if each.user_id == viewer.subject} | {None}
        assert {allocation_id for _, allocation_id in (*stops, *current)} == ids
        assert f"({SOMEBODY})" in refusal.message
        assert f"(default/{hidden.subject})" not in refusal.message
        assert (f"(default/{viewer.subject})" in refusal.message) is (viewer is not BOB)
    with pytest.raises(NotFound, match="no live allocation"):
        await lite.first.layouts.plan(ann, lite.wanted(H100, "7g.80gb", release_allocations=(held[1].id,)))
    own = await lite.first.layouts.plan(ann, lite.wanted(H100, "4g.40gb", release_allocations=(held[0].id,)))
    assert not own.ready
    with pytest.raises(Forbidden):
        await lite.first.layouts.plan(VIEWER, lite.wanted(H100, "7g.80gb", release_allocations=(held[0].id,)))


async def test_who_holds_a_whole_gpu_is_hidden_too(lite: Rig) -> None:
    held = await lite.first.granted(ANN, gpu_count=8)
    plan = await lite.first.layouts.plan(BOB, lite.wanted(H100, "7g.80gb"))
    assert plan.message.startswith("All of sim-h100-01/0 is held by somebody else.")
    assert held.id not in plan.message
    seen = await lite.first.layouts.plan(VIEWER, lite.wanted(H100, "7g.80gb"))
    assert f"held by speech/ann, allocation {held.id}" in seen.message


async def test_an_operator_of_another_cluster_sees_no_such_gpu(lite: Rig) -> None:
    await lite.laid_out(H100, "1g.10gb@6")
    away = Principal("otto", Role.OPERATOR, clusters=frozenset({"west"}))
    device_id, mig_id = lite.device(H100).id, lite.instance(H100, 6).id
    node_id = lite.device(H100).node.id
    layouts = lite.first.layouts
    for call in (
        layouts.plan(away, lite.wanted(H100, "3g.40gb")),
        lite.apply(H100, "3g.40gb", actor=away),
        layouts.apply(away, LayoutRequest(node_id=node_id, profiles=("1g.10gb",))),
        layouts.create(away, CreateInstanceRequest(device_id, "1g.10gb")),
        layouts.delete(away, DeleteInstanceRequest(mig_id)),
        layouts.switch(away, MigModeRequest(device_id, False)),
        lite.first.capacity.defragmentation(away.scope, node_id),
    ):
        with pytest.raises(NotFound):
            await call
    assert lite.first.capacity.profiles(away.scope) == []
    assert lite.first.capacity.fragmentation(away.scope) is None


async def test_an_agent_gets_and_answers_the_commands_of_its_own_node_only(lite: Rig) -> None:
    for row in (H100, H100 + 1, A100):
        await lite.apply(row, "1g.10gb@0")
    one = lite.first
    cluster = lite.device(H100).node.cluster_name
    for who, node in ((AGENT, "sim-a100-01"), (ANN, "sim-h100-01"), (VIEWER, "sim-h100-01")):
        with pytest.raises(Forbidden):
            await anext(one.desk.stream(who.personal_scope, cluster, node))
    given: list[NodeCommand] = []
    async with aclosing(one.desk.stream(AGENT.personal_scope, cluster, "sim-h100-01")) as commands:  # type: ignore[type-var]
        given += [await asyncio.wait_for(anext(commands), 5) for _ in range(2)]
        assert {each.device_id for each in given} == {lite.device(row).id for row in (H100, H100 + 1)}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(commands), 0.1)
    async with aclosing(one.desk.stream(AGENT.personal_scope, cluster, "sim-h100-01")) as commands:  # type: ignore[type-var]
        again = await asyncio.wait_for(anext(commands), 5)
        assert (again.id, again.attempt) == (given[0].id, 2)
    for who in (OTHER_AGENT, replace(AGENT, node_name=None, clusters=frozenset({"west"})), ANN, VIEWER, OPERATOR):
        with pytest.raises(Forbidden):
            await one.results.take(who, CommandResult(given[0].id, True))
    assert (await lite.command(given[0].id)).finished_date is None
    result = await lite.executor.execute(given[0])
    assert (await one.results.take(AGENT, result)).error is None
    assert await lite.carry_out() == 2
    with pytest.raises(Forbidden):  # nor one that has ended
        await one.results.take(OTHER_AGENT, result)


async def test_the_next_command_of_a_gpu_is_given_when_the_first_has_ended(lite: Rig) -> None:
    await lite.first.layouts.switch(OPERATOR, MigModeRequest(lite.device(H100).id, True))
    assert await lite.carry_out() == 1
    asked = [await lite.first.granted(profile_name="1g.10gb") for _ in range(2)]
    cluster = lite.device(H100).node.cluster_name
    async with aclosing(lite.first.desk.stream(AGENT.personal_scope, cluster, "sim-h100-01")) as commands:  # type: ignore[type-var]
        for _ in range(2):
            command = await asyncio.wait_for(anext(commands), 5)
            assert len(lite.first.desk.due([command.node_id])) == 1
            await lite.first.results.take(SYSTEM, await lite.executor.execute(command))
    for each in asked:
        assert (await lite.first.stored(each)).status is AllocationStatus.ACTIVE


async def test_a_command_the_database_held_back_is_given_when_it_is_there_again(
    lite: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "AGAIN_S", 0.02)
    await lite.apply(H100, "1g.10gb@0")
    desk = lite.first.desk
    hand_out, refused = desk.hand_out, 0

    async def sometimes(actor: Principal, command: CommandRecord) -> NodeCommand | None:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise Unavailable("away")
        return await hand_out(actor, command)

    monkeypatch.setattr(desk, "hand_out", sometimes)
    cluster = lite.device(H100).node.cluster_name
    async with aclosing(desk.stream(AGENT.personal_scope, cluster, "sim-h100-01")) as commands:  # type: ignore[type-var]
        command = await asyncio.wait_for(anext(commands), 5)
    assert (command.attempt, refused) == (1, 3)
    assert await lite.carry_out() == 1
