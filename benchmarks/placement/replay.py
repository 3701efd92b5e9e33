"""The openb workload on the product's scheduler: pods arrive one by one and never leave."""

from __future__ import annotations

import csv
import gzip
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain.allocation.capacity import Capacity, DeviceCapacity, NodeCapacity, Placement
from domain.allocation.demand import WHOLE, Demand
from domain.allocation.mix import RequestMix, build_tables
from domain.allocation.policies.base import Policy
from domain.allocation.policies.registry import policy_named

NO_LIMIT = 1 << 40
"""openb says nothing of device memory or of how many may share a device."""


@dataclass(frozen=True, slots=True)
class Run:
    """One replay: the files, the policy and how the workload is drawn. `load` goes with `lifetimes`."""

    nodes: Path
    pods: Path
    policy: str
    seed: int
    arrived: tuple[int, ...]
    shuffled: bool
    oracle: bool
    lifetimes: str | None
    load: float | None

    @property
    def head(self) -> dict[str, Any]:
        """What every line of a run starts with."""
        return {
            "policy": self.policy,
            "pods": self.pods.name.removesuffix(".gz").removesuffix(".csv"),
            "seed": self.seed,
            "nodes": "shuffled" if self.shuffled else "by name",
            "mix": "oracle" if self.oracle else "learned",
        }


class Scheduler:
    """The product's parts, with the tables rebuilt at once where the product does so in a worker thread."""

    def __init__(self, run: Run, pods: Sequence[Demand]) -> None:
        self.capacity = fleet_of(read_nodes(run.nodes, run.seed if run.shuffled else None))
        self.gpu_milli = sum(self.capacity.free_by_model)
        self._policy: Policy = policy_named(run.policy)
        self._settings = self._policy.mix_settings
        self._learns = not run.oracle
        self._mix = RequestMix()
        if run.oracle and self._settings is not None:
            self._policy.adopt(build_tables(RequestMix(pods, window=len(pods)).snapshot(), self._settings))

    def place(self, demand: Demand) -> Placement | None:
        choices = self._policy.rank(self.capacity, demand, 1)
        if choices:
            self.capacity.take(choices[0], demand)
        if self._mix.add(demand) and self._learns and self._settings is not None:
            self._policy.adopt(build_tables(self._mix.snapshot(), self._settings))
        return choices[0] if choices else None


def replay_arrivals(run: Run) -> list[dict[str, Any]]:
    """One line for each percentage of `run.arrived`."""
    started = time.perf_counter()
    pods = read_pods(run.pods)
    scheduler = Scheduler(run, pods)
    total = scheduler.gpu_milli
    arrived = allocated = 0
    sums: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    rejected: Counter[str] = Counter()
    rejected_at: dict[int, dict[str, int]] = {}
    for demand in _arrivals(pods, np.random.default_rng(run.seed), (max(run.arrived) + 1) * total // 100):
        arrived += demand.gpu_milli
        if scheduler.place(demand) is not None:
            allocated += demand.gpu_milli
        else:
            rejected[size_name(demand)] += 1
        pct = round(100 * arrived / total)
        sums[pct] += allocated
        counts[pct] += 1
        if pct in run.arrived:
            rejected_at[pct] = dict(rejected)
    seconds = time.perf_counter() - started
    return [
        run.head
        | {
            "arrived_pct": pct,
            "allocated_pct": round(100 * sums[pct] / counts[pct] / total, 3) if counts[pct] else None,
            "rejected_by_gpus": dict(sorted(rejected_at.get(pct, {}).items())),
            "seconds": round(seconds, 1),
        }
        for pct in run.arrived
    ]


def _arrivals(pods: Sequence[Demand], rng: np.random.Generator, until_milli: int) -> Iterator[Demand]:
    """The whole list in a random order, then single pods with replacement until enough GPU was demanded."""
    demanded = 0
    for position in rng.permutation(len(pods)).tolist():
        yield pods[position]
        demanded += pods[position].gpu_milli
    while demanded <= until_milli:
        pod = pods[int(rng.integers(len(pods)))]
        yield pod
        demanded += pod.gpu_milli


def size_name(demand: Demand) -> str:
    """GPUs of one pod: "0", "fraction", "1", "2", ..."""
    return "fraction" if demand.is_share else str(demand.gpus)


def read_pods(path: Path) -> list[Demand]:
    """The pods in file order; equal ones are one object, so that what is derived from it is derived once."""
    known: dict[Demand, Demand] = {}
    pods = []
    for row in _rows(path):
        gpus = int(row["num_gpu"])
        models = frozenset(row["gpu_spec"].split("|")) if gpus and row["gpu_spec"] else None
        demand = Demand(
            int(row["cpu_milli"]), int(row["memory_mib"]), gpus, int(row["gpu_milli"]) if gpus else 0, models=models
        )
        pods.append(known.setdefault(demand, demand))
    return pods


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node of the file."""

    name: str
    model: str
    gpus: int
    cpu_milli: int
    memory_mib: int


def read_nodes(path: Path, shuffle_seed: int | None = None) -> list[NodeRow]:
    """The nodes with GPUs, in the order of their names or shuffled."""
    nodes = [
        NodeRow(row["sn"], row["model"], int(row["gpu"]), int(row["cpu_milli"]), int(row["memory_mib"]))
        for row in _rows(path)
        if int(row["gpu"])
    ]
    nodes.sort(key=lambda node: node.name)
    if shuffle_seed is None:
        return nodes
    return [nodes[at] for at in np.random.default_rng(shuffle_seed + 1000).permutation(len(nodes)).tolist()]


def fleet_of(nodes: Sequence[NodeRow]) -> Capacity:
    """All of it free. Ties go by the order given."""
    capacity = Capacity()
    for node in nodes:
        devices = tuple(
            DeviceCapacity(
                f"{node.name}/{index}",
                index,
                memory_mib=NO_LIMIT,
                residual_milli=WHOLE,
                share_allowed=True,
                share_memory_free_mib=NO_LIMIT,
                sharers_free=NO_LIMIT,
            )
            for index in range(node.gpus)
        )
        capacity.set_node(NodeCapacity(node.name, "openb", node.model, node.cpu_milli, node.memory_mib, devices))
    return capacity


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from csv.DictReader(lines)
