"""The composition root: every part of one server process, made, connected, started and stopped in order."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.allocation.administration import Administration
from domain.allocation.admission import Admission
from domain.allocation.expiry import Expiry
from domain.allocation.feed import CapacityFeed
from domain.allocation.free_capacity import FreeCapacity
from domain.allocation.instances import InstanceChooser
from domain.allocation.mig_feed import MigFeed
from domain.allocation.policies.registry import mig_policy_for, policy_named
from domain.allocation.scheduler import Scheduler
from domain.allocation.service import AllocationService
from domain.errors import Unavailable
from domain.fleet.reporting import NodeReporting
from domain.fleet.service import FleetService
from domain.fleet.view import InventoryView
from domain.fleet.watch import NodeWatch
from domain.fleet.writing import InventoryTransactions
from domain.metrics.frames import FrameClock
from domain.metrics.live import LiveState
from domain.metrics.ports import Broker
from domain.metrics.service import MetricService
from domain.metrics.validation import SampleLimits
from domain.mig.commands import COMMAND_TIMEOUT
from domain.mig.dispatch import CommandDesk
from domain.mig.offers import Offers
from domain.mig.results import CommandResults
from domain.mig.service import LayoutService
from integrations.broker.factory import open_broker
from integrations.nvml.factory import open_source
from persistence.archive import SqlArchive
from persistence.engine import create_engine
from persistence.inventory_reader import SqlInventoryReader
from persistence.migrate import upgrade
from persistence.unit_of_work import unit_of_work_factory
from resolvers.context import Services
from schema.build import build_schema
from server.allocation_upkeep import AllocationUpkeep
from server.collection import Collection
from server.graphql.cohorts import CohortHub
from server.graphql.endpoint import GraphQLEndpoint
from server.housekeeping import Housekeeping
from server.loops import Loops
from server.mig_commands import LocalCommands
from server.observability.traffic import Traffic
from server.replication import Replication
from server.settings import Collector, Settings
from server.tokens import Authenticator

logger = logging.getLogger("gpu.runtime")

MIGRATE_TRIES = 30
MIGRATE_AGAIN_S = 1.0


@dataclass(slots=True)
class Runtime:
    """One server process. Made by `build`, alive between `start` and `stop`."""

    settings: Settings
    engine: AsyncEngine
    broker: Broker
    view: InventoryView
    live: LiveState
    frames: FrameClock
    services: Services
    replication: Replication
    collection: Collection | None
    commands: LocalCommands | None
    hub: CohortHub
    endpoint: GraphQLEndpoint
    traffic: Traffic
    loops: Loops
    housekeeping: Housekeeping
    upkeep: AllocationUpkeep
    ready: bool = False

    @classmethod
    def build(cls, settings: Settings) -> Runtime:
        """Make and connect the parts. Touches no database and no network yet."""
        engine = create_engine(settings.resolved_database_url)
        broker = open_broker(settings.broker_url)
        view = InventoryView(SqlInventoryReader(engine))
        limits = SampleLimits(
            future=timedelta(seconds=settings.sample_future_seconds), age=timedelta(seconds=settings.sample_age_seconds)
        )
        live = LiveState(view, limits)
        frames = FrameClock(settings.sample_interval)
        live.on_metrics(lambda _metrics: frames.mark_dirty())
        view.on_change(lambda _delta: frames.mark_dirty())
        replication = Replication(broker, view, live)
        transactions = InventoryTransactions(unit_of_work_factory(engine), view, replication.announce)
        reporting = NodeReporting(transactions, COMMAND_TIMEOUT)
        metrics = MetricService(view, live, replication.share)
        archive = SqlArchive(engine)
        offers = Offers(view)
        policy = settings.placement_policy
        instances = InstanceChooser(view, offers, MigFeed(view, offers), mig_policy_for(policy))
        scheduler = Scheduler(view, CapacityFeed(view), instances, policy_named(policy))
        results = CommandResults(transactions, COMMAND_TIMEOUT)
        desk = CommandDesk(transactions)
        services = Services(
            view,
            live,
            frames,
            FleetService(transactions),
            reporting,
            metrics,
            AllocationService(transactions, scheduler, archive, COMMAND_TIMEOUT),
            Administration(transactions),
            LayoutService(transactions, offers, archive, COMMAND_TIMEOUT),
            offers,
            FreeCapacity(view, offers, instances.feed),
            desk,
            results,
            archive,
        )
        schema = build_schema()
        hub = CohortHub(schema, services, settings.cohorts_max)
        traffic = Traffic()
        endpoint = GraphQLEndpoint(schema, services, hub, Authenticator.from_settings(settings), settings, traffic)
        collection = cls._collection(settings, reporting, live, replication)
        commands = None
        if collection is not None and (executor := collection.source.mig_executor) is not None:
            commands = LocalCommands(view, desk, results, executor, lambda: collection.node_ids)
        return cls(
            settings=settings,
            engine=engine,
            broker=broker,
            view=view,
            live=live,
            frames=frames,
            services=services,
            replication=replication,
            collection=collection,
            commands=commands,
            hub=hub,
            endpoint=endpoint,
            traffic=traffic,
            loops=Loops(),
            housekeeping=Housekeeping(
                engine, view, NodeWatch(transactions, timedelta(seconds=settings.node_silent_seconds))
            ),
            upkeep=AllocationUpkeep(
                Expiry(transactions, COMMAND_TIMEOUT),
                Admission(transactions, scheduler, COMMAND_TIMEOUT),
                results,
                scheduler,
                archive,
            ),
        )

    @staticmethod
    def _collection(
        settings: Settings, reporting: NodeReporting, live: LiveState, replication: Replication
    ) -> Collection | None:
        if settings.collector is Collector.NONE:
            return None
        source = open_source(
            settings.collector.value,  # type: ignore[arg-type] # NONE is dealt with above
            simulated_gpus=settings.simulated_gpus,
            seed=settings.simulated_seed,
            simulated_mig_gpus=settings.simulated_mig_gpus,
            node_name=settings.node_name,
            cluster_name=settings.cluster_name,
            faults=settings.simulated_faults,
        )
        return Collection(source, reporting, live, replication.share, settings.sample_interval)

    async def start(self) -> None:
        """Migrate, load, connect, collect once, and start the loops. Raises `Unavailable` without a database."""
        await self._migrate()
        await self.view.refresh()
        await self.broker.start()
        if self.collection is not None:
            await self.collection.begin()
            self.loops.start("collection", self.collection.run)
        if self.commands is not None:
            self.loops.start("mig-commands", self.commands.run)
        self.loops.start("frames", self.frames.run)
        self.loops.start("inventory", self.replication.follow_inventory)
        self.loops.start("socket-watch", self.endpoint.watch)
        self.loops.start("housekeeping", self.housekeeping.run)
        self.loops.start("allocations", self.upkeep.run)
        self.loops.start("request-mix", self.upkeep.learn)
        self.ready = True

    async def drain(self) -> None:
        """Stop taking work and end what is open, while the connections are still there."""
        self.ready = False
        await self.endpoint.drain()

    async def stop(self) -> None:
        """End everything this process has started, in the reverse order."""
        self.ready = False
        await self.endpoint.drain()
        await self.hub.close()
        await self.loops.stop()
        if self.collection is not None:
            await self.collection.source.close()
        await self.broker.stop()
        await self.engine.dispose()

    async def _migrate(self) -> None:
        for attempt in range(MIGRATE_TRIES):
            try:
                await upgrade(self.engine)
                return
            except Unavailable as error:
                if attempt == MIGRATE_TRIES - 1:
                    raise
                logger.warning("the database is not there yet: %s", error.message)
                await asyncio.sleep(MIGRATE_AGAIN_S)
