"""Who acts, and how much of the fleet they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a principal is trusted with; the rights of each are in `policy.py`."""

    ADMIN = "ADMIN"
    OPERATOR = "OPERATOR"
    USER = "USER"
    VIEWER = "VIEWER"
    SERVICE = "SERVICE"


@dataclass(frozen=True, slots=True)
class AccessScope:
    """Everything that may change what a read shows. Two principals with equal scopes see the same bytes.

    It is part of the key under which subscribers share one execution, and shared executions
    are given the scope only, never the principal: a field that needs more cannot leak by sharing.
    Who asks is part of it only where a selection has something personal: those share with nobody else.
    """

    role: Role
    clusters: frozenset[str] | None = None
    """Names of the visible clusters; None for all of them."""
    subject: str | None = None
    team: str | None = None
    node_name: str | None = None
    """The only node whose commands may be read; None: no such limit."""

    def sees_cluster(self, cluster_name: str) -> bool:
        return self.clusters is None or cluster_name in self.clusters


@dataclass(frozen=True, slots=True)
class Principal:
    """One authenticated actor: a person, a service, a node agent, or the server itself."""

    subject: str
    role: Role
    team: str | None = None
    clusters: frozenset[str] | None = None
    node_name: str | None = None
    """For a node agent: the only node it may report for. None: no such limit."""
    expires_at: datetime | None = None

    @property
    def scope(self) -> AccessScope:
        return AccessScope(self.role, self.clusters)

    @property
    def personal_scope(self) -> AccessScope:
        """For what depends on who asks: allocations of one's own, one node's commands."""
        return AccessScope(self.role, self.clusters, self.subject, self.team, self.node_name)


SYSTEM = Principal(subject="system", role=Role.ADMIN)
"""The server acting for itself: its own collector, its background loops."""
