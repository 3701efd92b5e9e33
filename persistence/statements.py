"""Every statement that this package sends on its own behalf (the migrations have theirs).

They are module constants, so that what the code can emit is a list: the tests compile each for Oracle and
parse it, and fail where a repository sends a statement that is not listed here. IN lists are bound as
`ids` in batches of `IN_LIST_MAX`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Executable, Select, bindparam, delete, insert, select, update

from persistence import ledger_statements
from persistence.ledger_statements import update_all
from persistence.tables import (
    fleet_revision,
    gpu_devices,
    gpu_models,
    gpu_nodes,
    idempotency_keys,
    inventory_changes,
)

IN_LIST_MAX = 900
"""Values in one IN list: Oracle takes 1,000."""

_REVISION_ROW = fleet_revision.c.id == 1
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

REVISION = select(fleet_revision.c.revision).where(_REVISION_ROW)
LOCK_REVISION = REVISION.with_for_update()
SET_REVISION = update(fleet_revision).where(_REVISION_ROW).values(revision=bindparam("new_revision"))

MODELS = select(gpu_models)
MODEL_BY_ID = MODELS.where(gpu_models.c.model_id == bindparam("id"))
INSERT_MODEL = insert(gpu_models)

NODES = select(gpu_nodes)
NODES_BY_ID = NODES.where(gpu_nodes.c.node_id.in_(_IDS))
LOCK_NODES = NODES.order_by(gpu_nodes.c.node_id).with_for_update()
LOCK_NODE = NODES.where(gpu_nodes.c.node_id == bindparam("id")).with_for_update()
INSERT_NODE = insert(gpu_nodes)
DELETE_NODES = delete(gpu_nodes).where(gpu_nodes.c.node_id.in_(_IDS))

DEVICES = select(gpu_devices)
DEVICES_BY_NODE = DEVICES.where(gpu_devices.c.node_id.in_(_IDS))
LOCK_DEVICE_VERSIONS = (
    select(gpu_devices.c.device_id, gpu_devices.c.version)
    .where(gpu_devices.c.device_id.in_(_IDS))
    .order_by(gpu_devices.c.device_id)
    .with_for_update()
)
INSERT_DEVICE = insert(gpu_devices)
DELETE_DEVICES_OF_NODES = delete(gpu_devices).where(gpu_devices.c.node_id.in_(_IDS))

_JOINED = (
    select(gpu_devices, gpu_nodes, gpu_models)
    .join_from(gpu_devices, gpu_nodes, gpu_devices.c.node_id == gpu_nodes.c.node_id)
    .join(gpu_models, gpu_devices.c.model_id == gpu_models.c.model_id)
)


def _locked(devices: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    # The node is locked with its device: its counts are written from what is read here. Always in the same
    # order, so that two transactions wait for each other instead of dying. Models never change.
    return devices.order_by(gpu_devices.c.device_id).with_for_update(of=[gpu_devices.c.device_id, gpu_nodes.c.node_id])


LOCK_JOINED_DEVICE = _locked(_JOINED.where(gpu_devices.c.device_id == bindparam("id")))
LOCK_JOINED_DEVICES = _locked(_JOINED.where(gpu_devices.c.device_id.in_(_IDS)))
LOCK_JOINED_DEVICES_OF_NODE = _locked(_JOINED.where(gpu_devices.c.node_id == bindparam("id")))


UPDATE_NODE = update_all(gpu_nodes, gpu_nodes.c.node_id, gpu_nodes.c.created_date)
UPDATE_DEVICE = update_all(gpu_devices, gpu_devices.c.device_id, gpu_devices.c.created_date)

STORE_READING = (
    update(gpu_devices)
    .where(gpu_devices.c.device_id == bindparam("id"))
    .values(current_temp_c=bindparam("temp_c"), current_power_w=bindparam("power_w"))
)

INSERT_CHANGE = insert(inventory_changes)
CHANGES_SINCE = (
    select(inventory_changes)
    .where(inventory_changes.c.sequence > bindparam("after"))
    .order_by(inventory_changes.c.sequence)
    .limit(bindparam("most"))
)

IDEMPOTENCY = select(idempotency_keys).where(
    idempotency_keys.c.actor == bindparam("actor"), idempotency_keys.c.idem_key == bindparam("idem_key")
)
INSERT_IDEMPOTENCY = insert(idempotency_keys)
PURGE_IDEMPOTENCY = delete(idempotency_keys).where(idempotency_keys.c.created_date < bindparam("before"))


def catalogue() -> dict[str, Executable]:
    """All of the above by name, with those of `ledger_statements`."""
    every = vars(ledger_statements) | globals()
    return {name: value for name, value in every.items() if name.isupper() and name[0] != "_" and _is_statement(value)}


def _is_statement(value: object) -> bool:
    return isinstance(value, Executable)
