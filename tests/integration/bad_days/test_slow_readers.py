"""Subscribers that take nothing: they cost a bounded amount, delay nobody, and are cut off."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import DEVICE_EVENTS, RawSocket, frame, talking, text_frame, until

INTERVAL_S = 0.1
SEND_TIMEOUT_S = 2
WATCH_EVERY_S = 5
"""How often the server looks for subscribers that are stuck."""

STUCK, LEAVING, READING = 200, 20, 20

FRAME = """subscription { fleetFrame { sequence asOf deviceIds deviceStatuses
  gpuUtilizationPct memoryUsedMb memoryTotalMb temperatureC powerDrawW ageMs } }"""

MakeRaw = Callable[..., RawSocket]


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    server = RealServer(
        tmp_path_factory.mktemp("busy"),
        simulated_gpus=200,
        sample_interval=INTERVAL_S,
        send_timeout_seconds=SEND_TIMEOUT_S,
    )
    server.start()
    yield server
    server.kill()


async def test_two_hundred_that_never_read_and_twenty_that_do(busy_server: RealServer, raw_socket: MakeRaw) -> None:
    """Those who read get every frame, on time, while the others fill up, are stuck and are cut off."""
    await asyncio.to_thread(busy_server.settle, {"sockets": 0, "subscribers": 0})
    before, rss_before = busy_server.holds(), busy_server.rss_mib
    ended = asyncio.Event()
    gaps: list[int] = []
    delays: list[float] = []
    frames = 0

    async def read() -> None:
        nonlocal frames
        async with talking(busy_server) as talk:
            await talk.subscribe("1", FRAME)
            await talk.receive_of("1")  # of the moment, not of a tick
            last = None
            while not ended.is_set():
                shown = (await talk.receive_of("1"))["payload"]["data"]["fleetFrame"]
                delays.append((datetime.now(UTC) - datetime.fromisoformat(shown["asOf"])).total_seconds())
                if last is not None:
                    gaps.append(shown["sequence"] - last)
                last = shown["sequence"]
                frames += 1

    readers = [asyncio.create_task(read()) for _ in range(READING)]
    await until(lambda: busy_server.metric("gpu_subscribers") == READING, what="all reading")

    def stick() -> list[RawSocket]:
        stuck = []
        for _ in range(STUCK):
            stuck.append(raw_socket(busy_server, 4096))
            stuck[-1].begin(FRAME, subscriptions=5 if len(stuck) > LEAVING else 40)
        return stuck

    began = time.monotonic()
    stuck = await asyncio.to_thread(stick)
    most = 0.0
    await asyncio.sleep(2)
    for raw in stuck[:LEAVING]:  # a close frame of a peer whose buffers are full cannot be answered
        raw.send(frame(0x8, struct.pack("!H", 1000)))
    while (sockets := await asyncio.to_thread(busy_server.metric, "gpu_sockets_open")) > READING:
        most = max(most, busy_server.rss_mib)
        assert time.monotonic() - began < 30, f"{sockets:g} sockets are still open"
        await asyncio.sleep(0.2)
    assert time.monotonic() - began > SEND_TIMEOUT_S
    ended.set()
    await asyncio.gather(*readers)
    await asyncio.to_thread(busy_server.settle, before)
    await until(lambda: all(raw.is_cut() for raw in stuck), what="the end of all connections")
    assert set(gaps) == {1}, "a frame was missed"
    assert frames > READING * (time.monotonic() - began) / INTERVAL_S * 0.5
    delays.sort()
    assert delays[len(delays) // 2] < 0.1
    assert delays[-1] < 1.0
    # a stuck connection holds its transport's 64 KiB and the frame that went over them
    assert most - rss_before < STUCK * 0.2


async def flood(raw: RawSocket, chunk: bytes, times: int) -> int:
    """Send without reading for as long as the server takes it; return how many chunks it took."""

    def send() -> int:
        raw.socket.settimeout(1)
        for number in range(times):
            try:
                raw.socket.sendall(chunk)
            except (TimeoutError, ConnectionError):
                return number
        return times

    return await asyncio.to_thread(send)


FLOODS: dict[str, tuple[Callable[[], bytes], int]] = {
    "pings of the protocol": (lambda: text_frame({"type": "ping"}) * 1_000, 500),
    "pings of WebSocket": (lambda: frame(0x9, b"a" * 100) * 1_000, 300),
    "queries": (
        lambda: (
            (
                text_frame(
                    {"id": "q", "type": "subscribe", "payload": {"query": "{ devices(first: 1000) { nodes { id } } }"}}
                )
                + text_frame({"type": "complete", "id": "q"})
            )
            * 100
        ),
        100,
    ),
    "snapshots": (
        lambda: (
            (
                text_frame({"id": "e", "type": "subscribe", "payload": {"query": DEVICE_EVENTS}})
                + text_frame({"type": "complete", "id": "e"})
            )
            * 100
        ),
        100,
    ),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_from_one_that_never_reads_is_not_held_in_memory(
    name: str, busy_server: RealServer, raw_socket: MakeRaw
) -> None:
    make, times = FLOODS[name]
    await asyncio.to_thread(busy_server.settle, {"sockets": 0, "subscribers": 0})
    before, rss_before = busy_server.holds(), busy_server.rss_mib
    raw = await asyncio.to_thread(raw_socket, busy_server, 4096)
    raw.send(text_frame({"type": "connection_init"}))
    began = time.monotonic()
    await flood(raw, make(), times)
    assert busy_server.rss_mib - rss_before < 24
    async with talking(busy_server) as talk:  # others are served meanwhile
        asked = time.monotonic()
        await talk.subscribe("1", "{ fleet { totalGpus } }")
        assert (await talk.receive_of("1"))["type"] == "next"
        assert time.monotonic() - asked < 2
    raw.close()
    await asyncio.to_thread(busy_server.settle, before)
    assert time.monotonic() - began < 20
