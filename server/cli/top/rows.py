"""What a table shows: one row per GPU or per node, filtered and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.cli.figures import short_model
from server.cli.top.fleet import Figures, Fleet, Identity
from server.cli.top.sorting import SortKey


@dataclass(slots=True)
class Rows:
    """Parallel columns in fleet order. NaN is unknown."""

    names: Sequence[str]
    models: Sequence[str]
    statuses: Sequence[str]
    searched: Sequence[str]
    """The text in which the filter looks."""
    utilization: Figures
    memory_used: Figures
    memory_total: Figures
    temperature: Figures
    power: Figures
    power_limit: Figures
    ages: Figures
    history: Figures
    """Utilisation: one row per second, one column per row."""

    def order(self, wanted: str, key: SortKey, reverse: bool) -> NDArray[np.intp]:
        """The numbers of the rows that hold every word of `wanted`, sorted; figures begin with the largest."""
        chosen = np.arange(len(self.names))
        if words := wanted.casefold().split():
            found = [index for index, text in enumerate(self.searched) if all(word in text for word in words)]
            chosen = np.array(found, dtype=np.intp)
        if key is SortKey.NAME:
            return chosen[::-1] if reverse else chosen
        figures = self._sorted_by(key)[chosen]
        # Unknown ones come last either way, equal ones stay in fleet order.
        return chosen[np.argsort(figures if reverse else -figures, kind="stable")]

    def _sorted_by(self, key: SortKey) -> Figures:
        match key:
            case SortKey.UTILIZATION:
                return self.utilization
            case SortKey.MEMORY:
                return self.memory_used
            case SortKey.TEMPERATURE:
                return self.temperature
            case _:
                return self.power


class RowMaker:
    """Makes rows from the fleet; keeps the texts as long as the fleet's layout stays."""

    def __init__(self) -> None:
        self._version = -1
        self._names: list[str] = []
        self._models: list[str] = []
        self._places: list[str] = []
        self._groups: list[list[int]] = []
        self._first: list[Identity] = []
        self._group_of: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._by_group: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        """The GPUs, those of a node together."""
        self._group_starts: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def gpus(self, fleet: Fleet) -> Rows:
        self._learn(fleet)
        searched = [f"{place} {status.casefold()}" for place, status in zip(self._places, fleet.statuses, strict=True)]
        return Rows(
            self._names,
            self._models,
            fleet.statuses,
            searched,
            fleet.utilization,
            fleet.memory_used,
            fleet.memory_total,
            fleet.temperature,
            fleet.power,
            fleet.power_limit,
            fleet.ages,
            fleet.history(),
        )

    def nodes(self, fleet: Fleet) -> Rows:
        """Means of utilisation, sums of memory and power, the highest temperature, the oldest reading."""
        self._learn(fleet)
        statuses = [_summary([fleet.statuses[i] for i in group]) for group in self._groups]
        searched = [
            f"{self._first[n].cluster} {self._first[n].node} {self._model_of(group)} {statuses[n]}".casefold()
            for n, group in enumerate(self._groups)
        ]
        return Rows(
            [identity.node for identity in self._first],
            [self._model_of(group) for group in self._groups],
            statuses,
            searched,
            self._mean(fleet.utilization[np.newaxis])[0],
            self._sum(fleet.memory_used),
            self._sum(fleet.memory_total),
            self._most(fleet.temperature),
            self._sum(fleet.power),
            self._sum(fleet.power_limit),
            self._most(fleet.ages),
            self._mean(fleet.history()),
        )

    def _learn(self, fleet: Fleet) -> None:
        if self._version == fleet.version:
            return
        self._version = fleet.version
        self._names = [f"{one.node}/{one.index}" if one.uuid else one.node for one in fleet.identities]
        self._models = [short_model(one.model) for one in fleet.identities]
        self._places = [
            f"{one.cluster} {one.node}/{one.index} {one.model} {one.uuid}".casefold() for one in fleet.identities
        ]
        groups: dict[tuple[str, str], list[int]] = {}
        for index, one in enumerate(fleet.identities):
            groups.setdefault((one.cluster, one.node), []).append(index)
        self._groups = list(groups.values())
        self._first = [fleet.identities[group[0]] for group in self._groups]
        self._group_of = np.empty(len(fleet.identities), dtype=np.intp)
        for number, group in enumerate(self._groups):
            self._group_of[group] = number
        self._by_group = np.argsort(self._group_of, kind="stable")
        self._group_starts = np.cumsum([0, *map(len, self._groups)], dtype=np.intp)[:-1]

    def _model_of(self, group: Sequence[int]) -> str:
        models = Counter(self._models[index] for index in group)
        return " + ".join(f"{count}x {model}" for model, count in models.items())

    def _sum(self, figures: Figures) -> Figures:
        known = ~np.isnan(figures)
        size = len(self._groups)
        sums = np.bincount(self._group_of[known], figures[known], size)
        counts = np.bincount(self._group_of[known], minlength=size)
        return np.where(counts > 0, sums, np.nan)

    def _mean(self, figures: Figures) -> Figures:
        """Means of each line of a table of one column per GPU."""
        if not self._groups:
            return np.empty((figures.shape[0], 0))
        grouped = figures[:, self._by_group]
        known = ~np.isnan(grouped)
        sums = np.add.reduceat(np.where(known, grouped, 0.0), self._group_starts, axis=1)
        counts = np.add.reduceat(known.astype(np.float64), self._group_starts, axis=1)
        return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)

    def _most(self, figures: Figures) -> Figures:
        most = np.full(len(self._groups), -np.inf)
        known = ~np.isnan(figures)
        np.maximum.at(most, self._group_of[known], figures[known])
        return np.where(np.isinf(most), np.nan, most)


def _summary(statuses: Sequence[str]) -> str:
    active = sum(status == "ACTIVE" for status in statuses)
    return "ACTIVE" if active == len(statuses) else f"{active}/{len(statuses)}"
