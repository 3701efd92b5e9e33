"""Moves that make room: legal at every moment, and gaining what they say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.mig.defragment import DefragDevice, DefragPlan, defragmentation_plan
from domain.mig.geometry import Layout, Placement, placement_of, places_now, stranded_sixths
from domain.mig.planning import CurrentInstance
from domain.mig.profiles import A30, A100_80, H100_80, MigGeometry
from domain.mig.states import states_of

TABLE = states_of(H100_80)
PLAIN = [each.profile_name for each in H100_80.profiles if not each.media_extensions]


def instance(
    name: str, start: int, *, in_use: bool = False, movable: bool = False, geometry: MigGeometry = H100_80
) -> CurrentInstance:
    return CurrentInstance(placement_of(geometry, name, start), f"{name}@{start}", in_use, "someone", movable)


def device(key: str, *instances: CurrentInstance, geometry: MigGeometry = H100_80, usable: bool = True) -> DefragDevice:
    return DefragDevice(key, geometry, instances, usable)


def check(devices: Sequence[DefragDevice], plan: DefragPlan, wanted: str | None, most: int) -> dict[str, Layout]:
    """Replay the plan on layouts of its own; every layout on the way is legal and the gains are true."""
    at = {each.key: Layout(each.geometry, tuple(one.placement for one in each.instances)) for each in devices}
    usable = {each.key for each in devices if each.usable}
    geometries = {each.key: each.geometry for each in devices}
    before = dict(at)
    assert len(plan.moves) <= most
    for number, move in enumerate(plan.moves):
        assert not move.instance.in_use or move.instance.may_stop
        assert {move.source, move.target} <= usable
        assert geometries[move.source] == geometries[move.target]
        assert move.placement.profile_name == move.instance.placement.profile_name
        assert move.target_layouts[0] == at[move.target]
        at[move.target] = at[move.target].plus(move.placement)
        assert move.target_layouts[1] == at[move.target]
        assert at[move.target].obstacle() is None
        assert move.source_layouts[0] == at[move.source]
        assert move.instance.placement in at[move.source].placements
        at[move.source] = at[move.source].minus(move.instance.placement)
        assert move.source_layouts[1] == at[move.source]
        assert at[move.source].obstacle() is None
        assert move.pods == move.instance.in_use
        ends_step = number + 1 == len(plan.moves) or plan.moves[number + 1].step != move.step
        if ends_step:
            assert value(at, wanted) > value(before, wanted)
            before = dict(at)
    start = {each.key: Layout(each.geometry, tuple(one.placement for one in each.instances)) for each in devices}
    for name in PLAIN:
        gained = sum(
            places_now(H100_80, at[key], name) - places_now(H100_80, start[key], name)
            for key in usable
            if geometries[key] == H100_80
        )
        assert plan.gain.get(name, 0) == gained
    return at


def value(at: dict[str, Layout], wanted: str | None) -> int:
    if wanted is None:
        return -sum(stranded_sixths(each) for each in at.values())
    return sum(places_now(each.geometry, each, wanted) for each in at.values() if wanted in each.geometry.by_name)


def test_one_move_within_the_gpu_makes_room_for_4g() -> None:
    devices = [device("a", instance("3g.40gb", 0, in_use=True, movable=True))]
    plan = defragmentation_plan(devices, "4g.40gb", 5)
    assert [(move.source, move.target, str(move.placement)) for move in plan.moves] == [("a", "a", "3g.40gb at 4")]
    assert plan.gain["4g.40gb"] == 1
    assert plan.pods == 1
    assert plan.seconds > 100
    check(devices, plan, "4g.40gb", 5)


def test_what_may_not_move_stays() -> None:
    devices = [device("a", instance("3g.40gb", 0, in_use=True))]
    assert defragmentation_plan(devices, "4g.40gb", 5).moves == ()
    out = [device("a", instance("3g.40gb", 0), usable=False), device("b")]
    assert defragmentation_plan(out, "4g.40gb", 5).moves == ()
    media = [device("a", instance("1g.10gb+me", 0)), device("b", instance("1g.10gb", 0, in_use=True))]
    assert defragmentation_plan(media, "7g.80gb", 5).moves == ()


def test_idle_instances_move_before_pods() -> None:
    devices = [
        device("used", instance("1g.10gb", 0, in_use=True, movable=True)),
        device("idle", instance("1g.10gb", 0)),
        device("full", instance("3g.40gb", 0, in_use=True), instance("2g.20gb", 4, in_use=True)),
    ]
    plan = defragmentation_plan(devices, "7g.80gb", 1)
    assert [(move.source, move.pods) for move in plan.moves] == [("idle", 0)]
    check(devices, plan, "7g.80gb", 1)


def test_several_instances_leave_together_and_one_turns() -> None:
    devices = [
        device("a", instance("3g.40gb", 0), instance("1g.10gb", 4), instance("1g.10gb", 5)),
        device("b", instance("4g.40gb", 0, in_use=True), instance("1g.10gb", 4, in_use=True)),
    ]
    plan = defragmentation_plan(devices, "4g.40gb", 3)
    assert plan.gain["4g.40gb"] == 1
    check(devices, plan, "4g.40gb", 3)
    assert len({move.step for move in plan.moves}) == 1
    assert defragmentation_plan(devices, "4g.40gb", 2).moves == ()
    assert defragmentation_plan(devices, "4g.40gb", 0).moves == ()


def test_instances_stay_among_equal_gpus() -> None:
    devices = [
        device("h", instance("1g.10gb", 0)),
        device("a", geometry=A100_80),
        device("s", geometry=A30),
    ]
    plan = defragmentation_plan(devices, {"H100 80GB": "7g.80gb"}, 5)
    assert plan.moves == ()
    assert plan.gain == {}


def test_a_layout_outside_the_rules_is_left_alone() -> None:
    wrong = CurrentInstance(Placement("9g.90gb", 0, 8), "odd")
    devices = [DefragDevice("odd", H100_80, (wrong,)), device("a", instance("3g.40gb", 0))]
    plan = defragmentation_plan(devices, "4g.40gb", 5)
    assert {move.source for move in plan.moves} == {"a"}


@st.composite
def fleets(draw: st.DrawFn) -> list[DefragDevice]:
    devices = []
    for number in range(draw(st.integers(1, 5))):
        placed = sorted(TABLE.states[draw(st.integers(0, TABLE.count - 1))])
        instances = [
            instance(PLAIN[shape], start, in_use=draw(st.booleans()), movable=draw(st.booleans()))
            for shape, start in placed
        ]
        devices.append(device(f"gpu-{number}", *instances, usable=draw(st.integers(0, 5)) > 0))
    return devices


@given(fleets(), st.sampled_from([*PLAIN, None]), st.integers(0, 6))
@settings(max_examples=120, deadline=None)
def test_any_plan_is_legal_at_every_moment_and_gains(
    devices: list[DefragDevice], wanted: str | None, most: int
) -> None:
    plan = defragmentation_plan(devices, wanted, most)
    check(devices, plan, wanted, most)


@given(fleets(), st.sampled_from([*PLAIN, None]))
@settings(max_examples=60, deadline=None)
def test_no_single_move_is_missed(devices: list[DefragDevice], wanted: str | None) -> None:
    """Where any one move of an idle or movable instance gains, the plan has a move."""
    at = {each.key: Layout(each.geometry, tuple(one.placement for one in each.instances)) for each in devices}
    usable = [each for each in devices if each.usable]
    gains = False
    for source in usable:
        for one in source.instances:
            if one.in_use and not one.may_stop:
                continue
            profile = H100_80.by_name[one.placement.profile_name]
            for target in usable:
                for start in profile.starts:
                    moved = dict(at)
                    new = Placement(profile.profile_name, start, profile.memory_slices)
                    moved[target.key] = moved[target.key].plus(new)
                    if moved[target.key].obstacle() is not None:
                        continue
                    moved[source.key] = moved[source.key].minus(one.placement)
                    gains = gains or value(moved, wanted) > value(at, wanted)
    plan = defragmentation_plan(devices, wanted, 1)
    assert bool(plan.moves) == gains


@pytest.mark.parametrize("wanted", ["4g.40gb", "7g.80gb", None])
def test_it_ends_when_nothing_gains(wanted: str | None) -> None:
    devices = [device(f"gpu-{number}", instance("1g.10gb", number)) for number in range(7)]
    plan = defragmentation_plan(devices, wanted, 50)
    after = check(devices, plan, wanted, 50)
    assert len(plan.moves) < 50
    if wanted == "7g.80gb":
        assert plan.gain["7g.80gb"] == 6
        assert sorted(len(each.placements) for each in after.values()) == [0] * 6 + [7]
