"""Shared execution: subscribers that asked the same and may see the same share one execution and one encoding.

A cohort is one running subscription, keyed by document, variables, operation name and access scope. It
executes with a context that has the scope and no principal. Each result is encoded once; per client only the
message id differs.

Two kinds of stream. A stream of *states* (`gpuMetrics`, `fleetFrame`) sends whole frames: a subscriber that
is not ready misses frames and gets the newest when it is - latest wins, counted, never queued. A stream of
*events* (`deviceEvents`) may not skip: the newest events are kept for all, and a subscriber that falls
behind them, or joins late, gets a snapshot of its own first.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from domain.access.principal import AccessScope
from domain.errors import Unavailable
from resolvers.context import Context, Services
from schema.build import FleetSchema
from server.graphql.payload import Payload, encode_result
from server.graphql.shared_frames import SharedFrameWriter

EVENT_FIELDS = frozenset({"deviceEvents", "allocationEvents", "nodeCommands"})
EVENTS_KEPT = 256
BYTES_PER_TURN = 4 * 1024 * 1024
"""Written to connections before other work of the event loop gets its turn: about 10 ms."""

MEMBERS_PER_TURN = 10_000
"""Looked at in one turn, most of them not ready: about 3 ms."""

_alone = count(1)

ENDED = sys.maxsize
"""The position of a result without data: the stream has failed, which is news to every reader."""


@dataclass(frozen=True, slots=True)
class CohortKey:
    """What makes two subscriptions the same."""

    query: str
    variables: bytes
    operation_name: str | None
    scope: AccessScope
    alone: int = 0
    """Above 0: of one subscriber only. An agent that comes back must be given what it was given before."""

    @classmethod
    def of(
        cls,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        scope: AccessScope,
        *,
        shared: bool = True,
    ) -> CohortKey:
        sorted_variables = orjson.dumps(variables or {}, option=orjson.OPT_SORT_KEYS)
        return cls(query, sorted_variables, operation_name, scope, 0 if shared else next(_alone))


class Member:
    """A subscriber whose connection is written directly: each newest frame when the connection is ready for it."""

    __slots__ = ("_cohort", "_head", "_seen", "_writer", "ended", "queued")

    def __init__(self, cohort: Cohort, writer: SharedFrameWriter, head: bytes) -> None:
        self._cohort = cohort
        self._writer = writer
        self._head = head
        self._seen = 0
        self.queued = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_ready(self) -> None:
        latest = self._cohort.latest
        if latest is not None and latest.number != self._seen:
            self._cohort.deliver_soon(self)

    def take(self, payload: Payload) -> int | None:
        """Write the payload if the connection is ready; return the frames missed before it, None: nothing written."""
        if payload.number == self._seen or not self._writer.ready():
            return None  # a connection that is not ready says so when it is
        missed = payload.number - self._seen - 1 if self._seen else 0
        self._seen = payload.number
        self._writer.write_text(self._head, payload.shared)
        return missed


class Cohort:
    """One execution and those who share it."""

    def __init__(self, hub: CohortHub, key: CohortKey, carries_events: bool) -> None:
        self.key = key
        self.carries_events = carries_events
        self.members = 0
        self.finished = False
        self.latest: Payload | None = None
        self._hub = hub
        self._kept: deque[Payload] = deque(maxlen=EVENTS_KEPT)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._direct: set[Member] = set()
        self._due: deque[Member] = deque()
        self._delivering = False

    def start(self) -> None:
        # Its log lines are not those of the first subscriber's request.
        self._task = asyncio.create_task(self._run(), name="cohort", context=contextvars.Context())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def subscribe(self) -> AsyncGenerator[Payload, None]:
        """Yield payloads to one member until the stream ends."""
        source = self._events() if self.carries_events else self._states()
        self.members += 1
        try:
            async with aclosing(source):
                async for payload in source:
                    yield payload
        finally:
            self.members -= 1
            if not self.members:
                self._hub.discard(self)

    async def feed(self, writer: SharedFrameWriter, head: bytes) -> None:
        """Write every newest payload to a connection until the stream ends. For streams of states."""
        member = Member(self, writer, head)
        self.members += 1
        self._direct.add(member)
        writer.listeners.append(member)
        try:
            member.connection_ready()
            if not self.finished:
                await member.ended
        finally:
            writer.listeners.remove(member)
            self._direct.discard(member)
            self.members -= 1
            if not self.members:
                self._hub.discard(self)

    def deliver_soon(self, member: Member) -> None:
        """Queue a member for the newest payload."""
        if not member.queued:
            member.queued = True
            self._due.append(member)
            if not self._delivering:
                self._delivering = True
                asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        """Write to as many members as one turn of the loop may take; the others come in the next turn."""
        latest = self.latest
        if latest is None:
            self._delivering = False
            return
        due = self._due
        left = BYTES_PER_TURN
        for _ in range(min(len(due), MEMBERS_PER_TURN)):
            member = due.popleft()
            member.queued = False
            missed = member.take(latest) if member in self._direct else None
            if missed is not None:  # those that take nothing use up nobody's turn
                self._hub.frames_missed += missed
                left -= len(latest.shared)
                if left < len(latest.shared):
                    break
        if due:
            asyncio.get_running_loop().call_soon(self._deliver)
        else:
            self._delivering = False

    async def _states(self) -> AsyncGenerator[Payload, None]:
        seen = 0
        while True:
            latest = self.latest
            if latest is not None and latest.number != seen:
                if seen:
                    self._hub.frames_missed += latest.number - seen - 1
                seen = latest.number
                yield latest
            elif self.finished:
                return
            else:
                await self._news.wait()

    async def _events(self) -> AsyncGenerator[Payload, None]:
        seen = 0
        position = -1
        if self.latest is not None:  # came late: what the others were told at first is gone
            snapshot = await self._snapshot()
            yield snapshot
            position, seen = snapshot.position, self._number_before(snapshot.position)
        while position != ENDED:
            if self._kept and self._kept[0].number > seen + 1:
                self._hub.resyncs += 1
                snapshot = await self._snapshot()
                yield snapshot
                position, seen = snapshot.position, self._number_before(snapshot.position)
            for payload in tuple(self._kept):
                if payload.number > seen and payload.position > position:
                    if self._kept[0].number > seen + 1 and seen:
                        break  # fell behind while sending
                    seen, position = payload.number, payload.position
                    yield payload
            if self.finished:
                return
            if not self._kept or self._kept[-1].number <= seen or self._kept[-1].position <= position:
                await self._news.wait()

    def _number_before(self, position: int) -> int:
        """The number of the newest kept payload that a snapshot at this position contains."""
        return max(
            (payload.number for payload in self._kept if payload.position <= position),
            default=self._kept[0].number - 1 if self._kept else 0,
        )

    async def _snapshot(self) -> Payload:
        async for payload in self._execute():
            return payload
        raise Unavailable("the stream ended")

    async def _run(self) -> None:
        try:
            async for payload in self._execute():
                self._publish(payload)
        except Exception as error:
            failure = ExecutionResult(data=None, errors=[GraphQLError(str(error), original_error=error)])
            self._publish(Payload(self.latest.number + 1 if self.latest else 1, ENDED, encode_result(failure)))
        finally:
            self.finished = True
            self._hub.discard(self)
            self._wake()

    def _publish(self, payload: Payload) -> None:
        self.latest = payload
        if self.carries_events:
            self._kept.append(payload)
        self._hub.executions += 1
        self._wake()

    async def _execute(self) -> AsyncGenerator[Payload, None]:
        key = self.key
        context = Context(self._hub.services, key.scope)
        stream = await self._hub.schema.stream(
            key.query,
            variable_values=orjson.loads(key.variables),
            context_value=context,
            operation_name=key.operation_name,
            allowed_operation_types=(OperationType.SUBSCRIPTION,),
        )
        number = 0
        async with aclosing(stream):
            async for result in stream:
                if not isinstance(result, ExecutionResult):  # incremental delivery is not switched on
                    continue
                number += 1
                yield Payload(number, ENDED if result.data is None else context.position, encode_result(result))

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        for member in self._direct:
            if self.finished and not member.ended.done():
                member.ended.set_result(None)
            self.deliver_soon(member)


class CohortHub:
    """All cohorts of one process."""

    def __init__(self, schema: FleetSchema, services: Services, cohorts_max: int) -> None:
        self.schema = schema
        self.services = services
        self._cohorts_max = cohorts_max
        self._cohorts: dict[CohortKey, Cohort] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self.executions = 0
        """Results executed and encoded since start."""
        self.frames_missed = 0
        """Frames that subscribers were not ready for, since start."""
        self.resyncs = 0
        """Snapshots sent to subscribers that fell behind the kept events, since start."""

    @property
    def cohorts(self) -> int:
        return len(self._cohorts)

    @property
    def members(self) -> int:
        return sum(cohort.members for cohort in self._cohorts.values())

    def join(self, key: CohortKey, carries_events: bool) -> Cohort:
        """The cohort of all who asked the same, to `subscribe` to or to `feed` from. Raises `Unavailable` when full."""
        cohort = self._cohorts.get(key)
        if cohort is None:
            if len(self._cohorts) >= self._cohorts_max:
                raise Unavailable(f"{self._cohorts_max:,} different subscriptions are running; try again later")
            cohort = self._cohorts[key] = Cohort(self, key, carries_events)
            cohort.start()
        return cohort

    def discard(self, cohort: Cohort) -> None:
        """Forget a cohort that ended or that nobody is left in."""
        if self._cohorts.get(cohort.key) is cohort:
            del self._cohorts[cohort.key]
            task = asyncio.create_task(cohort.stop(), name="cohort-stop")
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        for cohort in list(self._cohorts.values()):
            self.discard(cohort)
        if self._stopping:
            await asyncio.wait(self._stopping)
