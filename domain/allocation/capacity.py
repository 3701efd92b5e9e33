"""The live placement view: what every node has left, as arrays that a policy scores at once.

A row is the devices of one model on one node. A node with several models is several rows that share its CPU and
memory. Every change gives the rows it touches a new version out of one counter, so that whatever was computed from
a row is known to be old; `signature` is equal for rows in the same state, so that one score serves them all.

Devices are columns. `code` tells a policy all it needs of a device: the residual milli plus 1,001 times the kind of
use that is still possible. A device that takes nothing more has code 0 and counts as full.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.allocation.demand import WHOLE, Demand

RESIDUALS = WHOLE + 1
KIND_BOTH, KIND_WHOLE, KIND_SHARE = 1, 2, 3
"""Whole or shared, whole only, shared only; 0 is nothing."""
CODES = 4 * RESIDUALS
FREE_BOTH, FREE_WHOLE = KIND_BOTH * RESIDUALS + WHOLE, KIND_WHOLE * RESIDUALS + WHOLE
"""The codes of a device that a whole-device request may take."""

_NO_NAME = ("", "")

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DeviceCapacity:
    """One device. A whole-device request needs `whole_allowed` and nothing on it; a share needs the rest."""

    key: str
    index: int
    memory_mib: int
    residual_milli: int = WHOLE
    whole_allowed: bool = True
    share_allowed: bool = False
    share_memory_free_mib: int = 0
    sharers_free: int = 0
    nvlink_group: str | None = None


@dataclass(frozen=True, slots=True)
class NodeCapacity:
    """The devices of one model on one node and what the node has left. None: unknown, taken as enough.

    `order` decides between rows that are equal in everything else, lowest first; equal orders go by arrival.
    """

    node_key: str
    cluster: str
    model_key: str
    cpu_free_milli: float | None
    memory_free_mib: float | None
    devices: tuple[DeviceCapacity, ...]
    order: str = ""


@dataclass(frozen=True)
class Placement:
    """Where a demand went: the node and its devices, none for a demand without devices."""

    node_key: str
    device_keys: tuple[str, ...]


class Capacity:
    """All rows. Every public array is for reading; changes go through the methods, each of O(rows of one node).

    Arrays have one entry a row (`code` and the device arrays: row, column). Rows of removed nodes stay as holes
    with `alive` False until they are used again. Not safe for several threads.
    """

    def __init__(self) -> None:
        self.rows = 0
        """Length of the arrays' used part, holes included."""
        self.clock = 0
        self.cluster_ids: dict[str, int] = {}
        self.model_ids: dict[str, int] = {}
        self.free_by_model: list[int] = []
        """Residual milli that can still be used, by model id."""
        self._row_of: dict[tuple[str, str], int] = {}
        self._rows_of_node: dict[str, list[int]] = {}
        self._device_at: dict[str, tuple[int, int]] = {}
        self._names: list[tuple[str, str]] = []
        self._device_keys: list[tuple[str, ...]] = []
        self._nvlink_ids: dict[tuple[int, str], int] = {}
        self._holes: list[int] = []
        self._order: list[tuple[str, int, int]] = []
        self._order_of: dict[int, tuple[str, int, int]] = {}
        self._arrivals = 0
        self._allocate(rows=64, columns=8)

    def _allocate(self, rows: int, columns: int) -> None:
        self.cpu_free: FloatArray = np.zeros(rows)
        self.memory_free: FloatArray = np.zeros(rows)
        self.free_milli: IntArray = np.zeros(rows, np.int64)
        self.version: IntArray = np.zeros(rows, np.int64)
        self.signature: IntArray = np.zeros(rows, np.int64)
        self.model: IntArray = np.zeros(rows, np.int64)
        self.cluster: IntArray = np.zeros(rows, np.int64)
        self.rank: FloatArray = np.zeros(rows)
        self.alive: BoolArray = np.zeros(rows, np.bool_)
        self.code: IntArray = np.zeros((rows, columns), np.int64)
        self.residual: IntArray = np.zeros((rows, columns), np.int64)
        self.kind: IntArray = np.zeros((rows, columns), np.int64)
        self.share_memory: IntArray = np.zeros((rows, columns), np.int64)
        self.sharers: IntArray = np.zeros((rows, columns), np.int64)
        self.device_memory: IntArray = np.zeros((rows, columns), np.int64)
        self.nvlink: IntArray = np.full((rows, columns), -1, np.int64)
        """Devices of a row with the same number reach each other over NVLink; -1: none."""

    def _grow(self, rows: int, columns: int) -> None:
        old = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        self._allocate(rows, columns)
        for name, value in old.items():
            getattr(self, name)[tuple(slice(size) for size in value.shape)] = value

    @property
    def node_keys(self) -> Sequence[str]:
        return list(self._rows_of_node)

    def rows_of(self, node_key: str) -> Sequence[int]:
        """The rows of a node; none where it is unknown."""
        return self._rows_of_node.get(node_key, ())

    def node_key(self, row: int) -> str:
        return self._names[row][0]

    def device_keys(self, row: int) -> tuple[str, ...]:
        """Keys by column."""
        return self._device_keys[row]

    def set_node(self, node: NodeCapacity) -> None:
        """Insert a row or replace it. CPU and memory given for one row of a node hold for its other rows too.

        Raises `ValueError` where a residual is no thousandth or a device belongs to another row.
        """
        devices = sorted(node.devices, key=lambda device: device.index)
        name = (node.node_key, node.model_key)
        row = self._row_of.get(name)
        for device in devices:
            if not 0 <= device.residual_milli <= WHOLE:
                raise ValueError(f"{device.key}: a residual is 0 to {WHOLE}, not {device.residual_milli}")
            if (held := self._device_at.get(device.key)) is not None and held[0] != row:
                raise ValueError(f"{device.key} is already a device of {self.node_key(held[0])}")
        if row is None:
            row = self._new_row(name)
        if len(devices) > self.code.shape[1]:
            self._grow(len(self.cpu_free), len(devices))
        for key in self._device_keys[row]:
            del self._device_at[key]
        self._device_keys[row] = tuple(device.key for device in devices)
        self.cluster[row] = self.cluster_ids.setdefault(node.cluster, len(self.cluster_ids))
        self._place_in_order(row, node.order)
        for array in (self.residual, self.kind, self.share_memory, self.sharers, self.device_memory):
            array[row] = 0
        self.nvlink[row] = -1
        for column, device in enumerate(devices):
            self._device_at[device.key] = (row, column)
            self.residual[row, column] = device.residual_milli
            self.kind[row, column] = (
                (KIND_BOTH if device.share_allowed else KIND_WHOLE)
                if device.whole_allowed
                else (KIND_SHARE if device.share_allowed else 0)
            )
            self.share_memory[row, column] = device.share_memory_free_mib
            self.sharers[row, column] = device.sharers_free
            self.device_memory[row, column] = device.memory_mib
            if device.nvlink_group is not None:
                group = (row, device.nvlink_group)
                self.nvlink[row, column] = self._nvlink_ids.setdefault(group, len(self._nvlink_ids))
        for column in range(self.code.shape[1]):
            self._recode(row, column)
        self._set_host(
            node.node_key,
            math.inf if node.cpu_free_milli is None else float(node.cpu_free_milli),
            math.inf if node.memory_free_mib is None else float(node.memory_free_mib),
        )

    def remove_node(self, node_key: str) -> None:
        """Forget all rows of a node; an unknown one is no error."""
        for row in self._rows_of_node.pop(node_key, []):
            del self._row_of[self._names[row]]
            for key in self._device_keys[row]:
                del self._device_at[key]
            self._names[row], self._device_keys[row] = _NO_NAME, ()
            self._order.remove(self._order_of.pop(row))
            self.kind[row] = 0
            for column in range(self.code.shape[1]):
                self._recode(row, column)
            self.alive[row] = False
            self._touch(row)
            self._holes.append(row)

    def take(self, placement: Placement, demand: Demand) -> None:
        """Subtract the demand where it was placed. Raises `ValueError`, with nothing changed, where it does not fit."""
        cells = self._cells(placement, demand)
        for row, column in cells:
            if self.residual[row, column] < demand.milli:
                raise ValueError(f"{self._device_keys[row][column]} has not {demand.milli} milli left")
        self._move(placement, demand, cells, sign=-1)

    def give_back(self, placement: Placement, demand: Demand) -> None:
        """The opposite of `take`. Raises `ValueError`, with nothing changed, where a device would exceed a whole."""
        cells = self._cells(placement, demand)
        for row, column in cells:
            if self.residual[row, column] + demand.milli > WHOLE:
                raise ValueError(f"{self._device_keys[row][column]} cannot take {demand.milli} milli back")
        self._move(placement, demand, cells, sign=1)

    def _cells(self, placement: Placement, demand: Demand) -> list[tuple[int, int]]:
        if placement.node_key not in self._rows_of_node:
            raise ValueError(f"{placement.node_key} is not a node of this view")
        if len(placement.device_keys) != demand.gpus:
            raise ValueError(f"{len(placement.device_keys)} devices for a demand of {demand.gpus}")
        try:
            return [self._device_at[key] for key in placement.device_keys]
        except KeyError as error:
            raise ValueError(f"{error.args[0]} is not a device of this view") from None

    def _move(self, placement: Placement, demand: Demand, cells: Sequence[tuple[int, int]], sign: int) -> None:
        for row, column in cells:
            self.residual[row, column] += sign * demand.milli
            if demand.is_share:
                self.share_memory[row, column] += sign * demand.share_memory_mib
                self.sharers[row, column] += sign
            self._recode(row, column)
        first = self._rows_of_node[placement.node_key][0]
        self._set_host(
            placement.node_key,
            float(self.cpu_free[first]) + sign * demand.cpu_milli,
            float(self.memory_free[first]) + sign * demand.memory_mib,
        )

    def _set_host(self, node_key: str, cpu_free: float, memory_free: float) -> None:
        for row in self._rows_of_node[node_key]:
            self.cpu_free[row], self.memory_free[row] = cpu_free, memory_free
            self._touch(row)

    def _recode(self, row: int, column: int) -> None:
        kind, residual = int(self.kind[row, column]), int(self.residual[row, column])
        if kind in {KIND_BOTH, KIND_SHARE} and self.sharers[row, column] <= 0:
            # no room for one more share: what is left of the device is of use only while it is whole
            kind = KIND_WHOLE if kind == KIND_BOTH else 0
        if kind == 0 or (kind == KIND_WHOLE and residual < WHOLE):
            kind = residual = 0
        change = residual - int(self.code[row, column]) % RESIDUALS
        self.code[row, column] = kind * RESIDUALS + residual
        self.free_milli[row] += change
        self.free_by_model[self.model[row]] += change

    def _touch(self, row: int) -> None:
        self.clock += 1
        self.version[row] = self.clock
        self.signature[row] = hash(
            (
                bool(self.alive[row]),
                int(self.model[row]),
                float(self.cpu_free[row]),
                float(self.memory_free[row]),
                self.code[row].tobytes(),
                self.share_memory[row].tobytes(),
                self.device_memory[row].tobytes(),
                self.nvlink[row].tobytes(),
            )
        )

    def _new_row(self, name: tuple[str, str]) -> int:
        if self._holes:
            row = self._holes.pop()
        else:
            row = self.rows
            self.rows += 1
            self._names.append(_NO_NAME)
            self._device_keys.append(())
            if row == len(self.cpu_free):
                self._grow(2 * row, self.code.shape[1])
        model = self.model_ids.setdefault(name[1], len(self.model_ids))
        if model == len(self.free_by_model):
            self.free_by_model.append(0)
        self._names[row] = name
        self._row_of[name] = row
        self._rows_of_node.setdefault(name[0], []).append(row)
        self.model[row] = model
        self.alive[row] = True
        return row

    def _place_in_order(self, row: int, order: str) -> None:
        """Give the row a rank between its neighbours', so that no other row's rank changes."""
        if (old := self._order_of.get(row)) is not None:
            if old[0] == order:
                return
            self._order.remove(old)
        self._arrivals += 1
        entry = (order, self._arrivals, row)
        self._order_of[row] = entry
        insort(self._order, entry)
        at = bisect_left(self._order, entry)
        before = self.rank[self._order[at - 1][2]] if at else None
        after = self.rank[self._order[at + 1][2]] if at + 1 < len(self._order) else None
        if before is None and after is None:
            rank = 0.0
        elif before is None or after is None:
            rank = float(after) - 1.0 if after is not None else float(before or 0.0) + 1.0
        else:
            rank = (float(before) + float(after)) / 2
            if not before < rank < after:  # the numbers between are used up: number all anew
                for position, (_, _, each) in enumerate(self._order):
                    self.rank[each] = float(position)
                return
        self.rank[row] = rank
