"""The statements of MIG and allocations. `statements.catalogue()` lists them with its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Column, Executable, Table, and_, bindparam, delete, func, insert, select, update

from domain.allocation.lifecycle import LIVE
from domain.allocation.model import ResourceType
from domain.mig.commands import OPEN_STATUSES
from persistence.tables import (
    allocated_resources,
    allocation_history,
    gpu_allocations,
    gpu_devices,
    mig_commands,
    mig_instances,
    mig_profiles,
    quotas,
    slice_claims,
)

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def update_all(table: Table, key: Column[str], *constant: Column[object]) -> Executable:
    """Write every column but the key and the constant ones, bound as `new_...`, where the key is `id`."""
    changing = [column for column in table.c if column is not key and column not in set(constant)]
    values = {column: bindparam(f"new_{column.name}", type_=column.type) for column in changing}
    return update(table).where(key == bindparam("id")).values(values)


PROFILES = select(mig_profiles)
INSERT_PROFILE = insert(mig_profiles)
UPDATE_PROFILE = update_all(mig_profiles, mig_profiles.c.profile_id)

_INSTANCES = select(mig_instances, mig_profiles.c.profile_name).join_from(
    mig_instances, mig_profiles, mig_instances.c.profile_id == mig_profiles.c.profile_id
)
INSTANCES = _INSTANCES
INSTANCES_BY_NODE = _INSTANCES.join(gpu_devices, gpu_devices.c.device_id == mig_instances.c.device_id).where(
    gpu_devices.c.node_id.in_(_IDS)
)
INSERT_INSTANCE = insert(mig_instances)
UPDATE_INSTANCE = update_all(mig_instances, mig_instances.c.mig_id, mig_instances.c.created_date)
DELETE_INSTANCES = delete(mig_instances).where(mig_instances.c.mig_id.in_(_IDS))
DELETE_INSTANCES_OF_NODES = delete(mig_instances).where(
    mig_instances.c.device_id.in_(select(gpu_devices.c.device_id).where(gpu_devices.c.node_id.in_(_IDS)))
)

OPEN_COMMANDS = select(mig_commands).where(mig_commands.c.status.in_(sorted(OPEN_STATUSES)))
COMMANDS_BY_ID = select(mig_commands).where(mig_commands.c.command_id.in_(_IDS))
_NEWEST_COMMANDS = (
    select(
        mig_commands.c.command_id,
        func.row_number()
        .over(
            partition_by=mig_commands.c.device_id,
            order_by=(mig_commands.c.created_date.desc(), mig_commands.c.command_id),
        )
        .label("place"),
    )
    .where(mig_commands.c.device_id.in_(_IDS))
    .subquery("newest")
)
COMMANDS_OF_DEVICES = (
    select(mig_commands)
    .join(_NEWEST_COMMANDS, mig_commands.c.command_id == _NEWEST_COMMANDS.c.command_id)
    .where(_NEWEST_COMMANDS.c.place <= bindparam("most"))
    .order_by(mig_commands.c.device_id, _NEWEST_COMMANDS.c.place)
)
INSERT_COMMAND = insert(mig_commands)
UPDATE_COMMAND = update_all(mig_commands, mig_commands.c.command_id, mig_commands.c.created_date)

_LIVE = gpu_allocations.c.status.in_(sorted(LIVE))
LIVE_ALLOCATIONS = select(gpu_allocations).where(_LIVE)
LIVE_RESOURCES = select(allocated_resources).where(
    allocated_resources.c.allocation_id.in_(select(gpu_allocations.c.allocation_id).where(_LIVE))
)
ALLOCATIONS_BY_ID = select(gpu_allocations).where(gpu_allocations.c.allocation_id.in_(_IDS))
RESOURCES_BY_ALLOCATION = select(allocated_resources).where(allocated_resources.c.allocation_id.in_(_IDS))
ENDED_ALLOCATIONS = (
    select(gpu_allocations)
    .where(and_(gpu_allocations.c.ended_time >= bindparam("since"), gpu_allocations.c.ended_time < bindparam("until")))
    .order_by(gpu_allocations.c.ended_time.desc(), gpu_allocations.c.allocation_id)
    .limit(bindparam("most"))
)
RECENT_REQUESTS = (
    select(
        gpu_allocations.c.resource_type,
        gpu_allocations.c.gpu_count,
        gpu_allocations.c.compute_milli,
        gpu_allocations.c.cpu_milli,
        gpu_allocations.c.host_memory_mib,
        gpu_allocations.c.model_names,
    )
    .where(gpu_allocations.c.resource_type != ResourceType.MIG)
    .order_by(gpu_allocations.c.requested_time.desc(), gpu_allocations.c.allocation_id)
    .limit(bindparam("most"))
)
REQUESTS_COUNTED = select(func.count()).select_from(gpu_allocations)
INSERT_ALLOCATION = insert(gpu_allocations)
UPDATE_ALLOCATION = update_all(
    gpu_allocations, gpu_allocations.c.allocation_id, gpu_allocations.c.requested_time, gpu_allocations.c.user_id
)
INSERT_RESOURCE = insert(allocated_resources)

INSERT_CLAIM = insert(slice_claims)
RELEASE_CLAIMS = delete(slice_claims).where(slice_claims.c.allocation_id == bindparam("id"))
CLAIMS = select(slice_claims)

INSERT_HISTORY = insert(allocation_history)
HISTORY_OF = (
    select(allocation_history)
    .where(allocation_history.c.allocation_id.in_(_IDS))
    .order_by(allocation_history.c.allocation_id, allocation_history.c.step)
)
LAST_STEP = select(func.max(allocation_history.c.step)).where(allocation_history.c.allocation_id == bindparam("id"))

QUOTAS = select(quotas)
INSERT_QUOTA = insert(quotas)
UPDATE_QUOTA = update_all(quotas, quotas.c.quota_id, quotas.c.scope, quotas.c.name)
DELETE_QUOTA = delete(quotas).where(quotas.c.quota_id == bindparam("id"))
