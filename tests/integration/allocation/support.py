"""Replicas over one database, whose clock tests move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import Principal, Role
from domain.allocation.administration import Administration
from domain.allocation.admission import Admission
from domain.allocation.answers import AllocationAnswer
from domain.allocation.feed import CapacityFeed
from domain.allocation.instances import InstanceChooser
from domain.allocation.mig_feed import MigFeed
from domain.allocation.policies.registry import policy_named
from domain.allocation.requests import AllocationRequest
from domain.allocation.scheduler import Scheduler
from domain.allocation.service import AllocationService
from domain.fleet.model import CollectionSource
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.view import InventoryView
from domain.fleet.writing import InventoryTransactions
from domain.mig.offers import Offers
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
