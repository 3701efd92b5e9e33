"""Who waits gets in: in order, by fairness, without starving, and never for what cannot be."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from domain.allocation.model import Allocation, AllocationStatus, Priority, QuotaScope
from domain.allocation.queue import GATHER_AFTER, line
from domain.allocation.requests import QuotaRequest, ReleaseRequest
from tests.integration.allocation.support import ADMIN, ANN, BOB, OPERATOR, Replica


async def fill(each: Replica, gpus: int = 8) -> list[Allocation]:
    """Take both nodes, in pieces of `gpus`."""
    answers = [await each.ask(gpu_count=gpus) for _ in range(16 // gpus)]
    return [answer.allocation for answer in answers if answer.allocation is not None]


async def free(each: Replica, allocation: Allocation) -> None:
    await each.allocations.release(OPERATOR, ReleaseRequest(allocation.id))


async def statuses(each: Replica) -> dict[str, AllocationStatus]:
    await each.view.ensure_current()
    return {allocation.user_id: allocation.status for allocation in each.view.allocations}


async def test_who_waits_is_let_in_once_by_whichever_replica_sees_it_first(both: list[Replica]) -> None:
    first, _ = await fill(both[0])
    waiting = await both[1].ask(ANN, gpu_count=8, hours=2, queue=True)
    assert waiting.status is AllocationStatus.QUEUED
    assert [await each.admission.sweep() for each in both] == [0, 0]
    both[0].clock.now += timedelta(hours=1)
    await free(both[0], first)
    await both[1].view.ensure_current()
    assert sum(await asyncio.gather(*(each.admission.sweep() for each in both))) == 1
    await both[0].view.ensure_current()
    assert waiting.allocation is not None
    granted = both[0].view.allocation(waiting.allocation.id)
    assert granted is not None
    assert granted.status is AllocationStatus.ACTIVE
    assert granted.allocated_resource == first.allocated_resource
    assert granted.planned_release_time == both[0].clock.now + timedelta(hours=2)  # counted from when it got it


async def test_the_line_goes_by_priority_then_by_what_a_team_holds_then_by_time(both: list[Replica]) -> None:
    each = both[0]
    await each.ask(ANN, gpu_count=4)
    for count in (4, 4, 4):
        await each.ask(gpu_count=count)
    for actor, priority in ((ANN, Priority.NORMAL), (BOB, Priority.NORMAL), (OPERATOR, Priority.HIGH)):
        each.clock.now += timedelta(seconds=1)
        await each.ask(actor, gpu_count=1, queue=True, priority=priority)
    order = [waiting.allocation.user_id for waiting in line(each.view, each.clock.now)]
    assert order == ["olga", "bob", "ann"]
    each.clock.now += timedelta(hours=2)
    later = await each.ask(BOB, gpu_count=1, queue=True, priority=Priority.HIGH)
    assert later.allocation is not None
    assert line(each.view, each.clock.now)[-1].allocation.id == later.allocation.id  # waiting has raised the others


async def test_a_large_request_does_not_starve_behind_small_ones(both: list[Replica]) -> None:
    each = both[0]
    held = await fill(each, gpus=1)
    large = await each.ask(ANN, gpu_count=8, queue=True)
    assert large.status is AllocationStatus.QUEUED
    each.clock.now += GATHER_AFTER
    on_first = [allocation for allocation in held if allocation.allocated_resource.startswith("n1/")]  # type: ignore[union-attr]
    for allocation in on_first[:7]:
        await free(each, allocation)
    assert (await each.ask(BOB, gpu_count=1)).status is AllocationStatus.NO_RESOURCE  # seven are free, and kept clear
    urgent = await each.ask(BOB, gpu_count=1, priority=Priority.HIGH)
    assert urgent.granted
    assert urgent.allocation is not None
    await free(each, urgent.allocation)
    await free(each, on_first[7])
    assert await each.admission.sweep() == 1
    assert (await statuses(each))["ann"] is AllocationStatus.ACTIVE


async def test_what_the_fleet_could_never_serve_is_not_waited_for(both: list[Replica]) -> None:
    assert (await both[0].ask(gpu_count=9, queue=True)).status is AllocationStatus.NO_RESOURCE
    assert (await both[0].ask(gpu_count=1, memory_gb=200, queue=True)).status is AllocationStatus.NO_RESOURCE


async def test_what_a_quota_could_never_allow_is_not_waited_for(both: list[Replica]) -> None:
    await both[0].administration.set_quota(ADMIN, QuotaRequest(QuotaScope.TEAM, "speech", gpus_hard=4))
    too_much = await both[0].ask(ANN, gpu_count=5, queue=True)
    assert too_much.status is AllocationStatus.REJECTED
    assert "hard limit of 4" in too_much.message
    held = await both[0].ask(ANN, gpu_count=3)
    assert held.granted
    later = await both[1].ask(ANN, gpu_count=2, queue=True)  # allowed once something is given back
    assert later.status is AllocationStatus.QUEUED


async def test_one_who_waits_may_give_up(both: list[Replica]) -> None:
    await fill(both[0])
    waiting = await both[0].ask(ANN, gpu_count=1, queue=True)
    assert waiting.allocation is not None
    ended = await both[1].allocations.release(ANN, ReleaseRequest(waiting.allocation.id))
    assert ended.status is AllocationStatus.RELEASED
    assert await both[0].admission.sweep() == 0
