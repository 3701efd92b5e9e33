"""The Redis broker beside a Redis that is late, crashes, hangs, refuses or is shared with others."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from integrations.broker.handlers import MESSAGE_BYTES_MAX
from integrations.broker.redis import RedisOptions
from tests.fixtures.redis_server import RedisServer, executable_or_skip
from tests.integration.broker.support import FAST, redis_broker, until

ROOT = Path(__file__).parents[3]


@contextmanager
def client(server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(server.url) as redis:
        yield redis


async def test_started_before_redis_exists(own_redis_server: RedisServer) -> None:
    sender, taker = redis_broker(own_redis_server.url), redis_broker(own_redis_server.url)
    got: list[bytes] = []
    refreshed: list[int] = []
    taker.subscribe("c", got.append)
    taker.on_reconnect.append(lambda: refreshed.append(1))
    before = time.monotonic()
    await sender.start()
    await taker.start()
    assert time.monotonic() - before < 1  # it does not wait for Redis
    assert "connecting to Redis at 127.0.0.1:" in taker.status.detail
    await until(lambda: taker.status.detail.endswith("Connection refused"))
    assert not taker.status.connected
    own_redis_server.start()
    await until(lambda: sender.status.connected and taker.status.connected)
    sender.publish("c", b"1")
    await until(lambda: got)
    assert taker.status.reconnects == 0, "the first connection is no reconnection"
    assert refreshed == [1], "but what was sent meanwhile was missed"
    await sender.stop()
    await taker.stop()


async def test_redis_crashes_and_comes_back_during_a_stream(
    own_redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "integrations.broker")
    own_redis_server.start()
    sender, taker = redis_broker(own_redis_server.url), redis_broker(own_redis_server.url)
    got: list[int] = []
    refreshed: list[int] = []
    taker.subscribe("c", lambda payload: got.append(int(payload)))

    def fail() -> None:
        raise ValueError("a bug in a callback")

    taker.on_reconnect += [lambda: refreshed.append(1), fail]
    sent = 0

    async def stream() -> None:
        nonlocal sent
        while True:
            sender.publish("c", str(sent).encode())
            sent += 1
            await asyncio.sleep(0.001)

    await sender.start()
    await taker.start()
    await until(lambda: sender.status.connected and taker.status.connected)
    streaming = asyncio.create_task(stream())
    await until(lambda: len(got) > 50)
    own_redis_server.kill()
    await until(lambda: not sender.status.connected and not taker.status.connected)
    await until(lambda: "no connection to Redis" in sender.status.detail)
    own_redis_server.start()
    await until(lambda: sender.status.connected and taker.status.connected)
    fresh = sent
    await until(lambda: got[-1] > fresh + 50)
    streaming.cancel()
    assert got == sorted(set(got)), "in order, and none twice"
    assert refreshed == [1]
    assert taker.handler_failures == 1, "a callback that fails is counted and stops nothing"
    assert (sender.status.reconnects, taker.status.reconnects) == (1, 1)
    assert sender.status.detail == f"connected to Redis at 127.0.0.1:{own_redis_server.port}"
    assert caplog.text.count("trying on") == 2, "one warning per broker and outage, not one per attempt"
    await until(lambda: sender.status.published + sender.unconfirmed == sent)
    await sender.stop()
    await taker.stop()


async def test_a_redis_that_hangs_is_noticed_and_forgiven(own_redis_server: RedisServer) -> None:
    own_redis_server.start()
    sender, taker = redis_broker(own_redis_server.url), redis_broker(own_redis_server.url)
    got: list[bytes] = []
    taker.subscribe("c", got.append)
    await sender.start()
    await taker.start()
    await until(lambda: sender.status.connected and taker.status.connected)
    own_redis_server.pause()
    limit_s = FAST.health_interval_s + FAST.timeout_s + 0.5
    await until(lambda: not sender.status.connected and not taker.status.connected, limit_s)
    await until(lambda: "no connection" in sender.status.detail)
    assert "imeout" in sender.status.detail or "no answer" in sender.status.detail
    await asyncio.sleep(FAST.timeout_s)
    assert not sender.status.connected, "the kernel of a hung server accepts connections: that is not an answer"
    own_redis_server.resume()
    await until(lambda: sender.status.connected and taker.status.connected)
    sender.publish("c", b"1")
    await until(lambda: got)
    await sender.stop()
    await taker.stop()


async def test_stopping_while_redis_hangs_leaves_nothing_behind(own_redis_server: RedisServer) -> None:
    own_redis_server.start()
    before = asyncio.all_tasks()
    broker = redis_broker(own_redis_server.url, RedisOptions(flush_s=0.2))
    broker.subscribe("c", lambda payload: None)
    await broker.start()
    await until(lambda: broker.status.connected)
    own_redis_server.pause()
    for _ in range(100):
        broker.publish("c", bytes(200_000))  # more than the kernel's buffers take
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await broker.stop()
    assert time.monotonic() - began < 5
    assert asyncio.all_tasks() == before
    assert broker.status.detail == "stopped"
    own_redis_server.resume()
    with client(own_redis_server) as redis:
        await until(lambda: len(redis.client_list()) == 1)


async def test_tasks_and_connections_are_gone_after_the_stop(redis_server: RedisServer) -> None:
    tasks = asyncio.all_tasks()
    with client(redis_server) as redis:
        connections = len(redis.client_list())
        brokers = [redis_broker(f"{redis_server.url}?prefix=leak:") for _ in range(5)]
        for broker in brokers:
            broker.subscribe("c", lambda payload: None)
            await broker.start()
        await until(lambda: all(broker.status.connected for broker in brokers))
        assert len(redis.client_list()) == connections + 10
        redis.client_kill_filter(_type="pubsub")
        await until(lambda: all(broker.status.reconnects == 1 and broker.status.connected for broker in brokers))
        await until(lambda: len(redis.client_list()) == connections + 10)
        assert len(asyncio.all_tasks() - tasks) == 15
        for broker in brokers:
            await broker.stop()
        assert asyncio.all_tasks() == tasks
        await until(lambda: len(redis.client_list()) == connections)
        assert redis.pubsub_channels("leak:*") == []


async def test_stopping_in_the_middle_of_connecting(own_redis_server: RedisServer) -> None:
    own_redis_server.start()
    tasks = asyncio.all_tasks()
    for turns in range(60):  # a stop at every step of the way, and some after it
        broker = redis_broker(own_redis_server.url)
        broker.subscribe("c", lambda payload: None)
        await broker.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(broker.stop(), 0.4)  # less than a lost cancellation would take
        assert asyncio.all_tasks() == tasks
    with client(own_redis_server) as redis:
        await until(lambda: len(redis.client_list()) == 1)


@pytest.mark.parametrize("victim", ["broker-sender", "broker-receiver", "broker-supervisor"])
async def test_a_task_that_is_killed_is_restarted(
    redis_server: RedisServer, victim: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker = redis_broker(redis_server.url)
    broker.subscribe("c", lambda payload: None)
    await broker.start()
    await until(lambda: broker.status.connected)
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == victim)
    task.cancel()
    await until(lambda: not broker.status.connected)
    await until(lambda: broker.status.connected)
    assert broker.status.reconnects == 1
    assert caplog.records[0].levelname == "ERROR"
    await broker.stop()


async def test_the_outbox_is_bounded_while_redis_is_away(own_redis_server: RedisServer) -> None:
    options = RedisOptions(backoff_first_s=0.02, backoff_max_s=0.1, outbox_messages=10)
    sender, taker = redis_broker(own_redis_server.url, options), redis_broker(own_redis_server.url)
    got: list[int] = []
    taker.subscribe("c", lambda payload: got.append(int(payload)))
    for number in range(25):
        sender.publish("c", str(number).encode())
    assert (sender.status.dropped, sender.status.published) == (15, 0)
    own_redis_server.start()
    await taker.start()
    await until(lambda: taker.status.connected)
    await sender.start()
    await until(lambda: len(got) == 10)
    assert got == list(range(15, 25)), "the newest are kept"
    await sender.stop()
    await taker.stop()


async def test_wrong_password_is_said_and_not_shown() -> None:
    server = RedisServer(executable_or_skip(), "--requirepass", "right-secret")
    server.start()
    try:
        url = server.url.replace("redis://", "redis://:{}@")
        wrong, right = redis_broker(url.format("wrong-secret")), redis_broker(url.format("right-secret"))
        for broker in (wrong, right):
            await broker.start()
        await until(lambda: right.status.connected and "no connection" in wrong.status.detail)
        assert "password" in wrong.status.detail
        assert "secret" not in wrong.status.detail
        assert not wrong.status.connected
        await wrong.stop()
        await right.stop()
    finally:
        server.remove()


async def test_foreign_messages_on_our_channels_are_ignored(redis_server: RedisServer) -> None:
    broker = redis_broker(f"{redis_server.url}?prefix=foreign:")
    got: list[bytes] = []
    broker.subscribe("c", got.append)
    await broker.start()
    await until(lambda: broker.status.connected)
    with client(redis_server) as redis:
        redis.publish("foreign:c", b"short")
        redis.publish("foreign:c", bytes(MESSAGE_BYTES_MAX + 9))
        redis.publish("foreign:c", b"12345678payload")
        redis.publish("c", b"12345678no prefix")
    await until(lambda: got)
    assert got == [b"payload"]
    assert (broker.ignored, broker.status.received) == (2, 1)
    await broker.stop()


async def test_two_prefixes_on_one_redis_do_not_meet(redis_server: RedisServer) -> None:
    blue, green = (redis_broker(f"{redis_server.url}/{db}") for db in (1, 2))
    got: list[bytes] = []
    green.subscribe("c", got.append)
    await blue.start()
    await green.start()
    await until(lambda: blue.status.connected and green.status.connected)
    blue.publish("c", b"1")
    await until(lambda: blue.status.published == 1)
    await asyncio.sleep(0.05)
    assert got == []
    await blue.stop()
    await green.stop()


async def test_a_flood_leaves_the_event_loop_to_others(redis_server: RedisServer) -> None:
    sender, taker = (redis_broker(f"{redis_server.url}?prefix=flood:") for _ in range(2))
    taker.subscribe("c", lambda payload: None)
    await sender.start()
    await taker.start()
    await until(lambda: sender.status.connected and taker.status.connected)
    longest = 0.0
    for _ in range(2_000):
        sender.publish("c", b"x" * 20)
    while taker.status.received < 2_000:
        began = time.monotonic()
        await asyncio.sleep(0)
        longest = max(longest, time.monotonic() - began)
    assert longest < 1  # seconds; the cores are shared with other tests
    await sender.stop()
    await taker.stop()


async def test_two_processes_exchange_ten_thousand_messages_in_order(redis_server: RedisServer) -> None:
    count = 10_000
    url = f"{redis_server.url}?prefix=two:"
    broker = redis_broker(url, RedisOptions(outbox_messages=count))
    got: list[int] = []
    broker.subscribe("from-peer", lambda payload: got.append(int(payload[:8])))
    peer = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("peer.py")),
        url,
        str(count),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert peer.stdout is not None
    try:
        await broker.start()
        await until(lambda: broker.status.connected)
        assert await asyncio.wait_for(peer.stdout.readline(), 20) == b"ready\n"
        for number in range(count):
            broker.publish("to-peer", b"%08d" % number + bytes(1016))
        await until(lambda: len(got) == count, 30)
        report = json.loads(await asyncio.wait_for(peer.stdout.readline(), 20))
        assert await peer.wait() == 0
    finally:
        if peer.returncode is None:
            peer.kill()
            await peer.wait()
    assert got == list(range(count))
    assert report == {"in_order": True, "sent": count, "dropped": 0}
    assert broker.status.dropped == 0
    await broker.stop()


async def test_other_reasons_are_said_in_words(tmp_path: Path) -> None:
    nowhere = redis_broker(f"unix://{tmp_path}/no.sock")
    unknown = redis_broker("redis://no-such-host.invalid")
    for broker in (nowhere, unknown):
        await broker.start()
    await until(lambda: "no connection" in nowhere.status.detail)
    assert nowhere.status.detail == f"no connection to Redis at {tmp_path}/no.sock: No such file or directory"
    for broker in (nowhere, unknown):
        await broker.stop()


async def test_a_server_that_is_no_redis() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        broker = redis_broker(f"redis://127.0.0.1:{port}")
        await broker.start()
        await until(lambda: "no connection" in broker.status.detail)
        assert "Protocol Error" in broker.status.detail
        await broker.stop()
