"""The life of a device as one table of legal steps."""

from __future__ import annotations

from domain.errors import IllegalTransition
from domain.fleet.model import DeviceStatus as S

TRANSITIONS: dict[S, frozenset[S]] = {
    # in service
    S.ACTIVE: frozenset({S.CORDONED, S.DRAINING, S.MAINTENANCE, S.UNHEALTHY, S.OFFLINE}),
    # takes nothing new, keeps what it has
    S.CORDONED: frozenset({S.ACTIVE, S.DRAINING, S.MAINTENANCE, S.UNHEALTHY, S.OFFLINE, S.RETIRED}),
    # takes nothing new, and what it has is asked to leave
    S.DRAINING: frozenset({S.ACTIVE, S.CORDONED, S.MAINTENANCE, S.UNHEALTHY, S.OFFLINE, S.RETIRED}),
    # empty, in someone's hands
    S.MAINTENANCE: frozenset({S.ACTIVE, S.CORDONED, S.UNHEALTHY, S.OFFLINE, S.RETIRED}),
    S.UNHEALTHY: frozenset({S.ACTIVE, S.CORDONED, S.DRAINING, S.MAINTENANCE, S.OFFLINE, S.RETIRED}),
    # not seen by its node; comes back cordoned where an operator had it so
    S.OFFLINE: frozenset({S.ACTIVE, S.CORDONED, S.MAINTENANCE, S.UNHEALTHY, S.RETIRED}),
    S.RETIRED: frozenset(),
}

NEXT_STATUSES: dict[S, tuple[S, ...]] = {
    current: tuple(status for status in S if status in legal) for current, legal in TRANSITIONS.items()
}
"""The same table for readers: each state's steps in the order of `DeviceStatus`."""

SERVING: frozenset[S] = frozenset({S.ACTIVE})
"""States in which a device takes new work."""


def check_transition(current: S, wanted: S) -> None:
    """Raise `IllegalTransition` unless the step is in the table. Staying is always legal."""
    if wanted is current or wanted in TRANSITIONS[current]:
        return
    legal = ", ".join(sorted(TRANSITIONS[current])) or "none: RETIRED is final"
    raise IllegalTransition(f"a device cannot go from {current} to {wanted}; from {current}: {legal}", path=("status",))
