"""Plans against brute force: no shorter one, no gentler one, nothing illegal on the way."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.mig.commands import StepKind
from domain.mig.geometry import Layout, ObstacleKind, Placement, arrangements, placement_of
from domain.mig.planning import (
    CurrentInstance,
    Durations,
    LayoutPlan,
    LayoutRefusal,
    ModeSwitch,
    PhaseName,
    RefusalKind,
    mode_switch_for,
    plan_layout,
    why_not,
)
from domain.mig.profiles import A30, H100_80
from domain.mig.states import NO_STATE, states_of

TABLE = states_of(H100_80)
PLAIN = [each.profile_name for each in H100_80.profiles if not each.media_extensions]


def at(name: str, start: int) -> Placement:
    return placement_of(H100_80, name, start)


def held(name: str, start: int, *, may_stop: bool = False, holder: str | None = None) -> CurrentInstance:
    return CurrentInstance(at(name, start), f"{name}@{start}", in_use=True, holder=holder, may_stop=may_stop)


def idle(name: str, start: int) -> CurrentInstance:
    return CurrentInstance(at(name, start), f"{name}@{start}")


def plan(current: Sequence[CurrentInstance], wanted: Sequence[str | Placement], **options: object) -> LayoutPlan:
    found = plan_layout(H100_80, current, wanted, **options)  # type: ignore[arg-type]
    assert isinstance(found, LayoutPlan), str(found)
    return found


def refusal(current: Sequence[CurrentInstance], wanted: Sequence[str | Placement]) -> LayoutRefusal:
    found = plan_layout(H100_80, current, wanted)
    assert isinstance(found, LayoutRefusal)
    assert found.reason
    assert found.rule
    return found


def cheapest(current: Sequence[CurrentInstance], wanted: Sequence[str]) -> tuple[int, int] | None:
    """Dijkstra over all states: fewest in-use instances stopped, then fewest steps; protected ones never deleted."""
    names = dict(enumerate(PLAIN))
    by_place = {(each.placement.profile_name, each.placement.start): each for each in current}
    goal = Counter(wanted)
    start = Layout(H100_80, tuple(each.placement for each in current)).state
    assert start is not None
    waiting = [((0, 0), start)]
    done = set()
    while waiting:
        cost, state = heapq.heappop(waiting)
        if state in done:
            continue
        done.add(state)
        if Counter(names[shape] for shape, _ in TABLE.states[state]) == goal:
            return cost
        for shape, place in TABLE.states[state]:
            instance = by_place.get((names[shape], place))
            stops = instance is not None and instance.in_use
            if instance is not None and instance.in_use and not instance.may_stop:
                continue
            heapq.heappush(waiting, ((cost[0] + stops, cost[1] + 1), int(TABLE.back[state, shape, place])))
        for after in TABLE.step[state][TABLE.step[state] != NO_STATE]:
            heapq.heappush(waiting, ((cost[0], cost[1] + 1), int(after)))
    return None


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[CurrentInstance], list[str]]:
    placed = sorted(TABLE.states[draw(st.integers(0, TABLE.count - 1))])
    current = []
    for shape, start in placed:
        in_use, may_stop = draw(st.booleans()), draw(st.booleans())
        name = PLAIN[shape]
        current.append(CurrentInstance(at(name, start), f"{name}@{start}", in_use, None, may_stop))
    if draw(st.integers(0, 4)):  # mostly what some state holds, so that most are possible
        wanted = [PLAIN[shape] for shape, _ in TABLE.states[draw(st.integers(0, TABLE.count - 1))]]
    else:
        wanted = draw(st.lists(st.sampled_from(PLAIN), max_size=8))
    return current, wanted


@given(situations())
@settings(max_examples=300, deadline=None)
def test_no_plan_is_shorter_or_gentler_and_every_refusal_is_true(case: tuple[list[CurrentInstance], list[str]]) -> None:
    current, wanted = case
    best = cheapest(current, wanted)
    found = plan_layout(H100_80, current, wanted)
    if best is None:
        assert isinstance(found, LayoutRefusal)
        check_refusal(found, current, wanted)
        return
    assert isinstance(found, LayoutPlan)
    assert (len(found.stops), len(found.steps)) == best
    check_plan(found, current, wanted)


def check_plan(found: LayoutPlan, current: Sequence[CurrentInstance], wanted: Sequence[str]) -> None:
    assert Counter(each.profile_name for each in found.target.placements) == Counter(wanted)
    assert len(found.layouts) == len(found.steps) + 1
    assert found.layouts[0] == Layout(H100_80, tuple(each.placement for each in current))
    assert found.layouts[-1] == found.target
    for step, before, after in zip(found.steps, found.layouts[:-1], found.layouts[1:], strict=True):
        assert after.obstacle() is None
        assert step.placement is not None
        grown = before.plus(step.placement) if step.kind is StepKind.CREATE_INSTANCE else before.minus(step.placement)
        assert grown == after
        assert len(before.placements) != len(after.placements)
    deleted = {step.key for step in found.steps if step.kind is StepKind.DELETE_INSTANCE}
    by_key = {each.key: each for each in current}
    assert not [key for key in deleted if key and by_key[key].in_use and not by_key[key].may_stop]
    assert {each.key for each in found.kept} == by_key.keys() - deleted
    assert {each.instance.key for each in found.stops} == {key for key in deleted if key and by_key[key].in_use}
    for stop in found.stops:
        if stop.moves_to is not None:
            assert stop.moves_to.profile_name == stop.instance.placement.profile_name
            assert stop.moves_to in found.target.placements
    assert [each.gi_profile_id for each in found.commands()] == [
        H100_80.by_name[step.placement.profile_name].gi_profile_id for step in found.steps if step.placement
    ]


def check_refusal(found: LayoutRefusal, current: Sequence[CurrentInstance], wanted: Sequence[str]) -> None:
    protected = [each.placement for each in current if each.in_use and not each.may_stop]
    possible = next(arrangements(H100_80, (), wanted), None) is not None
    assert (found.kind is RefusalKind.HELD) == possible
    assert bool(found.blockers) == possible
    # What is said to fit beside the protected ones does, and leave to stop the blockers is enough.
    assert not Counter(found.fits) - Counter(wanted)
    missing = Counter(found.fits) - Counter(each.profile_name for each in protected)
    assert next(arrangements(H100_80, protected, tuple(missing.elements())), None) is not None
    if possible:
        freed = {each.instance.key for each in found.blockers}
        allowed = [
            CurrentInstance(each.placement, each.key, each.in_use, each.holder, each.may_stop or each.key in freed)
            for each in current
        ]
        assert isinstance(plan_layout(H100_80, allowed, wanted), LayoutPlan)


def test_what_is_there_already_needs_no_step() -> None:
    current = [held("3g.40gb", 0), idle("1g.10gb", 4)]
    found = plan(current, ["1g.10gb", "3g.40gb"])
    assert found.steps == ()
    assert found.seconds == 0
    assert len(found.kept) == 2


def test_the_picture_two_pods_stop_and_3g_serves() -> None:
    current = [
        held("3g.40gb", 0, holder="qwen2.5-32b-0"),
        held("1g.10gb", 4, may_stop=True, holder="nb-hweber"),
        held("1g.10gb", 5, may_stop=True, holder="rerank-ko-2"),
    ]
    found = plan(current, ["3g.40gb", "3g.40gb"])
    assert [(step.kind, str(step.placement)) for step in found.steps] == [
        (StepKind.DELETE_INSTANCE, "1g.10gb at 4"),
        (StepKind.DELETE_INSTANCE, "1g.10gb at 5"),
        (StepKind.CREATE_INSTANCE, "3g.40gb at 4"),
    ]
    assert [each.instance.holder for each in found.stops] == ["nb-hweber", "rerank-ko-2"]
    assert {each.name for each in found.phases} == {
        PhaseName.EVICT,
        PhaseName.INSTANCES,
        PhaseName.PLUGIN_RELOAD,
        PhaseName.PODS_START,
    }
    quick = plan(current, ["3g.40gb", "3g.40gb"], durations=Durations(1, 2, 0, 0, 10, 20, 30))
    assert quick.seconds == 10 + 4 + 20 + 30


def test_idle_instances_go_before_those_in_use_stop() -> None:
    # 1g at 4 is idle, 1g at 0 in use: 3g fits at either end, and takes the idle one's.
    found = plan([held("1g.10gb", 0, may_stop=True), idle("1g.10gb", 4)], ["3g.40gb", "1g.10gb"])
    assert not found.stops
    assert found.target.placements == (at("1g.10gb", 0), at("3g.40gb", 4))


def test_a_moved_instance_is_said_to_move() -> None:
    found = plan([held("3g.40gb", 0, may_stop=True)], ["3g.40gb", "4g.40gb"])
    assert [(str(each.instance.placement), str(each.moves_to)) for each in found.stops] == [
        ("3g.40gb at 0", "3g.40gb at 4")
    ]


def test_a_held_gpu_says_who_and_where_it_may_move() -> None:
    found = refusal([held("3g.40gb", 0, holder="exaone-32b-1")], ["3g.40gb", "4g.40gb"])
    assert found.kind is RefusalKind.HELD
    assert "3g.40gb at 0 (exaone-32b-1)" in found.reason
    assert found.fix == "Move 3g.40gb at 0 to 4-7."
    assert found.blockers[0].moves_to == at("3g.40gb", 4)
    assert found.fits == ("3g.40gb",)


@pytest.mark.parametrize(
    ("wanted", "reason", "fits"),
    [
        (["1g.10gb"] * 8, "8 × 1g.10gb are wanted.", ["1g.10gb"] * 7),
        (["4g.40gb", "3g.40gb", "1g.10gb"], "8 compute slices are wanted.", ["4g.40gb", "3g.40gb"]),
        (["3g.40gb", "3g.40gb", "1g.10gb"], "9 memory slices are wanted.", ["3g.40gb", "3g.40gb"]),
        (["1g.10gb+me"] * 2, "2 × 1g.10gb+me are wanted.", ["1g.10gb+me"]),
        (["1g.20gb", "1g.20gb", "2g.20gb", "2g.20gb"], None, None),
        (["2g.20gb"] * 3 + ["1g.10gb"] * 2, "8 compute slices are wanted.", ["2g.20gb"] * 3 + ["1g.10gb"]),
        (["1g.5gb"], "H100 80GB has no profile 1g.5gb.", []),
        ([*(["1g.10gb"] * 3), "1g.20gb", "3g.40gb"], "9 memory slices are wanted.", None),
    ],
)
def test_what_never_fits_names_the_limit_and_the_largest_part(
    wanted: list[str], reason: str | None, fits: list[str] | None
) -> None:
    if reason is None:
        plan([], wanted)
        return
    found = refusal([], wanted)
    assert found.kind is RefusalKind.NEVER
    assert found.reason == reason
    if fits is not None:
        assert Counter(found.fits) == Counter(fits)


def test_two_kinds_of_media_profiles_are_one_too_many() -> None:
    found = plan_layout(A30, [], ["1g.6gb+me", "2g.12gb+me"])
    assert isinstance(found, LayoutRefusal)
    assert found.rule == "A GPU takes one +me instance."
    assert isinstance(plan_layout(A30, [], ["1g.6gb+me", "2g.12gb"]), LayoutPlan)


def test_placements_are_taken_as_they_are() -> None:
    found = plan([idle("3g.40gb", 0)], [at("3g.40gb", 4), "4g.40gb"])
    assert found.target.placements == (at("4g.40gb", 0), at("3g.40gb", 4))
    wrong = refusal([], [at("3g.40gb", 0), at("4g.40gb", 0)])
    assert wrong.obstacle is not None
    assert wrong.obstacle.kind is ObstacleKind.SLICES_HELD
    assert refusal([held("3g.40gb", 0)], [at("3g.40gb", 4)]).kind is RefusalKind.HELD


def test_locked_instances_stay_even_idle() -> None:
    current = [idle("1g.10gb", 0)]
    assert isinstance(plan_layout(H100_80, current, ["7g.80gb"]), LayoutPlan)
    found = plan_layout(H100_80, current, ["7g.80gb"], locked={"1g.10gb@0"})
    assert isinstance(found, LayoutRefusal)
    assert found.kind is RefusalKind.HELD


def test_a_layout_told_wrong_is_not_planned_on() -> None:
    found = refusal([idle("3g.40gb", 0), idle("4g.40gb", 0)], ["7g.80gb"])
    assert found.kind is RefusalKind.CURRENT_LAYOUT


def test_the_mode_comes_first() -> None:
    assert mode_switch_for("Ampere", mig_enabled=True) is ModeSwitch.NONE
    assert mode_switch_for("Hopper", mig_enabled=False) is ModeSwitch.LIVE
    reset = plan([], ["7g.80gb"], mode=mode_switch_for("Ampere", mig_enabled=False))
    live = plan([], ["7g.80gb"], mode=ModeSwitch.LIVE)
    assert [each.kind for each in reset.commands()] == [StepKind.ENABLE_MIG, StepKind.CREATE_INSTANCE]
    assert reset.seconds - live.seconds == 25
    assert len(reset.layouts) == 3


def test_why_not_takes_the_start_that_is_cheapest_to_free() -> None:
    here = Layout(H100_80, (at("3g.40gb", 0), at("1g.10gb", 4), at("1g.10gb", 5)))
    assert why_not(H100_80, here, "1g.20gb") is None
    found = why_not(H100_80, here, "2g.20gb")
    assert found is not None
    assert found.blockers == (at("1g.10gb", 4), at("1g.10gb", 5))
    four = why_not(H100_80, Layout(H100_80, (at("3g.40gb", 0),)), "4g.40gb")
    assert four is not None
    assert four.fix == "Move 3g.40gb at 0 to 4-7."
    unknown = why_not(H100_80, here, "1g.5gb")
    assert unknown is not None
    assert unknown.kind is ObstacleKind.UNKNOWN_PROFILE
