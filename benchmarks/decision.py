"""How long one placement decision takes, by size of the fleet: rank one place and take it.

The fleet is openb's nodes over and over, filled to 90 %; then pods arrive and leave in turn, so that every decision
finds rows changed since its type was last scored. A part of the arrivals asks for an amount of CPU that nobody asked
for before: such a type is scored on all rows within its decision. The request mix is learned as in the product: tables
are built beside the decisions, and known types are scored for them in small steps between the decisions; both are
timed apart. Departures are not timed. One JSON line for each size.

    .venv/bin/python benchmarks/decision.py --gpus 100,1000,10000,100000
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # run as a script: the folder of the script is the path then, not the checkout
    sys.path.insert(0, str(ROOT))

from benchmarks.placement.replay import NodeRow, fleet_of, read_nodes, read_pods  # noqa: E402
from domain.allocation.capacity import Capacity, Placement  # noqa: E402
from domain.allocation.demand import Demand  # noqa: E402
from domain.allocation.mix import RequestMix, build_tables  # noqa: E402
from domain.allocation.policies.base import Policy  # noqa: E402
from domain.allocation.policies.registry import DEFAULT_POLICY, POLICY_NAMES, policy_named  # noqa: E402

DATA = ROOT / "tests" / "fixtures" / "openb"
FILLED = 0.9
FIRST_SEEN = 0.02
LEARNED_WHILE_FILLING = 2000
"""Arrivals; the tables are built once more before the clock starts."""


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--nodes", type=Path, default=DATA / "openb_nodes.csv.gz")
    options.add_argument("--pods", type=Path, default=DATA / "openb_pods_default.csv.gz")
    options.add_argument("--policy", default=DEFAULT_POLICY, choices=POLICY_NAMES)
    options.add_argument("--gpus", default="100,1000,10000,100000", help="with commas between")
    options.add_argument("--decisions", type=int, default=4000)
    options.add_argument("--seed", type=int, default=42)
    return options.parse_args()


class Life:
    """A fleet in life: decisions are timed, and what goes on beside them apart."""

    def __init__(self, policy: str, capacity: Capacity, pods: Sequence[Demand], rng: np.random.Generator) -> None:
        self._capacity, self._pods, self._rng = capacity, pods, rng
        self._policy: Policy = policy_named(policy)
        self._mix = RequestMix()
        self._seen: set[Demand] = set()
        self._held: list[tuple[Placement, Demand]] = []
        self._total = sum(capacity.free_by_model)
        self.known: list[float] = []
        self.first_seen: list[float] = []
        self.steps: list[float] = []

    @property
    def filled(self) -> float:
        return 1 - sum(self._capacity.free_by_model) / self._total

    def arrive(self, *, new_type: bool, timed: bool) -> None:
        demand = self._pods[int(self._rng.integers(len(self._pods)))]
        if new_type:
            demand = replace(demand, cpu_milli=demand.cpu_milli + int(self._rng.integers(1, 1000)))
        started = time.perf_counter()
        choices = self._policy.rank(self._capacity, demand, 1)
        if choices:
            self._capacity.take(choices[0], demand)
        seconds = time.perf_counter() - started
        if timed:
            (self.known if demand in self._seen else self.first_seen).append(seconds)
        self._seen.add(demand)
        if choices:
            self._held.append((choices[0], demand))
        if self._mix.add(demand) and (timed or self._mix.arrivals <= LEARNED_WHILE_FILLING):
            self.adopt_between_decisions()

    def adopt_between_decisions(self) -> None:
        settings = self._policy.mix_settings
        if settings is None:
            return
        tables = build_tables(self._mix.snapshot(), settings)
        started = time.perf_counter()
        for _ in self._policy.adoption(self._capacity, tables):
            now = time.perf_counter()
            self.steps.append(now - started)
            started = now

    def leave(self) -> None:
        at = int(self._rng.integers(len(self._held)))
        self._held[at], self._held[-1] = self._held[-1], self._held[at]
        self._capacity.give_back(*self._held.pop())


def measure(options: argparse.Namespace, gpus: int) -> dict[str, Any]:
    rng = np.random.default_rng(options.seed)
    pods = read_pods(options.pods)
    capacity = fleet_of(_nodes(options.nodes, gpus, rng))
    life = Life(options.policy, capacity, pods, rng)
    while life.filled < FILLED:
        life.arrive(new_type=False, timed=False)
    life.adopt_between_decisions()
    life.steps.clear()
    for _ in range(options.decisions):
        while life.filled > FILLED:
            life.leave()
        life.arrive(new_type=bool(rng.random() < FIRST_SEEN), timed=True)
    return {
        "policy": options.policy,
        "gpus": gpus,
        "rows": capacity.rows,
        **_spread("decision", [*life.known, *life.first_seen]),
        **_spread("known_type", life.known),
        **_spread("first_seen_type", life.first_seen),
        **_spread("adoption_step", life.steps),
    }


def _nodes(path: Path, gpus: int, rng: np.random.Generator) -> list[NodeRow]:
    """openb's nodes in random order, again and again, until they have so many GPUs."""
    nodes = read_nodes(path)
    order = rng.permutation(len(nodes)).tolist()
    chosen: list[NodeRow] = []
    while gpus > 0:
        node = nodes[order[len(chosen) % len(order)]]
        chosen.append(replace(node, name=f"{node.name}-{len(chosen)}"))
        gpus -= node.gpus
    return chosen


def _spread(name: str, seconds: Sequence[float]) -> dict[str, float | int]:
    if not seconds:
        return {}
    in_ms = 1000 * np.array(seconds)
    return {
        f"{name}_count": len(seconds),
        f"{name}_mean_ms": round(float(in_ms.mean()), 3),
        f"{name}_p50_ms": round(float(np.percentile(in_ms, 50)), 3),
        f"{name}_p99_ms": round(float(np.percentile(in_ms, 99)), 3),
        f"{name}_max_ms": round(float(in_ms.max()), 3),
    }


def main() -> None:
    options = arguments()
    for path in (options.nodes, options.pods):
        if not path.is_file():
            sys.exit(f"{path} does not exist: give --nodes and --pods")
    for gpus in options.gpus.split(","):
        print(json.dumps(measure(options, int(gpus))), flush=True)


if __name__ == "__main__":
    main()
