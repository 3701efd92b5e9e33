"""How long a decision on MIG instances takes, by size of the fleet: as the product decides, from its inventory view.

Every GPU is an H100 with MIG on and one of four layouts, 70 % of the instances held. Asked is for one instance by
profile, by memory, bound to a cluster and to hosts with CPU left, for eight on one node, and for what has no room,
with what would work instead. One JSON line for each size.

    .venv/bin/python -m benchmarks.mig_decision --gpus 100,1000,10000,100000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from domain.allocation.instances import InstanceChooser
from domain.allocation.mig_feed import MigFeed
from domain.allocation.model import Allocation, AllocationStatus, Priority, ResourceType, Spread, WorkloadType
from domain.allocation.wanted import Wanted
from domain.fleet.changes import InventoryChange
from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice, GpuModel, GpuNode, NodeStatus
from domain.fleet.ports import StoredInventory
from domain.fleet.view import InventoryView
from domain.mig.model import InstanceStatus, MigInstance
from domain.mig.offers import Offers, offered_by
from domain.mig.profiles import H100_80

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MODEL = GpuModel("model_h100", "H100 80GB HBM3", "NVIDIA", "Hopper", 80, None, None, 700, True, 7, NOW)
LAYOUTS: Sequence[Sequence[tuple[str, int, int]]] = (
    (("3g.40gb", 0, 4), ("1g.10gb", 4, 1)),
    (("4g.40gb", 0, 4),),
    (("1g.10gb", 0, 1), ("1g.10gb", 1, 1), ("1g.10gb", 5, 1)),
    (),
)
HELD = 0.7


class Stored:
    """A fleet as a database would give it."""

    def __init__(self, gpus: int, chance: random.Random) -> None:
        self._nodes = [_node(number) for number in range(-(-gpus // 8))]
        self._devices = [_device(node, index, chance) for node in self._nodes for index in range(8)][:gpus]

    def commit_token(self) -> int:
        return 1

    async def revision(self) -> int:
        return 1

    async def load(self) -> StoredInventory:
        profiles = list(offered_by(MODEL.id, H100_80).values())
        return StoredInventory(1, [MODEL], self._nodes, self._devices, profiles=profiles)

    async def since(self, sequence: int, limit: int) -> tuple[Sequence[InventoryChange], StoredInventory | None]:
        return (), None


def _node(number: int) -> GpuNode:
    return GpuNode(
        f"node_{number}", f"h100-{number:05d}", f"c{number % 4}", None, 8, 8, NodeStatus.READY, None,
        CollectionSource.AGENT, NOW, NOW, cpu_milli=192_000, memory_mib=2_000_000,
    )  # fmt: skip


def _device(node: GpuNode, index: int, chance: random.Random) -> GpuDevice:
    id_ = f"dev_{node.id}_{index}"
    instances = tuple(
        MigInstance(f"mig_{id_}_{start}", id_, "", name, 1, None, chance.random() < HELD, InstanceStatus.READY, start,
                    size, NOW)
        for name, start, size in chance.choice(LAYOUTS)
    )  # fmt: skip
    return GpuDevice(
        id_, node, MODEL, index, f"GPU-{id_}", None, None, DeviceStatus.ACTIVE, None, None, None, 81_559, 700.0, None,
        None, None, None, None, 1, NOW, mig_enabled=True, mig_pending=True, mig_instances=instances,
    )  # fmt: skip


def _wanted(
    profile: str | None = None, *, memory_mib: int = 0, count: int = 1, clusters: frozenset[str] | None = None,
    cpu_milli: int = 0,
) -> Wanted:  # fmt: skip
    allocation = Allocation(
        id="", namespace=None, pod_name=None, workload_type=WorkloadType.OTHER, resource_type=ResourceType.MIG,
        allocated_resource=None, requested_memory_gb=None, allocation_time=None, planned_release_time=None,
        status=AllocationStatus.REQUESTED, cost_per_hour=None, total_cost=None, user_id="", team_id="",
        requested_time=NOW, ended_time=None, status_reason=None, gpu_count=count, profile_name=profile,
        compute_milli=1000, cpu_milli=cpu_milli, host_memory_mib=0, model_names=(), cluster_name=None, node_name=None,
        spread=Spread.SAME_NODE, priority=Priority.NORMAL, hours=None, policy=None, score=None, explanation=None,
        version=1,
    )  # fmt: skip
    return Wanted(allocation, (ResourceType.MIG,), memory_mib, None, clusters, None)


WISHES = {
    "profile": _wanted("2g.20gb"),
    "memory": _wanted(memory_mib=30_000),
    "cluster_and_cpu": _wanted("1g.20gb", clusters=frozenset({"c1"}), cpu_milli=4_000),
    "eight_on_a_node": _wanted("2g.20gb", count=8),
}


async def measure(gpus: int, decisions: int, seed: int) -> dict[str, float | int]:
    view = InventoryView(Stored(gpus, random.Random(seed)))
    offers = Offers(view)
    chooser = InstanceChooser(view, offers, MigFeed(view, offers))
    await view.refresh()
    line: dict[str, float | int] = {"gpus": gpus}
    for name, wanted in WISHES.items():
        line |= _spread(name, [_timed(chooser, wanted) for _ in range(decisions)])
    nothing = _wanted("4g.40gb", count=56)
    line |= _spread("refused_with_nearest", [_timed(chooser, nothing, nearest=True) for _ in range(decisions // 10)])
    return line


def _timed(chooser: InstanceChooser, wanted: Wanted, *, nearest: bool = False) -> float:
    started = time.perf_counter()
    chooser.decide(wanted)
    if nearest:
        chooser.nearest(wanted)
    return time.perf_counter() - started


def _spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    in_ms = 1000 * np.array(seconds)
    return {
        f"{name}_p50_ms": round(float(np.percentile(in_ms, 50)), 3),
        f"{name}_p99_ms": round(float(np.percentile(in_ms, 99)), 3),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--gpus", default="100,1000,10000,100000", help="with commas between")
    options.add_argument("--decisions", type=int, default=1000)
    options.add_argument("--seed", type=int, default=42)
    chosen = options.parse_args()
    for gpus in chosen.gpus.split(","):
        print(json.dumps(asyncio.run(measure(int(gpus), chosen.decisions, chosen.seed))), flush=True)


if __name__ == "__main__":
    main()
