"""Allocations on real databases: replicas that compete, ends, quotas, retries - and an auditor after each."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain.access.principal import Principal, Role
from domain.allocation.administration import SharingRequest
from domain.allocation.expiry import STEADY_SWEEPS, Expiry
from domain.allocation.model import AllocationStatus, QuotaScope, ResourceType, Spread
from domain.allocation.requests import ExtendRequest, QuotaRequest, ReleaseRequest
from domain.errors import Conflict, Forbidden, IllegalTransition, InvalidInput, NotFound
from domain.fleet.model import SharingMode
from tests.integration.allocation.support import ADMIN, ANN, BOB, OPERATOR, TIMEOUT, Replica


async def test_a_request_is_granted_explained_and_seen_by_the_other_replica(both: list[Replica]) -> None:
    answer = await both[0].ask(ANN, gpu_count=2, hours=4, namespace="asr", pod_name="train-0", reason="weekly run")
    assert answer.status is AllocationStatus.ACTIVE
    assert answer.allocation is not None
    assert answer.allocation.team_id == "speech"
    assert answer.allocation.planned_release_time == both[0].clock.now + timedelta(hours=4)
    assert [resource.gpu_equivalent for resource in answer.allocation.resources] == [1.0, 1.0]
    assert answer.decision.place is not None
    assert answer.decision.place.words == "n1/0-1"
    await both[1].view.ensure_current()
    seen = both[1].view.allocation(answer.allocation.id)
    assert seen is not None
    assert seen.allocated_resource == "n1/0-1"
    held = [device for device in both[1].view.devices if device.allocations]
    assert [device.device_index for device in held] == [0, 1]


async def test_replicas_that_compete_never_give_a_gpu_twice(both: list[Replica]) -> None:
    generator = random.Random(7)

    async def client(number: int) -> list[str]:
        each = both[number % 2]
        kept: list[str] = []
        for _ in range(6):
            if kept and generator.random() < 0.5:
                await each.allocations.release(OPERATOR, ReleaseRequest(kept.pop()))
            else:
                answer = await each.ask(gpu_count=generator.choice([1, 1, 2, 4]))
                if answer.granted and answer.allocation is not None:
                    kept.append(answer.allocation.id)
        return kept

    kept = [id_ for ids in await asyncio.gather(*(client(number) for number in range(12))) for id_ in ids]
    for each in both:
        await each.view.ensure_current()
        assert {allocation.id for allocation in each.view.allocations} == set(kept)
        assert all(len(device.allocations) <= 1 for device in each.view.devices)


async def test_several_gpus_are_all_or_nothing(both: list[Replica]) -> None:
    assert (await both[0].ask(gpu_count=6)).granted
    assert (await both[0].ask(gpu_count=6)).granted
    refused = await both[1].ask(gpu_count=4)
    assert refused.status is AllocationStatus.NO_RESOURCE
    assert refused.message == "4 such GPUs are free, but spread over several nodes: none has 4 free on one node"
    assert {a.kind.value for a in refused.decision.alternatives} == {"WIDER_SPREAD", "FEWER_GPUS"}
    spread = await both[1].ask(gpu_count=4, spread=Spread.ANY)
    assert spread.granted
    assert spread.allocation is not None
    assert spread.allocation.allocated_resource == "n1/6-7; n2/6-7"


async def test_a_dry_run_takes_nothing(both: list[Replica]) -> None:
    dry = await both[0].ask(gpu_count=8, dry_run=True)
    assert dry.status is AllocationStatus.ACTIVE
    assert dry.allocation is None
    assert not both[0].view.allocations
    assert (await both[0].ask(gpu_count=8)).message == dry.message


async def test_a_retry_gets_the_same_allocation_and_another_request_is_refused(both: list[Replica]) -> None:
    first = await both[0].ask(gpu_count=1, idempotency_key="k1")
    again = await both[1].ask(gpu_count=1, idempotency_key="k1")
    assert first.allocation is not None
    assert again.allocation is not None
    assert again.allocation.id == first.allocation.id
    with pytest.raises(Conflict):
        await both[1].ask(gpu_count=2, idempotency_key="k1")
    assert len(both[1].view.allocations) == 1


async def test_quotas_bind_inside_the_transaction(both: list[Replica]) -> None:
    limits = QuotaRequest(QuotaScope.TEAM, "speech", gpus_hard=3, gpus_soft=1)
    await both[0].administration.set_quota(ADMIN, limits)
    answers = await asyncio.gather(*(both[n % 2].ask(ANN, gpu_count=1) for n in range(6)))
    assert Counter(answer.status for answer in answers) == {
        AllocationStatus.ACTIVE: 3,
        AllocationStatus.REJECTED: 3,
    }
    assert sum(any(check.warning for check in answer.checks) for answer in answers) == 2
    assert "hard limit of 3" in next(a.message for a in answers if not a.granted)
    states = await both[0].administration.quotas(ADMIN)
    assert states[0].used.gpus == 3.0


async def test_a_release_happens_once_and_only_by_those_who_may(both: list[Replica]) -> None:
    answer = await both[0].ask(ANN, gpu_count=8)
    assert answer.allocation is not None
    wanted = ReleaseRequest(answer.allocation.id)
    with pytest.raises(NotFound):
        await both[1].allocations.release(BOB, wanted)
    with pytest.raises(Forbidden):
        await both[1].allocations.release(Principal("vi", Role.VIEWER), wanted)
    ended = await both[1].allocations.release(ANN, wanted)
    assert ended.status is AllocationStatus.RELEASED
    with pytest.raises(IllegalTransition, match="RELEASED already"):
        await both[0].allocations.release(ANN, wanted)
    assert (await both[0].ask(BOB, gpu_count=8)).message == "n1/0-7"


async def test_planned_ends_come_once_and_wait_for_a_steady_clock(both: list[Replica]) -> None:
    monotonic = [0.0]
    sweeps = [Expiry(each.transactions, TIMEOUT, lambda: monotonic[0]) for each in both]
    answer = await both[0].ask(gpu_count=1, hours=1)
    assert answer.allocation is not None
    await both[0].allocations.extend(OPERATOR, ExtendRequest(answer.allocation.id, hours=2))
    await both[1].view.ensure_current()

    async def advance(seconds: float, counted: float | None = None) -> int:
        both[0].clock.now += timedelta(seconds=seconds)
        monotonic[0] += seconds if counted is None else counted
        return sum([await sweep.sweep() for sweep in sweeps])

    assert await advance(1) == 0
    assert await advance(3700) == 0
    assert await advance(7200, counted=1) == 0  # the clock has jumped
    assert [sweep.jumps for sweep in sweeps] == [1, 1]
    assert sum([await advance(1) for _ in range(STEADY_SWEEPS)]) == 1
    await both[0].view.ensure_current()
    assert not both[0].view.allocations


async def test_shares_have_memory_compute_and_a_maximum(both: list[Replica]) -> None:
    device = both[0].view.devices[0]
    wanted = SharingRequest(device.id, SharingMode.TIME_SLICING, max_sharers=3)
    await both[0].administration.set_sharing(OPERATOR, wanted)
    asked = {"resource_type": ResourceType.SHARED, "memory_gb": 30.0, "compute_milli": 300}
    answers = await asyncio.gather(*(both[n % 2].ask(**asked) for n in range(4)))
    assert Counter(a.status for a in answers) == {AllocationStatus.ACTIVE: 2, AllocationStatus.NO_RESOURCE: 2}
    with pytest.raises(Conflict, match="share it"):
        await both[1].administration.set_sharing(OPERATOR, SharingRequest(device.id, SharingMode.NONE))
    whole = await both[0].ask(gpu_count=8)
    assert whole.message == "n2/0-7"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"hours": 0.0}, ("hours",)),
        ({"hours": -1.0}, ("hours",)),
        ({"planned_release_time": datetime(2026, 11, 24, 11, 0, tzinfo=UTC)}, ("plannedReleaseTime",)),
        ({"team_id": "nobody"}, ("teamId",)),
        ({"pod_name": "Not_A_Pod"}, ("podName",)),
        ({"namespace": "a.b"}, ("namespace",)),
        ({"model_names": ("RTX 9090",)}, ("modelNames", "0")),
        ({"gpu_count": 0}, ("gpuCount",)),
        ({"memory_gb": float("nan")}, ("memoryGb",)),
        ({"cluster_name": "west"}, ("clusterName",)),
        ({"node_name": "n9"}, ("nodeName",)),
        ({"profile_name": "3g.40gb", "resource_type": ResourceType.FULL}, ("profileName",)),
    ],
)
async def test_bad_input_names_its_field_and_takes_nothing(
    both: list[Replica], wanted: dict[str, object], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await both[0].ask(**wanted)
    assert refused.value.path == path
    assert not both[0].view.allocations
