"""MIG placement among many GPUs: the tables against a policy written out, and the fleet against plain layouts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np
import pytest

from domain.allocation.policies.mig import BEST_FIT, DEFAULT, FILL, FIRST_FIT, FRAG_FGD, POLICIES, MigPolicy
from domain.allocation.policies.mig_fleet import MigFleet
from domain.mig.geometry import Layout, Placement, legal_starts_now, placement_of, places_now, stranded_sixths
from domain.mig.profiles import A30, A100_40, H100_80, MigGeometry, smallest_profile_for
from domain.mig.states import states_of

TABLE = states_of(H100_80)
PLAIN = [each.profile_name for each in H100_80.profiles if not each.media_extensions]


def at(name: str, start: int, geometry: MigGeometry = H100_80) -> Placement:
    return placement_of(geometry, name, start)


def random_layout(rng: random.Random) -> tuple[Placement, ...]:
    return tuple(at(PLAIN[shape], start) for shape, start in rng.choice(TABLE.states))


def slice_stranding(layout: Layout) -> int:
    return sum(layout.free_memory_slices for name in PLAIN if not places_now(H100_80, layout, name))


Cost = Callable[[Layout, Layout], int]
WRITTEN_OUT: dict[str, Cost] = {
    "first-fit": lambda before, after: 0,
    "best-fit": lambda before, after: 6 * after.free_memory_slices,
    "frag-fgd": lambda before, after: slice_stranding(after) - slice_stranding(before),
    "fill": lambda before, after: stranded_sixths(after) - stranded_sixths(before),
}


def by_hand(
    policy: MigPolicy, gpus: list[tuple[Placement, ...]], ready: list[tuple[Placement, ...]], name: str
) -> list[tuple[int, Placement]]:
    """All GPUs that fit, best first, from the definition."""
    ranked = []
    for index, held in enumerate(gpus):
        before = Layout(H100_80, held)
        options = []
        for start in legal_starts_now(H100_80, before, name):
            placement = at(name, start)
            cost = WRITTEN_OUT[policy.name](before, before.plus(placement))
            residents = -len(held) if policy.most_residents_first else 0
            options.append((cost, placement not in ready[index], residents, index, start))
        if options:
            ranked.append(min(options))
    return [(index, at(name, start)) for *_, index, start in sorted(ranked)]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda each: each.name)
def test_the_tables_choose_as_the_definition_does(policy: MigPolicy) -> None:
    rng = random.Random(policy.name)
    for _ in range(6):
        gpus = [random_layout(rng) for _ in range(25)]
        ready = []
        for held in gpus:
            here = Layout(H100_80, held)
            options = [at(name, start) for name in PLAIN for start in legal_starts_now(H100_80, here, name)]
            ready.append((rng.choice(options),) if options and rng.random() < 0.4 else ())
        fleet = MigFleet()
        for index, held in enumerate(gpus):
            assert fleet.set_gpu(f"gpu-{index}", H100_80, held, True, ready[index])
        for name in PLAIN:
            expected = by_hand(policy, gpus, ready, name)
            for most in (1, 4, 100):
                found = policy.rank(fleet, name, most)
                assert [(each.gpu, each.placement) for each in found] == [
                    (f"gpu-{index}", placement) for index, placement in expected[:most]
                ]
            for choice in found:
                assert choice.ready == (choice.placement in ready[int(choice.gpu.removeprefix("gpu-"))])


def test_fill_packs_where_most_are_resident_and_prefers_a_ready_instance_among_equals() -> None:
    fleet = MigFleet()
    fleet.set_gpu("empty", H100_80, ())
    fleet.set_gpu("one", H100_80, [at("1g.10gb", 6)])
    fleet.set_gpu("other", H100_80, [at("1g.10gb", 6)])
    assert DEFAULT is FILL
    [choice] = FILL.rank(fleet, "3g.40gb")
    assert (choice.gpu, choice.ready) == ("one", False)
    assert choice.parts["residents"] == 1
    assert choice.score == choice.parts["stranding_growth"]
    fleet.set_gpu("other", H100_80, [at("1g.10gb", 6)], ready=[choice.placement])
    [choice] = FILL.rank(fleet, "3g.40gb")
    assert (choice.gpu, choice.ready) == ("other", True)


def test_masks_close_gpus() -> None:
    fleet = MigFleet()
    for name in "abc":
        fleet.set_gpu(name, H100_80, (), usable=name != "a", node="abc".index(name))
    assert [each.gpu for each in FIRST_FIT.rank(fleet, "7g.80gb", 5)] == ["b", "c"]
    assert [each.gpu for each in FIRST_FIT.rank(fleet, "7g.80gb", 5, nodes=np.array([True, False, True]))] == ["c"]
    assert FIRST_FIT.rank(fleet, "7g.80gb", nodes=np.zeros(3, dtype=np.bool_)) == []
    assert FIRST_FIT.rank(fleet, "1g.5gb") == []
    assert FIRST_FIT.rank(MigFleet(), "7g.80gb") == []
    fleet.place("a", at("3g.40gb", 4))  # held before it was closed, told late
    assert fleet.held("a") == {at("3g.40gb", 4)}
    fleet.set_gpu("a", H100_80, fleet.held("a"))
    assert FIRST_FIT.rank(fleet, "4g.40gb")[0].gpu == "a"


def test_a_layout_outside_the_rules_is_never_chosen() -> None:
    fleet = MigFleet()
    assert not fleet.set_gpu("odd", H100_80, [at("3g.40gb", 0), at("4g.40gb", 0)])
    assert FILL.rank(fleet, "1g.10gb") == []
    assert fleet.set_gpu("odd", H100_80, [at("3g.40gb", 0)])
    assert [each.gpu for each in FILL.rank(fleet, "1g.10gb")] == ["odd"]


def test_media_engines_go_once_to_a_gpu() -> None:
    fleet = MigFleet()
    fleet.set_gpu("a", H100_80, [at("1g.10gb+me", 0)])
    fleet.set_gpu("b", H100_80, ())
    assert [each.gpu for each in FILL.rank(fleet, "1g.10gb+me", 5)] == ["b"]
    fleet.place("b", at("1g.10gb+me", 3))
    assert FILL.rank(fleet, "1g.10gb+me", 5) == []
    with pytest.raises(ValueError, match="no room"):
        fleet.place("b", at("1g.10gb+me", 4))
    fleet.free("a", at("1g.10gb+me", 0))
    assert [each.gpu for each in FILL.rank(fleet, "1g.10gb+me", 5)] == ["a"]
    assert len(FILL.rank(fleet, "1g.10gb", 5)) == 2


def test_several_geometries_are_asked_by_their_own_names() -> None:
    fleet = MigFleet()
    fleet.set_gpu("h", H100_80, [at("7g.80gb", 0)])
    fleet.set_gpu("a", A100_40, ())
    fleet.set_gpu("s", A30, ())
    names = {"H100 80GB": "1g.10gb", "A100 40GB": "1g.5gb"}
    [choice] = FILL.rank(fleet, names, 5)
    assert (choice.gpu, choice.geometry_name, choice.placement.profile_name) == ("a", "A100 40GB", "1g.5gb")
    by_size = FIRST_FIT.rank(fleet, lambda geometry: smallest_profile_for(geometry, 9_000, 1), 5)
    assert {(each.gpu, each.placement.profile_name) for each in by_size} == {("a", "1g.10gb"), ("s", "2g.12gb")}
    fleet.set_gpu("a", H100_80, ())  # the board was replaced
    assert [each.gpu for each in FILL.rank(fleet, names, 5)] == ["a"]


def test_rows_of_removed_gpus_are_used_again() -> None:
    fleet = MigFleet()
    for index in range(200):
        fleet.set_gpu(f"gpu-{index}", H100_80, ())
    for index in range(0, 200, 2):
        fleet.remove_gpu(f"gpu-{index}")
    fleet.remove_gpu("never there")
    assert len(fleet) == 100
    assert {each.gpu for each in FIRST_FIT.rank(fleet, "7g.80gb", 500)} == {f"gpu-{i}" for i in range(1, 200, 2)}
    for index in range(100):
        fleet.set_gpu(f"new-{index}", H100_80, ())
    [group] = fleet.groups
    assert len(group.keys) == 200
    assert len(FIRST_FIT.rank(fleet, "7g.80gb", 500)) == 200


@pytest.mark.parametrize("policy", [FILL, BEST_FIT, FRAG_FGD, FIRST_FIT], ids=lambda each: each.name)
def test_the_fleet_follows_what_is_placed_and_freed(policy: MigPolicy) -> None:
    rng = random.Random(7)
    fleet = MigFleet()
    names = [each.profile_name for each in H100_80.profiles]
    idle: dict[str, set[Placement]] = {}
    held: dict[str, set[Placement]] = {}
    for index in range(8):
        fleet.set_gpu(f"gpu-{index}", H100_80, ())
        held[f"gpu-{index}"], idle[f"gpu-{index}"] = set(), set()
    for _ in range(800):
        if rng.random() < 0.6:
            name = rng.choice(names)
            found = policy.rank(fleet, name)
            for choice in found:
                key, placement = choice.gpu, choice.placement
                assert Layout(H100_80, (*held[key], placement)).obstacle() is None
                assert choice.ready == (placement in idle[key])
                fleet.place(key, placement)
                held[key].add(placement)
                idle[key] = {each for each in idle[key] if not each.bitmap & placement.bitmap}
        else:
            key = rng.choice([key for key in held if held[key]] or ["gpu-0"])
            if held[key]:
                placement, stays = rng.choice(sorted(held[key])), rng.random() < 0.5
                fleet.free(key, placement, ready=stays)
                held[key].remove(placement)
                if stays:
                    idle[key].add(placement)
        for key, placements in held.items():
            assert fleet.held(key) == placements
    [group] = fleet.groups
    for row, key in enumerate(group.keys):
        assert group.seen[row] == Layout(H100_80, tuple(held[key])).state


def test_wrong_places_are_refused() -> None:
    fleet = MigFleet()
    fleet.set_gpu("a", H100_80, [at("3g.40gb", 0)])
    with pytest.raises(ValueError, match=r"a has no room for 4g\.40gb at 0"):
        fleet.place("a", at("4g.40gb", 0))
    with pytest.raises(ValueError, match="does not hold"):
        fleet.free("a", at("4g.40gb", 0))
    with pytest.raises(ValueError, match="no room"):
        fleet.place("a", Placement("1g.5gb", 4, 1))
    for wrong in (Placement("1g.10gb", -1, 1), Placement("1g.10gb", 7, 1), Placement("1g.10gb", 4, 2)):
        with pytest.raises(ValueError, match="no room"):
            fleet.place("a", wrong)
    with pytest.raises(ValueError, match="no room"):
        fleet.place("a", at("3g.40gb", 0))
    assert fleet.held("a") == {at("3g.40gb", 0)}


def test_ten_thousand_gpus_take_less_than_a_millisecond() -> None:
    rng = random.Random(3)
    fleet = MigFleet()
    for index in range(10_000):
        fleet.set_gpu(f"gpu-{index}", H100_80, random_layout(rng))
    FILL.rank(fleet, "1g.10gb")
    took = []
    for _ in range(20):
        started = time.perf_counter()
        FILL.rank(fleet, "1g.10gb")
        took.append(time.perf_counter() - started)
    assert min(took) < 1e-3
