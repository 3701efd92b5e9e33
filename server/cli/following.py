"""A subscription that outlives its server: connected again by itself, and each loss said."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from server.cli.api_errors import ApiError, Refused, Unreachable

RETRY_FIRST_S = 0.5
RETRY_MOST_S = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no connection. The next attempt follows in `retry_in_s`; `attempt` counts from 1."""

    reason: str
    attempt: int
    retry_in_s: float


async def following(connect: Callable[[], AsyncGenerator[T]]) -> AsyncGenerator[T | Lost]:
    """What each connection yields, and the losses between them, without end.

    Raises `Refused`, and `ApiError` where asking again will not help.
    """
    attempt = 0
    ever = False
    while True:
        reason = "the server ended the stream"
        try:
            async with aclosing(connect()) as arrivals:
                async for arrival in arrivals:
                    attempt, ever = 0, True
                    yield arrival
        except Refused:
            raise
        except ApiError as error:
            if not ever and not isinstance(error, Unreachable):
                raise
            reason = error.message
        attempt += 1
        longest = min(RETRY_FIRST_S * 2.0 ** min(attempt - 1, 30), RETRY_MOST_S)
        wait_s = longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads readers, guards no secret
        yield Lost(reason, attempt, wait_s)
        await asyncio.sleep(wait_s)
