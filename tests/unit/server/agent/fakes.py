"""A server in memory that takes samples by the real rules, loses answers on demand, and notes what it took."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from domain.fleet.model import CollectionSource
from domain.fleet.reports import DeviceReport, NodeReport
from domain.metrics.sample import Sample
from domain.metrics.validation import RejectReason
from domain.mig.commands import CommandResult, NodeCommand
from server.agent.answers import RecordAnswer
from server.agent.api import AgentApi
from server.agent.buffer import NodeKey, Reading
from server.cli.api_errors import ApiError, CallFailed

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LISTED = 100


class FakeTime:
    """Steady seconds that pass when told."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += seconds


class FakeServer:
    """What several fake connections talk to: like replicas over one database and one broker."""

    def __init__(self, steady: FakeTime) -> None:
        self._steady = steady
        self.clock_off = timedelta(0)
        self.devices: dict[str, NodeKey] = {}
        self.reports: list[NodeReport] = []
        self.latest: dict[str, datetime] = {}
        self.accepted: list[tuple[str, datetime, float]] = []
        """UUID, stamp and utilisation (the tests' mark) of each accepted sample, in order."""
        self.calls = 0
        self.commands: list[NodeCommand] = []
        self.results: list[CommandResult] = []

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self._steady()) + self.clock_off

    def report(self, report: NodeReport) -> dict[str, Any]:
        self.reports.append(report)
        for device in report.devices:
            self.devices[device.gpu_uuid] = (report.cluster_name, report.node_name)
        return {"registered": len(report.devices)}

    def record(self, node: NodeKey, readings: Sequence[Reading]) -> RecordAnswer:
        if node not in self.devices.values():
            raise CallFailed("this node was never reported", "NOT_FOUND")
        rejected: dict[RejectReason, int] = {}
        listed: dict[int, RejectReason] = {}
        taken = 0
        for index, reading in enumerate(readings):
            reason = self._reason(reading)
            if reason is None:
                assert reading.stamp is not None
                uuid = reading.sample.gpu_uuid
                self.latest[uuid] = reading.stamp
                self.accepted.append((uuid, reading.stamp, reading.sample.gpu_utilization_pct or 0.0))
                taken += 1
            else:
                rejected[reason] = rejected.get(reason, 0) + 1
                if len(listed) < LISTED:
                    listed[index] = reason
        return RecordAnswer(self.now, taken, rejected, listed)

    def _reason(self, reading: Reading) -> RejectReason | None:
        assert reading.stamp is not None
        uuid = reading.sample.gpu_uuid
        if uuid not in self.devices:
            return RejectReason.UNKNOWN_DEVICE
        latest = self.latest.get(uuid)
        if latest is not None and reading.stamp <= latest:
            return RejectReason.DUPLICATE if reading.stamp == latest else RejectReason.OUT_OF_ORDER
        if reading.stamp > self.now + timedelta(seconds=30):
            return RejectReason.FROM_THE_FUTURE
        if reading.stamp < self.now - timedelta(hours=24):
            return RejectReason.TOO_OLD
        return None


class FakeApi:
    """A connection to it. `plan` says of each call in turn how it goes wrong, if it does."""

    def __init__(self, server: FakeServer, plan: list[Trouble | None] | None = None) -> None:
        self.server = server
        self.plan = plan if plan is not None else []
        self.batches: list[int] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def report_node(self, report: NodeReport) -> dict[str, Any]:
        with _Going(self.plan):
            return self.server.report(report)

    async def record_samples(self, node: NodeKey, source: str, readings: Sequence[Reading]) -> RecordAnswer:
        self.batches.append(len(readings))
        with _Going(self.plan):
            return self.server.record(node, readings)

    async def report_result(self, result: CommandResult) -> None:
        with _Going(self.plan):
            self.server.results.append(result)

    async def commands(self, node: NodeKey) -> AsyncIterator[NodeCommand]:
        for command in self.server.commands:
            if command.id not in {result.command_id for result in self.server.results}:
                yield command


class Trouble:
    """One call that fails: before the server has done it, or after, so that only the answer is lost."""

    def __init__(self, error: ApiError, *, done: bool) -> None:
        self.error = error
        self.done = done


class _Going:
    def __init__(self, plan: list[Trouble | None]) -> None:
        self._trouble = plan.pop(0) if plan else None

    def __enter__(self) -> None:
        if self._trouble is not None and not self._trouble.done:
            raise self._trouble.error

    def __exit__(self, kind: object, *_: object) -> None:
        if self._trouble is not None and kind is None:
            raise self._trouble.error


def as_api(api: FakeApi) -> AgentApi:
    return api


def make_sample(uuid: str, mark: float = 0.0) -> Sample:
    """A sample whose own timestamp is nonsense: the agent must not use it."""
    return Sample(uuid, datetime(1999, 1, 1, tzinfo=UTC), gpu_utilization_pct=mark)


def make_report(node: str = "n1", gpus: int = 2, **changes: Any) -> NodeReport:
    devices = tuple(DeviceReport(f"GPU-{node}-{index:04d}", index, "NVIDIA H100") for index in range(gpus))
    return NodeReport("east", node, CollectionSource.AGENT, devices, **changes)
