"""Bad days of allocations: a database that goes away in the middle, GPUs that die in between. Audited after each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM
from domain.allocation.expiry import Expiry
from domain.allocation.model import AllocationStatus
from domain.allocation.requests import ExtendRequest, ReleaseRequest
from domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound, Unavailable
from domain.fleet.model import DeviceStatus
from domain.fleet.reporting import NodeReporting
from domain.fleet.requests import StatusChange
from domain.fleet.service import FleetService
from domain.fleet.watch import NodeWatch
from persistence.engine import create_engine
from persistence.unit_of_work import SqlUnitOfWork
from tests.fixtures.databases import PostgresServer
from tests.integration.allocation.auditor import audit
from tests.integration.allocation.books import read_books
from tests.integration.allocation.support import ANN, OPERATOR, TIMEOUT, Clock, Replica, node, replica

HOUR = timedelta(hours=1)


@pytest.fixture
async def outage(
    postgres_url: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Replica, AsyncEngine]]:
    """A replica over a PostgreSQL that a test takes away; what is stored is audited when it is back."""
    engine = create_engine(postgres_url, pool_size=3, pool_overflow=1)
    each = replica(engine, Clock())
    await each.view.refresh()
    await NodeReporting(each.transactions).report_nodes(SYSTEM, [node("n1")])
    yield each, engine
    await asyncio.to_thread(postgres_server.start)
    assert await audit(engine) == []
    await engine.dispose()


def at_next_commit(
    monkeypatch: pytest.MonkeyPatch, instead: Callable[[SqlUnitOfWork, Callable[[], Awaitable[int]]], Awaitable[int]]
) -> None:
    """The next commit does this instead, given the real one; those after it are real again."""
    real = SqlUnitOfWork.commit

    async def once(uow: SqlUnitOfWork) -> int:
        monkeypatch.setattr(SqlUnitOfWork, "commit", real)
        return await instead(uow, lambda: real(uow))

    monkeypatch.setattr(SqlUnitOfWork, "commit", once)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_the_database_goes_away_between_reserve_and_commit(
    outage: tuple[Replica, AsyncEngine], postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    each, engine = outage

    async def stopped(_: SqlUnitOfWork, commit: Callable[[], Awaitable[int]]) -> int:
        await asyncio.to_thread(postgres_server.stop, mode)
        return await commit()

    at_next_commit(monkeypatch, stopped)
    with pytest.raises(Unavailable):
        await each.ask(gpu_count=8, idempotency_key="k")
    with pytest.raises(Unavailable):
        await each.ask(gpu_count=8, idempotency_key="k")
    assert not each.view.allocations
    await asyncio.to_thread(postgres_server.start)
    assert (await each.ask(gpu_count=8, idempotency_key="k")).granted
    assert len((await read_books(engine)).allocations) == 1


async def test_a_grant_whose_answer_is_lost_is_found_again_under_its_key(
    outage: tuple[Replica, AsyncEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    each, engine = outage

    async def unheard(_: SqlUnitOfWork, commit: Callable[[], Awaitable[int]]) -> int:
        await commit()
        raise Unavailable("the connection broke before the answer")

    at_next_commit(monkeypatch, unheard)
    with pytest.raises(Unavailable):
        await each.ask(gpu_count=8, idempotency_key="k")
    [stored] = (await read_books(engine)).allocations
    again = await each.ask(gpu_count=8, idempotency_key="k")
    assert again.allocation is not None
    assert again.allocation.id == stored
    assert (await each.ask(gpu_count=1)).status is AllocationStatus.NO_RESOURCE


async def test_a_release_that_the_database_did_not_hear_of_holds_on(
    outage: tuple[Replica, AsyncEngine], postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, _ = outage
    answer = await each.ask(gpu_count=8)
    assert answer.allocation is not None

    async def crashed(_: SqlUnitOfWork, commit: Callable[[], Awaitable[int]]) -> int:
        await asyncio.to_thread(postgres_server.restart, "immediate")
        return await commit()

    at_next_commit(monkeypatch, crashed)
    with pytest.raises(Unavailable):
        await each.allocations.release(OPERATOR, ReleaseRequest(answer.allocation.id))
    assert (await each.ask(gpu_count=1)).status is AllocationStatus.NO_RESOURCE
    await each.allocations.release(OPERATOR, ReleaseRequest(answer.allocation.id))
    assert (await each.ask(gpu_count=8)).granted


async def test_a_gpu_that_dies_between_dry_run_and_request_is_not_given(both: list[Replica]) -> None:
    dry = await both[0].ask(gpu_count=8, dry_run=True)
    assert dry.decision.place is not None
    assert dry.decision.place.words == "n1/0-7"
    died = StatusChange(dry.decision.place.resources[3].device.id, DeviceStatus.OFFLINE, "fell off the bus")
    await FleetService(both[1].transactions).set_device_status(OPERATOR, died)
    answer = await both[0].ask(gpu_count=8)  # this replica has not heard of it
    assert answer.message == "n2/0-7"
    assert (await both[0].ask(gpu_count=8)).status is AllocationStatus.NO_RESOURCE
    assert (await both[0].ask(gpu_count=4)).granted


async def test_a_node_that_is_not_heard_of_between_dry_run_and_request_is_not_given(both: list[Replica]) -> None:
    assert (await both[0].ask(gpu_count=8, dry_run=True)).message == "n1/0-7"
    both[1].clock.now += HOUR
    await NodeReporting(both[1].transactions).report_nodes(SYSTEM, [node("n2")])
    assert await NodeWatch(both[1].transactions, timedelta(minutes=3)).sweep() == 1
    assert (await both[0].ask(gpu_count=8)).message == "n2/0-7"
    assert (await both[0].ask(gpu_count=1)).message == "0 of 8 such GPUs are free, 1 needed"


async def test_what_is_held_of_a_gpu_that_died_can_be_given_back(both: list[Replica]) -> None:
    answer = await both[0].ask(gpu_count=8)
    assert answer.allocation is not None
    for resource in answer.allocation.resources:
        died = StatusChange(resource.device_id, DeviceStatus.UNHEALTHY, "XID 79")
        await FleetService(both[1].transactions).set_device_status(OPERATOR, died)
    ended = await both[0].allocations.release(OPERATOR, ReleaseRequest(answer.allocation.id))
    assert ended.status is AllocationStatus.RELEASED
    assert (await both[1].ask(gpu_count=8)).message == "n2/0-7"


async def test_a_key_is_for_one_request_whatever_became_of_it(both: list[Replica]) -> None:
    first = await both[0].ask(gpu_count=9, idempotency_key="k")
    assert first.status is AllocationStatus.NO_RESOURCE
    assert (await both[1].ask(gpu_count=9, idempotency_key="k")).status is AllocationStatus.NO_RESOURCE
    with pytest.raises(Conflict) as refused:
        await both[1].ask(gpu_count=8, idempotency_key="k")
    assert refused.value.path == ("idempotencyKey",)
    assert (await both[1].ask(ANN, gpu_count=8, idempotency_key="k")).granted  # another's key is another key


async def test_two_requests_under_one_key_at_once_are_one(both: list[Replica]) -> None:
    answers = await asyncio.gather(*(both[n % 2].ask(gpu_count=1, idempotency_key="k") for n in range(8)))
    assert len({answer.allocation.id for answer in answers if answer.allocation is not None}) == 1
    await both[0].view.ensure_current()
    assert len(both[0].view.allocations) == 1


async def test_a_release_and_an_end_at_once_are_one(both: list[Replica]) -> None:
    answer = await both[0].ask(gpu_count=8, hours=1)
    assert answer.allocation is not None
    await both[1].view.ensure_current()
    both[0].clock.now += 2 * HOUR
    expiry = Expiry(both[1].transactions, TIMEOUT)
    wanted = ReleaseRequest(answer.allocation.id)
    outcomes = await asyncio.gather(
        both[0].allocations.release(OPERATOR, wanted),
        both[1].allocations.release(OPERATOR, wanted),
        expiry.sweep(),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, IllegalTransition)]
    assert len(refused) >= 1
    assert all(isinstance(outcome, IllegalTransition) or not isinstance(outcome, BaseException) for outcome in outcomes)


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"hours": 0.0}, ("hours",)),
        ({"hours": -2.0}, ("hours",)),
        ({"hours": float("nan")}, ("hours",)),
        ({"hours": float("inf")}, ("hours",)),
        ({"planned_release_time": datetime(2026, 11, 24, 11, 59, tzinfo=UTC)}, ("plannedReleaseTime",)),
        ({"planned_release_time": datetime(2026, 11, 25)}, ("plannedReleaseTime",)),  # noqa: DTZ001
        ({"hours": 1.0, "planned_release_time": datetime(2026, 11, 25, tzinfo=UTC)}, ("plannedReleaseTime",)),
        ({"hours": 1.0, "reason": "x" * 301}, ("reason",)),
    ],
)
async def test_a_bad_end_names_its_field_and_changes_nothing(
    both: list[Replica], wanted: dict[str, object], path: tuple[str, ...]
) -> None:
    answer = await both[0].ask(gpu_count=1, hours=1)
    assert answer.allocation is not None
    with pytest.raises(InvalidInput) as refused:
        await both[1].allocations.extend(OPERATOR, ExtendRequest(answer.allocation.id, **wanted))  # type: ignore[arg-type]
    assert refused.value.path == path
    kept = both[0].view.allocation(answer.allocation.id)
    assert kept is not None
    assert kept.planned_release_time == both[0].clock.now + HOUR


@pytest.mark.parametrize("id_", ["alloc_0", "", "x" * 5000, "ä", "\x00", "' OR 1=1 --"])
async def test_what_is_no_allocation_is_not_found(both: list[Replica], id_: str) -> None:
    with pytest.raises(NotFound) as released:
        await both[0].allocations.release(OPERATOR, ReleaseRequest(id_))
    with pytest.raises(NotFound) as extended:
        await both[0].allocations.extend(OPERATOR, ExtendRequest(id_, hours=1))
    assert released.value.path == extended.value.path == ("allocationId",)
