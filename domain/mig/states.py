"""All layouts of a geometry as numbers, so that a decision over a fleet is a look-up per GPU.

A state is a set of placed shapes: which memory slices are covered by what. Profiles of the same shape (`1g` and
`1g+me`) are one here; who may have the media engines is asked elsewhere. Any part of a legal set is legal, so every
legal set can be reached one instance at a time, and the states of a geometry are found by growing the empty one:
723 for the 8-slice parts, 26 for the 4-slice ones. They depend on slices and shapes only: every 7-slice product
shares one table, built when it is first asked for.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from domain.mig.profiles import MigGeometry, Shape

IntArray = npt.NDArray[np.int32]

PlacedShape = tuple[int, int]
"""Index of a shape, start."""

NO_STATE = -1


class StateTable:
    """The states of one set of shapes. State 0 is the empty GPU; a state's parts have smaller numbers than it."""

    def __init__(self, memory_slices: int, compute_slices: int, shapes: tuple[Shape, ...]) -> None:
        self.shapes = shapes
        self.memory_slices = memory_slices
        self.compute_slices = compute_slices
        self.compute: IntArray = np.array([shape[0] for shape in shapes], dtype=np.int32)
        self.memory: IntArray = np.array([shape[1] for shape in shapes], dtype=np.int32)
        self.states, self.ids = self._enumerate()
        self.count = len(self.states)

        self.step: IntArray = np.full((self.count, len(shapes), memory_slices), NO_STATE, dtype=np.int32)
        """[state, shape, start]: the state with one more there, or -1."""
        self.back: IntArray = np.full_like(self.step, NO_STATE)
        """[state, shape, start]: the state without the one there, or -1."""
        for state, placed in enumerate(self.states):
            for shape, start in placed:
                before = self.ids[placed - {(shape, start)}]
                self.step[before, shape, start] = state
                self.back[state, shape, start] = before

        self.residents: IntArray = np.array([len(placed) for placed in self.states], dtype=np.int32)
        self.used_compute: IntArray = self._sums(self.compute)
        self.used_memory: IntArray = self._sums(self.memory)
        self.places_now = self._places_now()
        """[state, shape]: how many more of the shape fit together."""
        self.places_repacked = self._places_repacked()
        """[state, shape]: the same after the residents were moved at will within the GPU."""

    def _enumerate(self) -> tuple[list[frozenset[PlacedShape]], dict[frozenset[PlacedShape], int]]:
        states: list[frozenset[PlacedShape]] = [frozenset()]
        ids = {states[0]: 0}
        covered = {0: (0, 0)}  # state: bitmap of memory slices, compute slices
        for state, placed in enumerate(states):  # grows while it is read
            bitmap, compute = covered[state]
            for shape, (needs, size, starts) in enumerate(self.shapes):
                if compute + needs > self.compute_slices:
                    continue
                for start in starts:
                    bits = ((1 << size) - 1) << start
                    grown = placed | {(shape, start)}
                    if bitmap & bits or grown in ids:
                        continue
                    ids[grown] = len(states)
                    covered[len(states)] = (bitmap | bits, compute + needs)
                    states.append(grown)
        return states, ids

    def _sums(self, of_shape: IntArray) -> IntArray:
        sums = [sum(int(of_shape[shape]) for shape, _ in placed) for placed in self.states]
        return np.array(sums, dtype=np.int32)

    def _places_now(self) -> IntArray:
        places = np.zeros((self.count, len(self.shapes)), dtype=np.int32)
        for state in range(self.count - 1, -1, -1):  # larger states first: they have larger numbers
            for shape in range(len(self.shapes)):
                after = self.step[state, shape]
                after = after[after != NO_STATE]
                if after.size:
                    places[state, shape] = 1 + places[after, shape].max()
        return places

    def _places_repacked(self) -> IntArray:
        best: dict[tuple[int, ...], npt.NDArray[np.int32]] = {}
        kinds = [tuple(sorted(shape for shape, _ in placed)) for placed in self.states]
        for state, kind in enumerate(kinds):
            here = self.places_now[state]
            best[kind] = np.maximum(best[kind], here) if kind in best else here
        return np.array([best[kind] for kind in kinds], dtype=np.int32)

    @property
    def maximal(self) -> list[int]:
        """The states that take nothing more."""
        return [int(state) for state in np.flatnonzero((self.places_now == 0).all(axis=1))]

    def largest(self, places: IntArray) -> IntArray:
        """Compute slices of the largest shape that has a place, per row of `places`; 0 where none has."""
        largest: IntArray = np.where(places > 0, self.compute, 0).max(axis=1).astype(np.int32)
        return largest


@lru_cache(maxsize=64)
def _table(memory_slices: int, compute_slices: int, shapes: tuple[Shape, ...]) -> StateTable:
    return StateTable(memory_slices, compute_slices, shapes)


def states_of(geometry: MigGeometry) -> StateTable:
    """The states of a geometry; products with the same slices and shapes get the same table."""
    return _table(geometry.memory_slices, geometry.compute_slices, geometry.shapes)
