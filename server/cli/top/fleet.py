"""The fleet as the newest frame shows it, and what its GPUs did in the last minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Figures: TypeAlias = NDArray[np.float64]
"""One figure per row; NaN is unknown."""

HISTORY_S = 60


@dataclass(frozen=True, slots=True)
class Identity:
    """What a GPU is called. Read once per layout."""

    id: str
    uuid: str
    cluster: str
    node: str
    index: int
    model: str
    memory_total_mb: float | None = None
    power_limit_w: float | None = None

    @classmethod
    def of(cls, device: Mapping[str, Any]) -> Identity:
        """From a device of the identities query."""
        return cls(
            id=device["id"],
            uuid=device["gpuUuid"],
            cluster=device["node"]["clusterName"],
            node=device["node"]["nodeName"],
            index=device["deviceIndex"],
            model=device["model"]["modelName"],
            memory_total_mb=device["memoryTotalMb"],
            power_limit_w=device["powerLimitW"],
        )

    @classmethod
    def unknown(cls, device_id: str) -> Identity:
        """A GPU that came between the frame and the question who is in it."""
        return cls(device_id, "", "", device_id, 0, "")


class History:
    """One figure of each GPU for each of the last 60 seconds."""

    def __init__(self, ids: Sequence[str] = ()) -> None:
        self._ids = list(ids)
        self._kept = np.full((HISTORY_S, len(self._ids)), np.nan)
        self._second: int | None = None

    def arrange(self, ids: Sequence[str]) -> None:
        """Go on with these GPUs in this order; those that were there before keep their past."""
        position = {device_id: index for index, device_id in enumerate(self._ids)}
        kept = np.full((HISTORY_S, len(ids)), np.nan)
        known = [(new, position[device_id]) for new, device_id in enumerate(ids) if device_id in position]
        if known:
            new, old = zip(*known, strict=True)
            kept[:, list(new)] = self._kept[:, list(old)]
        self._ids, self._kept = list(ids), kept

    def put(self, second: int, figures: Figures, lasting_s: int = 1) -> None:
        """The figures of a second; a later call for the same second replaces them.

        They stand for `lasting_s` seconds before as well: frames do not come on the beat of the clock.
        """
        passed = HISTORY_S if self._second is None else min(max(second - self._second, 0), HISTORY_S)
        if passed:
            self._kept = np.roll(self._kept, -passed, axis=0)
            self._kept[HISTORY_S - passed :] = figures if passed <= lasting_s + 1 else np.nan
            self._second = second
        self._kept[-1] = figures

    def seconds(self, now: int, lasting_s: int = 1) -> Figures:
        """The last minute up to `now`, oldest first: one row per second, one column per GPU."""
        missing = 0 if self._second is None else min(max(now - self._second, 0), HISTORY_S)
        if missing <= lasting_s:
            return self._kept
        shifted = np.roll(self._kept, -missing, axis=0)
        shifted[HISTORY_S - missing :] = np.nan
        return shifted


class Fleet:
    """Takes in frames. Figures are arrays in the order of `identities`."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self.identities: list[Identity] = []
        self.statuses: list[str] = []
        self.sources: list[str] = []
        self.utilization: Figures = np.empty(0)
        self.memory_used: Figures = np.empty(0)
        self.memory_total: Figures = np.empty(0)
        self.temperature: Figures = np.empty(0)
        self.power: Figures = np.empty(0)
        self.power_limit: Figures = np.empty(0)
        self.interval_s = 1.0
        self.frames = 0
        self.version = 0
        """Counts the changes of `identities`."""
        self._age_at_frame: Figures = np.empty(0)
        self._frame_at: float | None = None
        self._history = History()

    def take(self, frame: Mapping[str, Any], identities: Sequence[Identity] | None) -> None:
        """Show this frame from now on; `identities` where its layout is not that of the frame before."""
        ids: list[str] = frame["deviceIds"]
        if identities is not None:
            known = {identity.id: identity for identity in identities}
            self.identities = [known.get(device_id) or Identity.unknown(device_id) for device_id in ids]
            self.power_limit = _figures([identity.power_limit_w for identity in self.identities])
            self._history.arrange(ids)
            self.version += 1
        self.statuses = frame["deviceStatuses"]
        self.sources = frame["collectionSources"]
        self.utilization = _figures(frame["gpuUtilizationPct"])
        self.memory_used = _figures(frame["memoryUsedMb"])
        inventory = _figures([identity.memory_total_mb for identity in self.identities])
        stated = _figures(frame["memoryTotalMb"])
        self.memory_total = np.where(np.isnan(stated), inventory, stated)
        self.temperature = _figures(frame["temperatureC"])
        self.power = _figures(frame["powerDrawW"])
        self.interval_s = frame["intervalMs"] / 1000
        self._age_at_frame = _figures(frame["ageMs"]) / 1000
        self._frame_at = self._steady()
        self.frames += 1
        fresh = self._age_at_frame <= self.stale_after_s
        self._history.put(int(self._frame_at), np.where(fresh, self.utilization, np.nan), self._lasting_s)

    @property
    def stale_after_s(self) -> float:
        """A reading older than this is not the present."""
        return max(3 * self.interval_s, 5.0)

    @property
    def _lasting_s(self) -> int:
        return max(1, round(self.interval_s))

    @property
    def ages(self) -> Figures:
        """Seconds since each reading was taken, now."""
        if self._frame_at is None:
            return self._age_at_frame
        return np.maximum(self._age_at_frame + (self._steady() - self._frame_at), 0.0)

    def history(self) -> Figures:
        """Utilisation in each of the last 60 seconds, oldest first: one row per second, one column per GPU."""
        return self._history.seconds(int(self._steady()), self._lasting_s)


def _figures(values: Sequence[float | None]) -> Figures:
    return np.array(values, dtype=np.float64)
