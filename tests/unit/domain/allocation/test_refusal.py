"""Why a demand fits nowhere, and demands that span nodes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.allocation.capacity import Placement
from domain.allocation.demand import Demand
from domain.allocation.policies.feasibility import explain_infeasible
from domain.allocation.policies.registry import policy_named
from domain.allocation.policies.spread import choose_spread, part_of
from tests.unit.domain.allocation.placement_fleets import demands, fleet, mixed_fleet, node, part, whole


def test_each_step_of_the_filter_is_counted() -> None:
    capacity = fleet(node("a", 4), node("b", 4, cpu=1_000), node("c", 2, model="T4"), node("d", cluster="two"))
    capacity.take(Placement("a", ("a/A100/0",)), whole())
    found = explain_infeasible(
        capacity, whole(4, clusters=frozenset({"one"}), models=frozenset({"A100"}), device_memory_mib=80_000)
    )
    assert (found.gpus, found.gpus_in_reach, found.gpus_of_model) == (14, 10, 8)
    assert (found.gpus_with_device_memory, found.gpus_with_room) == (8, 7)
    assert (found.nodes_in_reach, found.nodes_with_enough_gpus) == (3, 1)
    assert (found.nodes_with_cpu, found.nodes_with_memory, found.nodes_that_fit) == (0, 1, 0)


def test_too_little_device_memory_shows() -> None:
    found = explain_infeasible(fleet(node("a")), whole(device_memory_mib=100_000))
    assert (found.gpus_of_model, found.gpus_with_device_memory, found.gpus_with_room) == (4, 0, 0)


def test_an_empty_fleet_has_nothing_at_any_step() -> None:
    assert explain_infeasible(fleet(), part(100)).gpus == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(demands, min_size=1, max_size=20))
def test_no_node_fits_exactly_where_the_policy_refuses(asked: list[Demand]) -> None:
    capacity, policy = mixed_fleet(), policy_named("best-fit")
    for demand in asked:
        choices = policy.rank(capacity, demand, 1)
        assert bool(explain_infeasible(capacity, demand).nodes_that_fit) == bool(choices)
        if choices:
            capacity.take(choices[0], demand)


def test_one_node_is_taken_where_one_does() -> None:
    (choice,) = choose_spread(fleet(node("a", 4), node("b", 8)), policy_named("first-fit"), whole(8))
    assert choice.node_key == "b"


def test_a_spread_uses_the_fewest_nodes() -> None:
    capacity = fleet(node("a", 2), node("b", 4), node("c", 4), node("d", 1))
    choices = choose_spread(capacity, policy_named("vfs-fair"), whole(9, cpu=9_000))
    assert [(choice.node_key, len(choice.device_keys)) for choice in choices] == [("b", 4), ("c", 4), ("d", 1)]
    for choice in choices:
        capacity.take(choice, part_of(whole(9, cpu=9_000), len(choice.device_keys)))


def test_a_spread_is_all_or_nothing() -> None:
    capacity = fleet(node("a", 2), node("b", 4))
    assert len(choose_spread(capacity, policy_named("first-fit"), whole(6))) == 2
    assert not choose_spread(capacity, policy_named("first-fit"), whole(7))


def test_each_node_of_a_spread_has_the_cpu_for_its_part() -> None:
    capacity = fleet(node("a", 4, cpu=2_000), node("b", 4, cpu=2_000))
    choices = choose_spread(capacity, policy_named("first-fit"), whole(4, cpu=4_000))
    assert [len(choice.device_keys) for choice in choices] == [2, 2]
    assert not choose_spread(capacity, policy_named("first-fit"), whole(5, cpu=5_000))


def test_a_share_is_not_spread() -> None:
    with pytest.raises(ValueError, match="whole devices"):
        choose_spread(fleet(node("a")), policy_named("first-fit"), part(500))
