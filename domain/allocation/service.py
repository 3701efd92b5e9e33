"""Requests for GPUs: asked, granted or refused, extended, released.

A request is decided inside the transaction that grants it, on a view that is the stored truth while the writer lock
is held (`InventoryTransactions.begin(current=True)`). Two replicas cannot choose the same slice; that slices are
claimed under a primary key is the second lock on the same door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from domain.access.policy import Permission, authorise
from domain.access.principal import Principal
from domain.allocation.access import authorise_change, authorise_request, cluster_for, may_see, team_for, user_for
from domain.allocation.answers import AllocationAnswer, Check, Decision
from domain.allocation.holding import Holdings
from domain.allocation.lifecycle import ENDABLE, FINAL
from domain.allocation.model import Allocation, AllocationStatus, ResourceType
from domain.allocation.ports import AllocationArchive
from domain.allocation.queue import QUEUE_MAX, could_ever_serve, line
from domain.allocation.quota import never_allows, quota_checks
from domain.allocation.requests import (
    AllocationRequest,
    ExtendRequest,
    ReleaseRequest,
    check_allocation,
    check_end,
    check_reason,
)
from domain.allocation.scheduler import Scheduler
from domain.allocation.wanted import wanted_again
from domain.errors import IllegalTransition, NotFound, Unavailable
from domain.fleet.identity import new_id
from domain.fleet.once import done_before, remember
from domain.fleet.requests import check_key, fingerprint
from domain.fleet.writing import InventoryTransactions, InventoryWriter

_Change: TypeAlias = Callable[[Holdings, Allocation], Allocation]


class AllocationService:
    """What people and programs do with allocations."""

    def __init__(
        self,
        transactions: InventoryTransactions,
        scheduler: Scheduler,
        archive: AllocationArchive,
        command_timeout: timedelta,
    ) -> None:
        self._transactions = transactions
        self._view = transactions.view
        self._clock = transactions.clock
        self._scheduler = scheduler
        self._archive = archive
        self._command_timeout = command_timeout

    async def request(self, actor: Principal, request: AllocationRequest) -> AllocationAnswer:
        """Grant, queue or refuse; with `dry_run` the same answer without taking or storing anything.

        A refusal for want of room or quota is an answer, stored as NO_RESOURCE or REJECTED. Raises `InvalidInput`,
        `Forbidden`, `Conflict` (a key used for another request) and `Unavailable`.
        """
        check_allocation(request, self._clock())
        authorise_request(actor)
        if request.dry_run:
            await self._view.ensure_current()
            return self._dry_run(actor, request)
        key, done = request.idempotency_key, None
        request_hash = fingerprint(("requestAllocation", replace(request, idempotency_key=None)))
        answer: AllocationAnswer | None = None
        async with self._transactions.begin(actor, current=True) as writer:
            if key is not None:
                done = await done_before(writer, key, request_hash)
            if done is None:
                answer = self._decide_and_write(writer, actor, request)
                if key is not None and answer.allocation is not None:
                    await remember(writer, key, request_hash, answer.allocation.id)
        if answer is None and done is not None:
            answer = _answer_again(await self._read_back(done.result_id))
        if answer is None:
            raise Unavailable("the request was not carried out; send it again")
        return answer

    async def release(self, actor: Principal, request: ReleaseRequest) -> Allocation:
        """Give back what it holds, or take it out of the queue. Raises `NotFound`, `IllegalTransition`, `Forbidden`."""
        check_key(request.idempotency_key)
        check_reason(request.reason)
        reason = request.reason or f"released by {actor.subject}"

        def release(holdings: Holdings, allocation: Allocation) -> Allocation:
            return holdings.give_back(allocation, AllocationStatus.RELEASED, reason)

        return await self._change(actor, "releaseAllocation", request, release)

    async def extend(self, actor: Principal, request: ExtendRequest) -> Allocation:
        """Give it another end, or none. Raises `NotFound`, `IllegalTransition`, `InvalidInput`, `Forbidden`."""
        check_key(request.idempotency_key)
        check_reason(request.reason)
        now = self._clock()
        check_end(request.hours, request.planned_release_time, now)

        def extend(holdings: Holdings, allocation: Allocation) -> Allocation:
            end = request.planned_release_time
            if request.hours is not None:
                end = now + timedelta(hours=request.hours)
            words = "no end" if end is None else f"ends {end.isoformat(timespec='seconds')}"
            changed = holdings.book.change(allocation, f"{request.reason}; {words}" if request.reason else words)
            changed.hours = request.hours
            waiting = allocation.status is AllocationStatus.QUEUED
            changed.planned_release_time = request.planned_release_time if waiting else end
            return changed

        return await self._change(actor, "extendAllocation", request, extend)

    async def allocation(self, actor: Principal, allocation_id: str) -> Allocation | None:
        """One allocation, live or ended; None where there is none or it may not be seen."""
        authorise(actor, Permission.READ_FLEET)
        await self._view.ensure_current()
        found = self._view.allocation(allocation_id) or await self._archived(allocation_id)
        return found if found is not None and may_see(actor.personal_scope, self._view, found) else None

    async def _change(
        self,
        actor: Principal,
        operation: str,
        request: ReleaseRequest | ExtendRequest,
        change: _Change,
    ) -> Allocation:
        key, done = request.idempotency_key, None
        request_hash = fingerprint((operation, replace(request, idempotency_key=None)))
        changed: Allocation | None = None
        async with self._transactions.begin(actor, current=True) as writer:
            if key is not None:
                done = await done_before(writer, key, request_hash)
            if done is None:
                allocation = await self._endable(actor, request.allocation_id)
                changed = change(Holdings(writer, self._view, self._command_timeout), allocation)
                if key is not None:
                    await remember(writer, key, request_hash, changed.id)
        return changed if changed is not None else await self._read_back(request.allocation_id)

    async def _endable(self, actor: Principal, allocation_id: str) -> Allocation:
        allocation = self._view.allocation(allocation_id) or await self._archived(allocation_id)
        if allocation is None or not may_see(actor.personal_scope, self._view, allocation):
            raise NotFound(f"there is no allocation {allocation_id!r}", path=("allocationId",))
        authorise_change(actor, allocation)
        if allocation.status in FINAL:
            when = (
                "" if allocation.ended_time is None else f" since {allocation.ended_time.isoformat(timespec='seconds')}"
            )
            raise IllegalTransition(
                f"this allocation is {allocation.status} already{when}: nothing is held any more",
                path=("allocationId",),
            )
        if allocation.status not in ENDABLE:
            raise IllegalTransition(
                f"an allocation that is {allocation.status} cannot be changed", path=("allocationId",)
            )
        return allocation

    def _dry_run(self, actor: Principal, request: AllocationRequest) -> AllocationAnswer:
        allocation = self._opened(actor, request)
        decision, checks, refused = self._decide(allocation, request)
        status = _outcome(decision, refused, request.queue and self._may_wait(allocation, decision))
        return AllocationAnswer(status, True, decision, None, checks, _message(status, decision, refused))

    def _decide_and_write(
        self, writer: InventoryWriter, actor: Principal, request: AllocationRequest
    ) -> AllocationAnswer:
        allocation = self._opened(actor, request)
        decision, checks, refused = self._decide(allocation, request)
        status = _outcome(decision, refused, request.queue and self._may_wait(allocation, decision))
        message = _message(status, decision, refused)
        holdings = Holdings(writer, self._view, self._command_timeout)
        holdings.book.open(allocation, request.reason)
        allocation.resource_type = decision.resource_type
        if status in FINAL or status is AllocationStatus.QUEUED:
            written = holdings.book.move(allocation, status, message)
        else:
            written = holdings.take(allocation, decision)
        return AllocationAnswer(written.status, False, decision, written, checks, message)

    def _decide(
        self, allocation: Allocation, request: AllocationRequest
    ) -> tuple[Decision, tuple[Check, ...], str | None]:
        """The decision, all checks in order, and the message of the quota that refuses, if one does."""
        decision = self._scheduler.decide_request(allocation, request, allocation.requested_time)
        checks, refused = quota_checks(self._view, allocation, decision)
        return decision, (*checks, *decision.checks), refused

    def _may_wait(self, allocation: Allocation, decision: Decision) -> bool:
        """Whether waiting can lead to anything: fleet and quotas could allow it, and the line is not too long."""
        if len(line(self._view, self._clock())) >= QUEUE_MAX or never_allows(self._view, allocation, decision):
            return False
        waiting = replace(allocation, resource_type=decision.resource_type)
        if decision.resource_type is ResourceType.MIG:
            return self._scheduler.instances.could_ever_serve(wanted_again(self._view, waiting, (ResourceType.MIG,)))
        return could_ever_serve(self._view, waiting)

    def _opened(self, actor: Principal, request: AllocationRequest) -> Allocation:
        now = self._clock()
        return Allocation(
            id=new_id("alloc"),
            namespace=request.namespace,
            pod_name=request.pod_name,
            workload_type=request.workload_type,
            resource_type=request.resource_type or ResourceType.FULL,
            allocated_resource=None,
            requested_memory_gb=request.memory_gb,
            allocation_time=None,
            planned_release_time=request.planned_release_time,
            status=AllocationStatus.REQUESTED,
            cost_per_hour=None,
            total_cost=None,
            user_id=user_for(actor, request.user_id),
            team_id=team_for(self._view, actor, request.team_id),
            requested_time=now,
            ended_time=None,
            status_reason=None,
            gpu_count=request.gpu_count,
            profile_name=request.profile_name,
            compute_milli=request.compute_milli or 1000,
            cpu_milli=request.cpu_milli,
            host_memory_mib=request.host_memory_mib,
            model_names=request.model_names,
            cluster_name=cluster_for(actor, request.cluster_name),
            node_name=request.node_name,
            spread=request.spread,
            priority=request.priority,
            hours=request.hours,
            policy=None,
            score=None,
            explanation=None,
            version=1,
        )

    async def _archived(self, allocation_id: str) -> Allocation | None:
        return (await self._archive.allocations([allocation_id])).get(allocation_id)

    async def _read_back(self, allocation_id: str) -> Allocation:
        await self._view.ensure_current()
        found = self._view.allocation(allocation_id) or await self._archived(allocation_id)
        if found is None:
            raise Unavailable("this was done before, but it cannot be read back now; send the same request again")
        return found


def _outcome(decision: Decision, refused: str | None, queue: bool) -> AllocationStatus:
    if refused is None and decision.place is not None:
        return AllocationStatus.CREATING if decision.place.creates else AllocationStatus.ACTIVE
    if queue:
        return AllocationStatus.QUEUED
    return AllocationStatus.REJECTED if refused is not None else AllocationStatus.NO_RESOURCE


def _message(status: AllocationStatus, decision: Decision, refused: str | None) -> str:
    """The answer in one sentence, the same for every client."""
    if refused is not None:
        return refused
    if decision.place is None:
        return decision.refusal or "nothing fits"
    making = " once its instance is made" if status is AllocationStatus.CREATING else ""
    return f"{decision.place.words}{making}"


def _answer_again(allocation: Allocation) -> AllocationAnswer:
    """The answer to a request that was done before: what became of it; how it was chosen is in its explanation."""
    decision = Decision(allocation.resource_type, allocation.policy or "", None)
    message = allocation.allocated_resource or allocation.status_reason or ""
    return AllocationAnswer(allocation.status, False, decision, allocation, (), message)
