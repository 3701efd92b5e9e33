"""Fragmentation as the page defines it, against a brute-force repack."""

from __future__ import annotations

import random
import time

import pytest

from domain.mig.fragmentation import fragmentation, fragmentation_of
from domain.mig.geometry import Layout, arrangements, legal_starts_now, placement_of, places_now
from domain.mig.profiles import A30, H100_80, MigGeometry
from domain.mig.states import states_of

TABLE = states_of(H100_80)
PLAIN = [each.profile_name for each in H100_80.profiles if not each.media_extensions]


def layout(*placed: tuple[str, int], geometry: MigGeometry = H100_80) -> Layout:
    return Layout(geometry, tuple(placement_of(geometry, name, start) for name, start in placed))


def layout_of(state: int) -> Layout:
    return layout(*((PLAIN[shape], start) for shape, start in TABLE.states[state]))


def test_the_board_of_the_picture() -> None:
    found = fragmentation(H100_80, layout(("3g.40gb", 0), ("1g.10gb", 4), ("1g.10gb", 5)))
    assert found.fragmentation == 0.5
    assert (found.largest_now, found.largest_repacked) == (1, 2)
    assert (found.unusable_compute_slices, found.free_compute_slices, found.free_memory_slices) == (1, 2, 2)
    after = fragmentation(H100_80, layout(("3g.40gb", 0), ("3g.40gb", 4)))
    assert after.fragmentation == 0


@pytest.mark.parametrize("placed", [(), (("7g.80gb", 0),), (("3g.40gb", 4),)])
def test_nothing_lost_is_zero(placed: tuple[tuple[str, int], ...]) -> None:
    assert fragmentation(H100_80, layout(*placed)).fragmentation == 0


def test_3g_at_0_loses_a_quarter() -> None:
    found = fragmentation(H100_80, layout(("3g.40gb", 0)))
    assert found.fragmentation == pytest.approx(1 - 3 / 4)
    by_name = {each.profile_name: each for each in found.profiles}
    assert (by_name["4g.40gb"].places_now, by_name["4g.40gb"].places_repacked) == (0, 1)
    assert by_name["4g.40gb"].unusable == 1
    assert by_name["3g.40gb"].unusable == pytest.approx(1 / 4)
    assert by_name["1g.10gb"].unusable == pytest.approx(1 / 4)  # three starts are left of four free slices


def test_every_state_by_brute_force() -> None:
    compute = {name: H100_80.by_name[name].compute_slices for name in PLAIN}
    for state in range(0, TABLE.count, 5):
        here = layout_of(state)
        names = [each.profile_name for each in here.placements]
        repacks = [Layout(H100_80, each) for each in arrangements(H100_80, (), names)]
        now = max((compute[name] for name in PLAIN if legal_starts_now(H100_80, here, name)), default=0)
        best = max((compute[q] for q in PLAIN for each in repacks if legal_starts_now(H100_80, each, q)), default=0)
        found = fragmentation(H100_80, here)
        assert found.fragmentation == pytest.approx(1 - now / best if best else 0)
        for capacity in found.profiles:
            name = capacity.profile_name
            assert capacity.places_now == places_now(H100_80, here, name)
            assert capacity.places_repacked == max(places_now(H100_80, each, name) for each in repacks)


def test_media_engines_are_one_to_a_gpu() -> None:
    def places(*placed: tuple[str, int]) -> int:
        found = fragmentation(H100_80, layout(*placed))
        return next(each.places_now for each in found.profiles if each.profile_name == "1g.10gb+me")

    assert places() == 1
    assert places(("1g.10gb", 0)) == 1
    assert places(("1g.10gb+me", 0)) == 0


def test_a_fleet_sums_before_it_divides() -> None:
    torn = layout(("3g.40gb", 0))
    entries = [
        (H100_80, torn, True),
        (H100_80, Layout(H100_80), True),
        (A30, layout(("1g.6gb", 1), geometry=A30), True),
        (H100_80, torn, False),
        (H100_80, layout(("3g.40gb", 0), ("4g.40gb", 0)), True),
    ]
    found = fragmentation_of(entries)
    assert (found.gpus, found.illegal) == (3, 1)
    assert (found.largest_now, found.largest_repacked) == (3 + 7 + 2, 4 + 7 + 2)
    assert found.fragmentation == pytest.approx(1 / 13)
    assert found.free_compute_slices == 4 + 7 + 3
    assert {each.geometry_name for each in found.profiles} == {"H100 80GB", "A30"}
    four = next(each for each in found.profiles if each.profile_name == "4g.40gb")
    assert (four.places_now, four.places_repacked) == (1, 2)
    assert four.unusable == pytest.approx(1 - 4 / 11)
    empty = fragmentation_of([])
    assert (empty.fragmentation, empty.gpus, empty.profiles) == (0, 0, ())


def test_ten_thousand_gpus_take_a_moment() -> None:
    rng = random.Random(1)
    entries = [(H100_80, layout_of(rng.randrange(TABLE.count)), True) for _ in range(10_000)]
    started = time.perf_counter()
    found = fragmentation_of(entries)
    assert found.gpus == 10_000
    assert time.perf_counter() - started < 1
