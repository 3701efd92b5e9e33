"""Rows to domain objects and back. Positions follow the columns of `tables.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from domain.fleet.changes import InventoryChange
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.fleet.ports import IdempotencyRecord
from persistence.statements import IN_LIST_MAX
from persistence.tables import CHANGE_VALUE_LENGTH, ID_LENGTH, gpu_devices, gpu_models, gpu_nodes

T = TypeVar("T")
Values = dict[str, Any]

_MODEL_COLUMNS = [column.name for column in gpu_models.c]
_NODE_COLUMNS = [column.name for column in gpu_nodes.c]
_DEVICE_COLUMNS = [column.name for column in gpu_devices.c]
_NODE_START = len(_DEVICE_COLUMNS)
_MODEL_START = _NODE_START + len(_NODE_COLUMNS)


def model_from(row: Sequence[Any]) -> GpuModel:
    return GpuModel(*row)


def node_from(row: Sequence[Any]) -> GpuNode:
    return GpuNode(*row)


def devices_from(
    rows: Sequence[Sequence[Any]], nodes: Mapping[str, GpuNode], models: Mapping[str, GpuModel]
) -> list[GpuDevice]:
    """Devices that point into `nodes` and `models`."""
    return [GpuDevice(row[0], nodes[row[1]], models[row[2]], *row[3:]) for row in rows]


def devices_from_joined(rows: Sequence[Sequence[Any]]) -> list[GpuDevice]:
    """Devices of a joined read; those of one node share its object, as those of one model do."""
    nodes: dict[str, GpuNode] = {}
    models: dict[str, GpuModel] = {}
    for row in rows:
        if row[1] not in nodes:
            nodes[row[1]] = node_from(row[_NODE_START:_MODEL_START])
        if row[2] not in models:
            models[row[2]] = model_from(row[_MODEL_START:])
    return devices_from([row[:_NODE_START] for row in rows], nodes, models)


def change_from(row: Sequence[Any]) -> InventoryChange:
    sequence, kind, entity_id, node_id, actor, at, reason, before, after = row
    return InventoryChange(kind, entity_id, node_id, actor, at, reason, before, after, sequence)


def idempotency_from(row: Sequence[Any]) -> IdempotencyRecord:
    actor, key, request_hash, result_id, _created = row
    return IdempotencyRecord(key, actor, request_hash, result_id)


def model_values(model: GpuModel) -> Values:
    return {"model_id": model.id} | {name: getattr(model, name) for name in _MODEL_COLUMNS[1:]}


def node_values(node: GpuNode) -> Values:
    return {"node_id": node.id} | {name: getattr(node, name) for name in _NODE_COLUMNS[1:]}


def device_values(device: GpuDevice) -> Values:
    values: Values = {"device_id": device.id, "node_id": device.node.id, "model_id": device.model.id}
    values.update((name, getattr(device, name)) for name in _DEVICE_COLUMNS[3:])
    return values


def change_values(change: InventoryChange, sequence: int) -> Values:
    return {
        "sequence": sequence,
        "kind": change.kind,
        "entity_id": change.entity_id,
        "node_id": change.node_id,
        "actor": change.actor,
        "changed_at": change.at,
        "reason": change.reason,
        "before_value": _shortened(change.before),
        "after_value": _shortened(change.after),
    }


def as_update(values: Values, key: str) -> Values:
    """The parameters of an update statement: the key as `id`, the others as `new_...`; `created_date` stays."""
    parameters = {f"new_{name}": value for name, value in values.items() if name not in {key, "created_date"}}
    return {"id": values[key], **parameters}


def batches(items: Sequence[T], size: int = IN_LIST_MAX) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def possible_ids(ids: Collection[str]) -> list[str]:
    """Those that can be in a table at all: ids come from clients, and an impossible one is only not found."""
    return sorted({i for i in ids if 0 < len(i) <= ID_LENGTH and i.isascii() and i.isprintable()})


def _shortened(text: str | None) -> str | None:
    # A record of a change is for people: better cut than a change refused because its description is long.
    if text is None or len(text) <= CHANGE_VALUE_LENGTH:
        return text
    return text[: CHANGE_VALUE_LENGTH - 1] + "…"
