"""Several whole devices over several nodes: all or nothing, on as few nodes as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.allocation.capacity import Capacity, IntArray
from domain.allocation.demand import WHOLE, Demand
from domain.allocation.policies.base import Choice, Policy
from domain.allocation.policies.feasibility import devices_fit, host_fits, rows_in_reach


def part_of(demand: Demand, gpus: int) -> Demand:
    """The demand of `gpus` of its devices on one node: CPU and memory in proportion, rounded up."""
    if gpus == demand.gpus:
        return demand
    return replace(
        demand,
        cpu_milli=-(-demand.cpu_milli * gpus // demand.gpus),
        memory_mib=-(-demand.memory_mib * gpus // demand.gpus),
        gpus=gpus,
        same_nvlink=False,
    )


def choose_spread(capacity: Capacity, policy: Policy, demand: Demand) -> Sequence[Choice]:
    """One choice for each node (`part_of` says what each takes), none where there are not enough devices in all.

    One node is tried first. Else the nodes that hold most take as much as they can: no fewer nodes would do. Which
    of several that hold as much, and which node takes the rest, is the policy's choice.
    Raises `ValueError` for a share or a demand without devices.
    """
    if demand.milli != WHOLE:
        raise ValueError("only whole devices can be spread")
    if whole := policy.rank(capacity, demand, 1):
        return whole
    demand = replace(demand, same_nvlink=False)
    holds = _most_by_node(capacity, demand)
    if sum(holds.values()) < demand.gpus:
        return ()
    choices: list[Choice] = []
    left = demand.gpus
    while left:
        piece = part_of(demand, min(left, max(holds.values())))
        able = frozenset(key for key, most in holds.items() if most >= piece.gpus)
        best = policy.rank(capacity, replace(piece, nodes=able), 1)
        choices.append(best[0])
        del holds[best[0].node_key]
        left -= piece.gpus
    return choices


def _most_by_node(capacity: Capacity, demand: Demand) -> dict[str, int]:
    """The most devices of the demand that each node could take on one of its rows, none left out but zeros."""
    reach = rows_in_reach(capacity, demand)
    rows: IntArray = np.arange(capacity.rows) if reach is None else reach
    one = part_of(demand, 1)
    rows = rows[host_fits(capacity, one, rows)]
    counts = devices_fit(capacity, one, rows).sum(axis=1)
    most: dict[str, int] = {}
    for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
        cpu, memory = float(capacity.cpu_free[row]), float(capacity.memory_free[row])
        gpus = min(int(count), demand.gpus)
        while gpus and not _host_has(part_of(demand, gpus), cpu, memory):
            gpus -= 1
        if gpus > most.get(key := capacity.node_key(row), 0):
            most[key] = gpus
    return most


def _host_has(part: Demand, cpu: float, memory: float) -> bool:
    return part.cpu_milli <= cpu and part.memory_mib <= memory
