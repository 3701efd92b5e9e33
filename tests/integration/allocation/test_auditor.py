"""The auditor finds what it is there for: each rule, broken behind the back of the code under test, is named."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM
from domain.allocation.administration import SharingRequest
from domain.allocation.model import QuotaScope, ResourceType
from domain.allocation.requests import QuotaRequest, ReleaseRequest
from domain.fleet.model import SharingMode
from domain.fleet.reporting import NodeReporting
from tests.integration.allocation.auditor import audit
from tests.integration.allocation.support import ADMIN, ANN, OPERATOR, Clock, node, replica

HELD = "SELECT allocation_id FROM gpu_allocations WHERE status = 'ACTIVE' AND gpu_count = 1"
ENDED = "SELECT allocation_id FROM gpu_allocations WHERE status = 'RELEASED'"
BROKEN = {
    "a claim is lost": (
        f"DELETE FROM slice_claims WHERE allocation_id IN ({HELD}) AND slice_no = 0",
        "without a claim",
    ),
    "a claim is left": (
        f"UPDATE slice_claims SET allocation_id = ({ENDED}) WHERE allocation_id IN ({HELD})",
        "claimed for nobody",
    ),
    "a slice is held twice": (
        "UPDATE allocated_resources SET device_id = (SELECT min(device_id) FROM allocated_resources) "
        "WHERE share_milli IS NULL",
        "a slice of",
    ),
    "shares lie under a whole device": (
        "UPDATE allocated_resources SET device_id = (SELECT min(device_id) FROM allocated_resources "
        "WHERE share_milli IS NULL) WHERE share_milli IS NOT NULL",
        "share and slices",
    ),
    "more compute is shared than there is": (
        "UPDATE allocated_resources SET share_milli = 900 WHERE share_milli IS NOT NULL",
        "of its compute",
    ),
    "more memory is shared than there is": (
        "UPDATE allocated_resources SET memory_mib = 81000 WHERE share_milli IS NOT NULL",
        "MiB of 81920",
    ),
    "more share it than may": (
        "UPDATE inventory_changes SET after_value = replace(after_value, 'max=2', 'max=1')",
        "2 sharers of 1",
    ),
    "it may not be shared": ("DELETE FROM inventory_changes WHERE after_value LIKE 'mode=%'", "may not be shared"),
    "a quota is passed": (
        "UPDATE inventory_changes SET after_value = replace(after_value, 'gpus_hard=4', 'gpus_hard=1.5')",
        "TEAM speech holds 3 GPUs of 1.5",
    ),
    "a step is lost": ("DELETE FROM allocation_history WHERE step = 2", "its steps are [1, 3"),
    "the last step is lost": (
        f"DELETE FROM allocation_history WHERE step = 4 AND allocation_id IN ({ENDED})",
        "it is RELEASED",
    ),
    "a step is not legal": ("UPDATE allocation_history SET to_status = 'QUEUED' WHERE step = 3", "not legal"),
    "the record lacks a step": (
        "DELETE FROM inventory_changes WHERE after_value = 'RESERVED'",
        "the change record says",
    ),
    "an end without a time": ("UPDATE gpu_allocations SET ended_time = NULL", "with the end None"),
    "what it held is forgotten": ("DELETE FROM allocated_resources WHERE position = 0", "with 0 resources"),
    "a key leads nowhere": ("UPDATE idempotency_keys SET result_id = 'alloc_0'", "leads to alloc_0"),
}


@pytest.fixture
async def books_in_order(database: AsyncEngine) -> AsyncEngine:
    """Whole devices, two shares, one that was released, a quota and a key."""
    each = replica(database, Clock())
    await each.view.refresh()
    await NodeReporting(each.transactions).report_nodes(SYSTEM, [node("n1")])
    await each.administration.set_quota(ADMIN, QuotaRequest(QuotaScope.TEAM, "speech", gpus_hard=4))
    shared = SharingRequest(each.view.devices[7].id, SharingMode.TIME_SLICING, max_sharers=2)
    await each.administration.set_sharing(OPERATOR, shared)
    for _ in range(2):
        assert (await each.ask(resource_type=ResourceType.SHARED, memory_gb=20.0, compute_milli=400)).granted
    assert (await each.ask(ANN, gpu_count=2)).granted
    assert (await each.ask(ANN, gpu_count=1, idempotency_key="k")).granted
    gone = await each.ask(gpu_count=3)
    assert gone.allocation is not None
    await each.allocations.release(OPERATOR, ReleaseRequest(gone.allocation.id))
    assert await audit(database) == []
    return database


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_broken_is_found(books_in_order: AsyncEngine, name: str) -> None:
    statement, words = BROKEN[name]
    async with books_in_order.begin() as connection:
        done = await connection.execute(text(statement))
        assert done.rowcount > 0
    wrong = await audit(books_in_order)
    assert any(words in each for each in wrong), wrong
