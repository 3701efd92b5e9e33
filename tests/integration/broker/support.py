"""What several broker tests need: options for impatient brokers, and waiting for something to become true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from integrations.broker.address import parse_redis_url
from integrations.broker.redis import RedisBroker, RedisOptions

FAST = RedisOptions(
    timeout_s=0.5, health_interval_s=0.2, backoff_first_s=0.02, backoff_max_s=0.1, outbox_messages=2_000
)


def redis_broker(url: str, options: RedisOptions = FAST) -> RedisBroker:
    return RedisBroker(parse_redis_url(url), options)


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait until the condition holds. Fails the test where it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        await asyncio.sleep(0.005)
