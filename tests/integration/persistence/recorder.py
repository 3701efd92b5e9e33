"""A process of its own that records changes: `python recorder.py URL NAME COUNT`."""

from __future__ import annotations

import asyncio
import sys

from persistence.engine import create_engine
from persistence.unit_of_work import SqlUnitOfWork
from tests.integration.persistence.objects import a_change


async def record(url: str, name: str, count: int) -> None:
    engine = create_engine(url)
    for number in range(count):
        async with SqlUnitOfWork(engine) as uow:
            await uow.record([a_change(f"{name}_{number}"), a_change(f"{name}_{number}")])
            if number % 5 != 4:  # the others are undone
                await uow.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], sys.argv[2], int(sys.argv[3])))
