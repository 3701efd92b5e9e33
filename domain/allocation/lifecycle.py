"""The life of an allocation as one table of legal steps.

    request -> validation -> permission -> REQUESTED -> quota (REJECTED) -> type, discovery, filter, score
    (NO_RESOURCE or QUEUED) -> RESERVED -> CREATING (an instance is being made) -> ACTIVE -> RELEASED or EXPIRED

Ending gives back what is held in the same transaction: there is no state in which something is held by nobody.
"""

from __future__ import annotations

from domain.allocation.model import AllocationStatus as S
from domain.errors import IllegalTransition

TRANSITIONS: dict[S, frozenset[S]] = {
    S.REQUESTED: frozenset({S.QUEUED, S.RESERVED, S.REJECTED, S.NO_RESOURCE}),
    S.QUEUED: frozenset({S.RESERVED, S.RELEASED, S.EXPIRED, S.REJECTED}),
    S.RESERVED: frozenset({S.CREATING, S.ACTIVE, S.FAILED}),
    S.CREATING: frozenset({S.ACTIVE, S.RELEASED, S.EXPIRED, S.FAILED}),
    S.ACTIVE: frozenset({S.RELEASED, S.EXPIRED, S.FAILED}),
    S.RELEASED: frozenset(),
    S.EXPIRED: frozenset(),
    S.FAILED: frozenset(),
    S.REJECTED: frozenset(),
    S.NO_RESOURCE: frozenset(),
}

FINAL: frozenset[S] = frozenset(status for status, following in TRANSITIONS.items() if not following)
"""Nothing follows; nothing is held."""

LIVE: frozenset[S] = frozenset(S) - FINAL
"""What every process keeps in memory."""

HOLDING: frozenset[S] = frozenset({S.RESERVED, S.CREATING, S.ACTIVE})
"""Something is held: these count against quotas."""

ENDABLE: frozenset[S] = frozenset(status for status, following in TRANSITIONS.items() if S.RELEASED in following)
"""A release is possible."""


def check_transition(current: S, wanted: S) -> None:
    """Raise `IllegalTransition` unless the step is in the table."""
    if wanted in TRANSITIONS[current]:
        return
    legal = ", ".join(sorted(TRANSITIONS[current])) or f"none: {current} is final"
    raise IllegalTransition(
        f"an allocation cannot go from {current} to {wanted}; from {current}: {legal}", path=("status",)
    )
