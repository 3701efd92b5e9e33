"""Anything in any order from two replicas: requests, orders, failures, reboots, hands on the node. It adds up."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from domain.access.principal import Principal
from domain.errors import DomainError
from domain.mig.commands import CommandResult, NodeCommand
from domain.mig.requests import CreateInstanceRequest, DeleteInstanceRequest, MigModeRequest
from tests.integration.allocation.support import ANN, BOB, OPERATOR
from tests.integration.mig.support import A100, H100, PAST_GRACE, MigReplica, Rig

ROWS = (H100, H100 + 1, A100)
NAMES = ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb", "1g.10gb+me")
STEPS = 60


class Unreliable:
    """An executor that now and then dies before or after its work, or does not tell the layout."""

    def __init__(self, rig: Rig, chance: random.Random) -> None:
        self._rig = rig
        self._chance = chance

    async def execute(self, command: NodeCommand) -> CommandResult:
        fate = self._chance.random()
        if fate < 0.1:
            raise ConnectionError("before")
        result = await self._rig.executor.execute(command)
        if fate < 0.2:
            raise ConnectionError("after")
        return (
            CommandResult(result.command_id, result.succeeded, result.error, result.steps_done)
            if fate < 0.3
            else result
        )


class Anything:
    """One thing after the other, by chance."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self._rig = rig
        self._chance = random.Random(seed)
        self._unreliable = Unreliable(rig, self._chance)
        self.done: list[str] = []

    async def step(self) -> None:
        things: list[Callable[[], Awaitable[object]]] = [
            *[self.ask] * 6,
            *[self.release] * 4,
            *[self.work] * 4,
            *[self.order] * 2,
            self.make,
            self.remove,
            self.switch,
            self.restart,
            self.by_hand,
            self.report,
            self.wait,
        ]
        thing = self._chance.choice(things)
        self.done.append(thing.__name__)
        try:
            await thing()
        except (DomainError, ConnectionError) as error:
            self.done[-1] += f" ({error})"

    def _replica(self) -> MigReplica:
        return self._chance.choice(self._rig.replicas)

    def _row(self) -> int:
        return self._chance.choice(ROWS)

    def _held(self) -> list[str]:
        live = sorted(self._rig.first.view.allocations, key=lambda each: (each.requested_time, each.id))
        return [each.id for each in live]

    async def ask(self) -> None:
        who: Principal = self._chance.choice([ANN, BOB])
        name, count = self._chance.choice(NAMES), self._chance.choice([1, 1, 1, 2, 3])
        await self._replica().ask(who, profile_name=name, gpu_count=count, queue=self._chance.random() < 0.3)

    async def release(self) -> None:
        await self._rig.first.view.ensure_current()
        if held := self._held():
            found = self._rig.first.view.allocation(self._chance.choice(held))
            assert found is not None
            await self._replica().release(found)

    async def work(self) -> None:
        await self._rig.carry_out(self._unreliable)

    async def order(self) -> None:
        await self._rig.first.view.ensure_current()
        row = self._row()
        names = [self._chance.choice(NAMES) for _ in range(self._chance.randint(0, 3))]
        there = sorted(each.id for each in self._rig.device(row).allocations)
        await self._rig.apply(row, *names, release_allocations=tuple(there) if self._chance.random() < 0.4 else ())

    async def make(self) -> None:
        device_id, name = self._rig.device(self._row()).id, self._chance.choice(NAMES)
        await self._replica().layouts.create(OPERATOR, CreateInstanceRequest(device_id, name))

    async def remove(self) -> None:
        await self._rig.first.view.ensure_current()
        if there := sorted(self._rig.first.view.instances, key=lambda each: (each.placement_start, each.id)):
            await self._replica().layouts.delete(OPERATOR, DeleteInstanceRequest(self._chance.choice(there).id))

    async def switch(self) -> None:
        enable = self._chance.random() < 0.8
        await self._replica().layouts.switch(OPERATOR, MigModeRequest(self._rig.device(self._row()).id, enable))

    async def restart(self) -> None:
        await self._rig.reboot(self._row())
        await self._rig.report()

    async def by_hand(self) -> None:
        row = self._row()
        board = self._rig.fleet.node_of(row).board(row)
        if board.instances and self._chance.random() < 0.5:
            self._rig.remove_by_hand(row, self._chance.choice(board.instances).start)
        elif board.enabled:
            small = next(each for each in board.part.mig_profiles if each.name == "1g.10gb")
            if starts := board.free_starts(small):
                self._rig.make_by_hand(row, small.name, self._chance.choice(starts))
        if self._chance.random() < 0.5:
            await self._rig.report()

    async def report(self) -> None:
        await self._rig.report()

    async def wait(self) -> None:
        self._rig.clock.now += timedelta(seconds=self._chance.choice([1, 30, 100]))
        for each in self._rig.replicas:
            await each.view.ensure_current()
            await each.results.sweep()
            await each.base.admission.sweep()


@pytest.mark.parametrize("seed", [15, 18, 40])
async def test_anything_in_any_order_adds_up(lite: Rig, seed: int) -> None:
    for row in ROWS:
        await lite.first.layouts.switch(OPERATOR, MigModeRequest(lite.device(row).id, True))
    assert await lite.carry_out() == len(ROWS)
    lite.quiet = False
    chance = Anything(lite, seed)
    for number in range(STEPS):
        lite.clock.now += timedelta(seconds=1)
        await chance.step()
        if number % 5 == 0:
            assert await lite.audit() == [], chance.done
            await lite.looked_at()
    lite.clock.now += PAST_GRACE
    await lite.first.view.ensure_current()
    await lite.first.results.sweep()
    for _ in range(3):  # what a report finds may be a command, and its end a report
        lite.clock.now += timedelta(seconds=1)
        await lite.report()
        await lite.carry_out()
    assert await lite.report() == 0, chance.done
    lite.quiet = True
    assert await lite.audit() == [], chance.done
