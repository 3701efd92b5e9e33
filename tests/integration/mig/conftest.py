"""Two replicas and the simulated GPUs of two nodes; what they leave behind is audited after every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.engine import create_engine
from tests.integration.mig.support import Rig

MakeRig = Callable[[AsyncEngine, Mapping[int, Sequence[tuple[str, int]]] | None], Awaitable[Rig]]


@pytest.fixture
async def make_rig() -> AsyncIterator[MakeRig]:
    """Makes a rig whose GPUs begin as told, by row."""
    made: list[Rig] = []

    async def make(engine: AsyncEngine, layouts: Mapping[int, Sequence[tuple[str, int]]] | None = None) -> Rig:
        made.append(Rig(engine, layouts))
        await made[-1].start()
        return made[-1]

    yield make
    for rig in made:
        found = await rig.audit()
        await rig.source.close()
        assert found == []


@pytest.fixture
async def rig(database: AsyncEngine, make_rig: MakeRig) -> Rig:
    """On every database; MIG is off on every GPU."""
    return await make_rig(database, None)


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(sqlite_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def lite(sqlite: AsyncEngine, make_rig: MakeRig) -> Rig:
    """On SQLite alone, for what no database has a say in."""
    return await make_rig(sqlite, None)
