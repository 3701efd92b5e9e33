from __future__ import annotations

import pytest

from integrations.nvml.simulator.layout import lay_out


def test_the_default_fleet() -> None:
    assert [(node.name, node.part.name, node.gpus) for node in lay_out()] == [
        ("sim-rtx4090-01", "NVIDIA GeForce RTX 4090", 4),
        ("sim-a100-01", "NVIDIA A100-SXM4-80GB", 8),
        ("sim-h100-01", "NVIDIA H100 80GB HBM3", 8),
    ]


@pytest.mark.parametrize("gpus", [1, 7, 8, 9, 100, 1_000, 9_999, 10_000])
def test_nodes_of_eight_with_the_rest_in_the_last(gpus: int) -> None:
    nodes = lay_out(gpus)
    assert sum(node.gpus for node in nodes) == gpus
    assert {node.gpus for node in nodes[:-1]} <= {8}
    assert 1 <= nodes[-1].gpus <= 8
    assert len({node.name for node in nodes}) == len({node.ip for node in nodes}) == len(nodes)


def test_a_mix_of_models() -> None:
    assert len({node.part.key for node in lay_out(64)}) == 6


@pytest.mark.parametrize("gpus", [0, -3, 10_001])
def test_a_size_outside_the_limits_is_refused(gpus: int) -> None:
    with pytest.raises(ValueError, match=f"between 1 and 10,000 GPUs, not {gpus:,}"):
        lay_out(gpus)
