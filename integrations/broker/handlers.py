"""Who wants which channel, and the safe way to call them: shared by all brokers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from domain.metrics.ports import Handler
from integrations.broker.pacing import Seldom

logger = logging.getLogger(__name__)

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
"""Largest payload of one message. A larger one is refused where it is published, and ignored where it arrives."""

LOG_EVERY_S = 10.0
"""A handler that fails on every message is logged this often; all its failures are counted."""


class Handlers:
    """The subscriptions of one broker. Used from one event loop."""

    def __init__(self) -> None:
        self._by_channel: dict[str, list[Handler]] = {}
        self._closed = False
        self._may_log = Seldom(LOG_EVERY_S)
        self.failures = 0
        """Exceptions raised by handlers and reconnect callbacks since start."""

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._by_channel)

    def add(self, channel: str, handler: Handler) -> None:
        """Raises `RuntimeError` while the broker runs: subscriptions are made before it starts."""
        if self._closed:
            raise RuntimeError(f"subscribe to {channel!r} before the broker is started")
        self._by_channel.setdefault(channel, []).append(handler)

    def close(self) -> None:
        """Take no more subscriptions."""
        self._closed = True

    def reopen(self) -> None:
        self._closed = False

    def deliver(self, channel: str, payload: bytes) -> None:
        """Call every handler of the channel. What one raises is logged and counted; the others are still called."""
        for handler in self._by_channel.get(channel, ()):
            try:
                handler(payload)
            except Exception:
                self._failed(f"a handler of broker channel {channel!r}")

    def tell(self, callbacks: list[Callable[[], None]]) -> None:
        """Call each callback under the same protection."""
        for callback in tuple(callbacks):
            try:
                callback()
            except Exception:
                self._failed("a reconnect callback of the broker")

    def _failed(self, who: str) -> None:
        self.failures += 1
        if self._may_log():
            logger.exception("%s failed; %d failures since start", who, self.failures)
