"""The openb pods as a fleet in life: they arrive as a Poisson stream, stay for a while and leave.

The offered load is the mean GPU that would be in use if every pod found a place, as a part of the fleet. Nobody waits:
a pod that fits nowhere is lost. The mean lifetime is the unit of time. At first the pods that would be there on average
arrive at once, each with the rest of its life (the equilibrium distribution of the lifetime), so that long lives are
there from the start; after a warm-up of two lifetimes the figures are taken over four more.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from typing import Any

import numpy as np

from benchmarks.placement.replay import Run, Scheduler, read_pods, size_name
from domain.allocation.capacity import Placement
from domain.allocation.demand import Demand

LIFETIMES = ("exponential", "lognormal")
WARM_UP, MEASURED = 2.0, 4.0
LOGNORMAL_SIGMA = 1.5
"""Most leave early and a few stay for long: the median is a third of the mean."""


def replay_lifetimes(run: Run) -> list[dict[str, Any]]:
    """One line: GPU in use on average over time, and what was accepted by pods and by GPUs."""
    started = time.perf_counter()
    assert run.load is not None, "lifetimes go with a load"
    pods = read_pods(run.pods)
    scheduler = Scheduler(run, pods)
    total = scheduler.gpu_milli
    rng = np.random.default_rng(run.seed)
    mean_milli = sum(pod.gpu_milli for pod in pods) / len(pods)
    gap = mean_milli / (run.load * total)
    leaving: list[tuple[float, int, Placement, Demand]] = []
    now, used, used_time, number = 0.0, 0, 0.0, 0
    offered: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    offered_milli = accepted_milli = 0

    def advance(until: float) -> None:
        nonlocal now, used_time
        used_time += used * max(until - max(now, WARM_UP), 0.0)
        now = until

    def arrive(demand: Demand, stays: float) -> bool:
        nonlocal used, number
        if (placed := scheduler.place(demand)) is None:
            return False
        number += 1
        heapq.heappush(leaving, (now + stays, number, placed, demand))
        used += demand.gpu_milli
        return True

    for _ in range(int(rng.poisson(1 / gap))):
        arrive(pods[int(rng.integers(len(pods)))], _rest_of_life(rng, run.lifetimes))
    while True:
        arrival = now + rng.exponential(gap)
        lifetime = _lifetime(rng, run.lifetimes)
        demand = pods[int(rng.integers(len(pods)))]
        while leaving and leaving[0][0] <= min(arrival, WARM_UP + MEASURED):
            at, _, placement, gone = heapq.heappop(leaving)
            advance(at)
            scheduler.capacity.give_back(placement, gone)
            used -= gone.gpu_milli
        if arrival > WARM_UP + MEASURED:
            advance(WARM_UP + MEASURED)
            break
        advance(arrival)
        placed = arrive(demand, lifetime)
        if now > WARM_UP:
            offered[size_name(demand)] += 1
            offered_milli += demand.gpu_milli
            if placed:
                accepted_milli += demand.gpu_milli
            else:
                rejected[size_name(demand)] += 1
    return [
        run.head
        | {
            "lifetimes": run.lifetimes,
            "load": run.load,
            "allocated_pct": round(100 * used_time / (MEASURED * total), 3),
            "accepted_pct": round(100 * (1 - rejected.total() / offered.total()), 3),
            "accepted_gpu_pct": round(100 * accepted_milli / offered_milli, 3),
            "rejected_by_gpus": dict(sorted(rejected.items())),
            "offered_by_gpus": dict(sorted(offered.items())),
            "seconds": round(time.perf_counter() - started, 1),
        }
    ]


def _lifetime(rng: np.random.Generator, kind: str | None) -> float:
    """Of mean 1."""
    if kind == "lognormal":
        return float(rng.lognormal(-(LOGNORMAL_SIGMA**2) / 2, LOGNORMAL_SIGMA))
    return float(rng.exponential(1.0))


def _rest_of_life(rng: np.random.Generator, kind: str | None) -> float:
    """Of a pod met at a random time: a uniform part of a lifetime weighed by its length."""
    if kind == "lognormal":
        return float(rng.random() * rng.lognormal(LOGNORMAL_SIGMA**2 / 2, LOGNORMAL_SIGMA))
    return float(rng.exponential(1.0))
