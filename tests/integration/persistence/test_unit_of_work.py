"""The contract of a write transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, Unavailable
from domain.fleet.model import DeviceStatus
from domain.fleet.ports import IdempotencyRecord
from persistence.dialects import Timeouts
from persistence.engine import create_engine
from persistence.inventory_reader import SqlInventoryReader
from persistence.maintenance import purge_idempotency_keys
from persistence.unit_of_work import SqlUnitOfWork
from tests.integration.persistence.conftest import Begin
from tests.integration.persistence.objects import a_change, a_device, a_model, a_node


async def test_without_a_commit_nothing_is_left(begin: Begin, reader: SqlInventoryReader) -> None:
    async with begin() as uow:
        await uow.add_model(a_model())
        await uow.save_node(a_node())
        await uow.save_devices([a_device(1, a_node(), a_model())])
        await uow.record([a_change()])
        await uow.remember(IdempotencyRecord("key", "ada", "hash", "dev_1"))
        assert len(await uow.devices_of_node("node_1")) == 1  # its own writes are seen inside

    stored = await reader.load()
    assert (stored.revision, stored.models, stored.nodes, stored.devices) == (0, [], [], [])
    assert (await reader.since(0, 10))[0] == []
    async with begin() as uow:
        assert await uow.idempotency("ada", "key") is None
        await uow.record([a_change()])
        assert await uow.commit() == 1  # the number that was undone is given again


async def test_an_error_inside_undoes_everything_and_is_not_hidden(begin: Begin, reader: SqlInventoryReader) -> None:
    async def fail() -> None:
        async with begin() as uow:
            await uow.save_node(a_node())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await reader.load()).nodes == []


async def test_a_cancelled_transaction_leaves_nothing_and_no_lock(begin: Begin, reader: SqlInventoryReader) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with begin() as uow:
            await uow.lock_inventory()
            await uow.save_node(a_node())
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with begin() as uow:
        await uow.lock_inventory()
        assert await uow.nodes() == []


async def test_it_ends_with_its_commit(begin: Begin) -> None:
    async with begin() as uow:
        await uow.save_node(a_node())
        assert await uow.commit() == 0
        with pytest.raises(RuntimeError, match="ended with its commit"):
            await uow.node("node_1")


async def test_what_is_not_there_is_none(begin: Begin, stocked: None) -> None:
    async with begin() as uow:
        for absent in ("dev_99", "", "x" * 10_000, "a\x00b", "\ud800", "' OR 1=1 --"):
            assert await uow.device(absent) is None
            assert await uow.node(absent) is None
            assert await uow.model(absent) is None
            assert await uow.devices_of_node(absent) == []
        assert [d.id for d in await uow.devices_by_id(["dev_1", "nope", "", "dev_1"])] == ["dev_1"]
        assert await uow.devices_by_id([]) == []


async def test_devices_of_one_read_share_their_node_and_model(begin: Begin, stocked: None) -> None:
    async with begin() as uow:
        first, second = await uow.devices_of_node("node_1")
        assert first.node is second.node
        assert first.model is second.model


async def test_after_a_refusal_nothing_of_the_transaction_can_be_committed(
    begin: Begin, reader: SqlInventoryReader, stocked: None
) -> None:
    async with begin() as uow:
        await uow.save_node(a_node(3))
        with pytest.raises(Conflict):
            await uow.add_model(a_model())
        with pytest.raises(Conflict):
            await uow.node("node_3")
        with pytest.raises(Conflict):
            await uow.commit()
    assert len((await reader.load()).nodes) == 2


# -- saving


async def test_a_lost_update_is_refused(begin: Begin, stocked: None) -> None:
    async with begin() as uow:
        mine = await uow.device("dev_0")
    async with begin() as uow:
        theirs = await uow.device("dev_0")
        assert theirs is not None
        theirs.version += 1
        await uow.save_devices([theirs])
        await uow.commit()

    assert mine is not None
    mine.version += 1
    async with begin() as uow:
        with pytest.raises(Conflict, match="is at version 2, and the change was made to version 1"):
            await uow.save_devices([mine])


async def test_a_device_that_was_removed_does_not_come_back(begin: Begin, stocked: None) -> None:
    async with begin() as uow:
        [device, _] = await uow.devices_of_node("node_1")
        await uow.delete_nodes(["node_1"])
        device.version += 1
        with pytest.raises(Conflict, match="was removed"):
            await uow.save_devices([device])


async def test_registering_twice_is_a_conflict(begin: Begin, stocked: None) -> None:
    for again in (
        a_device(0, a_node(1), a_model()),  # the same id
        a_device(9, a_node(1), a_model(), gpu_uuid="GPU-00000000"),  # another id, the same GPU
    ):
        async with begin() as uow:
            with pytest.raises(Conflict):
                await uow.save_devices([again])
    async with begin() as uow:
        with pytest.raises(Conflict):
            await uow.add_model(a_model())
    async with begin() as uow:
        with pytest.raises(Conflict):
            await uow.add_model(a_model(9, model_name=a_model().model_name))
    async with begin() as uow:
        with pytest.raises(Conflict):
            await uow.save_node(a_node(9, node_name="gpu-1"))
    async with begin() as uow:
        await uow.remember(IdempotencyRecord("key", "ada", "hash", "dev_0"))
        with pytest.raises(Conflict):
            await uow.remember(IdempotencyRecord("key", "ada", "other", "dev_1"))


async def test_a_device_needs_its_node_and_model(begin: Begin, stocked: None) -> None:
    for device in (a_device(9, a_node(9), a_model()), a_device(9, a_node(1), a_model(9))):
        async with begin() as uow:
            with pytest.raises(Conflict):
                await uow.save_devices([device])


async def test_a_status_outside_the_list_is_refused_by_the_database(begin: Begin, stocked: None) -> None:
    class Invented(str):
        value = "MELTED"

    async with begin() as uow:
        with pytest.raises(InvalidInput):
            await uow.save_devices([a_device(9, a_node(1), a_model(), device_status=Invented())])


async def test_many_devices_at_once_new_and_changed(begin: Begin, stocked: None, sent: list[str]) -> None:
    async with begin() as uow:
        node, model = a_node(1), a_model()
        old = [a_device(n, node, model, version=2, device_status=DeviceStatus.CORDONED) for n in range(4)]
        new = [a_device(n, node, model) for n in range(4, 2000)]
        sent.clear()
        await uow.save_devices([*new[:1000], *old, *new[1000:]])
        assert len(sent) == 3 + 1 + 3  # batches of 900 to read, one to update, three to insert
        await uow.commit()
    async with begin() as uow:
        stored = await uow.devices_by_id([f"dev_{n}" for n in range(2000)])
        assert len(stored) == 2000
        assert {d.id for d in stored if d.device_status is DeviceStatus.CORDONED} == {d.id for d in old}
        assert {d.node.id for d in stored} == {"node_1"}


async def test_deleting_nodes_takes_their_devices_along(
    begin: Begin, reader: SqlInventoryReader, stocked: None
) -> None:
    async with begin() as uow:
        await uow.delete_nodes([])
        await uow.delete_nodes(["node_1", "nope"] + [f"none_{n}" for n in range(1000)])
        assert await uow.node("node_1") is None
        await uow.commit()
    stored = await reader.load()
    assert [node.id for node in stored.nodes] == ["node_2"]
    assert sorted(device.id for device in stored.devices) == ["dev_2", "dev_3"]


async def test_old_idempotency_keys_are_forgotten(begin: Begin, database: AsyncEngine) -> None:
    days_ago = utc_now() - timedelta(days=3)
    async with SqlUnitOfWork(database, clock=lambda: days_ago) as old:
        await old.remember(IdempotencyRecord("old", "ada", "hash", "dev_1"))
        await old.commit()
    async with begin() as uow:
        await uow.remember(IdempotencyRecord("new", "ada", "hash", "dev_1"))
        await uow.commit()
    assert await purge_idempotency_keys(database, utc_now() - timedelta(days=1)) == 1
    async with begin() as uow:
        assert await uow.idempotency("ada", "old") is None
        assert await uow.idempotency("ada", "new") is not None


# -- two at once


async def test_who_reads_for_update_waits_for_the_other_and_sees_its_write(begin: Begin, stocked: None) -> None:
    async def retire() -> int:
        async with begin() as uow:
            device = await uow.device("dev_0")
            assert device is not None
            device.version += 1
            device.node.available_gpus += 1
            await asyncio.sleep(0.02)
            await uow.save_devices([device])
            await uow.save_node(device.node)
            await uow.commit()
            return device.version

    versions = await asyncio.gather(*(retire() for _ in range(5)))
    assert sorted(versions) == [2, 3, 4, 5, 6]  # nobody lost an update, nobody was refused
    async with begin() as uow:
        device = await uow.device("dev_0")
        assert device is not None
        assert device.node.available_gpus == 5


async def test_waiting_for_a_lock_ends(database_url: str, begin: Begin, stocked: None) -> None:
    impatient = create_engine(database_url, timeouts=Timeouts(lock=0.2, statement=0.5))
    try:
        async with begin() as uow:
            await uow.lock_inventory()
            with pytest.raises(Unavailable, match="busy"):
                async with SqlUnitOfWork(impatient) as other:
                    await other.lock_inventory()
            assert await SqlInventoryReader(impatient).revision() == 0  # readers never wait
        async with SqlUnitOfWork(impatient) as other:
            await other.lock_inventory()
    finally:
        await impatient.dispose()


async def test_a_deadlock_is_told_and_undone(begin: Begin, stocked: None, database: AsyncEngine) -> None:
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: two cannot wait for each other")
    both_hold_one = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with begin() as uow:
            await uow.node(first)
            await both_hold_one.wait()
            await uow.node(second)
            await uow.commit()

    ends = await asyncio.gather(take("node_1", "node_2"), take("node_2", "node_1"), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Unavailable"]


async def test_no_free_connection_is_unavailable(database_url: str) -> None:
    small = create_engine(database_url, timeouts=Timeouts(pool=0.1), pool_size=1, pool_overflow=0)
    try:
        async with SqlUnitOfWork(small):
            with pytest.raises(Unavailable):
                await SqlInventoryReader(small).revision()
    finally:
        await small.dispose()
