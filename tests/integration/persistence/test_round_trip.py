"""What is stored comes back as it was: every column, None, exact money, UTC to the microsecond."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.fleet.changes import ChangeKind, InventoryChange
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, GpuModel, GpuNode, NodeStatus
from domain.fleet.ports import IdempotencyRecord
from persistence.inventory_reader import SqlInventoryReader
from tests.integration.persistence.conftest import Begin
from tests.integration.persistence.objects import NOW, a_change, a_device, a_model, a_node, of_nodes, part_of

FULL_MODEL: dict[str, Any] = {
    "cuda_cores": 16_896,
    "tensor_cores": 528,
    "power_consumption_w": 700,
    "mig_support": True,
    "max_mig_instances": 7,
}
FULL_NODE: dict[str, Any] = {
    "node_ip": "fd00::1",
    "total_gpus": 8,
    "available_gpus": 7,
    "node_status": NodeStatus.OFFLINE,
    "nvidia_driver_version": "580.95.05",
    "collection_source": CollectionSource.SIMULATED,
    "last_report_at": NOW + timedelta(microseconds=1),
}
FULL_DEVICE: dict[str, Any] = {
    "serial_number": "Ünïcode ✓ 中",
    "pci_address": "00000000:1B:00.0",
    "device_status": DeviceStatus.MAINTENANCE,
    "status_reason": "fan " * 100,
    "current_temp_c": 41.3,
    "current_power_w": 0.1 + 0.2,
    "memory_total_mb": 81_559,
    "power_limit_w": 700.0,
    "driver_version": "580.95.05",
    "installation_date": datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "last_maintenance_date": NOW,
    "purchase_cost": Decimal("27999.9901"),
    "purchase_currency": "EUR",
}


def parts(stored: object) -> dict[str, Any]:
    """Fields by name; objects that a device points at by their own fields."""
    names = [field.name for field in fields(stored)]  # type: ignore[arg-type]
    values = {name: getattr(stored, name) for name in names}
    return {name: parts(v) if isinstance(v, GpuNode | GpuModel) else v for name, v in values.items()}


@pytest.mark.parametrize("full", [False, True], ids=["none", "all"])
async def test_every_column(begin: Begin, reader: SqlInventoryReader, full: bool) -> None:
    model = a_model(**FULL_MODEL) if full else a_model()
    node = a_node(**FULL_NODE) if full else a_node()
    device = a_device(1, node, model, **FULL_DEVICE) if full else a_device(1, node, model)
    async with begin() as uow:
        await uow.add_model(model)
        await uow.save_node(node)
        await uow.save_devices([device])
        await uow.commit()

    async with begin() as uow:
        one = await uow.device(device.id)
        [by_id] = await uow.devices_by_id([device.id])
        [of_node] = await uow.devices_of_node(node.id)
        stored_node, [listed], stored_model = await uow.node(node.id), await uow.nodes(), await uow.model(model.id)
    loaded = await reader.load()
    part = await part_of(reader, of_nodes([node.id]))

    for found in (one, by_id, of_node, *loaded.devices, *part.devices):
        assert isinstance(found, GpuDevice)
        assert parts(found) == parts(device)
    for found_node in (stored_node, listed, *loaded.nodes, *part.nodes):
        assert parts(found_node) == parts(node)
    for found_model in (stored_model, *loaded.models, *part.models):
        assert parts(found_model) == parts(model)


async def test_every_column_of_an_update(begin: Begin) -> None:
    async with begin() as uow:
        models, nodes = [a_model(1), a_model(2)], [a_node(1), a_node(2)]
        for model in models:
            await uow.add_model(model)
        for node in nodes:
            await uow.save_node(node)
        await uow.save_devices([a_device(1, nodes[0], models[0])])
        await uow.commit()

    changed_node = a_node(2, node_name="renamed", cluster_name="paris", **FULL_NODE)
    changed = a_device(1, changed_node, models[1], gpu_uuid="GPU-other", device_index=7, **FULL_DEVICE | {"version": 2})
    async with begin() as uow:
        await uow.save_node(changed_node)
        await uow.save_devices([changed])
        await uow.commit()

    async with begin() as uow:
        stored = await uow.device("dev_1")
        assert stored is not None
        assert parts(stored) == parts(changed)


async def test_created_date_is_never_rewritten(begin: Begin, stocked: None) -> None:
    later = NOW + timedelta(days=1)
    async with begin() as uow:
        await uow.save_node(a_node(1, created_date=later))
        await uow.save_devices([a_device(0, a_node(1), a_model(), version=2, created_date=later)])
        await uow.commit()
    async with begin() as uow:
        device = await uow.device("dev_0")
        assert device is not None
        assert (device.created_date, device.node.created_date) == (NOW, NOW)


@pytest.mark.parametrize("cost", ["0", "0.0001", "0.1", "99999999999999.9999", "-3.5", "1234567.8900", "1E+3"])
async def test_money_is_exact(begin: Begin, stocked: None, cost: str) -> None:
    async with begin() as uow:
        await uow.save_devices([a_device(0, a_node(1), a_model(), version=2, purchase_cost=Decimal(cost))])
        device = await uow.device("dev_0")
    assert device is not None
    assert str(device.purchase_cost) == f"{Decimal(cost):.4f}"


async def test_a_time_of_another_zone_is_the_same_moment_in_utc(begin: Begin, stocked: None) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7, minutes=-30)))
    async with begin() as uow:
        await uow.save_devices([a_device(0, a_node(1), a_model(), version=2, installation_date=elsewhere)])
        device = await uow.device("dev_0")
    assert device is not None
    assert device.installation_date == NOW
    assert device.installation_date.tzinfo is UTC


async def test_an_empty_text_is_none(begin: Begin, stocked: None) -> None:
    async with begin() as uow:
        await uow.save_devices([a_device(0, a_node(1), a_model(), version=2, serial_number="", status_reason="")])
        device = await uow.device("dev_0")
    assert device is not None
    assert (device.serial_number, device.status_reason) == (None, None)


@pytest.mark.parametrize(
    "bad",
    [
        {"installation_date": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is the point
        {"serial_number": "x" * 201},
        {"serial_number": "a\x00b"},
        {"serial_number": "\ud800"},
        {"purchase_cost": Decimal("0.00001")},
        {"purchase_cost": Decimal("1e14")},
        {"purchase_cost": Decimal("NaN")},
        {"gpu_uuid": ""},
        {"device_index": 2**70},
    ],
    ids=str,
)
async def test_what_a_column_cannot_hold_is_refused(begin: Begin, stocked: None, bad: dict[str, Any]) -> None:
    async with begin() as uow:
        with pytest.raises(InvalidInput):
            await uow.save_devices([a_device(0, a_node(1), a_model(), **{"version": 2} | bad)])


async def test_changes_and_their_numbers(begin: Begin, reader: SqlInventoryReader) -> None:
    full = InventoryChange(
        ChangeKind.DEVICE_STATUS_CHANGED, "dev_1", "node_1", "ada", NOW, "fan", "ACTIVE", "MAINTENANCE"
    )
    long = a_change("node_2", node_id=None, before="x" * 1000, after="ü" * 5000)
    async with begin() as uow:
        await uow.record([full])
        await uow.record([long])
        assert await uow.commit() == 2

    first, second = (await reader.since(0, 10))[0]
    assert parts(first) == parts(full) | {"sequence": 1}
    assert parts(second) == parts(long) | {"sequence": 2, "after": "ü" * 999 + "…"}


async def test_idempotency_record(begin: Begin) -> None:
    record = IdempotencyRecord("key ✓", "ada", "0" * 64, "dev_1")
    async with begin() as uow:
        assert await uow.idempotency("ada", "key ✓") is None
        await uow.remember(record)
        assert await uow.idempotency("ada", "key ✓") == record
        await uow.commit()
    async with begin() as uow:
        assert await uow.idempotency("ada", "key ✓") == record
        assert await uow.idempotency("eve", "key ✓") is None
