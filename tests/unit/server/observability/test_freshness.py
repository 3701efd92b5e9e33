"""Counting devices by the age of their newest reading."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.observability.freshness import Freshness, measure, silent_after, stale_after
from tests.unit.fleet_factory import NOW, make_device, make_metric, make_model, make_node


@pytest.mark.parametrize(
    ("interval_s", "silent_s", "stale_s"), [(0.01, 0.03, 30), (1, 3, 30), (6, 18, 30), (10, 30, 50), (60, 180, 300)]
)
def test_limits(interval_s: float, silent_s: float, stale_s: float) -> None:
    assert silent_after(interval_s).total_seconds() == pytest.approx(silent_s)
    assert stale_after(interval_s).total_seconds() == pytest.approx(stale_s)


def test_no_device() -> None:
    assert measure([], 1.0, NOW) == Freshness(None, 0, 0, 0, 0, 0)


def test_a_device_is_silent_after_three_intervals_and_not_before() -> None:
    device = make_device(make_node("n"), make_model(), 1)
    device.latest_metric = make_metric(device, NOW)
    assert measure([device], 2.0, NOW + timedelta(seconds=6)) == Freshness(6.0, 1, 1, 0, 0, 0)
    assert measure([device], 2.0, NOW + timedelta(seconds=6.001)) == Freshness(6.001, 1, 0, 1, 0, 0)
