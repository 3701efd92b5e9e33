"""From the setting GPU_BROKER_URL to a broker."""

from __future__ import annotations

from integrations.broker.address import BrokerUrlError, parse_redis_url
from integrations.broker.memory import MemoryBroker
from integrations.broker.redis import RedisBroker

__all__ = ["BrokerUrlError", "open_broker"]


def open_broker(url: str) -> MemoryBroker | RedisBroker:
    """The broker that the URL names; nothing connects before its `start()`. Raises `BrokerUrlError`."""
    text = url.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise BrokerUrlError("is not a URL")
    match scheme.lower():
        case "memory":
            if rest.strip("/"):
                raise BrokerUrlError("takes nothing after memory://")
            return MemoryBroker()
        case "redis" | "rediss" | "unix":
            return RedisBroker(parse_redis_url(text))
        case _:
            raise BrokerUrlError("has no known scheme")
