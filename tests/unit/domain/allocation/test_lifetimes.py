"""The replay with departures against what queueing theory knows: Erlang's loss formula, whatever the shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.placement.lifetimes import LIFETIMES, replay_lifetimes
from benchmarks.placement.replay import Run

GPUS = 100
SEEDS = range(20)


def erlang_b(servers: int, load: float) -> float:
    """Part of the requests that find all servers busy."""
    lost = 1.0
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    return lost


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Nodes of one GPU each, and requests for one GPU each."""
    folder = tmp_path_factory.mktemp("erlang")
    nodes, pods = folder / "nodes.csv", folder / "pods.csv"
    rows = [f"n{number:03d},V100,1,96000,786432" for number in range(GPUS)]
    nodes.write_text("\n".join(["sn,model,gpu,cpu_milli,memory_mib", *rows]))
    pods.write_text("num_gpu,gpu_milli,cpu_milli,memory_mib,gpu_spec\n1,1000,1000,1000,\n")
    return nodes, pods


@pytest.mark.parametrize("kind", LIFETIMES)
@pytest.mark.parametrize("load", [1.0])
def test_losses_and_use_are_those_of_erlang(files: tuple[Path, Path], kind: str, load: float) -> None:
    nodes, pods = files
    lines = [
        line
        for seed in SEEDS
        for line in replay_lifetimes(Run(nodes, pods, "first-fit", seed, (), False, False, kind, load))
    ]
    lost = erlang_b(GPUS, load * GPUS)
    rejected = 100 - sum(line["accepted_gpu_pct"] for line in lines) / len(lines)
    allocated = sum(line["allocated_pct"] for line in lines) / len(lines)
    assert rejected == pytest.approx(100 * lost, abs=2.0)
    assert allocated == pytest.approx(100 * load * (1 - lost), abs=2.0)
