"""Allocations on real databases: replicas that compete, ends, quotas, retries - and an auditor after each."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM, Principal, Role
from domain.allocation.administration import Administration, SharingRequest
from domain.allocation.answers import AllocationAnswer
from domain.allocation.expiry import STEADY_SWEEPS, Expiry
from domain.allocation.feed import CapacityFeed
from domain.allocation.lifecycle import FINAL, HOLDING
from domain.allocation.model import AllocationStatus, QuotaScope, ResourceType, Spread
from domain.allocation.policies.registry import policy_named
from domain.allocation.requests import AllocationRequest, ExtendRequest, QuotaRequest, ReleaseRequest
from domain.allocation.scheduler import Scheduler
from domain.allocation.service import AllocationService
from domain.errors import Conflict, Forbidden, IllegalTransition, InvalidInput, NotFound
from domain.fleet.model import CollectionSource, SharingMode
from domain.fleet.reporting import NodeReporting
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.view import InventoryView
from domain.fleet.writing import InventoryTransactions
from persistence import ledger_statements as sql
from persistence.archive import SqlArchive
from persistence.inventory_reader import SqlInventoryReader
from persistence.unit_of_work import unit_of_work_factory

OPERATOR = Principal("olga", Role.OPERATOR)
ADMIN = Principal("ada", Role.ADMIN)
ANN = Principal("ann", Role.USER, team="speech")
BOB = Principal("bob", Role.USER, team="vision")
TIMEOUT = timedelta(seconds=60)


class Clock:
    """A wall clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Replica:
    """One process's worth of services over the shared database."""

    view: InventoryView
    allocations: AllocationService
    administration: Administration
    transactions: InventoryTransactions
    clock: Clock

    async def ask(self, actor: Principal = OPERATOR, **wanted: object) -> AllocationAnswer:
        return await self.allocations.request(actor, AllocationRequest(**wanted))  # type: ignore[arg-type]


def replica(engine: AsyncEngine, clock: Clock) -> Replica:
    view = InventoryView(SqlInventoryReader(engine))
    transactions = InventoryTransactions(unit_of_work_factory(engine, clock), view, clock=clock)
    scheduler = Scheduler(view, CapacityFeed(view), policy_named("vfs-fair"))
    service = AllocationService(transactions, scheduler, SqlArchive(engine), TIMEOUT)
    return Replica(view, service, Administration(transactions), transactions, clock)


def node(name: str, gpus: int = 8) -> NodeReport:
    devices = tuple(
        DeviceReport(f"GPU-{name}-{index:04d}", index, "NVIDIA A100-SXM4-80GB", memory_total_mb=81920)
        for index in range(gpus)
    )
    return NodeReport("east", name, CollectionSource.NVML, devices)


@pytest.fixture
async def both(database: AsyncEngine) -> AsyncIterator[list[Replica]]:
    """Two replicas over a fleet of two nodes with eight GPUs; what is stored is audited afterwards."""
    clock = Clock()
    replicas = [replica(database, clock), replica(database, clock)]
    await replicas[0].view.refresh()
    await NodeReporting(replicas[0].transactions).report_nodes(SYSTEM, [node("n1"), node("n2")])
    await replicas[1].view.refresh()
    yield replicas
    assert await audit(database) == []


async def audit(engine: AsyncEngine) -> list[str]:
    """What is wrong: recomputed from claims, allocations, resources and history alone."""
    wrong: list[str] = []
    archive = SqlArchive(engine)
    async with engine.connect() as connection:
        claims = (await connection.execute(sql.CLAIMS)).all()
        ids = [row[0] for row in (await connection.exec_driver_sql("SELECT allocation_id FROM gpu_allocations")).all()]
    allocations = await archive.allocations(ids)
    history = await archive.history(ids)
    claimed = Counter((device_id, slice_no) for device_id, slice_no, _ in claims)
    wrong += [f"{slot} is claimed {times} times" for slot, times in claimed.items() if times > 1]
    expected = {
        (resource.device_id, number, allocation.id)
        for allocation in allocations.values()
        if allocation.status in HOLDING and allocation.resource_type is not ResourceType.SHARED
        for resource in allocation.resources
        for number in range(resource.placement_start, resource.placement_start + resource.placement_size)
    }
    found = {(row[0], row[1], row[2]) for row in claims}
    wrong += [f"claimed for nobody: {claim}" for claim in found - expected]
    wrong += [f"held without a claim: {claim}" for claim in expected - found]
    for allocation in allocations.values():
        steps = history.get(allocation.id, ())
        if [step.step for step in steps] != list(range(1, len(steps) + 1)) or not steps:
            wrong.append(f"{allocation.id}: its history has gaps")
            continue
        chain = [(before.to_status, after.from_status) for before, after in pairwise(steps)]
        if any(ended is not began for ended, began in chain) or steps[-1].to_status is not allocation.status:
            wrong.append(f"{allocation.id}: its history does not lead to {allocation.status}")
        if (allocation.status in FINAL) != (allocation.ended_time is not None):
            wrong.append(f"{allocation.id}: {allocation.status} with the end {allocation.ended_time}")
    return wrong


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
