"""A delivery on the bench: fake servers, fake time, and what came of it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from server.agent.api import AgentApi
from server.agent.buffer import Reading, ReadingBuffer
from server.agent.connection import Connection
from server.agent.counters import Counters
from server.agent.delivery import Delivery
from server.agent.inventory import NodeReports
from server.cli.api_errors import Unreachable
from tests.unit.server.agent.fakes import FakeApi, FakeServer, FakeTime, Trouble, make_report, make_sample

GPUS = 2


class Bench:
    """A delivery, its server, and time."""

    def __init__(self, *plans: list[Trouble | None], nodes: int = 1) -> None:
        self.time = FakeTime()
        self.server = FakeServer(self.time)
        self.apis = {f"http://{index}": FakeApi(self.server, plan) for index, plan in enumerate(plans or ([],))}
        self.opened: list[str] = []
        self.counters = Counters()
        self.reports = NodeReports()
        self.buffer = ReadingBuffer(100_000, 3600)
        connection = Connection(list(self.apis), self.open, retry_first_s=0.0)
        self.delivery = Delivery(connection, self.buffer, self.reports, self.counters, self.time)
        self.node_reports = [make_report(f"n{number}", GPUS) for number in range(nodes)]
        self.reports.discovered(self.node_reports)
        self.rounds = 0

    def open(self, address: str) -> AbstractAsyncContextManager[AgentApi]:
        self.opened.append(address)
        return self.apis[address]

    def read(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.time.passes(1.0)
            self.rounds += 1
            for report in self.node_reports:
                readings = [Reading(make_sample(d.gpu_uuid, self.rounds), self.time()) for d in report.devices]
                self.buffer.add((report.cluster_name, report.node_name), readings)

    async def deliver(self) -> None:
        """Run until there is nothing left to send."""
        task = asyncio.create_task(self.delivery.run())
        for _ in range(2000):
            await asyncio.sleep(0)
            if task.done() or (not self.delivery.waiting and not self.reports.due(self.time())):
                break
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])

    def check_all_once_and_in_order(self) -> None:
        for report in self.node_reports:
            for device in report.devices:
                marks = [mark for uuid, _, mark in self.server.accepted if uuid == device.gpu_uuid]
                assert marks == [float(number) for number in range(1, self.rounds + 1)]
        assert self.counters.delivered == self.rounds * GPUS * len(self.node_reports)
        assert self.counters.refused.total() == 0
        assert self.delivery.waiting == 0


def lost(*, done: bool) -> Trouble:
    return Trouble(Unreachable("no answer"), done=done)
