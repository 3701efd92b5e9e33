"""What one round of the collector costs, simulator included: one JSON line.

`round_us` is one device of a round at 1 Hz, where every round computes a new tick of the whole simulated fleet;
`read_us` is the same without that, the collector and the NVML boundary alone.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

from domain.fleet.model import CollectionSource
from domain.metrics.sample import Sample
from integrations.nvml.collector import NodeCollector
from integrations.nvml.simulator import SimulatedFleet

SIZES = (20, 1_000, 10_000)


def measure(gpus: int, rounds: int) -> dict[str, float]:
    """Microseconds of processor time per device: the median of `rounds` rounds, each a second after the last."""
    now = [1_760_000_000.0]
    fleet = SimulatedFleet(gpus, seed=1, clock=lambda: now[0])
    collectors = [NodeCollector(node, node.layout.name, "bench", CollectionSource.SIMULATED) for node in fleet.nodes]

    def one_round() -> float:
        started = time.thread_time_ns()
        samples: list[Sample] = []
        timestamp = datetime.now(UTC)
        for collector in collectors:
            collector.sample(timestamp, samples)
        took = time.thread_time_ns() - started
        assert len(samples) == gpus
        return took / 1_000 / gpus

    started = time.thread_time_ns()
    for collector in collectors:
        collector.discover()
    discover = (time.thread_time_ns() - started) / 1_000 / gpus
    one_round()
    ticking, standing = [], []
    for _ in range(rounds):
        now[0] += 1.0
        ticking.append(one_round())
        standing.append(one_round())
    return {
        "round_us": round(sorted(ticking)[rounds // 2], 2),
        "read_us": round(sorted(standing)[rounds // 2], 2),
        "discover_us": round(discover, 2),
    }


def main() -> None:
    result = {
        "benchmark": "collector",
        "python": sys.version.split()[0],
        "gpus": {str(gpus): measure(gpus, rounds=60 if gpus >= 10_000 else 200) for gpus in SIZES},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
