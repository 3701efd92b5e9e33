"""What waits to be sent: bounded in messages and in bytes, the oldest gives way."""

from __future__ import annotations

import asyncio
from collections import deque

Message = tuple[bytes, bytes]
"""Channel name and body as they go over the wire."""


class Outbox:
    """A queue that never makes its writer wait. Used from one event loop."""

    def __init__(self, messages_max: int, bytes_max: int) -> None:
        self._messages_max = messages_max
        self._bytes_max = bytes_max
        self._waiting: deque[Message] = deque()
        self._filled = asyncio.Event()
        self.bytes = 0
        """Bytes of the bodies that wait."""
        self.dropped = 0
        """Messages that gave way to newer ones."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Queue a message, dropping the oldest ones until both bounds hold."""
        self._waiting.append(message)
        self.bytes += len(message[1])
        while len(self._waiting) > self._messages_max or self.bytes > self._bytes_max:
            self.bytes -= len(self._waiting.popleft()[1])
            self.dropped += 1
        if self._waiting:
            self._filled.set()

    def take(self, messages_max: int, bytes_max: int) -> list[Message]:
        """Remove the oldest messages, in order: as many as fit both limits, but at least one where any waits."""
        taken: list[Message] = []
        size = 0
        while self._waiting and len(taken) < messages_max:
            size += len(self._waiting[0][1])
            if taken and size > bytes_max:
                break
            taken.append(self._waiting.popleft())
            self.bytes -= len(taken[-1][1])
        if not self._waiting:
            self._filled.clear()
        return taken

    async def wait(self, timeout_s: float) -> bool:
        """Wait until something waits here. False: nothing came in time."""
        if self._waiting:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await self._filled.wait()
        except TimeoutError:
            return False
        return True
