"""The policies: feasibility, the definitions against a plain reading of them, caches, ties, explanations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.allocation.capacity import CODES, RESIDUALS, Capacity, Placement
from domain.allocation.demand import Demand, Shape
from domain.allocation.mix import MixSettings, RequestMix, build_tables
from domain.allocation.policies.base import Choice, Policy
from domain.allocation.policies.fragmentation import UsableTables
from domain.allocation.policies.registry import POLICY_NAMES, policy_named
from tests.unit.domain.allocation.placement_fleets import demands, fleet, mixed_fleet, node, part, whole

steps = st.lists(st.tuples(demands, st.integers(0, 3)), min_size=1, max_size=40)


def learned(name: str, asked: Sequence[Demand]) -> Policy:
    policy = policy_named(name)
    if policy.mix_settings is not None:
        policy.adopt(build_tables(RequestMix(asked).snapshot(), policy.mix_settings))
    return policy


def fits_somewhere(capacity: Capacity, demand: Demand) -> bool:
    """Feasibility in words, row by row and device by device."""
    models = {number: key for key, number in capacity.model_ids.items()}
    for row in range(capacity.rows):
        if demand.models is not None and models[int(capacity.model[row])] not in demand.models:
            continue
        if capacity.cpu_free[row] < demand.cpu_milli or capacity.memory_free[row] < demand.memory_mib:
            continue
        fit = 0
        for code in capacity.code[row].tolist():
            kind, residual = divmod(code, RESIDUALS)
            if demand.is_share:
                fit += kind in {1, 3} and residual >= demand.milli
            else:
                fit += kind in {1, 2} and residual == 1000
        if fit >= demand.gpus:
            return True
    return False


@pytest.mark.parametrize("name", POLICY_NAMES)
@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_a_feasible_demand_is_never_refused_and_an_infeasible_one_never_placed(
    name: str, steps: list[tuple[Demand, int]]
) -> None:
    capacity, policy = mixed_fleet(), learned(name, [demand for demand, _ in steps])
    for demand, _ in steps:
        choices = policy.rank(capacity, demand, 1)
        assert bool(choices) == fits_somewhere(capacity, demand)
        if choices:
            capacity.take(choices[0], demand)


@pytest.mark.parametrize("name", POLICY_NAMES)
@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_cached_scores_are_those_of_a_policy_that_starts_afresh(name: str, steps: list[tuple[Demand, int]]) -> None:
    asked = [demand for demand, _ in steps]
    capacity, policy = mixed_fleet(), learned(name, asked)
    held: list[tuple[Choice, Demand]] = []
    for demand, leave in steps:
        if leave == 0 and held:
            capacity.give_back(*held.pop(0))
        cached = policy.rank(capacity, demand, 10)
        anew = learned(name, asked).rank(capacity, demand, 10)
        assert [(c.node_key, c.device_keys) for c in cached] == [(c.node_key, c.device_keys) for c in anew]
        assert [c.score for c in cached] == pytest.approx([c.score for c in anew], abs=1e-6)
        if cached:
            assert sum(each.value for each in cached[0].parts) == pytest.approx(cached[0].score, abs=1e-6)
            capacity.take(cached[0], demand)
            held.append((cached[0], demand))


@settings(max_examples=40, deadline=None)
@given(
    asked=st.lists(demands, min_size=1, max_size=8),
    residuals=st.lists(st.integers(0, 1000), min_size=1, max_size=5),
    cpu=st.integers(0, 40_000),
    memory=st.integers(0, 60_000),
    fgd_part=st.sampled_from([0.0, 0.75, 1.0]),
    model=st.sampled_from(["A100", "T4"]),
)
def test_usable_is_the_definition(
    asked: list[Demand], residuals: list[int], cpu: int, memory: int, fgd_part: float, model: str
) -> None:
    tables = build_tables(RequestMix(asked).snapshot(), MixSettings())
    expected = sum(
        weight * _usable_by(shape, residuals, cpu, memory, model, fgd_part)
        for shape, weight in zip(tables.shapes, tables.weights, strict=True)
    )
    laid_out = UsableTables(tables, {"A100": 0, "T4": 1}, fgd_part)
    codes = np.array([[RESIDUALS + residual for residual in residuals]])
    assert codes.max() < CODES
    number = np.array([["A100", "T4"].index(model)])
    found = laid_out.usable(laid_out.features(codes), number, np.array([float(cpu)]), np.array([float(memory)]))
    assert found[0, 0] == pytest.approx(expected, abs=1e-6)


def _usable_by(shape: Shape, residuals: list[int], cpu: int, memory: int, model: str, fgd_part: float) -> float:
    enough = [residual for residual in residuals if shape.gpus and residual >= shape.milli]
    if not shape.gpus or (shape.models and model not in shape.models) or shape.cpu_milli > cpu:
        return 0.0
    if len(enough) < shape.gpus:
        return 0.0
    copies = sum(r // shape.milli for r in residuals) if shape.gpus == 1 else len(enough) // shape.gpus
    by_cpu = cpu / shape.cpu_milli if shape.cpu_milli else math.inf
    by_memory = memory / shape.memory_mib if shape.memory_mib else math.inf
    fill = shape.gpus * shape.milli * min(copies, by_cpu, by_memory)
    return fgd_part * sum(enough) + (1 - fgd_part) * fill


def test_the_tables_of_a_group_are_an_average_over_the_group_alone() -> None:
    small, large = part(100, cpu=0, memory=0), whole(2, cpu=0, memory=0)
    tables = build_tables(RequestMix([small] * 3 + [large]).snapshot(), MixSettings())
    laid_out = UsableTables(tables, {"A100": 0}, 1.0, [{large.shape}])
    codes = np.array([[RESIDUALS + 1000, RESIDUALS + 1000], [RESIDUALS + 1000, RESIDUALS + 500]])
    found = laid_out.usable(laid_out.features(codes), np.zeros(2, np.int64), np.ones(2), np.ones(2))
    assert found == pytest.approx(np.array([[2000, 2000], [0.75 * 1500, 0]]))


def test_fgd_leaves_the_residual_that_others_can_use() -> None:
    capacity = fleet(node("a", 1), node("b", 1))
    capacity.take(Placement("a", ("a/A100/0",)), part(400))
    policy = learned("fgd", [part(600)] * 30 + [part(100)])
    assert policy.rank(capacity, part(100), 1)[0].node_key == "b"
    assert policy.rank(capacity, part(600), 1)[0].node_key == "a"


def test_a_model_that_others_need_is_spared() -> None:
    capacity = fleet(node("a", 2, model="T4"), node("b", 2, model="A100"))
    tied = whole(models=frozenset({"T4"}))
    policy = learned("vfs-fair", [tied] * 30 + [whole()] * 30)
    assert policy.rank(capacity, whole(), 1)[0].node_key == "b"


def test_before_anything_is_known_the_fullest_node_comes_first_and_the_tightest_device() -> None:
    capacity = fleet(node("a", 4), node("b", 2))
    capacity.take(Placement("b", ("b/A100/1",)), part(500))
    (choice,) = policy_named("vfs-fair").rank(capacity, part(300), 1)
    assert choice.device_keys == ("b/A100/1",)
    assert choice.score == 0


def test_first_fit_goes_by_order() -> None:
    capacity = fleet(node("late", order="2"), node("early", order="1"))
    assert policy_named("first-fit").rank(capacity, whole(), 1)[0].node_key == "early"


def test_several_choices_are_on_different_rows_best_first() -> None:
    choices = policy_named("best-fit").rank(mixed_fleet(), whole(), 4)
    assert len({choice.device_keys for choice in choices}) == len(choices) == 4
    assert [choice.node_key for choice in choices].count("a") == 1
    assert [choice.score for choice in choices] == sorted(choice.score for choice in choices)


@pytest.mark.parametrize("name", POLICY_NAMES)
def test_clusters_and_nodes_are_kept_to(name: str) -> None:
    policy = learned(name, [whole()] * 30)
    capacity = mixed_fleet()
    assert {c.node_key for c in policy.rank(capacity, whole(clusters=frozenset({"two"})), 9)} == {"d"}
    assert {c.node_key for c in policy.rank(capacity, whole(nodes=frozenset({"a", "b"})), 9)} == {"a", "b"}
    assert not policy.rank(capacity, whole(nodes=frozenset({"a"}), clusters=frozenset({"two"})), 9)
    assert not policy.rank(capacity, whole(clusters=frozenset({"none"})), 9)
    assert not policy.rank(Capacity(), whole(), 1)


def test_memory_of_devices_and_of_shares_is_kept_to() -> None:
    policy, capacity = policy_named("first-fit"), fleet(node("a", 1))
    assert policy.rank(capacity, whole(device_memory_mib=80_000), 1)
    assert not policy.rank(capacity, whole(device_memory_mib=80_001), 1)
    capacity.take(Placement("a", ("a/A100/0",)), part(100, share_memory_mib=50_000))
    assert policy.rank(capacity, part(100, share_memory_mib=30_000), 1)
    assert not policy.rank(capacity, part(100, share_memory_mib=30_001), 1)


def test_gpus_of_one_job_are_in_one_nvlink_group_where_asked_and_in_the_tightest_that_holds_them() -> None:
    capacity = fleet(node("a", 5, nvlink=["x", "x", "x", "y", "y"]))
    policy = policy_named("vfs-fair")
    assert policy.rank(capacity, whole(2, same_nvlink=True), 1)[0].device_keys == ("a/A100/3", "a/A100/4")
    assert policy.rank(capacity, whole(3, same_nvlink=True), 1)[0].device_keys == ("a/A100/0", "a/A100/1", "a/A100/2")
    assert not policy.rank(capacity, whole(4, same_nvlink=True), 1)
    assert policy.rank(capacity, whole(4), 1)


def test_devices_of_no_group_are_no_group() -> None:
    assert not policy_named("first-fit").rank(fleet(node("a", 4)), whole(2, same_nvlink=True), 1)


def test_tables_adopted_in_steps_take_effect_at_the_end_and_decide_alike() -> None:
    capacity = mixed_fleet()
    asked = [part(470)] * 20 + [whole(2)] * 20
    stepwise = policy_named("vfs-fair")
    assert stepwise.mix_settings is not None
    tables = build_tables(RequestMix(asked).snapshot(), stepwise.mix_settings)
    steps = stepwise.adoption(capacity, tables)
    next(steps)
    assert stepwise.rank(capacity, part(470), 1)[0].parts[0].name == "tightest"
    for _ in steps:
        pass
    assert stepwise.rank(capacity, part(470), 9) == learned("vfs-fair", asked).rank(capacity, part(470), 9)


def test_a_model_that_comes_later_is_scored_too() -> None:
    capacity, policy = fleet(node("a", 1)), learned("vfs-fair", [whole()] * 30)
    policy.rank(capacity, whole(), 1)
    capacity.set_node(node("b", 1, model="T4"))
    assert policy.rank(capacity, whole(models=frozenset({"T4"})), 1)[0].node_key == "b"


def test_an_unknown_policy_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="vfs-fair"):
        policy_named("worst-fit")
