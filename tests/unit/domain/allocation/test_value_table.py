"""What residuals are worth to a request mix."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.placement.replay import read_pods
from domain.allocation.policies.value_table import value_table

OPENB = Path(__file__).parents[3] / "fixtures" / "openb"


def test_openb_has_the_published_steps() -> None:
    volumes: Counter[int] = Counter()
    for pod in read_pods(OPENB / "openb_pods_default.csv.gz"):
        if pod.gpus:
            volumes[pod.milli] += pod.gpu_milli
    values = value_table(volumes)
    steps = {10 * at: float(values[at]) for at in range(1, 101) if values[at] > values[at - 1] + 1e-6}
    expected = {220: 67.5, 230: 202.5, 320: 270, 460: 405, 550: 540, 690: 607.5, 780: 742.5, 810: 810}
    assert steps == pytest.approx(expected)


def test_where_only_whole_devices_are_asked_for_a_part_is_worth_nothing() -> None:
    values = value_table({1000: 5.0})
    assert values[:100].max() == 0
    assert values[100] >= 0


def test_an_empty_mix_values_nothing() -> None:
    assert not value_table({}).any()


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.integers(1, 1000), st.floats(0.1, 100), min_size=1, max_size=6))
def test_values_grow_with_the_residual_and_are_worth_at_least_their_parts(volumes: dict[int, float]) -> None:
    values = value_table(volumes)
    assert (np.diff(values) >= -1e-9).all()
    assert values[0] == 0
    assert values[100] <= 1000 + 1e-6
    for left in range(1, 50):
        assert (values[left:] + 1e-6 >= values[: 101 - left] + values[left]).all()
