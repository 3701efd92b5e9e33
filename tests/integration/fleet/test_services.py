"""The inventory's services on real databases, with replicas that compete."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.principal import SYSTEM, Principal, Role
from domain.clock import utc_now
from domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, NodeStatus, device_id_for, node_id_for
from domain.fleet.reporting import NodeReporting
from domain.fleet.reports import DeviceReport, NodeReport
from domain.fleet.requests import DeviceRegistration, DeviceUpdate, StatusChange
from domain.fleet.service import FleetService
from domain.fleet.view import InventoryView
from domain.fleet.watch import NodeWatch
from domain.fleet.writing import InventoryTransactions
from domain.metrics.frames import FrameClock
from domain.metrics.live import LiveState
from domain.metrics.sample import Sample
from persistence.inventory_reader import SqlInventoryReader
from persistence.unit_of_work import unit_of_work_factory
from resolvers.context import Context, Services
from schema.build import build_schema
from server.housekeeping import Housekeeping

OPERATOR = Principal("olga", Role.OPERATOR)


@dataclass
class Replica:
    """One process's worth of services over the shared database."""

    view: InventoryView
    fleet: FleetService
    reporting: NodeReporting
    announced: list[int] = field(default_factory=list)

    async def device(self, uuid: str) -> GpuDevice:
        await self.view.ensure_current()
        device = self.view.device(device_id_for(uuid))
        assert device is not None
        return device


def replica(engine: AsyncEngine) -> Replica:
    view = InventoryView(SqlInventoryReader(engine))
    announced: list[int] = []
    transactions = InventoryTransactions(unit_of_work_factory(engine), view, announced.append)
    return Replica(view, FleetService(transactions), NodeReporting(transactions), announced)


@pytest.fixture
async def replicas(database: AsyncEngine) -> list[Replica]:
    both = [replica(database), replica(database)]
    for each in both:
        await each.view.refresh()
    return both


def report(name: str = "n1", uuids: tuple[str, ...] = ("GPU-aaaa", "GPU-bbbb"), cluster: str = "east") -> NodeReport:
    devices = tuple(
        DeviceReport(uuid, index, "NVIDIA H100 80GB HBM3", f"0000:{index:02x}:00.0", memory_total_mb=81559)
        for index, uuid in enumerate(uuids)
    )
    return NodeReport(cluster, name, CollectionSource.AGENT, devices, "10.0.0.7", "580.95.05")


async def history(each: Replica) -> list[InventoryChange]:
    return list((await each.view._reader.since(0, 10_000))[0])


async def test_a_report_registers_once_however_many_send_it(replicas: list[Replica]) -> None:
    await asyncio.gather(*(replicas[n % 2].reporting.report_node(SYSTEM, report()) for n in range(12)))
    kinds = Counter(change.kind for change in await history(replicas[0]))
    assert kinds == {
        ChangeKind.MODEL_REGISTERED: 1,
        ChangeKind.NODE_REGISTERED: 1,
        ChangeKind.DEVICE_REGISTERED: 2,
    }
    for each in replicas:
        await each.view.ensure_current()
        assert [d.gpu_uuid for d in each.view.devices] == ["GPU-aaaa", "GPU-bbbb"]
        (node,) = each.view.nodes
        assert (node.total_gpus, node.available_gpus, node.cluster_name) == (2, 2, "east")


async def test_a_gpu_goes_offline_and_comes_back_and_an_operators_word_stands(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_node(SYSTEM, report(uuids=("GPU-aaaa", "GPU-bbbb", "GPU-cccc")))
    cordoned = await two.device("GPU-cccc")
    await two.fleet.set_device_status(OPERATOR, StatusChange(cordoned.id, DeviceStatus.CORDONED, "noisy"))
    gone = await one.reporting.report_node(SYSTEM, report(uuids=("GPU-aaaa",)))
    assert gone.gone == 1
    assert (await two.device("GPU-bbbb")).device_status is DeviceStatus.OFFLINE
    assert (await two.device("GPU-cccc")).device_status is DeviceStatus.CORDONED
    assert (await two.device("GPU-aaaa")).node.available_gpus == 1
    back = await one.reporting.report_node(SYSTEM, report(uuids=("GPU-aaaa", "GPU-bbbb", "GPU-cccc")))
    assert back.updated == 1
    assert (await two.device("GPU-bbbb")).device_status is DeviceStatus.ACTIVE
    assert (await two.device("GPU-bbbb")).node.available_gpus == 2


async def test_the_same_report_again_writes_nothing(replicas: list[Replica]) -> None:
    one, _ = replicas
    await one.reporting.report_node(SYSTEM, report())
    before = one.view.revision
    again = await one.reporting.report_node(SYSTEM, report())
    assert (again.registered, again.updated, again.gone) == (0, 0, 0)
    assert one.view.revision == before


async def test_a_gpu_that_moves_is_counted_on_its_new_node_only(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_nodes(SYSTEM, [report("n1"), report("n2", ("GPU-dddd",))])
    await two.reporting.report_node(SYSTEM, report("n2", ("GPU-dddd", "GPU-bbbb")))
    await one.view.ensure_current()
    nodes = {node.node_name: node for node in one.view.nodes}
    assert (nodes["n1"].total_gpus, nodes["n2"].total_gpus) == (1, 2)
    assert (await one.device("GPU-bbbb")).node.node_name == "n2"


async def test_of_competing_changes_exactly_one_wins(replicas: list[Replica]) -> None:
    await replicas[0].reporting.report_node(SYSTEM, report())
    device = await replicas[1].device("GPU-aaaa")
    targets = [DeviceStatus.CORDONED, DeviceStatus.MAINTENANCE] * 5
    results = await asyncio.gather(
        *(
            replicas[n % 2].fleet.set_device_status(
                OPERATOR, StatusChange(device.id, status, f"try {n}", expected_version=device.version)
            )
            for n, status in enumerate(targets)
        ),
        return_exceptions=True,
    )
    winners = [r for r in results if isinstance(r, GpuDevice)]
    assert len(winners) == 1
    assert all(isinstance(r, GpuDevice | Conflict) for r in results), results
    assert (await replicas[0].device("GPU-aaaa")).version == device.version + 1


async def test_a_keyed_request_is_done_once_wherever_it_is_retried(replicas: list[Replica]) -> None:
    request = DeviceRegistration("east", "n9", DeviceReport("GPU-eeee", 0, "Tesla T4"), "key-1")
    devices = await asyncio.gather(*(replicas[n % 2].fleet.register_device(OPERATOR, request) for n in range(10)))
    assert {device.id for device in devices} == {device_id_for("GPU-eeee")}
    kinds = Counter(change.kind for change in await history(replicas[0]))
    assert kinds[ChangeKind.DEVICE_REGISTERED] == 1
    with pytest.raises(Conflict, match="another request"):
        await replicas[1].fleet.register_device(OPERATOR, replace(request, node_name="n8"))
    with pytest.raises(Conflict, match="registered already"):
        await replicas[1].fleet.register_device(OPERATOR, replace(request, idempotency_key=None))
    other = Principal("oscar", Role.OPERATOR)  # a key is its user's own
    with pytest.raises(Conflict, match="registered already"):
        await replicas[1].fleet.register_device(other, request)


async def test_every_change_says_who_when_why(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_node(Principal("agent-7", Role.SERVICE), report())
    device = await two.device("GPU-aaaa")
    await two.fleet.set_device_status(OPERATOR, StatusChange(device.id, DeviceStatus.DRAINING, "firmware"))
    changes = await history(one)
    assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))
    assert {change.actor for change in changes[:-1]} == {"agent-7"}
    last = changes[-1]
    assert (last.actor, last.reason, last.before, last.after) == ("olga", "firmware", "ACTIVE", "DRAINING")
    assert last.at.tzinfo is not None
    assert two.announced[-1] == last.sequence


async def test_papers_of_a_device(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_node(SYSTEM, report())
    device = await one.device("GPU-aaaa")
    update = DeviceUpdate(device.id, serial_number="1650", purchase_cost=Decimal("30123.45"), purchase_currency="USD")
    await one.fleet.update_device(OPERATOR, update)
    seen = await two.device("GPU-aaaa")
    assert (seen.serial_number, seen.purchase_cost, seen.purchase_currency) == ("1650", Decimal("30123.45"), "USD")
    with pytest.raises(InvalidInput) as refused:
        await one.fleet.update_device(OPERATOR, DeviceUpdate(device.id, purchase_currency=None))
    assert refused.value.path == ("purchaseCurrency",)
    assert (await two.device("GPU-aaaa")).purchase_currency == "USD", "a refused change leaves nothing behind"
    await one.fleet.update_device(OPERATOR, DeviceUpdate(device.id, purchase_cost=None, purchase_currency=None))
    assert (await two.device("GPU-aaaa")).purchase_cost is None


async def test_rights_are_checked_before_anything_is_touched(replicas: list[Replica]) -> None:
    one, _ = replicas
    await one.reporting.report_node(SYSTEM, report())
    device = await one.device("GPU-aaaa")
    before = one.view.revision
    step = StatusChange(device.id, DeviceStatus.CORDONED)
    for role in (Role.USER, Role.VIEWER, Role.SERVICE):
        with pytest.raises(Forbidden):
            await one.fleet.set_device_status(Principal("x", role), step)
        with pytest.raises(Forbidden):
            await one.fleet.register_device(
                Principal("x", role), DeviceRegistration("east", "n1", DeviceReport("GPU-ffff", 5, "T4"))
            )
    for role in (Role.USER, Role.VIEWER, Role.OPERATOR):
        with pytest.raises(Forbidden):
            await one.reporting.report_node(Principal("x", role), report())
    with pytest.raises(NotFound):
        await one.fleet.set_device_status(Principal("x", Role.OPERATOR, clusters=frozenset({"west"})), step)
    with pytest.raises(Forbidden):
        await one.reporting.report_node(Principal("a", Role.SERVICE, node_name="n2"), report("n1"))
    await one.view.ensure_current()
    assert one.view.revision == before


async def test_simulated_nodes_of_before_are_forgotten_and_real_ones_are_not(replicas: list[Replica]) -> None:
    one, two = replicas
    simulated = replace(report("sim-1", ("GPU-s1s1",)), collection_source=CollectionSource.SIMULATED)
    other = replace(report("sim-2", ("GPU-s2s2",)), collection_source=CollectionSource.SIMULATED)
    agents = replace(simulated, cluster_name="west", devices=(DeviceReport("GPU-s3s3", 0, "Tesla T4"),))
    await one.reporting.report_nodes(SYSTEM, [simulated, other, agents, report()])
    assert await one.reporting.forget_simulated_nodes(SYSTEM, "east", {node_id_for("east", "sim-2")}) == 1
    await two.view.ensure_current()
    kept = {(node.cluster_name, node.node_name) for node in two.view.nodes}
    assert kept == {("east", "sim-2"), ("east", "n1"), ("west", "sim-1")}
    assert two.view.device_by_uuid("GPU-s1s1") is None
    assert await one.reporting.forget_simulated_nodes(SYSTEM, "east", {node_id_for("east", "sim-2")}) == 0


@contextmanager
def counted_statements(engine: AsyncEngine) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", count)


@pytest.mark.parametrize("nodes", [1, 12])
async def test_a_list_costs_the_same_statements_for_any_number_of_rows(database: AsyncEngine, nodes: int) -> None:
    each = replica(database)
    await each.view.refresh()
    await each.reporting.report_nodes(
        SYSTEM, [report(f"n{n}", tuple(f"GPU-{n:04d}-{i}" for i in range(8))) for n in range(nodes)]
    )
    services = Services(each.view, None, FrameClock(1.0), each.fleet, each.reporting, *[None] * 9)  # type: ignore[arg-type]
    query = "{devices(first:1000){totalCount nodes{id node{nodeName} model{modelName} latestMetric{timestamp}}}}"
    with counted_statements(database) as statements:
        result = await build_schema().execute(query, context_value=Context.of(services, OPERATOR))
    answer = orjson.loads(orjson.dumps(result.data))["devices"]
    assert answer["totalCount"] == len(answer["nodes"]) == nodes * 8
    reads = [statement for statement in statements if statement.lstrip().upper().startswith("SELECT")]
    assert len(reads) <= 1, reads  # none where the database says without a query that nothing was committed


async def test_a_silent_node_goes_offline_once_and_its_next_report_brings_it_back(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_node(SYSTEM, report())
    now = [utc_now()]
    watches = [
        NodeWatch(
            InventoryTransactions(each.reporting._transactions._unit_of_work, each.view, clock=lambda: now[0]),
            timedelta(minutes=3),
        )
        for each in replicas
    ]
    assert await watches[0].sweep() == 0
    now[0] += timedelta(minutes=4)
    assert sorted(await asyncio.gather(*(watch.sweep() for watch in watches))) == [0, 1]
    await two.view.ensure_current()
    (node,) = two.view.nodes
    assert (node.node_status, node.available_gpus, node.total_gpus) == (NodeStatus.OFFLINE, 0, 2)
    await two.reporting.report_node(SYSTEM, report())
    await one.view.ensure_current()
    (node,) = one.view.nodes
    assert (node.node_status, node.available_gpus) == (NodeStatus.READY, 2)
    last = [change for change in await history(one) if change.kind is ChangeKind.NODE_UPDATED]
    assert [change.reason for change in last] == ["not reported for 180 s", None]


async def test_a_node_that_keeps_reporting_is_heard_by_all_replicas(replicas: list[Replica]) -> None:
    one, two = replicas
    await one.reporting.report_node(SYSTEM, report())
    (node,) = one.view.nodes
    node.last_report_at = utc_now() - timedelta(minutes=10)
    revision = one.view.revision
    await one.reporting.report_node(SYSTEM, report())
    assert one.view.revision == revision, "being heard is no change"
    assert await NodeWatch(two.reporting._transactions, timedelta(minutes=3)).sweep() == 0


async def test_current_values_are_stored_for_those_who_read_the_tables(database: AsyncEngine) -> None:
    each = replica(database)
    await each.view.refresh()
    await each.reporting.report_node(SYSTEM, report())
    device = await each.device("GPU-aaaa")
    version = device.version
    live = LiveState(each.view)
    sample = Sample("GPU-aaaa", utc_now(), 10.0, temperature_c=61.0, power_draw_w=412.5)
    live.ingest([sample])
    housekeeping = Housekeeping(database, each.view, NodeWatch(each.reporting._transactions, timedelta(minutes=3)))
    await housekeeping.store_current_values()
    stored = {d.gpu_uuid: d for d in (await SqlInventoryReader(database).load()).devices}
    assert (stored["GPU-aaaa"].current_temp_c, stored["GPU-aaaa"].current_power_w) == (61.0, 412.5)
    assert stored["GPU-bbbb"].current_temp_c is None
    assert stored["GPU-aaaa"].version == version
