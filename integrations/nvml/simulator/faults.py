"""What can be made to go wrong with simulated GPUs, and the short text that asks for it.

A specification is a list of faults separated by commas:

    lost:3@30s            GPU 3 falls off the bus 30 seconds after the start, and stays away
    reset:3               GPU 3 wants a reset
    thermal:5@1m+10m      GPU 5 overheats and slows down for ten minutes
    unsupported:2/nvmlDeviceGetPowerUsage     GPU 2's driver does not know that function
    xid:4/79@20s          GPU 4 reports the error XID 79 once
    restart@60s+10s       the drivers of all nodes are away for ten seconds
    restart:0@60s+10s     the driver of the node of GPU 0 is
    hang:1@30s+5s         calls that ask for GPU 1 do not return for five seconds

GPUs are numbered through the fleet from 0. Times are seconds, or have a unit: ms, s, m, h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class FaultSpecError(ValueError):
    """A fault specification that does not say what to do; the message says what would."""


class FaultKind(StrEnum):
    """The kinds of fault."""

    LOST = "lost"
    RESET = "reset"
    THERMAL = "thermal"
    UNSUPPORTED = "unsupported"
    XID = "xid"
    RESTART = "restart"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Times in seconds since the fleet's start; without a duration it lasts."""

    kind: FaultKind
    gpu: int | None = None
    """Numbered through the fleet. None, for a restart only, is every node."""
    start: float = 0.0
    duration: float | None = None
    function: str | None = None
    """The function that is not supported."""
    xid: int | None = None

    def active(self, elapsed: float) -> bool:
        return self.start <= elapsed and (self.duration is None or elapsed < self.start + self.duration)


DEFAULT_RESTART_SECONDS = 10.0

_ITEM = re.compile(
    r"(?P<kind>[a-z]+)(?::(?P<gpu>[^/@+]*))?(?:/(?P<detail>[^@+]*))?(?:@(?P<start>[^+]*))?(?:\+(?P<duration>.*))?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def parse_faults(spec: str, gpus: int | None = None) -> tuple[Fault, ...]:
    """The faults a specification asks for; blank asks for none. With `gpus`, a GPU beyond them is refused.

    Raises `FaultSpecError`, which names the item at fault.
    """
    return tuple(_parse_item(item.strip(), gpus) for item in spec.split(",") if item.strip())


def _parse_item(item: str, gpus: int | None) -> Fault:
    match = _ITEM.fullmatch(item)
    if match is None or match["kind"].lower() not in set(FaultKind):
        raise FaultSpecError(f"fault {item!r}: must begin with one of {', '.join(FaultKind)}, as in 'lost:3@30s'")
    kind = FaultKind(match["kind"].lower())
    duration = _seconds(item, "duration", match["duration"])
    if kind is FaultKind.RESTART and duration is None:
        duration = DEFAULT_RESTART_SECONDS
    function, xid = _detail(item, kind, match["detail"])
    return Fault(
        kind=kind,
        gpu=_gpu(item, kind, match["gpu"], gpus),
        start=_seconds(item, "start", match["start"]) or 0.0,
        duration=duration,
        function=function,
        xid=xid,
    )


def _gpu(item: str, kind: FaultKind, value: str | None, gpus: int | None) -> int | None:
    if value is None and kind is FaultKind.RESTART:
        return None
    if value is None or not (value.isascii() and value.isdigit()):
        raise FaultSpecError(f"fault {item!r}: needs the number of a GPU after the colon, as in '{kind}:3'")
    gpu = int(value)
    if gpus is not None and gpu >= gpus:
        raise FaultSpecError(f"fault {item!r}: there is no GPU {gpu}, the last of this fleet is {gpus - 1}")
    return gpu


def _detail(item: str, kind: FaultKind, value: str | None) -> tuple[str | None, int | None]:
    if kind is FaultKind.UNSUPPORTED:
        if value is None or not value.startswith("nvml"):
            raise FaultSpecError(f"fault {item!r}: needs a function, as in 'unsupported:2/nvmlDeviceGetPowerUsage'")
        return value, None
    if kind is FaultKind.XID:
        if value is None or not (value.isascii() and value.isdigit()):
            raise FaultSpecError(f"fault {item!r}: needs the number of the XID, as in 'xid:4/79'")
        return None, int(value)
    if value is not None:
        raise FaultSpecError(f"fault {item!r}: {kind} takes nothing after a slash")
    return None, None


def _seconds(item: str, what: str, value: str | None) -> float | None:
    if value is None:
        return None
    match = _TIME.fullmatch(value.strip())
    if match is None:
        raise FaultSpecError(f"fault {item!r}: its {what} must be a time such as 30s, 500ms, 5m or 1h, not {value!r}")
    return float(match["number"]) * _UNITS[match["unit"]]
