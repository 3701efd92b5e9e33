"""One process's NVML session: initialised when first needed, again after a fork, again after a driver restart."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import pynvml

from integrations.nvml.api import NvmlApi
from integrations.nvml.query import SessionLost, reason


@dataclass(frozen=True, slots=True)
class BackOff:
    """Seconds between attempts to initialise: `first`, doubling, never more than `most`."""

    first: float = 1.0
    most: float = 30.0

    def after(self, attempts: int) -> float:
        return min(self.most, self.first * 2.0 ** min(attempts - 1, 30))


class NvmlSession:
    """Keeps NVML initialised. Handles are valid for one `generation` only; used from one thread at a time."""

    def __init__(
        self, api: NvmlApi, back_off: BackOff | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.api = api
        self._back_off = back_off or BackOff()
        self._monotonic = monotonic
        self._pid: int | None = None
        self._attempts = 0
        self._retry_at = 0.0
        self._reason = "not initialised yet"
        self.generation = 0

    @property
    def down(self) -> str | None:
        """Why NVML is away, or None while it answers."""
        return None if self._pid is not None else self._reason

    def ensure(self) -> int:
        """The generation of the session, initialised where needed. Raises `SessionLost` while NVML is away."""
        pid = os.getpid()
        if self._pid == pid:
            return self.generation
        if self._pid is None and self._monotonic() < self._retry_at:
            raise SessionLost(self._reason)
        # A child of fork inherits our fields but no session of its own: it initialises without waiting.
        self._pid = None
        try:
            self.api.nvmlInit()
        except pynvml.NVMLError as error:
            self._attempts += 1
            wait = self._back_off.after(self._attempts)
            self._retry_at = self._monotonic() + wait
            self._reason = reason(error)
            raise SessionLost(self._reason) from error
        self._pid = pid
        self._attempts = 0
        self.generation += 1
        return self.generation

    def lost(self, why: str) -> None:
        """Give the session up. The next `ensure()` initialises at once; failing that, ever less often."""
        if self._pid is None:
            return
        self._shut_down()
        self._reason = why
        self._retry_at = self._monotonic()

    def close(self) -> None:
        """Shut NVML down, if this process has initialised it."""
        if self._pid == os.getpid():
            self._shut_down()
        self._reason = "closed"
        self._retry_at = float("inf")

    def _shut_down(self) -> None:
        self._pid = None
        with contextlib.suppress(pynvml.NVMLError):
            self.api.nvmlShutdown()
