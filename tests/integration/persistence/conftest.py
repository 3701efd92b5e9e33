"""What the contract tests of the repositories share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Executable, TextClause, event
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.inventory_reader import SqlInventoryReader
from persistence.statements import catalogue
from persistence.unit_of_work import SqlUnitOfWork, unit_of_work_factory
from tests.integration.persistence.objects import a_device, a_model, a_node

Begin = Callable[[], SqlUnitOfWork]


@pytest.fixture
def sent(database: AsyncEngine) -> list[str]:
    """Names of the statements sent so far. A statement that the catalogue does not list fails the test."""
    names = {id(statement): name for name, statement in catalogue().items()}
    log: list[str] = []

    @event.listens_for(database.sync_engine, "before_execute")
    def remember(connection: object, statement: Executable, *rest: Any) -> None:
        if isinstance(statement, TextClause):  # a dialect's own words
            return
        assert id(statement) in names, f"not in persistence/statements.py: {statement}"
        log.append(names[id(statement)])

    return log


@pytest.fixture
def begin(database: AsyncEngine, sent: list[str]) -> Begin:
    """Begins a unit of work: `async with begin() as uow`."""
    return unit_of_work_factory(database)


@pytest.fixture
def reader(database: AsyncEngine, sent: list[str]) -> SqlInventoryReader:
    return SqlInventoryReader(database)


@pytest.fixture
async def stocked(begin: Begin) -> None:
    """Two nodes with two devices each, and a model."""
    async with begin() as uow:
        model, nodes = a_model(), [a_node(1), a_node(2)]
        await uow.add_model(model)
        for node in nodes:
            await uow.save_node(node)
        await uow.save_devices([a_device(number, nodes[number // 2], model) for number in range(4)])
        await uow.commit()
