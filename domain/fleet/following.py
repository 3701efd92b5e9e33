"""Reading the view's changes as a stream, with a bound on how far a reader may fall behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from domain.fleet.view import InventoryDelta, InventoryView

DELTAS_WAITING_MAX = 256
"""A reader that falls further behind starts again from everything instead of getting the changes it missed."""


async def deltas(view: InventoryView) -> AsyncGenerator[InventoryDelta | None, None]:
    """Yield None where the reader has to look at everything, first of all and after it fell behind; else each delta.

    Never ends by itself; close it (`aclosing`) to stop following.
    """
    waiting: deque[InventoryDelta] = deque(maxlen=DELTAS_WAITING_MAX)
    arrived = asyncio.Event()
    lagged = False

    def receive(delta: InventoryDelta) -> None:
        nonlocal lagged
        lagged = lagged or delta.full or len(waiting) == DELTAS_WAITING_MAX
        waiting.append(delta)
        arrived.set()

    stop = view.on_change(receive)
    try:
        yield None
        while True:
            await arrived.wait()
            arrived.clear()
            if lagged:
                lagged = False
                waiting.clear()
                yield None
                continue
            while waiting and not lagged:
                yield waiting.popleft()
    finally:
        stop()
