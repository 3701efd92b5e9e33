"""What the MIG services are asked to do, and the bounds of each value."""

from __future__ import annotations

from dataclasses import dataclass

from domain.allocation.requests import check_reason
from domain.errors import InvalidInput
from domain.fleet.requests import check_key, check_text

PROFILES_MAX = 112
"""Profiles in one request: seven on each GPU of a node of sixteen."""
PLACEMENTS_MAX = 8
RELEASED_MAX = 64


@dataclass(frozen=True, slots=True)
class WantedPlacement:
    """A profile at a memory slice."""

    profile_name: str
    placement_start: int


@dataclass(frozen=True, slots=True)
class LayoutRequest:
    """Of a device: the whole layout it shall have. Of a node: what it shall have room for beside what is in use."""

    device_id: str | None = None
    node_id: str | None = None
    profiles: tuple[str, ...] = ()
    placements: tuple[WantedPlacement, ...] = ()
    locked: tuple[str, ...] = ()
    """Instances that must stay, idle ones too."""
    release_allocations: tuple[str, ...] = ()
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreateInstanceRequest:
    """One more instance; without a start it goes where it leaves most possible."""

    device_id: str
    profile_name: str
    placement_start: int | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteInstanceRequest:
    """One instance less. One in use is removed only where its allocation is named."""

    mig_id: str
    release_allocation: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class MigModeRequest:
    """MIG on or off. What holds the device, or an instance of it, is ended only where it is named."""

    device_id: str
    enable: bool
    release_allocations: tuple[str, ...] = ()
    reason: str | None = None
    idempotency_key: str | None = None


def check_layout(request: LayoutRequest) -> None:
    """Raise `InvalidInput` naming the first field that is out of bounds."""
    check_key(request.idempotency_key)
    check_reason(request.reason)
    if (request.device_id is None) == (request.node_id is None):
        raise InvalidInput("give a device or a node, one of them", path=("deviceId",))
    if request.node_id is not None and request.placements:
        raise InvalidInput("placements are those of one device: give its deviceId", path=("placements",))
    if request.node_id is not None and not request.profiles:
        raise InvalidInput("name the profiles that the node shall have room for", path=("profiles",))
    for field, values, most in (
        ("profiles", request.profiles, PROFILES_MAX),
        ("placements", request.placements, PLACEMENTS_MAX),
        ("locked", request.locked, PROFILES_MAX),
        ("releaseAllocations", request.release_allocations, RELEASED_MAX),
    ):
        if len(values) > most:
            raise InvalidInput(f"at most {most}, not {len(values):,}", path=(field,))
    for position, name in enumerate(request.profiles):
        check_text(name, ("profiles", str(position)))
    for position, placement in enumerate(request.placements):
        check_start(placement.placement_start, ("placements", str(position), "placementStart"))
        check_text(placement.profile_name, ("placements", str(position), "profileName"))


def check_create(request: CreateInstanceRequest) -> None:
    check_key(request.idempotency_key)
    check_reason(request.reason)
    check_text(request.profile_name, ("profileName",))
    if request.placement_start is not None:
        check_start(request.placement_start, ("placementStart",))


def check_delete(request: DeleteInstanceRequest) -> None:
    check_key(request.idempotency_key)
    check_reason(request.reason)


def check_mode(request: MigModeRequest) -> None:
    check_key(request.idempotency_key)
    check_reason(request.reason)
    if len(request.release_allocations) > RELEASED_MAX:
        raise InvalidInput(f"at most {RELEASED_MAX}", path=("releaseAllocations",))


def check_start(start: int, path: tuple[str, ...]) -> None:
    if not 0 <= start <= 31:
        raise InvalidInput(f"a memory slice is between 0 and 31, not {start:,}", path=path)
