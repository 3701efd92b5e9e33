"""Learning what is asked for."""

from __future__ import annotations

import pytest

from domain.allocation.demand import Demand
from domain.allocation.mix import MixSettings, RequestMix, build_tables
from tests.unit.domain.allocation.placement_fleets import part, whole


def test_tables_are_due_early_often_and_then_every_400() -> None:
    mix = RequestMix()
    due = [arrival for arrival in range(1, 1700) if mix.add(whole())]
    assert due == [25, 50, 100, 200, 400, 800, 1200, 1600]


def test_little_is_known_before_25_requests() -> None:
    assert not RequestMix([whole()] * 24).is_known
    assert RequestMix([whole()] * 25).is_known


def test_only_the_newest_requests_count() -> None:
    mix = RequestMix([part(500)] * 10 + [whole()] * 5, window=7)
    assert mix.snapshot() == {part(500).shape: 2, whole().shape: 5}
    assert RequestMix([part(500)] * 10 + [whole()] * 7, window=7).snapshot() == {whole().shape: 7}


def test_where_a_demand_may_go_is_not_learned() -> None:
    mix = RequestMix([whole(), whole(clusters=frozenset({"one"}), nodes=frozenset({"a"}))])
    assert mix.snapshot() == {whole().shape: 2}


def test_weights_are_by_count_or_by_devices() -> None:
    counts = RequestMix([whole(8)] + [whole(1)] * 8).snapshot()
    by_count = build_tables(counts, MixSettings())
    assert dict(zip(by_count.shapes, by_count.weights, strict=True))[whole(8).shape] == pytest.approx(1 / 9)
    by_devices = build_tables(counts, MixSettings(size_exponent=1.0))
    assert by_devices.weights.tolist() == pytest.approx([0.5, 0.5])


def test_rare_shapes_can_be_cut() -> None:
    counts = RequestMix([whole(1)] * 98 + [whole(2)] * 2).snapshot()
    assert len(build_tables(counts, MixSettings(kept_share=0.98)).shapes) == 1
    assert len(build_tables(counts, MixSettings(kept_share=0.99)).shapes) == 2


def test_shapes_that_differ_in_memory_are_one_where_memory_does_not_matter() -> None:
    counts = RequestMix([whole(memory=1), whole(memory=2)]).snapshot()
    assert len(build_tables(counts, MixSettings(with_memory=False)).shapes) == 1
    assert len(build_tables(counts, MixSettings()).shapes) == 2


def test_model_shares_are_by_volume() -> None:
    some = frozenset({"T4"})
    counts = RequestMix([part(500, models=some), whole(), Demand(1, 1, 0, 0)]).snapshot()
    tables = build_tables(counts, MixSettings(with_value=True))
    assert dict(tables.model_shares) == pytest.approx({some: 1 / 3, None: 2 / 3})


def test_thousands_of_different_shapes_are_merged_upwards_and_none_is_lost() -> None:
    demands = [Demand(1_000 + 7 * number, 5_000 + 11 * number, 1, 1000) for number in range(2000)]
    tables = build_tables(RequestMix(demands).snapshot(), MixSettings())
    assert len(tables.shapes) <= 384
    assert tables.counts.sum() == 2000
    mean = sum(s.cpu_milli * w for s, w in zip(tables.shapes, tables.weights, strict=True))
    asked = sum(demand.cpu_milli for demand in demands) / 2000
    assert asked <= mean < 1.1 * asked


def test_an_empty_mix_has_no_tables() -> None:
    with pytest.raises(ValueError, match="nothing to learn"):
        build_tables({}, MixSettings())
