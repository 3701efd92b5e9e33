"""Two replicas at once on the same GPU: one wins, the other is told so, and nothing is held twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from domain.allocation.answers import AllocationAnswer
from domain.allocation.model import AllocationStatus
from domain.allocation.requests import ReleaseRequest
from domain.errors import Conflict, DomainError
from domain.mig.requests import CreateInstanceRequest, MigModeRequest
from tests.integration.allocation.support import ANN, BOB, OPERATOR
from tests.integration.mig.support import H100, Rig


async def both(*calls: Awaitable[object]) -> tuple[list[object], list[DomainError]]:
    """What they answer at once: the results, and the expected errors."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, DomainError)]
    done = [each for each in answers if not isinstance(each, BaseException)]
    assert len(done) + len(refused) == len(answers), answers
    return done, refused


async def test_two_orders_for_one_gpu(rig: Rig) -> None:
    done, refused = await both(
        rig.first.layouts.apply(OPERATOR, rig.wanted(H100, "4g.40gb")),
        rig.second.layouts.apply(OPERATOR, rig.wanted(H100, "1g.10gb", "1g.10gb")),
        rig.second.layouts.create(OPERATOR, CreateInstanceRequest(rig.device(H100).id, "2g.20gb")),
        rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(H100).id, True)),
    )
    assert (len(done), len(refused)) == (1, 3)
    for error in refused:
        assert isinstance(error, Conflict)
        assert "is being changed (command cmd_" in error.message
    assert await rig.carry_out() == 1


@pytest.mark.parametrize("idle", [True, False])
async def test_two_requests_for_the_last_instance(rig: Rig, idle: bool) -> None:
    await rig.laid_out(H100, "7g.80gb" if idle else "1g.10gb@0")
    done, refused = await both(rig.first.ask(ANN, profile_name="7g.80gb"), rig.second.ask(BOB, profile_name="7g.80gb"))
    assert not refused
    answers = [each for each in done if isinstance(each, AllocationAnswer)]
    first = AllocationStatus.ACTIVE if idle else AllocationStatus.CREATING
    assert sorted(each.status for each in answers) == sorted([first, AllocationStatus.NO_RESOURCE])
    (loser,) = [each for each in answers if not each.granted]
    assert loser.message == "no room for 7g.80gb on any of 1 GPUs with MIG on"
    assert await rig.carry_out() == (0 if idle else 1)


async def test_many_requests_of_all_sizes_from_both_sides(rig: Rig) -> None:
    rows = (H100, H100 + 1)
    for row in rows:
        await rig.first.layouts.switch(OPERATOR, MigModeRequest(rig.device(row).id, True))
    assert await rig.carry_out() == 2
    names = ["1g.10gb", "3g.40gb", "2g.20gb", "1g.20gb", "4g.40gb", "1g.10gb+me"] * 3
    calls = [rig.replicas[n % 2].ask((ANN, BOB)[n % 2], profile_name=name) for n, name in enumerate(names)]
    done, refused = await both(*calls, rig.carry_out(), rig.report())
    assert not refused
    granted = [each.allocation for each in done if isinstance(each, AllocationAnswer) and each.granted]
    assert len(granted) >= 4
    await rig.carry_out()
    assert await rig.audit() == []
    ends = [
        rig.replicas[n % 2].base.allocations.release(OPERATOR, ReleaseRequest(each.id))
        for n, each in enumerate(granted)
        if each
    ]
    asks = [rig.replicas[n % 2].ask(profile_name="7g.80gb") for n in range(4)]
    await both(*ends, *asks)
    await rig.carry_out()
    assert await rig.report() == 0


async def test_an_order_and_a_request_for_the_same_slices(rig: Rig) -> None:
    await rig.laid_out(H100, "7g.80gb")
    done, refused = await both(
        rig.first.layouts.apply(OPERATOR, rig.wanted(H100, "3g.40gb", "3g.40gb")),
        rig.second.ask(ANN, profile_name="7g.80gb"),
    )
    granted = [each for each in done if isinstance(each, AllocationAnswer) and each.granted]
    assert len(granted) == len(refused)  # either the request has it and the order is refused, or the other way round
    await rig.carry_out()
    expected = ["7g.80gb"] if granted else ["3g.40gb", "3g.40gb"]
    assert [name for name, _ in rig.placed(H100)] == expected


async def test_a_switch_and_a_request_for_the_whole_gpu(rig: Rig) -> None:
    device = rig.device(H100)
    done, refused = await both(
        rig.first.layouts.switch(OPERATOR, MigModeRequest(device.id, True)),
        rig.second.ask(ANN, gpu_count=8, node_name=device.node.node_name),
    )
    answers = [each for each in done if isinstance(each, AllocationAnswer)]
    assert answers[0].granted is bool(refused)
    await rig.carry_out()
