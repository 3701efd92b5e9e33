"""Bringing reports and readings to a server: in order, once each, whatever happens to the servers meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from domain.fleet.reports import NodeReport
from domain.metrics.validation import RejectReason
from domain.mig.commands import CommandResult
from server.agent.answers import KNOWN_ALREADY, RecordAnswer, judge
from server.agent.api import AgentApi
from server.agent.buffer import NodeKey, Reading, ReadingBuffer
from server.agent.clock import ServerClock
from server.agent.connection import Connection
from server.agent.counters import Counters
from server.agent.inventory import NodeReports, key_of
from server.cli.api_errors import ApiError, CallFailed, Refused

logger = logging.getLogger("gpu.agent")

BATCH_SAMPLES_MAX = 2_000
BEHIND_S = 3.0
"""With older readings waiting the agent is catching up, and leaves the server time for others."""

IDLE_S = 1.0
UNKNOWN_MAX = 3
"""How often a server may say that it does not know a node it has just acknowledged."""

REFUSED_FOR_GOOD = frozenset({"INVALID_INPUT", "CONFLICT", "NOT_FOUND"})


@dataclass(slots=True)
class _Batch:
    """Readings of one node on their way. They stay the same until an answer comes."""

    node: NodeKey
    readings: Sequence[Reading]
    sent: int = 0


@dataclass(slots=True)
class Delivery:
    """Sends what is due until there is nothing left, then waits for more."""

    connection: Connection
    buffer: ReadingBuffer
    reports: NodeReports
    counters: Counters
    steady: Callable[[], float]
    clock: ServerClock = field(default_factory=ServerClock)
    ever_answered: bool = False
    _hand: _Batch | None = None
    _results: dict[str, CommandResult] = field(default_factory=dict)
    """Of commands, by id, until the server has taken them; it waits for each no longer than for its command."""
    _batch_max: int = BATCH_SAMPLES_MAX
    _unknown: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waiting(self) -> int:
        """Readings that no server has acknowledged yet."""
        return len(self.buffer) + (len(self._hand.readings) if self._hand is not None else 0)

    def notify(self) -> None:
        """There is something new to send."""
        self._news.set()

    def report_result(self, result: CommandResult) -> None:
        """Deliver what became of a command, before anything else."""
        self._results[result.command_id] = result
        self.notify()

    def has_result_of(self, command_id: str) -> bool:
        """Whether a command's result waits to be delivered."""
        return command_id in self._results

    async def run(self) -> None:
        """Deliver until cancelled. Raises `Refused` where no server has ever let this agent in."""
        while True:
            try:
                if await self._step():
                    continue
            except ApiError as error:
                await self._failed(error)
                await asyncio.sleep(self.connection.wait_s)
                continue
            self._news.clear()
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._news.wait()
            except TimeoutError:
                pass  # a report may be due

    async def flush(self) -> None:
        """Deliver what there is and return; give up when every server has failed twice."""
        while self.connection.failures < 2 * self.connection.servers:
            try:
                if not await self._step():
                    return
            except ApiError as error:
                await self._failed(error)
                await asyncio.sleep(min(self.connection.wait_s, 0.2))

    async def _step(self) -> bool:
        """Make one call, if there is one to make. False where there is none."""
        api = await self.connection.api()
        if self._results:
            await self._result(api, next(iter(self._results.values())))
            return True
        if due := self.reports.due(self.steady()):
            await self._report(api, due[0])
            return True
        known = next(filter(self.reports.is_reported, self.reports.nodes), None)
        if known is None:
            return False
        if not self.clock.known:
            await self._record(api, _Batch(known, ()))
            return True
        if self._hand is None:
            node = self.buffer.next_node(self.reports.is_reported)
            if node is None:
                return False
            self._hand = _Batch(node, self.buffer.take(node, self._batch_max))
            self.clock.stamp(node, self._hand.readings)
        await self._send(api, self._hand)
        return True

    # -- one call each

    async def _report(self, api: AgentApi, report: NodeReport) -> None:
        name = "/".join(key_of(report))
        try:
            answer = await api.report_node(report)
        except CallFailed as error:
            if error.code not in REFUSED_FOR_GOOD:
                raise
            logger.error("the report of %s is refused: %s", name, error.message)
            self.reports.refuse(report, self.steady())
            self._answered()
            return
        self._answered()
        self.counters.reports += 1
        self.reports.acknowledge(report, self.steady())
        if answer.get("registered") or answer.get("updated") or answer.get("gone"):
            logger.info(
                "%s reported to %s: %d GPUs, %d new, %d changed, %d gone",
                name,
                self.connection.server,
                len(report.devices),
                answer.get("registered", 0),
                answer.get("updated", 0),
                answer.get("gone", 0),
            )

    async def _result(self, api: AgentApi, result: CommandResult) -> None:
        try:
            await api.report_result(result)
        except CallFailed as error:
            if error.code not in REFUSED_FOR_GOOD:
                raise
            logger.error("the result of command %s is refused: %s", result.command_id, error.message)
        self._results.pop(result.command_id, None)
        self._answered()

    async def _send(self, api: AgentApi, batch: _Batch) -> None:
        was_retry = batch.sent > 0
        batch.sent += 1
        self.counters.retries += was_retry
        began = self.steady()
        try:
            answer, corrected = await self._record(api, batch)
        except CallFailed as error:
            self._batch_refused(batch, error)
            return
        self._hand = None
        outcome = judge(batch.readings, answer, was_retry=was_retry, corrected=corrected)
        self.counters.batches += 1
        self.counters.delivered += outcome.delivered
        self.counters.refused.update(outcome.refused)
        if outcome.refused:
            _log_refused(batch.node, outcome.refused)
        self.buffer.put_back(batch.node, outcome.again)
        if outcome.report_first:
            self.reports.forget(batch.node)
        await self._leave_time(self.steady() - began)

    async def _record(self, api: AgentApi, batch: _Batch) -> tuple[RecordAnswer, bool]:
        """Send a batch and learn the server's time. A node the server does not know is to be reported again."""
        sent_at = self.steady()
        first = not self.clock.known
        try:
            answer = await api.record_samples(batch.node, self.reports.source_of(batch.node), batch.readings)
        except CallFailed as error:
            if error.code == "NOT_FOUND":
                self.reports.forget(batch.node)
            raise
        self._answered()
        self._unknown = 0
        corrected = self.clock.learn(answer.server_time, sent_at, self.steady())
        if corrected and not first:
            self.counters.corrections += 1
            logger.warning("the server's clock is not what it was; readings are stamped anew")
        return answer, corrected

    def _batch_refused(self, batch: _Batch, error: CallFailed) -> None:
        """Deal with an answer that took nothing of the batch. Raises it again where another server may do better."""
        if error.code == "NOT_FOUND":
            self._unknown += 1
            if self._unknown > UNKNOWN_MAX:
                raise error
        elif error.code == "BODY_TOO_LARGE" and len(batch.readings) > 1:
            self._batch_max = max(1, len(batch.readings) // 2)
            self._give_back(batch)
        elif error.code in REFUSED_FOR_GOOD or error.code == "BODY_TOO_LARGE":
            logger.error("%d readings of %s are refused: %s", len(batch.readings), batch.node[1], error.message)
            self.counters.refused[RejectReason.OUT_OF_RANGE] += len(batch.readings)
            self._hand = None
        else:
            raise error

    def _give_back(self, batch: _Batch) -> None:
        self._hand = None
        self.buffer.put_back(batch.node, batch.readings)

    async def _leave_time(self, took_s: float) -> None:
        """While catching up, wait about as long as the server took: a thousand agents may be doing the same."""
        oldest = self.buffer.oldest_read_at()
        if oldest is not None and self.steady() - oldest > BEHIND_S:
            await asyncio.sleep(took_s * random.uniform(0.5, 1.5))  # noqa: S311 - spreads agents, guards no secret

    def _answered(self) -> None:
        if self.connection.failures:
            logger.info("%s answers; %d readings wait", self.connection.server, self.waiting)
        self.ever_answered = True
        self.connection.worked()

    async def _failed(self, error: ApiError) -> None:
        self.counters.failures += 1
        first = self.connection.failures < self.connection.servers
        refused_by = self.connection.server
        if await self.connection.failed():
            self.counters.failovers += 1
        if isinstance(error, Refused):
            if not self.ever_answered and self.connection.failures >= self.connection.servers:
                raise error
            logger.error("%s refuses this agent: %s", refused_by, error.message)
        elif first:
            another = self.connection.server != refused_by
            then = f"going on with {self.connection.server}" if another else "trying again until it answers"
            logger.warning("%s; %s", error.message, then)


def _log_refused(node: NodeKey, refused: dict[RejectReason, int]) -> None:
    said = ", ".join(f"{count} {reason}" for reason, count in refused.items())
    level = logging.INFO if KNOWN_ALREADY.issuperset(refused) else logging.WARNING
    logger.log(level, "readings of %s refused: %s", node[1], said)
