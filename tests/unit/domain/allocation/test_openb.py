"""The scheduler on the recorded openb fleet: the figures it is known by."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.placement.replay import Run, replay_arrivals

OPENB = Path(__file__).parents[3] / "fixtures" / "openb"


def allocated(policy: str, *, oracle: bool = False) -> tuple[float, float]:
    run = Run(
        nodes=OPENB / "openb_nodes.csv.gz",
        pods=OPENB / "openb_pods_default.csv.gz",
        policy=policy,
        seed=42,
        arrived=(90, 100),
        shuffled=False,
        oracle=oracle,
        lifetimes=None,
        load=None,
    )
    at_90, at_100 = replay_arrivals(run)
    return at_90["allocated_pct"], at_100["allocated_pct"]


def test_the_default_policy_refuses_nothing_early_and_fills_the_fleet() -> None:
    at_90, at_100 = allocated("vfs-fair")
    assert at_90 >= 89.9
    assert at_100 >= 95.9


def test_plain_vfs_that_knows_the_mix_reaches_its_check_value() -> None:
    assert allocated("vfs", oracle=True)[1] == pytest.approx(95.948, abs=0.001)
