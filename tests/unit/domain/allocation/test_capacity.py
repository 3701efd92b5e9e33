"""The live placement view: rows, versions, taking and giving back, the order of ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation.capacity import Capacity, Placement
from domain.allocation.demand import Demand
from domain.allocation.policies.registry import policy_named
from tests.unit.domain.allocation.placement_fleets import demands, fleet, mixed_fleet, node, part, whole


def state(capacity: Capacity) -> list[object]:
    used = slice(capacity.rows)
    arrays = ("cpu_free", "memory_free", "free_milli", "signature", "code", "residual", "share_memory", "sharers")
    return [getattr(capacity, name)[used].tolist() for name in arrays] + [list(capacity.free_by_model)]


@given(st.lists(demands, max_size=30), st.randoms())
def test_what_was_taken_and_given_back_leaves_no_trace(wanted: list[Demand], random: object) -> None:
    capacity, policy = mixed_fleet(), policy_named("first-fit")
    before = state(capacity)
    held = []
    for demand in wanted:
        for choice in policy.rank(capacity, demand, 1):
            capacity.take(choice, demand)
            held.append((choice, demand))
    random.shuffle(held)  # type: ignore[attr-defined]
    for choice, demand in held:
        capacity.give_back(choice, demand)
    assert state(capacity) == before


def test_every_change_gives_the_row_a_new_version_and_only_that_row() -> None:
    capacity = fleet(node("a"), node("b"))
    before = capacity.version[:2].copy()
    capacity.take(Placement("a", ("a/A100/0",)), whole())
    assert (capacity.version[:2] != before).tolist() == [True, False]


def test_rows_of_one_node_share_its_cpu_and_memory() -> None:
    capacity = fleet(node("a", model="A100"), node("a", model="T4"))
    capacity.take(Placement("a", ("a/T4/1",)), whole(cpu=4_000, memory=8_000))
    assert capacity.cpu_free[:2].tolist() == [28_000, 28_000]
    assert capacity.memory_free[:2].tolist() == [92_000, 92_000]
    assert capacity.free_milli[:2].tolist() == [4_000, 3_000]


def test_a_device_without_room_for_another_sharer_counts_as_full() -> None:
    capacity = fleet(node("a", 1, sharers=1))
    capacity.take(Placement("a", ("a/A100/0",)), part(300))
    assert capacity.free_milli[0] == 0
    assert capacity.free_by_model == [0]
    capacity.give_back(Placement("a", ("a/A100/0",)), part(300))
    assert capacity.free_by_model == [1_000]


def test_taking_more_than_is_left_changes_nothing() -> None:
    capacity = fleet(node("a", 2))
    capacity.take(Placement("a", ("a/A100/0",)), part(300))
    before = state(capacity)
    with pytest.raises(ValueError, match="has not 1000 milli left"):
        capacity.take(Placement("a", ("a/A100/1", "a/A100/0")), whole(2))
    assert state(capacity) == before


@pytest.mark.parametrize(
    ("placement", "says"),
    [
        (Placement("z", ("a/A100/0",)), "not a node"),
        (Placement("a", ("a/A100/9",)), "not a device"),
        (Placement("a", ()), "0 devices for a demand of 1"),
    ],
)
def test_an_unknown_place_is_an_error(placement: Placement, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        fleet(node("a")).take(placement, whole())


def test_giving_back_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot take 1000 milli back"):
        fleet(node("a")).give_back(Placement("a", ("a/A100/0",)), whole())


def test_a_removed_node_is_gone_and_its_row_is_used_again() -> None:
    capacity = fleet(node("a"), node("b"))
    capacity.remove_node("a")
    assert capacity.free_by_model == [4_000]
    assert list(capacity.node_keys) == ["b"]
    capacity.set_node(node("c", 2))
    assert capacity.rows == 2
    assert capacity.free_by_model == [6_000]
    assert [choice.node_key for choice in policy_named("first-fit").rank(capacity, whole(), 9)] == ["b", "c"]


def test_a_replaced_row_forgets_its_former_devices() -> None:
    capacity = fleet(node("a", 4))
    capacity.set_node(node("a", 1))
    assert capacity.device_keys(0) == ("a/A100/0",)
    assert capacity.free_by_model == [1_000]
    capacity.set_node(node("a", 12))
    assert capacity.free_by_model == [12_000]


def test_a_device_belongs_to_one_row() -> None:
    capacity = fleet(node("a"))
    twice = node("b")
    with pytest.raises(ValueError, match="already a device of a"):
        capacity.set_node(type(twice)("b", "one", "A100", 1, 1, node("a").devices))
    assert list(capacity.node_keys) == ["a"]


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=120))
def test_ranks_follow_the_order_given_then_the_arrival(orders: list[str]) -> None:
    capacity = Capacity()
    for number, order in enumerate(orders):
        capacity.set_node(node(f"n{number}", 1, order=order))
    by_rank = np.argsort(capacity.rank[: capacity.rows], kind="stable").tolist()
    assert by_rank == sorted(range(len(orders)), key=lambda number: (orders[number], number))
    assert len(set(capacity.rank[: capacity.rows].tolist())) == len(orders)


@pytest.mark.parametrize("nonsense", [(-1, 0, 1, 1000), (0, 0, 1, 0), (0, 0, 1, 1001), (0, 0, 2, 500), (0, 0, 0, 1000)])
def test_a_demand_that_means_nothing_is_refused(nonsense: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"no negative|milli is|share is|no device"):
        Demand(*nonsense)
