"""The life of a command: failures, silence, repeats, crashes and a database that is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM
from domain.allocation.model import AllocationStatus
from domain.errors import InvalidInput, NotFound, Unavailable
from domain.mig.commands import CommandResult, CommandStatus, NodeCommand
from domain.mig.model import InstanceStatus
from domain.mig.requests import MigModeRequest
from persistence.engine import create_engine
from server import mig_commands
from server.mig_commands import LocalCommands
from tests.fixtures.databases import PostgresServer
from tests.integration.allocation.support import OPERATOR, TIMEOUT
from tests.integration.mig.conftest import MakeRig
from tests.integration.mig.support import H100, PAST_GRACE, Crashing, Rig


async def handed(rig: Rig, row: int = H100) -> NodeCommand:
    """The open command of a GPU, as an executor gets it."""
    given = await rig.first.desk.hand_out(SYSTEM, await rig.only_command(row))
    assert given is not None
    return given


async def test_a_step_that_fails_ends_the_command_and_what_was_made_is_kept(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "1g.10gb@1")
    rig.occupy(H100, 1)  # somebody runs there without having asked
    applied = await rig.apply(H100, "4g.40gb@0", "1g.10gb@6")
    assert await rig.carry_out() == 1
    ended = await rig.command(applied.commands[0].id)
    assert ended.status is CommandStatus.FAILED
    assert ended.error is not None
    assert ended.error.startswith("step 2 of 4, DELETE_INSTANCE 1g.10gb at 1: it is in use by process")
    assert rig.stored(H100) == rig.placed(H100) == [("1g.10gb", 1)]
    assert await rig.report() == 0
    rig.vacate(H100)
    await rig.laid_out(H100, "4g.40gb@0", "1g.10gb@6")


async def test_an_allocation_whose_instance_cannot_be_made_fails_with_the_words(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "3g.40gb@4")
    kept = await rig.first.granted(profile_name="3g.40gb")
    rig.occupy(H100, 0)
    asked = await rig.first.granted(profile_name="4g.40gb")
    assert asked.status is AllocationStatus.CREATING
    assert await rig.carry_out() == 1
    failed = await rig.first.stored(asked)
    assert failed.status is AllocationStatus.FAILED
    assert failed.status_reason is not None
    assert failed.status_reason.startswith(
        "its instance could not be made: step 1 of 2, DELETE_INSTANCE 1g.10gb at 0: it is in use"
    )
    assert rig.stored(H100) == [("1g.10gb", 0), ("3g.40gb", 4)]
    assert (await rig.first.stored(kept)).status is AllocationStatus.ACTIVE


async def test_of_several_instances_one_that_fails_ends_all_and_the_others_stay_idle(rig: Rig) -> None:
    for row in (H100, H100 + 1):
        await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(row).id, True))
    assert await rig.carry_out() == 2
    asked = await rig.first.granted(profile_name="7g.80gb", gpu_count=2)
    rig.make_by_hand(H100 + 1, "1g.10gb", 6)
    assert await rig.carry_out() == 2
    assert (await rig.first.stored(asked)).status is AllocationStatus.FAILED
    assert rig.stored(H100) == [("7g.80gb", 0)]
    assert await rig.report() > 0
    assert rig.stored(H100 + 1) == [("1g.10gb", 6)]
    assert (await rig.first.granted(profile_name="7g.80gb")).status is AllocationStatus.ACTIVE


async def test_a_command_nobody_takes_ends_after_its_deadline_and_grace(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0")
    asked = await rig.first.granted(profile_name="4g.40gb")
    command = await rig.only_command(H100)
    rig.clock.now = command.deadline + timedelta(seconds=30)
    assert rig.first.desk.due([command.node_id]) == []  # not begun any more
    assert [await each.results.sweep() for each in rig.replicas] == [0, 0]
    rig.clock.now += timedelta(seconds=1)
    await rig.second.view.ensure_current()
    assert sum(await asyncio.gather(*(each.results.sweep() for each in rig.replicas))) == 1
    ended = await rig.command(command.id)
    assert (ended.status, ended.error) == (CommandStatus.TIMED_OUT, "no agent of the node took it in time")
    failed = await rig.first.stored(asked)
    assert failed.status is AllocationStatus.FAILED
    assert rig.stored(H100) == [("3g.40gb", 0)]
    await rig.laid_out(H100, "4g.40gb@0")


async def test_what_waits_behind_an_overdue_command_is_not_begun_before_that_has_ended(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    await rig.first.granted(profile_name="3g.40gb")
    await rig.first.granted(profile_name="1g.20gb")
    rig.clock.now += TIMEOUT * 0.9
    await rig.first.granted(profile_name="1g.20gb")
    first, second = rig.first.view.commands_of(rig.device(H100).id)
    rig.clock.now = first.deadline + timedelta(seconds=1)  # its node may still be at it
    assert rig.clock.now < second.deadline
    assert rig.first.desk.due([first.node_id]) == []
    rig.clock.now = first.deadline + timedelta(seconds=31)
    await rig.first.results.sweep()
    assert [command.id for command in rig.first.desk.due([first.node_id])] == [second.id]
    assert await rig.carry_out() == 1


async def test_commands_that_end_together_end_their_allocation_once(rig: Rig) -> None:
    for row in (H100, H100 + 1):
        await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(row).id, True))
    assert await rig.carry_out() == 2
    asked = await rig.first.granted(profile_name="7g.80gb", gpu_count=2)
    rig.clock.now += PAST_GRACE
    assert await rig.first.results.sweep() == 2
    assert (await rig.first.stored(asked)).status is AllocationStatus.FAILED
    history = (await rig.first.base.archive.history([asked.id]))[asked.id]
    assert [step.to_status for step in history][-2:] == [AllocationStatus.CREATING, AllocationStatus.FAILED]
    assert rig.device(H100).mig_instances == rig.device(H100 + 1).mig_instances == ()


async def test_a_command_comes_after_those_before_it_even_by_a_clock_that_is_behind(rig: Rig) -> None:
    await rig.laid_out(H100, "3g.40gb@0", "3g.40gb@4")
    kept = await rig.first.granted(profile_name="3g.40gb")
    asked = await rig.first.granted(profile_name="1g.20gb", gpu_count=1)
    rig.clock.now -= timedelta(seconds=5)  # a replica whose clock is behind
    later = await rig.second.granted(profile_name="1g.20gb", gpu_count=1)
    await rig.first.view.ensure_current()
    commands = rig.first.view.commands_of(rig.device(H100).id)
    assert [step.kind.value for step in commands[0].steps] == ["DELETE_INSTANCE", "CREATE_INSTANCE"]
    assert [step.kind.value for step in commands[1].steps] == ["CREATE_INSTANCE"]
    assert await rig.carry_out() == 2
    for each in (kept, asked, later):
        assert (await rig.first.stored(each)).status is AllocationStatus.ACTIVE


async def test_a_result_that_comes_again_or_too_late_changes_nothing(rig: Rig) -> None:
    await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(H100).id, True))
    assert await rig.carry_out() == 1
    asked = await rig.first.granted(profile_name="1g.10gb")
    command = await handed(rig)
    result = await rig.executor.execute(command)
    for each in (rig.first, rig.second, rig.first):
        taken = await each.results.take(SYSTEM, result)
        assert taken.status is CommandStatus.SUCCEEDED
    revision = rig.first.view.revision
    lie = replace(result, succeeded=False, error="no", mig=None, steps_done=0)
    assert (await rig.first.results.take(SYSTEM, lie)).status is CommandStatus.SUCCEEDED
    assert rig.first.view.revision == revision
    assert (await rig.first.stored(asked)).status is AllocationStatus.ACTIVE
    late = await rig.first.granted(profile_name="1g.10gb")
    command = await handed(rig)
    rig.clock.now += PAST_GRACE
    assert await rig.second.results.sweep() == 0  # the second replica has not looked
    await rig.second.view.ensure_current()
    assert await rig.second.results.sweep() == 1
    made = await rig.executor.execute(replace(command, deadline=rig.clock.now + TIMEOUT))  # its clock was wrong
    assert (await rig.first.results.take(SYSTEM, made)).status is CommandStatus.TIMED_OUT
    failed = await rig.first.stored(late)
    assert (failed.status, failed.status_reason) == (
        AllocationStatus.FAILED,
        "its instance could not be made: node did not answer in time (attempt 1)",
    )
    assert len(rig.stored(H100)) == 1
    assert await rig.report() > 0  # what it made all the same is found, idle
    assert rig.stored(H100) == rig.placed(H100)
    assert len(rig.placed(H100)) == 2


async def test_results_with_bad_values_and_of_unknown_commands_are_refused(lite: Rig) -> None:
    with pytest.raises(NotFound, match="no command 'cmd_x'"):
        await lite.first.results.take(SYSTEM, CommandResult("cmd_x", True))
    with pytest.raises(InvalidInput, match="at least 0, not -1"):
        await lite.first.results.take(SYSTEM, CommandResult("cmd_x", True, steps_done=-1))
    await lite.apply(H100, "1g.10gb@0")
    command = await handed(lite)
    ended = await lite.first.results.take(SYSTEM, CommandResult(command.id, False, "x" * 5_000))
    assert ended.error == "x" * 500
    assert (await lite.command(command.id)).error == "x" * 500


async def test_an_executor_that_dies_before_it_reports_is_given_the_command_again(rig: Rig) -> None:
    await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(H100).id, True))
    assert await rig.carry_out() == 1
    asked = await rig.first.granted(profile_name="2g.20gb")
    crashing = Crashing(rig.executor)
    with pytest.raises(ConnectionError):
        await rig.carry_out(crashing)
    made = list(rig.fleet.node_of(H100).board(H100).instances)
    assert len(made) == 1
    assert await rig.report() == 0  # its layout is still under way
    assert await rig.carry_out() == 1
    (command,) = crashing.seen
    ended = await rig.command(command.id)
    assert (ended.status, ended.attempt) == (CommandStatus.SUCCEEDED, 2)
    assert rig.fleet.node_of(H100).board(H100).instances == made
    assert (await rig.first.stored(asked)).status is AllocationStatus.ACTIVE


async def test_a_server_that_dies_between_handing_out_and_the_result(rig: Rig) -> None:
    asked = await rig.apply(H100, "3g.40gb@4", "1g.10gb@0")
    given = await handed(rig)
    result = await rig.executor.execute(given)
    await rig.second.view.refresh()  # another server takes what the first one ordered
    assert (await rig.second.results.take(SYSTEM, result)).status is CommandStatus.SUCCEEDED
    assert await rig.carry_out() == 0
    await rig.first.view.ensure_current()
    assert rig.stored(H100) == [("1g.10gb", 0), ("3g.40gb", 4)]
    assert (await rig.command(asked.commands[0].id)).attempt == 1


async def test_an_agent_that_tells_no_layout_is_believed_by_its_steps(rig: Rig) -> None:
    await rig.laid_out(H100, "1g.10gb@0", "1g.10gb@1")
    rig.occupy(H100, 1)
    await rig.apply(H100, "4g.40gb@0")
    result = await rig.executor.execute(await handed(rig))
    assert (result.succeeded, result.steps_done) == (False, 1)
    await rig.first.results.take(SYSTEM, replace(result, mig=None))
    assert rig.stored(H100) == [("1g.10gb", 1)]
    assert rig.stored(H100, InstanceStatus.CREATING) == rig.stored(H100, InstanceStatus.DELETING) == []
    await rig.report()
    assert rig.stored(H100) == rig.placed(H100)


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(postgres_url, pool_size=3, pool_overflow=1)
    yield engine
    await engine.dispose()


async def test_the_database_is_away_when_the_result_is_there(
    postgres: AsyncEngine, postgres_server: PostgresServer, make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mig_commands, "REPORT_AGAIN_S", 0.05)
    rig = await make_rig(postgres, None)
    await rig.apply(H100, "3g.40gb@4")
    away = asyncio.Event()

    class Stopping:
        async def execute(self, command: NodeCommand) -> CommandResult:
            result = await rig.executor.execute(command)
            await asyncio.to_thread(postgres_server.stop, "immediate")
            away.set()
            return result

    one = rig.first
    node_id = rig.device(H100).node.id
    commands = LocalCommands(one.view, one.desk, one.results, Stopping(), lambda: {node_id})
    working = asyncio.create_task(commands.run_due())
    await asyncio.wait_for(away.wait(), 20)
    with pytest.raises(Unavailable):
        await one.layouts.apply(OPERATOR, rig.wanted(H100 + 1, "3g.40gb"))
    await asyncio.to_thread(postgres_server.start)
    assert await asyncio.wait_for(working, 20) == 1
    await one.view.refresh()
    assert rig.stored(H100) == [("3g.40gb", 4)]
