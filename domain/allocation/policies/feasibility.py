"""Where a demand fits at all: the one filter that every policy applies, and the counts that explain a refusal.

A whole device must be free, allowed to be taken whole and large enough in memory; several must be on one node, and
in one NVLink group where the demand says so. A share needs residual, memory and room for one more sharer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.allocation.capacity import (
    FREE_BOTH,
    FREE_WHOLE,
    KIND_SHARE,
    KIND_WHOLE,
    RESIDUALS,
    BoolArray,
    Capacity,
    IntArray,
)
from domain.allocation.demand import Demand


def rows_in_reach(capacity: Capacity, demand: Demand) -> IntArray | None:
    """The rows of the clusters and nodes that the demand names; None: all."""
    rows: IntArray | None = None
    if demand.nodes is not None:
        found = [row for key in demand.nodes for row in capacity.rows_of(key)]
        rows = np.array(sorted(found), np.int64)
    if demand.clusters is not None:
        wanted = np.zeros(len(capacity.cluster_ids), np.bool_)
        wanted[[number for name, number in capacity.cluster_ids.items() if name in demand.clusters]] = True
        if rows is not None:
            rows = rows[wanted[capacity.cluster[rows]]]
        elif len(wanted):
            rows = np.flatnonzero(wanted[capacity.cluster[: capacity.rows]])
    return rows


def host_fits(capacity: Capacity, demand: Demand, rows: IntArray) -> BoolArray:
    """Which rows have the CPU, the memory and a model that will do."""
    fits = capacity.alive[rows]
    fits &= capacity.cpu_free[rows] >= demand.cpu_milli
    fits &= capacity.memory_free[rows] >= demand.memory_mib
    if demand.models is not None:
        fits &= models_allowed(capacity, demand.models)[capacity.model[rows]]
    return fits


def models_allowed(capacity: Capacity, models: frozenset[str]) -> BoolArray:
    """By model id."""
    allowed = np.zeros(len(capacity.model_ids), np.bool_)
    allowed[[number for key, number in capacity.model_ids.items() if key in models]] = True
    return allowed


def devices_fit(capacity: Capacity, demand: Demand, rows: IntArray) -> BoolArray:
    """Which devices (row, column) could take the demand, or one device's part of it."""
    codes = capacity.code[rows]
    if demand.is_share:
        kinds = codes // RESIDUALS
        fit = codes - kinds * RESIDUALS >= demand.milli
        fit &= kinds != KIND_WHOLE
        if demand.share_memory_mib:
            fit &= capacity.share_memory[rows] >= demand.share_memory_mib
        return np.asarray(fit)
    fit = (codes == FREE_BOTH) | (codes == FREE_WHOLE)
    if demand.device_memory_mib:
        fit &= capacity.device_memory[rows] >= demand.device_memory_mib
    return np.asarray(fit)


def enough_together(capacity: Capacity, demand: Demand, rows: IntArray, fit: BoolArray) -> BoolArray:
    """Which rows have as many fitting devices as the demand wants at once."""
    if not (demand.same_nvlink and demand.gpus > 1):
        return np.asarray(fit.sum(axis=1) >= demand.gpus)
    groups = capacity.nvlink[rows]
    same = (groups[:, :, None] == groups[:, None, :]) & (groups[:, :, None] >= 0) & fit[:, None, :] & fit[:, :, None]
    return np.asarray((same.sum(axis=2) >= demand.gpus).any(axis=1))


def feasible(capacity: Capacity, demand: Demand, rows: IntArray) -> tuple[IntArray, BoolArray]:
    """Where in `rows` the demand fits now, as positions, and the fitting devices there (position, column)."""
    at = np.flatnonzero(host_fits(capacity, demand, rows))
    fit = devices_fit(capacity, demand, rows[at])
    if demand.gpus:
        enough = enough_together(capacity, demand, rows[at], fit)
        at, fit = at[enough], fit[enough]
    return at, fit


def share_order(capacity: Capacity, rows: IntArray, fit: BoolArray) -> IntArray:
    """Per row a sort key of each device for a share: least residual, share-only before both, lowest column.

    Devices that do not fit have the key `no_device`, above all others. A key modulo the columns is the column.
    """
    codes, columns = capacity.code[rows], capacity.code.shape[1]
    kinds = codes // RESIDUALS
    keys = ((codes - kinds * RESIDUALS) * (KIND_SHARE + 1) + KIND_SHARE - kinds) * columns + np.arange(columns)
    return np.asarray(np.where(fit, keys, no_device(capacity)))


def no_device(capacity: Capacity) -> int:
    return RESIDUALS * (KIND_SHARE + 1) * int(capacity.code.shape[1])


def whole_columns(capacity: Capacity, demand: Demand, row: int) -> list[int]:
    """The devices a whole-device demand takes on a feasible row.

    The tightest NVLink group that holds all of them comes first, then devices that can only be taken whole, then
    the lowest index.
    """
    free = np.flatnonzero(devices_fit(capacity, demand, np.array([row]))[0]).tolist()
    group_of = capacity.nvlink[row].tolist()
    sizes: dict[int, int] = {}
    for column in free:
        sizes[group_of[column]] = sizes.get(group_of[column], 0) + 1
    fitting = [(size, group) for group, size in sizes.items() if size >= demand.gpus and group >= 0]
    tightest = min(fitting)[1] if fitting else None
    codes = capacity.code[row].tolist()
    free.sort(key=lambda column: (group_of[column] != tightest, codes[column] != FREE_WHOLE, column))
    return free[: demand.gpus]


@dataclass(frozen=True, slots=True)
class Infeasibility:
    """Why a demand fits nowhere: GPUs left after each step of the filter, in its order, then nodes.

    A GPU has room where it is free, or for a share has the milli, the memory and a place. The nodes are among the
    rows that passed the steps before: those with enough such devices at once, and how many of those also have the
    CPU, the memory, and both.
    """

    gpus: int
    gpus_in_reach: int
    gpus_of_model: int
    gpus_with_device_memory: int
    gpus_with_room: int
    nodes_in_reach: int
    nodes_with_enough_gpus: int
    nodes_with_cpu: int
    nodes_with_memory: int
    nodes_that_fit: int


def explain_infeasible(capacity: Capacity, demand: Demand) -> Infeasibility:
    """Count what is left after each step. `nodes_that_fit` is 0 exactly where the demand is infeasible."""
    everything = np.flatnonzero(capacity.alive[: capacity.rows])
    reach = rows_in_reach(capacity, demand)
    rows = everything if reach is None else reach[capacity.alive[reach]]
    in_reach = _gpus(capacity, rows)
    nodes_in_reach = _nodes(capacity, rows)
    if demand.models is not None:
        rows = rows[models_allowed(capacity, demand.models)[capacity.model[rows]]]
    of_model = _gpus(capacity, rows)
    large = capacity.device_memory[rows] >= (0 if demand.is_share else demand.device_memory_mib)
    columns = np.array([len(capacity.device_keys(row)) for row in rows.tolist()], np.int64)
    present = np.arange(capacity.code.shape[1]) < columns[:, None]
    room = devices_fit(capacity, demand, rows)
    enough = enough_together(capacity, demand, rows, room) if demand.gpus else np.ones(len(rows), np.bool_)
    cpu = enough & (capacity.cpu_free[rows] >= demand.cpu_milli)
    memory = enough & (capacity.memory_free[rows] >= demand.memory_mib)
    return Infeasibility(
        gpus=_gpus(capacity, everything),
        gpus_in_reach=in_reach,
        gpus_of_model=of_model,
        gpus_with_device_memory=int((large & present).sum()),
        gpus_with_room=int(room.sum()),
        nodes_in_reach=nodes_in_reach,
        nodes_with_enough_gpus=_nodes(capacity, rows[enough]),
        nodes_with_cpu=_nodes(capacity, rows[cpu]),
        nodes_with_memory=_nodes(capacity, rows[memory]),
        nodes_that_fit=_nodes(capacity, rows[cpu & memory]),
    )


def _gpus(capacity: Capacity, rows: IntArray) -> int:
    return sum(len(capacity.device_keys(row)) for row in rows.tolist())


def _nodes(capacity: Capacity, rows: IntArray) -> int:
    return len({capacity.node_key(row) for row in rows.tolist()})
