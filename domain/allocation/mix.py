"""What the fleet is asked for: the distribution that the learning policies place by.

The mix is the last 2,000 requests, placed or not. Tables are built from a snapshot of it after 25, 50, 100, 200 and
400 arrivals and then after every 400, early often and then seldom. Building is a pure function of the
snapshot and may run in a worker thread; the finished tables are immutable and are adopted by a policy at once, so no
decision ever waits for them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from domain.allocation.capacity import FloatArray
from domain.allocation.demand import WHOLE, Demand, Shape
from domain.allocation.policies.value_table import STEP_MILLI, value_table

WINDOW = 2000
FIRST_REFRESHES = frozenset({25, 50, 100, 200, 400})
REFRESH_EVERY = 400
SHAPES_MAX = 384
"""More shapes than this are told apart no longer: a decision costs time in proportion to them."""


@dataclass(frozen=True, slots=True)
class MixSettings:
    """How a policy weighs the shapes of a mix.

    A shape weighs count * devices ** `size_exponent`: 0 weighs by count, 1 gives eight devices the voice of eight
    single ones. Shapes are kept from the most frequent down until they are `kept_share` of all requests.
    """

    size_exponent: float = 0.0
    kept_share: float = 1.0
    with_memory: bool = True
    with_value: bool = False
    """Solve for the value of residuals and for the shares of model sets too."""


@dataclass(frozen=True, slots=True)
class MixTables:
    """Everything a policy derives from a mix. `weights` add up to 1; they and `counts` go with `shapes`.

    `values` is in milli by step of a device's residual (see `value_table.py`). `model_shares` is the share of the
    GPU volume asked for by set of allowed models; None is any model.
    """

    shapes: tuple[Shape, ...]
    weights: FloatArray
    counts: FloatArray
    values: FloatArray
    model_shares: tuple[tuple[frozenset[str] | None, float], ...]


class RequestMix:
    """The newest requests, oldest first, counted by shape."""

    def __init__(self, demands: Iterable[Demand] = (), window: int = WINDOW) -> None:
        self._window = window
        self._shapes: deque[Shape] = deque()
        self._counts: Counter[Shape] = Counter()
        self.arrivals = 0
        for demand in demands:
            self.add(demand)

    def add(self, demand: Demand) -> bool:
        """Count one more request; True where tables are due to be built from what is counted now."""
        self._shapes.append(demand.shape)
        self._counts[demand.shape] += 1
        if len(self._shapes) > self._window:
            oldest = self._shapes.popleft()
            self._counts[oldest] -= 1
            if not self._counts[oldest]:
                del self._counts[oldest]
        self.arrivals += 1
        return refresh_due(self.arrivals - 1, self.arrivals)

    @property
    def is_known(self) -> bool:
        """Whether there is enough to learn from at all."""
        return self.arrivals >= min(FIRST_REFRESHES)

    def snapshot(self) -> dict[Shape, int]:
        """Counts by shape, for `build_tables`."""
        return dict(self._counts)


def refresh_due(before: int, now: int) -> bool:
    """Whether the schedule has tables built anew between so many arrivals and so many."""
    return any(before < at <= now for at in FIRST_REFRESHES) or now // REFRESH_EVERY > before // REFRESH_EVERY


def build_tables(counts: Mapping[Shape, int], settings: MixSettings) -> MixTables:
    """Derive the tables; takes about 0.05 s. Raises `ValueError` for an empty mix."""
    if not counts:
        raise ValueError("there is nothing to learn from")
    weighed = counts if settings.with_memory else _without_memory(counts)
    shapes = _kept(_at_most(weighed, SHAPES_MAX), settings.kept_share)
    weights = np.array([count * max(shape.gpus, 1) ** settings.size_exponent for shape, count in shapes])
    volumes: Counter[int] = Counter()
    by_models: Counter[frozenset[str] | None] = Counter()
    if settings.with_value:
        for shape, count in counts.items():
            if volume := count * shape.gpus * shape.milli:
                volumes[shape.milli] += volume
                by_models[shape.models] += volume
    total = by_models.total()
    return MixTables(
        shapes=tuple(shape for shape, _ in shapes),
        weights=weights / weights.sum(),
        counts=np.array([count for _, count in shapes], np.float64),
        values=value_table(volumes),
        model_shares=tuple((models, volume / total) for models, volume in by_models.items()),
    )


def _without_memory(counts: Mapping[Shape, int]) -> Counter[Shape]:
    merged: Counter[Shape] = Counter()
    for shape, count in counts.items():
        merged[shape._replace(memory_mib=0)] += count
    return merged


def _kept(counts: Mapping[Shape, int], share: float) -> list[tuple[Shape, int]]:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    needed = share * sum(counts.values()) - 1e-9
    kept, covered = [], 0
    for shape, count in ordered:
        if covered >= needed:
            break
        kept.append((shape, count))
        covered += count
    return kept


def _at_most(counts: Mapping[Shape, int], most: int) -> Mapping[Shape, int]:
    """Merge shapes that differ little, ever more coarsely, until few enough are left.

    Sizes of shares are rounded up as in the value table, CPU and memory up to a multiple of a growing power of two.
    """
    grain = 16
    while len(counts) > most and grain < 1 << 30:
        merged: Counter[Shape] = Counter()
        for shape, count in counts.items():
            merged[
                shape._replace(
                    cpu_milli=-(-shape.cpu_milli // grain) * grain,
                    memory_mib=-(-shape.memory_mib // grain) * grain,
                    milli=min(-(-shape.milli // STEP_MILLI) * STEP_MILLI, WHOLE),
                )
            ] += count
        counts = merged
        grain *= 2
    return counts
