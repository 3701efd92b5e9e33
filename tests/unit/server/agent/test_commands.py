"""Layout commands in the agent: each once, deadlines in the server's time, results until they have arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from domain.mig.commands import CommandResult, CommandStep, NodeCommand, StepKind
from domain.mig.reports import InstanceReport, MigReport
from server.agent.buffer import ReadingBuffer
from server.agent.commands import AgentCommands
from server.agent.connection import Connection
from server.agent.counters import Counters
from server.agent.delivery import Delivery
from server.agent.inventory import NodeReports
from server.cli.api_errors import CallFailed, Unreachable
from tests.unit.server.agent.fakes import START, FakeApi, FakeServer, FakeTime, Trouble, make_report

AFTER = MigReport(True, True, (), (InstanceReport(3, 9, "3g.40gb", 4, 4, "MIG-1"),))


@dataclass
class FakeExecutor:
    """Does what it is told at once, or when `gate` opens."""

    done: list[NodeCommand] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def execute(self, command: NodeCommand) -> CommandResult:
        self.done.append(command)
        if self.gate is not None:
            await self.gate.wait()
        return CommandResult(command.id, True, None, len(command.steps), AFTER)


class Rig:
    """An agent's parts around a fake server."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.server = FakeServer(self.time)
        self.api = FakeApi(self.server)
        self.reports = NodeReports()
        self.executor = FakeExecutor()

        @asynccontextmanager
        async def open_api(_address: str) -> AsyncIterator[FakeApi]:
            yield self.api

        self.connection = Connection(["fake"], open_api, 0.001, 0.002)
        self.delivery = Delivery(self.connection, ReadingBuffer(100, 60.0), self.reports, Counters(), self.time)
        self.commands = AgentCommands(
            self.connection, open_api, self.reports, self.delivery, self.executor, self.time, lambda: START
        )

    async def reported(self) -> None:
        """The server knows the node, and the agent the server's time."""
        self.reports.discovered([make_report("n1")])
        await self.delivery.flush()


def command(number: int = 1, **changes: object) -> NodeCommand:
    step = CommandStep(StepKind.CREATE_INSTANCE, "3g.40gb", 9, 4, 4)
    values = {"deadline": START + timedelta(seconds=1120), **changes}
    return NodeCommand(f"cmd_{number}", "node", "dev", "GPU-n1-0001", (step,), **values)  # type: ignore[arg-type]


@pytest.fixture
async def rig() -> Rig:
    made = Rig()
    await made.reported()
    return made


async def test_a_command_is_carried_out_and_its_result_and_layout_are_reported(rig: Rig) -> None:
    rig.server.commands.append(command())
    running = asyncio.create_task(rig.commands.run())
    try:
        async with asyncio.timeout(5):
            while not rig.server.results:
                await rig.delivery.flush()
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
    assert [result.succeeded for result in rig.server.results] == [True]
    assert len(rig.executor.done) == 1
    await rig.delivery.flush()
    assert rig.server.reports[-1].devices[1].mig == AFTER
    assert rig.server.reports[-1].devices[0].mig is None


async def test_a_deadline_is_in_the_servers_time(rig: Rig) -> None:
    # the server's clock shows 1,000 s after START, the executor's START itself: 120 s are left by either
    await rig.commands.carry_out(command())
    assert rig.executor.done[0].deadline == pytest.approx(START + timedelta(seconds=120), abs=timedelta(seconds=0.1))


async def test_a_command_that_is_under_way_is_not_begun_again(rig: Rig) -> None:
    rig.executor.gate = asyncio.Event()
    first = asyncio.create_task(rig.commands.carry_out(command()))
    await asyncio.sleep(0)
    await rig.commands.carry_out(command(attempt=2))
    rig.executor.gate.set()
    await first
    assert len(rig.executor.done) == 1


async def test_a_result_is_delivered_until_the_server_has_it_and_the_command_waits_meanwhile(rig: Rig) -> None:
    rig.api.plan += [Trouble(Unreachable("away"), done=False), Trouble(Unreachable("away"), done=True)]
    await rig.commands.carry_out(command())
    await rig.commands.carry_out(command(attempt=2))
    assert len(rig.executor.done) == 1
    delivering = asyncio.create_task(rig.delivery.run())
    async with asyncio.timeout(5):
        while rig.delivery.has_result_of("cmd_1"):
            await asyncio.sleep(0.01)
    delivering.cancel()
    # the second time only the answer was lost: it is said again, and the server takes it once
    assert [result.command_id for result in rig.server.results] == ["cmd_1", "cmd_1"]


async def test_a_result_that_is_refused_for_good_is_dropped(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.api.plan.append(Trouble(CallFailed("there is no command", "NOT_FOUND"), done=False))
    await rig.commands.carry_out(command())
    await rig.delivery.flush()
    assert not rig.delivery.has_result_of("cmd_1")
    assert "is refused: there is no command" in caplog.text
