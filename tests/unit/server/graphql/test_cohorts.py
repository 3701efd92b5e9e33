"""Shared execution: once for all who may share, never for those who may not, and never a growing queue."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import orjson
import pytest

from domain.access.principal import AccessScope, Role
from domain.errors import Forbidden, Unavailable
from domain.fleet.model import DeviceStatus
from domain.fleet.view import InventoryView
from domain.metrics.frames import FrameClock
from resolvers.context import Context, Services
from schema.build import build_schema
from server.graphql import cohorts as cohorts_module
from server.graphql.cohorts import CohortHub, CohortKey
from server.graphql.payload import Payload
from server.graphql.shared_frames import ReadyListener, frame_header
from tests.unit.fleet_factory import FakeReader, make_view

METRICS = "subscription { gpuMetrics { deviceId gpuUtilizationPct } }"
EVENTS = "subscription { deviceEvents { sequence snapshot devices { id deviceStatus } } }"
ALL = AccessScope(Role.VIEWER)


@dataclass
class House:
    """A hub over a small fleet, with a clock that ticks when told."""

    view: InventoryView
    reader: FakeReader
    clock: FrameClock
    hub: CohortHub

    async def tick(self) -> None:
        before = self.clock.sequence
        self.clock.mark_dirty()
        while self.clock.sequence == before:
            await asyncio.sleep(0.001)
        await settle()

    async def change(self) -> None:
        device = self.reader.devices[0]
        other = DeviceStatus.CORDONED if device.device_status is DeviceStatus.ACTIVE else DeviceStatus.ACTIVE
        self.reader.replace(device, replace(device, device_status=other))
        await self.view.refresh()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def house(cohorts_max: int = 10) -> AsyncIterator[House]:
    tasks_before = asyncio.all_tasks()
    view, reader = await make_view(nodes=2, per_node=2)
    clock = FrameClock(0.001, heartbeat_s=100)
    running = asyncio.create_task(clock.run())
    services = Services(view, None, clock, *[None] * 11)  # type: ignore[arg-type]
    hub = CohortHub(build_schema(), services, cohorts_max)
    try:
        yield House(view, reader, clock, hub)
    finally:
        await hub.close()
        running.cancel()
        await asyncio.wait([running])
        await settle()
        assert asyncio.all_tasks() == tasks_before, "no task is left"


def key(query: str = METRICS, scope: AccessScope = ALL, **variables: object) -> CohortKey:
    return CohortKey.of(query, variables, None, scope)


@dataclass
class Writer:
    """A connection that is ready when a test says so."""

    open: bool = True
    written: list[bytes] = field(default_factory=list)
    listeners: list[ReadyListener] = field(default_factory=list)
    paused_since: float | None = None

    def ready(self) -> bool:
        return self.open

    def write_text(self, head: bytes, shared: bytes) -> None:
        self.written.append(head + shared)

    def abort(self) -> None:
        self.open = False

    def become_ready(self) -> None:
        self.open = True
        for listener in self.listeners:
            listener.connection_ready()


async def test_many_subscribers_cost_one_execution() -> None:
    async with house() as h:
        streams = [h.hub.join(key(), False).subscribe() for _ in range(50)]
        await asyncio.gather(*(anext(stream) for stream in streams))
        await h.tick()
        payloads = await asyncio.gather(*(anext(stream) for stream in streams))
        assert h.hub.cohorts == 1
        assert h.hub.members == 50
        assert h.hub.executions == 2
        assert all(payload is payloads[0] for payload in payloads)
        for stream in streams:
            await stream.aclose()
        await settle()
        assert h.hub.cohorts == 0, "it ends with its last member"


async def test_the_order_of_variables_does_not_matter_and_their_values_do() -> None:
    assert CohortKey.of("q", {"a": 1, "b": 2}, None, ALL) == CohortKey.of("q", {"b": 2, "a": 1}, None, ALL)
    assert CohortKey.of("q", {"a": 1}, None, ALL) != CohortKey.of("q", {"a": 2}, None, ALL)
    assert CohortKey.of("q", None, "A", ALL) != CohortKey.of("q", None, "B", ALL)


async def test_two_scopes_never_share() -> None:
    async with house() as h:
        for device in h.view.devices[:2]:
            device.node.cluster_name = "west"
        scopes = [
            AccessScope(Role.VIEWER),
            AccessScope(Role.ADMIN),
            AccessScope(Role.VIEWER, frozenset({"east"})),
            AccessScope(Role.VIEWER, frozenset({"west"})),
            AccessScope(Role.VIEWER, frozenset()),
        ]
        streams = [h.hub.join(key(scope=scope), False).subscribe() for scope in scopes]
        first = [orjson.loads((await anext(stream)).body) for stream in streams]
        assert h.hub.cohorts == len(scopes)
        seen = [{m["deviceId"] for m in answer["data"]["gpuMetrics"]} for answer in first]
        assert [len(ids) for ids in seen] == [4, 4, 2, 2, 0]
        assert not seen[2] & seen[3]
        for stream in streams:
            await stream.aclose()


def test_a_shared_execution_has_no_principal() -> None:
    with pytest.raises(Forbidden):
        _ = Context(None, ALL).principal  # type: ignore[arg-type]


async def test_a_slow_subscriber_gets_the_newest_and_its_misses_are_counted() -> None:
    async with house() as h:
        fast, slow = (h.hub.join(key(), False).subscribe() for _ in range(2))
        await anext(fast)
        await anext(slow)
        for _ in range(5):
            await h.tick()
            await anext(fast)
        newest = await anext(slow)
        assert newest.number == 6
        assert h.hub.frames_missed == 4
        await fast.aclose()
        await slow.aclose()


async def test_a_connection_that_is_not_ready_holds_nothing() -> None:
    async with house() as h:
        ready, stuck = Writer(), Writer()
        feeds = [
            asyncio.create_task(h.hub.join(key(), False).feed(writer, b'{"id":"%d","payload":' % number))
            for number, writer in enumerate((ready, stuck))
        ]
        await h.tick()
        stuck.open = False
        for _ in range(4):
            await h.tick()
        assert len(ready.written) == 6 or len(ready.written) == 5
        assert len(stuck.written) == len(ready.written) - 4
        stuck.become_ready()
        await settle()
        assert len(stuck.written) == len(ready.written) - 3, "the newest, once"
        assert stuck.written[-1].startswith(b'{"id":"1"')
        assert stuck.written[-1].partition(b"payload")[2] == ready.written[-1].partition(b"payload")[2]
        assert h.hub.frames_missed == 3
        assert orjson.loads(stuck.written[-1])["payload"]["data"]["gpuMetrics"]
        for feed in feeds:
            feed.cancel()
        await asyncio.wait(feeds)
        assert ready.listeners == []


async def test_one_turn_of_the_loop_writes_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohorts_module, "BYTES_PER_TURN", 1)
    async with house() as h:
        writers = [Writer() for _ in range(10)]
        feeds = [asyncio.create_task(h.hub.join(key(), False).feed(writer, b"{")) for writer in writers]
        await settle()
        await h.tick()
        cohort = h.hub.join(key(), False)
        cohort._wake()
        counts = []
        for _ in range(12):
            counts.append(sum(len(writer.written) for writer in writers))
            await asyncio.sleep(0)
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(counts))
        for feed in feeds:
            feed.cancel()
        await asyncio.wait(feeds)


async def test_those_who_take_nothing_use_up_nobodys_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohorts_module, "BYTES_PER_TURN", 1)
    async with house() as h:
        stuck, reading = [Writer() for _ in range(50)], [Writer() for _ in range(2)]
        feeds = [asyncio.create_task(h.hub.join(key(), False).feed(writer, b"{")) for writer in (*stuck, *reading)]
        await settle()
        await h.tick()
        await settle()
        for writer in stuck:
            writer.open = False
        before = sum(len(writer.written) for writer in reading)
        cohort = h.hub.join(key(), False)
        assert cohort.latest is not None
        cohort._publish(replace(cohort.latest, number=cohort.latest.number + 1))
        for _ in range(4):  # a turn for each that reads, and to begin and to end with
            await asyncio.sleep(0)
        assert sum(len(writer.written) for writer in reading) == before + 2
        for feed in feeds:
            feed.cancel()
        await asyncio.wait(feeds)


async def test_a_member_that_left_is_not_written() -> None:
    async with house() as h:
        leaving, staying = Writer(), Writer()
        feeds = [asyncio.create_task(h.hub.join(key(), False).feed(writer, b"{")) for writer in (leaving, staying)]
        await h.tick()
        feeds[0].cancel()
        await settle()
        before = len(leaving.written)
        await h.tick()
        assert len(leaving.written) == before
        feeds[1].cancel()
        await asyncio.wait(feeds)


async def test_events_are_not_skipped_and_a_late_subscriber_starts_with_everything() -> None:
    async with house() as h:
        early = h.hub.join(key(EVENTS), True).subscribe()
        assert content(await anext(early))["snapshot"]
        await h.change()
        await h.change()
        late = h.hub.join(key(EVENTS), True).subscribe()
        snapshot = content(await anext(late))
        assert (snapshot["snapshot"], snapshot["sequence"], len(snapshot["devices"])) == (True, 2, 4)
        await h.change()
        assert [content(await anext(early))["sequence"] for _ in range(3)] == [1, 2, 3]
        after = content(await anext(late))
        assert (after["snapshot"], after["sequence"]) == (False, 3)
        await early.aclose()
        await late.aclose()


async def test_a_subscriber_behind_the_kept_events_is_brought_up_by_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohorts_module, "EVENTS_KEPT", 4)
    async with house() as h:
        stream = h.hub.join(key(EVENTS), True).subscribe()
        await anext(stream)
        for _ in range(10):
            await h.change()
        event = content(await anext(stream))
        assert (event["snapshot"], event["sequence"]) == (True, 10)
        assert h.hub.resyncs == 1
        await h.change()
        event = content(await anext(stream))
        assert (event["snapshot"], event["sequence"]) == (False, 11)
        await stream.aclose()


async def test_a_bad_argument_is_told_and_the_stream_ends() -> None:
    async with house() as h:
        query = "subscription { gpuMetrics(intervalMs: 0) { deviceId } }"
        payloads = [payload async for payload in h.hub.join(key(query), False).subscribe()]
        (error,) = orjson.loads(payloads[0].body)["errors"]
        assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["intervalMs"]}
        assert len(payloads) == 1


async def test_cohorts_are_bounded() -> None:
    async with house(cohorts_max=2) as h:
        streams = [h.hub.join(key(n=n), False).subscribe() for n in range(2)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(Unavailable):
            h.hub.join(key(n=3), False)
        h.hub.join(key(n=1), False)  # an existing one may still be joined
        for stream in streams:
            await stream.aclose()


def content(payload: Payload) -> dict[str, object]:
    events: dict[str, object] = orjson.loads(payload.body)["data"]["deviceEvents"]
    return events


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_frame_headers(size: int, header: bytes) -> None:
    assert frame_header(size) == header
