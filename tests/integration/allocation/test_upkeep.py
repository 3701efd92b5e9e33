"""What the server does by itself: the policy learns from the stored requests; nodes that go give back what was held."""

from __future__ import annotations

import pytest

from domain.access.principal import SYSTEM, Principal, Role
from domain.allocation.expiry import Expiry
from domain.allocation.model import AllocationStatus
from domain.allocation.requests import ReleaseRequest
from domain.errors import Forbidden, InvalidInput
from domain.fleet.model import CollectionSource, node_id_for
from domain.fleet.reporting import NodeReporting
from domain.mig.results import CommandResults
from server.allocation_upkeep import AllocationUpkeep
from tests.integration.allocation.support import OPERATOR, TIMEOUT, Replica, node


async def test_every_replica_learns_from_the_requests_that_are_stored(both: list[Replica]) -> None:
    upkeep = [
        AllocationUpkeep(
            Expiry(each.transactions, TIMEOUT),
            each.admission,
            CommandResults(each.transactions, TIMEOUT),
            each.scheduler,
            each.archive,
        )
        for each in both
    ]
    for _ in range(24):
        answer = await both[0].ask(gpu_count=8, cpu_milli=96_000)
        assert answer.allocation is not None
        await both[0].allocations.release(OPERATOR, ReleaseRequest(answer.allocation.id))
    assert [await each.learn_once() for each in upkeep] == [False, False]
    first = await both[0].ask(gpu_count=8, dry_run=True)
    assert first.decision.place is not None
    assert [part.name for part in first.decision.place.parts] == ["tightest"]
    await both[0].ask(gpu_count=1)
    assert [await each.learn_once() for each in upkeep] == [True, True]
    assert [await each.learn_once() for each in upkeep] == [False, False]
    await both[1].view.ensure_current()
    second = await both[1].ask(gpu_count=1, dry_run=True)
    assert second.decision.place is not None
    assert {"value", "fragmentation"} <= {part.name for part in second.decision.place.parts}


async def test_a_simulated_node_that_goes_gives_back_what_was_held_of_it(both: list[Replica]) -> None:
    reporting = NodeReporting(both[0].transactions)
    simulated = node("s1", cluster="sim", source=CollectionSource.SIMULATED)
    await reporting.report_nodes(SYSTEM, [simulated])
    answer = await both[0].ask(gpu_count=8, node_name="s1")
    assert answer.granted
    assert await reporting.forget_simulated_nodes(SYSTEM, "sim", set()) == 1
    assert both[0].view.node(node_id_for("sim", "s1")) is None
    assert answer.allocation is not None
    ended = await both[1].allocations.allocation(OPERATOR, answer.allocation.id)
    assert ended is not None
    assert (ended.status, ended.status_reason) == (AllocationStatus.FAILED, "its node is gone")


async def test_a_token_asks_for_no_more_than_it_may_see(both: list[Replica]) -> None:
    await NodeReporting(both[0].transactions).report_nodes(SYSTEM, [node("w1", cluster="west")])
    bound = Principal("cy", Role.OPERATOR, clusters=frozenset({"west"}))
    answer = await both[0].ask(bound, gpu_count=8)
    assert answer.message == "w1/0-7"
    assert (await both[0].ask(bound, gpu_count=1)).status is AllocationStatus.NO_RESOURCE
    with pytest.raises(InvalidInput, match="there is no cluster 'east'"):
        await both[0].ask(bound, cluster_name="east")
    two = Principal("di", Role.OPERATOR, clusters=frozenset({"east", "west"}))
    with pytest.raises(InvalidInput, match="name one of your clusters"):
        await both[0].ask(two)
    with pytest.raises(Forbidden, match="asks for no GPUs"):
        await both[0].ask(Principal("agent", Role.SERVICE, node_name="n1"))
