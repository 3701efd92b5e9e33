"""The other process of a test: sends a numbered stream and takes one in. Run with the arguments URL and COUNT.

Prints `ready` when connected, starts at the first message it gets, and ends with one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys

from integrations.broker.address import parse_redis_url
from integrations.broker.redis import RedisBroker, RedisOptions


async def main(url: str, count: int) -> None:
    broker = RedisBroker(parse_redis_url(url), RedisOptions(outbox_messages=count))
    got: list[int] = []
    done = asyncio.Event()
    begun = asyncio.Event()

    def take(payload: bytes) -> None:
        begun.set()
        got.append(int(payload[:8]))
        if len(got) == count:
            done.set()

    broker.subscribe("to-peer", take)
    await broker.start()
    while not broker.status.connected:
        await asyncio.sleep(0.005)
    print("ready", flush=True)
    await begun.wait()
    for number in range(count):
        broker.publish("from-peer", b"%08d" % number + bytes(1016))
        if number % 100 == 0:
            await asyncio.sleep(0)
    await asyncio.wait_for(done.wait(), 30)
    await broker.stop()
    status = broker.status
    print(json.dumps({"in_order": got == list(range(count)), "sent": status.published, "dropped": status.dropped}))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
