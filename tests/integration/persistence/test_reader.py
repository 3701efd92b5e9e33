"""Reading the inventory: consistent, in few statements, in order."""

from __future__ import annotations

import asyncio

from persistence.inventory_reader import SqlInventoryReader
from tests.integration.persistence.conftest import Begin
from tests.integration.persistence.objects import a_change, a_device, a_model, a_node, of_nodes, part_of


async def test_an_empty_database(reader: SqlInventoryReader) -> None:
    stored = await reader.load()
    assert (stored.revision, stored.models, stored.nodes, stored.devices) == (0, [], [], [])
    assert await reader.revision() == 0
    assert (await reader.since(0, 10))[0] == []


async def test_devices_point_into_the_nodes_and_models_of_the_same_read(
    reader: SqlInventoryReader, stocked: None
) -> None:
    for stored in (await reader.load(), await part_of(reader, of_nodes(["node_1", "node_2"]))):
        assert len(stored.devices) == 4
        assert {id(d.node) for d in stored.devices} == {id(node) for node in stored.nodes}
        assert {id(d.model) for d in stored.devices} == {id(model) for model in stored.models}


async def test_the_number_of_statements_does_not_grow(
    begin: Begin, reader: SqlInventoryReader, sent: list[str]
) -> None:
    async with begin() as uow:
        model = a_model()
        await uow.add_model(model)
        nodes = [a_node(n) for n in range(20)]
        for node in nodes:
            await uow.save_node(node)
        await uow.save_devices([a_device(n, nodes[n % 20], model) for n in range(500)])
        await uow.record([a_change() for _ in range(50)])
        await uow.commit()
    sent.clear()
    assert len((await reader.load()).devices) == 500
    held = ["INSTANCES", "PROFILES", "LIVE_ALLOCATIONS", "LIVE_RESOURCES", "QUOTAS", "OPEN_COMMANDS"]
    assert sent == ["REVISION", "MODELS", "NODES", "DEVICES", *held]
    sent.clear()
    assert len((await part_of(reader, of_nodes([node.id for node in nodes]))).devices) == 500
    assert sent == ["REVISION", "MODELS", "PROFILES", "NODES_BY_ID", "DEVICES_BY_NODE", "INSTANCES_BY_NODE"]
    sent.clear()
    await reader.revision()
    assert sent == ["REVISION"]
    sent.clear()
    async with begin() as uow:
        await uow.devices_of_node("node_1")
    assert sent == ["LOCK_JOINED_DEVICES_OF_NODE"]


async def test_load_nodes_reads_only_these(reader: SqlInventoryReader, stocked: None) -> None:
    stored = await part_of(reader, of_nodes(["node_2", "nope"]))
    assert [node.id for node in stored.nodes] == ["node_2"]
    assert sorted(device.id for device in stored.devices) == ["dev_2", "dev_3"]
    assert len(stored.models) == 1
    nothing = await part_of(reader, of_nodes([]))
    assert (nothing.nodes, nothing.devices, len(nothing.models)) == ([], [], 1)


async def test_more_nodes_than_an_in_list_holds(reader: SqlInventoryReader, stocked: None) -> None:
    stored = await part_of(reader, of_nodes([f"none_{n}" for n in range(2000)] + ["node_1", "node_2"]))
    assert len(stored.devices) == 4


async def test_changes_come_in_order_and_in_parts(begin: Begin, reader: SqlInventoryReader) -> None:
    async with begin() as uow:
        await uow.record([a_change(f"node_{n}") for n in range(1, 8)])
        assert await uow.commit() == 7
    seen = []
    while part := (await reader.since(len(seen), 3))[0]:
        seen += part
    assert [(c.sequence, c.entity_id) for c in seen] == [(n, f"node_{n}") for n in range(1, 8)]


async def test_a_load_is_of_one_moment(begin: Begin, reader: SqlInventoryReader) -> None:
    """Every transaction adds one node, one device and one change: at any one moment the counts are equal."""
    async with begin() as uow:
        await uow.add_model(a_model())
        await uow.commit()
    writing = True

    async def read() -> int:
        loads = 0
        while writing:
            for stored in (await reader.load(), await part_of(reader, of_nodes([f"node_{n}" for n in range(40)]))):
                assert len(stored.nodes) == len(stored.devices) == stored.revision
            loads += 1
        return loads

    readers = [asyncio.create_task(read()) for _ in range(2)]
    for number in range(40):
        async with begin() as uow:
            await uow.save_node(a_node(number))
            await uow.record([a_change(f"node_{number}")])
            await uow.save_devices([a_device(number, a_node(number), a_model())])
            await uow.commit()
    writing = False
    assert all(loads > 0 for loads in await asyncio.gather(*readers))
