"""What the residual of one device is worth to the request mix.

The table is the dual of the fluid cutting-stock problem "pack the request mix, scaled so that its GPU demand equals
the fleet, into whole devices": a residual is worth the best set of items that still fits it, each item at its size
less the price of its demand. Solved by column generation (Gilmore and Gomory, 1961) with HiGHS. The size of the fleet
cancels out: only the mix enters.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import linprog

from domain.allocation.capacity import FloatArray, IntArray
from domain.allocation.demand import WHOLE

STEPS = 100
"""The table's resolution: sizes are rounded up, residuals down, to one step of 10 milli."""
STEP_MILLI = WHOLE // STEPS
ROUNDS_MAX = 500
"""Far beyond what a mix needs (about 20); the best table so far is still a valid one."""
_GAIN_LEAST = 1e-6


def value_table(volume_by_milli: Mapping[int, float]) -> FloatArray:
    """Value in milli of each residual, by step 0..100. Input: GPU milli asked for in items of each size.

    A whole device is the size 1,000. An empty mix makes every residual worth nothing.
    """
    demand: dict[int, float] = {}
    for milli, volume in volume_by_milli.items():
        step = -(-milli // STEP_MILLI)
        demand[step] = demand.get(step, 0.0) + volume
    sizes = np.array(sorted(step for step, volume in demand.items() if volume > 0), np.int64)
    if not len(sizes):
        return np.zeros(STEPS + 1)
    volumes = np.array([demand[int(size)] for size in sizes])
    # one device of capacity: items of size s that the scaled mix asks for
    items = volumes / volumes.sum() * STEPS / sizes

    columns = [np.where(sizes == size, STEPS // size, 0) for size in sizes]
    values = np.zeros(STEPS + 1)
    for _ in range(ROUNDS_MAX):
        patterns = np.array(columns).T
        solution = linprog(
            -(sizes @ patterns).astype(float),
            A_ub=np.vstack([patterns, np.ones(len(columns))]),
            b_ub=np.append(items, 1.0),
            method="highs",
        )
        duals = -solution.ineqlin.marginals
        values, pattern = _best_fill(sizes, sizes - duals[:-1])
        if values[STEPS] <= duals[-1] + _GAIN_LEAST:
            break
        columns.append(pattern)
    return values * STEP_MILLI


def _best_fill(sizes: IntArray, worth: FloatArray) -> tuple[FloatArray, IntArray]:
    """The unbounded knapsack: the most worth in each room 0..100, and how many of each item fill the last."""
    best = [0.0] * (STEPS + 1)
    chosen = [-1] * (STEPS + 1)
    pairs = [(int(size), float(value)) for size, value in zip(sizes, worth, strict=True)]
    for room in range(1, STEPS + 1):
        best[room] = best[room - 1]
        for item, (size, value) in enumerate(pairs):
            if size <= room and best[room - size] + value > best[room] + 1e-12:
                best[room] = best[room - size] + value
                chosen[room] = item
    counts = np.zeros(len(sizes), np.int64)
    room = STEPS
    while room > 0:
        if (item := chosen[room]) < 0:
            room -= 1
        else:
            counts[item] += 1
            room -= int(sizes[item])
    return np.array(best), counts
