"""Small fleets and random demands for the placement tests."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from domain.allocation.capacity import Capacity, DeviceCapacity, NodeCapacity
from domain.allocation.demand import Demand

PLENTY = 1 << 30
MODELS = ("A100", "T4")


def node(
    key: str,
    gpus: int = 4,
    *,
    model: str = "A100",
    cpu: float | None = 32_000,
    memory: float | None = 100_000,
    cluster: str = "one",
    order: str = "",
    whole: bool = True,
    share: bool = True,
    sharers: int = 8,
    nvlink: Sequence[str | None] = (),
) -> NodeCapacity:
    devices = tuple(
        DeviceCapacity(
            f"{key}/{model}/{index}",
            index,
            memory_mib=80_000,
            whole_allowed=whole,
            share_allowed=share,
            share_memory_free_mib=80_000,
            sharers_free=sharers,
            nvlink_group=nvlink[index] if nvlink else None,
        )
        for index in range(gpus)
    )
    return NodeCapacity(key, cluster, model, cpu, memory, devices, order)


def fleet(*nodes: NodeCapacity) -> Capacity:
    capacity = Capacity()
    for each in nodes:
        capacity.set_node(each)
    return capacity


def mixed_fleet() -> Capacity:
    return fleet(
        node("a", 4),
        node("b", 8, cpu=96_000, sharers=2),
        node("c", 2, model="T4", cpu=9_000),
        node("d", 2, cpu=None, memory=None, cluster="two"),
        node("d", 2, model="T4", cpu=None, memory=None, cluster="two", share=False),
        node("e", 2, model="T4", whole=False),
    )


def whole(gpus: int = 1, cpu: int = 4_000, memory: int = 8_000, **more: object) -> Demand:
    return Demand(cpu, memory, gpus, 1000, **more)  # type: ignore[arg-type]


def part(milli: int, cpu: int = 2_000, memory: int = 4_000, **more: object) -> Demand:
    return Demand(cpu, memory, 1, milli, **more)  # type: ignore[arg-type]


models = st.sampled_from([None, frozenset({"A100"}), frozenset({"T4"}), frozenset(MODELS)])
cpus = st.sampled_from([0, 1_000, 4_000, 11_000])
memories = st.sampled_from([0, 4_000, 30_000])
demands = st.one_of(
    st.builds(Demand, cpus, memories, st.just(0), st.just(0)),
    st.builds(Demand, cpus, memories, st.just(1), st.sampled_from([100, 230, 470, 500, 810]), models=models),
    st.builds(Demand, cpus, memories, st.sampled_from([1, 1, 2, 4]), st.just(1000), models=models),
)
