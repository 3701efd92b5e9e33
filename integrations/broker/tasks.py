"""Tasks that live and die together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_failure(**work: Coroutine[Any, Any, None]) -> None:
    """Run endless coroutines together, each in a task named `broker-<name>`; when one ends, end all.

    Raises what ended the first, `RuntimeError` where that was no exception. Not a TaskGroup: that goes on with the
    others when one task is cancelled from outside.
    """
    tasks = [asyncio.create_task(coroutine, name=f"broker-{name}") for name, coroutine in work.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for task, result in zip(tasks, results, strict=True):
        if task in done and isinstance(result, Exception):
            raise result
    raise RuntimeError("a broker task ended unexpectedly")
