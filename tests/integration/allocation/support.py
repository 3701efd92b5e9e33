"""Replicas over one database, and the auditor that recomputes what they must agree on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import Principal, Role
from domain.allocation.administration import Administration
from domain.allocation.admission import Admission
from domain.allocation.answers import AllocationAnswer
from domain.allocation.feed import CapacityFeed
from domain.allocation.instances import InstanceChooser
from domain.allocation.lifecycle import FINAL, HOLDING
from domain.allocation.mig_feed import MigFeed
from domain.allocation.model import ResourceType
from domain.allocation.policies.registry import policy_named
from domain.allocation.requests import AllocationRequest
from domain.allocation.scheduler import Scheduler
from domain.allocation.service import AllocationService
from domain.fleet.model import CollectionSource
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.view import InventoryView
from domain.fleet.writing import InventoryTransactions
from domain.mig.offers import Offers
from persistence import ledger_statements as sql
from persistence.archive import SqlArchive
from persistence.inventory_reader import SqlInventoryReader
from persistence.unit_of_work import unit_of_work_factory

OPERATOR = Principal("olga", Role.OPERATOR)
ADMIN = Principal("ada", Role.ADMIN)
ANN = Principal("ann", Role.USER, team="speech")
BOB = Principal("bob", Role.USER, team="vision")
TIMEOUT = timedelta(seconds=60)


class Clock:
    """A wall clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Replica:
    """One process's worth of services over the shared database."""

    view: InventoryView
    allocations: AllocationService
    administration: Administration
    transactions: InventoryTransactions
    scheduler: Scheduler
    admission: Admission
    archive: SqlArchive
    clock: Clock

    async def ask(self, actor: Principal = OPERATOR, **wanted: object) -> AllocationAnswer:
        return await self.allocations.request(actor, AllocationRequest(**wanted))  # type: ignore[arg-type]


def replica(engine: AsyncEngine, clock: Clock) -> Replica:
    view = InventoryView(SqlInventoryReader(engine))
    transactions = InventoryTransactions(unit_of_work_factory(engine, clock), view, clock=clock)
    offers = Offers(view)
    instances = InstanceChooser(view, offers, MigFeed(view, offers))
    scheduler = Scheduler(view, CapacityFeed(view), instances, policy_named("vfs-fair"))
    archive = SqlArchive(engine)
    return Replica(
        view,
        AllocationService(transactions, scheduler, archive, TIMEOUT),
        Administration(transactions),
        transactions,
        scheduler,
        Admission(transactions, scheduler, TIMEOUT),
        archive,
        clock,
    )


def node(
    name: str, gpus: int = 8, cluster: str = "east", source: CollectionSource = CollectionSource.NVML
) -> NodeReport:
    devices = tuple(
        DeviceReport(f"GPU-{name}-{index:04d}", index, "NVIDIA A100-SXM4-80GB", memory_total_mb=81920)
        for index in range(gpus)
    )
    return NodeReport(cluster, name, source, devices)


async def audit(engine: AsyncEngine) -> list[str]:
    """What is wrong: recomputed from claims, allocations, resources and history alone."""
    wrong: list[str] = []
    archive = SqlArchive(engine)
    async with engine.connect() as connection:
        claims = (await connection.execute(sql.CLAIMS)).all()
        ids = [row[0] for row in (await connection.exec_driver_sql("SELECT allocation_id FROM gpu_allocations")).all()]
    allocations = await archive.allocations(ids)
    history = await archive.history(ids)
    claimed = Counter((device_id, slice_no) for device_id, slice_no, _ in claims)
    wrong += [f"{slot} is claimed {times} times" for slot, times in claimed.items() if times > 1]
    expected = {
        (resource.device_id, number, allocation.id)
        for allocation in allocations.values()
        if allocation.status in HOLDING and allocation.resource_type is not ResourceType.SHARED
        for resource in allocation.resources
        for number in range(resource.placement_start, resource.placement_start + resource.placement_size)
    }
    found = {(row[0], row[1], row[2]) for row in claims}
    wrong += [f"claimed for nobody: {claim}" for claim in found - expected]
    wrong += [f"held without a claim: {claim}" for claim in expected - found]
    for allocation in allocations.values():
        steps = history.get(allocation.id, ())
        if [step.step for step in steps] != list(range(1, len(steps) + 1)) or not steps:
            wrong.append(f"{allocation.id}: its history has gaps")
            continue
        chain = [(before.to_status, after.from_status) for before, after in pairwise(steps)]
        if any(ended is not began for ended, began in chain) or steps[-1].to_status is not allocation.status:
            wrong.append(f"{allocation.id}: its history does not lead to {allocation.status}")
        if (allocation.status in FINAL) != (allocation.ended_time is not None):
            wrong.append(f"{allocation.id}: {allocation.status} with the end {allocation.ended_time}")
    return wrong
