"""Two replicas over a small fleet; what they leave behind is audited after every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM
from domain.fleet.reporting import NodeReporting
from tests.integration.allocation.auditor import audit
from tests.integration.allocation.support import Clock, Replica, node, replica


@pytest.fixture
async def both(database: AsyncEngine) -> AsyncIterator[list[Replica]]:
    """Two replicas over a fleet of two nodes with eight GPUs; what is stored is audited afterwards."""
    clock = Clock()
    replicas = [replica(database, clock), replica(database, clock)]
    await replicas[0].view.refresh()
    await NodeReporting(replicas[0].transactions).report_nodes(SYSTEM, [node("n1"), node("n2")])
    await replicas[1].view.refresh()
    yield replicas
    assert await audit(database) == []
