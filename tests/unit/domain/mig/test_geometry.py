"""Which layouts are legal: enumerated in full for the 8-slice parts."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from domain.mig.geometry import (
    Layout,
    ObstacleKind,
    Placement,
    arrangements,
    best_fit_multiset,
    check_placement,
    legal_starts_now,
    placement_of,
    places_now,
)
from domain.mig.profiles import A30, A100_40, B200_180, H100_80, MigGeometry
from domain.mig.states import NO_STATE, states_of

TABLE = states_of(H100_80)
PLAIN = [each.profile_name for each in H100_80.profiles if not each.media_extensions]


def at(name: str, start: int, geometry: MigGeometry = H100_80) -> Placement:
    return placement_of(geometry, name, start)


def layout(*placed: tuple[str, int], geometry: MigGeometry = H100_80) -> Layout:
    return Layout(geometry, tuple(at(name, start, geometry) for name, start in placed))


def layout_of(state: int) -> Layout:
    return layout(*((PLAIN[shape], start) for shape, start in TABLE.states[state]))


def every(geometry: MigGeometry) -> list[Placement]:
    return [at(each.profile_name, start, geometry) for each in geometry.profiles for start in each.starts]


def test_the_states_are_as_many_as_the_hardware_has() -> None:
    assert TABLE.count == 723
    double = PLAIN.index("1g.20gb")
    assert sum(all(shape != double for shape, _ in placed) for placed in TABLE.states) == 298
    assert len(TABLE.maximal) == 78
    multisets = {tuple(sorted(shape for shape, _ in TABLE.states[state])) for state in TABLE.maximal}
    assert len(multisets) == 38
    assert TABLE.used_compute.max() == 7
    assert states_of(A30).count == 26
    assert states_of(B200_180) is TABLE
    assert states_of(A100_40) is TABLE


def test_every_set_of_placements_that_do_not_overlap_is_a_state_and_no_other_is() -> None:
    # Brute force over all sets of up to seven of the 18 plain placements, by bitmap alone.
    plain = [each for each in every(H100_80) if "+me" not in each.profile_name]
    assert len(plain) == 18
    found = 0
    for count in range(8):
        for chosen in combinations(plain, count):
            bitmap = 0
            for each in chosen:
                if bitmap & each.bitmap:
                    break
                bitmap |= each.bitmap
            else:
                found += 1
                compute = sum(H100_80.by_name[each.profile_name].compute_slices for each in chosen)
                assert compute <= 7
                assert Layout(H100_80, chosen).state is not None
    assert found == TABLE.count


def test_the_transitions_are_inverse_and_agree_with_the_rules_in_words() -> None:
    for state in range(TABLE.count):
        here = layout_of(state)
        assert here.state == state
        assert here.obstacle() is None
        for shape, name in enumerate(PLAIN):
            legal = tuple(int(start) for start in np.flatnonzero(TABLE.step[state, shape] != NO_STATE))
            assert legal_starts_now(H100_80, here, name) == legal
            for start in legal:
                after = TABLE.step[state, shape, start]
                assert TABLE.back[after, shape, start] == state
                assert here.plus(at(name, start)).state == after
        removable = {(int(shape), int(start)) for shape, start in np.argwhere(TABLE.back[state] != NO_STATE)}
        assert removable == TABLE.states[state]


def test_places_now_by_brute_force() -> None:
    for state in range(0, TABLE.count, 7):
        here = layout_of(state)
        for name in PLAIN:
            most = 0
            while next(arrangements(H100_80, here.placements, [name] * (most + 1)), None) is not None:
                most += 1
            assert places_now(H100_80, here, name) == most


def test_order_matters_3g_at_0_blocks_4g_and_3g_at_4_does_not() -> None:
    assert legal_starts_now(H100_80, layout(("3g.40gb", 4)), "4g.40gb") == (0,)
    assert legal_starts_now(H100_80, layout(("3g.40gb", 0)), "4g.40gb") == ()
    found = check_placement(H100_80, layout(("3g.40gb", 0)), at("4g.40gb", 0))
    assert found is not None
    assert found.kind is ObstacleKind.SLICES_HELD
    assert found.reason == "4g.40gb needs slices 0-3. 3g.40gb holds 0-3."
    assert found.fix == "Move 3g.40gb at 0 to 4-7."
    assert found.rule == "4g.40gb may start only at 0. 3g.40gb may start at 0 or 4."
    assert [(str(each.source), str(each.target)) for each in found.moves] == [("3g.40gb at 0", "3g.40gb at 4")]


def test_the_fix_is_another_start_where_one_is_free() -> None:
    found = check_placement(H100_80, layout(("3g.40gb", 0)), at("3g.40gb", 0))
    assert found is not None
    assert (found.place_at, found.fix) == (4, "Place it at 4.")
    wrong = check_placement(H100_80, Layout(H100_80), at("2g.20gb", 6))
    assert wrong is not None
    assert (wrong.kind, wrong.place_at) == (ObstacleKind.START, 0)
    assert wrong.rule == "2g.20gb may start only at 0, 2 or 4."


def test_every_refusal_names_a_fix_that_works() -> None:
    for state in range(0, TABLE.count, 3):
        here = layout_of(state)
        for wanted in every(H100_80):
            found = check_placement(H100_80, here, wanted)
            if found is None:
                assert here.plus(wanted).obstacle() is None
                continue
            assert found.fix is not None
            if found.place_at is not None:
                fixed = here.plus(at(wanted.profile_name, found.place_at))
            elif found.moves:
                fixed = here.minus(*found.blockers).plus(wanted, *(move.target for move in found.moves))
                assert len(fixed.placements) == len(here.placements) + 1
            else:
                fixed = here.minus(*found.blockers).plus(wanted)
            assert fixed.obstacle() is None


def test_of_all_media_profiles_a_gpu_takes_one() -> None:
    held = layout(("1g.10gb+me", 2))
    assert places_now(H100_80, held, "1g.10gb+me") == 0
    assert places_now(H100_80, held, "1g.10gb") == 6
    found = check_placement(H100_80, held, at("1g.10gb+me", 4))
    assert found is not None
    assert found.kind is ObstacleKind.MEDIA_EXTENSIONS
    assert held.state == layout(("1g.10gb", 2)).state
    a30 = layout(("1g.6gb+me", 0), geometry=A30)
    assert legal_starts_now(A30, a30, "2g.12gb+me") == ()
    assert legal_starts_now(A30, a30, "2g.12gb") == (2,)
    assert a30.plus(at("2g.12gb+me", 2, A30)).state is None
    assert places_now(H100_80, Layout(H100_80), "1g.10gb+me") == 1


def test_layouts_that_cannot_be_are_told() -> None:
    for wrong, kind in (
        (layout(("3g.40gb", 0), ("4g.40gb", 0)), ObstacleKind.SLICES_HELD),
        (Layout(H100_80, (Placement("3g.40gb", 0, 3),)), ObstacleKind.START),
        (Layout(H100_80, (Placement("1g.5gb", 0, 1),)), ObstacleKind.UNKNOWN_PROFILE),
        (layout(("1g.10gb", 0), ("1g.10gb", 0)), ObstacleKind.SLICES_HELD),
    ):
        found = wrong.obstacle()
        assert found is not None
        assert found.kind is kind
        assert str(found)
        assert wrong.state is None
        assert places_now(H100_80, wrong, "1g.10gb") in {0, 1}


def test_compute_slices_and_maxima_are_checked_where_a_report_makes_them_bind() -> None:
    narrow = MigGeometry("narrow", 8, 4, H100_80.profiles[:-1])
    here = layout(("3g.40gb", 0), geometry=narrow)
    found = check_placement(narrow, here, at("2g.20gb", 4, narrow))
    assert found is not None
    assert found.kind is ObstacleKind.COMPUTE
    assert found.blockers == here.placements
    assert states_of(narrow).used_compute.max() == 4


@pytest.mark.parametrize("geometry", [H100_80, A30], ids=lambda each: each.name)
def test_the_exact_search_finds_an_arrangement_where_one_exists(geometry: MigGeometry) -> None:
    plain = [each.profile_name for each in geometry.profiles if not each.media_extensions]
    table = states_of(geometry)
    kinds = {tuple(sorted(shape for shape, _ in placed)) for placed in table.states}
    sizes = {len(kind) for kind in kinds}
    for kind in kinds:
        found = best_fit_multiset(geometry, (), [plain[shape] for shape in kind])
        assert found is not None
        assert Layout(geometry, found).obstacle() is None
        assert Counter(each.profile_name for each in found) == Counter(plain[shape] for shape in kind)
        every_one = {Layout(geometry, each).placements for each in arrangements(geometry, (), [plain[s] for s in kind])}
        assert len(every_one) == sum(tuple(sorted(s for s, _ in placed)) == kind for placed in table.states)
    # One more of anything than the largest multisets hold is refused.
    for kind in kinds:
        for shape in range(len(plain)):
            more = tuple(sorted((*kind, shape)))
            if more not in kinds and len(more) <= max(sizes) + 1:
                assert best_fit_multiset(geometry, (), [plain[each] for each in more]) is None


def test_the_search_leaves_what_is_most_useful() -> None:
    # A 1g beside 3g at 0: 4 to 6 are free; at 6 it leaves 2g at 4.
    found = best_fit_multiset(H100_80, [at("3g.40gb", 0)], ["1g.10gb"])
    assert found == (at("1g.10gb", 6),)
    assert best_fit_multiset(H100_80, (), ["3g.40gb"]) == (at("3g.40gb", 4),)
    assert best_fit_multiset(H100_80, [at("3g.40gb", 0)], ["4g.40gb"]) is None
    assert best_fit_multiset(H100_80, [], ["1g.5gb"]) is None
