"""Rows of MIG and allocations to domain objects and back. Positions follow the columns of `tables.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.allocation.demand import WHOLE, Demand
from domain.allocation.model import AllocatedResource, Allocation, HistoryEntry, Quota, ResourceType, SliceClaim
from domain.mig.commands import CommandRecord
from domain.mig.model import MigInstance, OfferedProfile
from persistence.tables import (
    allocated_resources,
    allocation_history,
    gpu_allocations,
    mig_commands,
    mig_instances,
    mig_profiles,
    quotas,
)

Values = dict[str, Any]

_PROFILE_COLUMNS = [column.name for column in mig_profiles.c]
_INSTANCE_COLUMNS = [column.name for column in mig_instances.c]
_COMMAND_COLUMNS = [column.name for column in mig_commands.c]
_ALLOCATION_COLUMNS = [column.name for column in gpu_allocations.c]
_RESOURCE_COLUMNS = [column.name for column in allocated_resources.c]
_HISTORY_COLUMNS = [column.name for column in allocation_history.c]
_QUOTA_COLUMNS = [column.name for column in quotas.c]


def profile_from(row: Sequence[Any]) -> OfferedProfile:
    return OfferedProfile(*row)


def profile_values(profile: OfferedProfile) -> Values:
    return {"profile_id": profile.id} | {name: getattr(profile, name) for name in _PROFILE_COLUMNS[1:]}


def instance_from(row: Sequence[Any]) -> MigInstance:
    *columns, profile_name = row
    return MigInstance(columns[0], columns[1], columns[2], profile_name, *columns[3:])


def instance_values(instance: MigInstance) -> Values:
    return {"mig_id": instance.id} | {name: getattr(instance, name) for name in _INSTANCE_COLUMNS[1:]}


def command_from(row: Sequence[Any]) -> CommandRecord:
    return CommandRecord(*row)


def command_values(command: CommandRecord) -> Values:
    values = {name: getattr(command, name) for name in _COMMAND_COLUMNS[1:-1]}
    return {"command_id": command.id, "error_text": command.error} | values


def allocations_from(rows: Iterable[Sequence[Any]], resource_rows: Iterable[Sequence[Any]]) -> list[Allocation]:
    """Allocations with what they hold or held."""
    held: dict[str, list[AllocatedResource]] = {}
    for row in resource_rows:
        held.setdefault(row[0], []).append(AllocatedResource(*row))
    found = [Allocation(*row) for row in rows]
    for allocation in found:
        resources = held.get(allocation.id, [])
        allocation.resources = tuple(sorted(resources, key=lambda resource: resource.position))
    return found


def demand_from(row: Sequence[Any]) -> Demand:
    """A row of `RECENT_REQUESTS` as the request mix counts it."""
    kind, gpu_count, compute_milli, cpu_milli, host_memory_mib, model_names = row
    shared = kind is ResourceType.SHARED
    return Demand(
        cpu_milli=cpu_milli,
        memory_mib=host_memory_mib,
        gpus=1 if shared else gpu_count,
        milli=min(compute_milli, WHOLE - 1) if shared else WHOLE,
        models=frozenset(model_names) or None,
    )


def allocation_values(allocation: Allocation) -> Values:
    return {"allocation_id": allocation.id} | {name: getattr(allocation, name) for name in _ALLOCATION_COLUMNS[1:]}


def resource_values(resource: AllocatedResource) -> Values:
    return {name: getattr(resource, name) for name in _RESOURCE_COLUMNS}


def claim_values(claim: SliceClaim) -> Values:
    return {"device_id": claim.device_id, "slice_no": claim.slice_no, "allocation_id": claim.allocation_id}


def history_from(row: Sequence[Any]) -> HistoryEntry:
    return HistoryEntry(*row)


def history_values(entry: HistoryEntry) -> Values:
    return {name: getattr(entry, name) for name in _HISTORY_COLUMNS}


def quota_from(row: Sequence[Any]) -> Quota:
    return Quota(*row)


def quota_values(quota: Quota) -> Values:
    return {"quota_id": quota.id} | {name: getattr(quota, name) for name in _QUOTA_COLUMNS[1:]}
