"""Who may see, ask for and end which allocations."""

from __future__ import annotations

from domain.access.policy import Permission, allows, authorise
from domain.access.principal import AccessScope, Principal
from domain.allocation.model import Allocation, QuotaScope
from domain.errors import Forbidden, InvalidInput
from domain.fleet.view import InventoryView

DEFAULT_TEAM = "default"
"""The team of whoever has none."""


def team_for(view: InventoryView, actor: Principal, wanted: str | None) -> str:
    """The team a request is charged to. Raises `Forbidden` for another's team, `InvalidInput` for an unknown one."""
    own = actor.team or DEFAULT_TEAM
    team = wanted or own
    if team == own:
        return team
    if not allows(actor, Permission.MANAGE_ALLOCATIONS):
        raise Forbidden(f"you may ask for team {own!r} only, not for {team!r}", path=("teamId",))
    if team not in (known := known_teams(view) | {own}):
        names = ", ".join(sorted(known)[:20])
        raise InvalidInput(
            f"there is no team {team!r}; known: {names}. A team becomes known by its quota (setQuota) "
            "or by a request with a token of its own",
            path=("teamId",),
        )
    return team


def authorise_request(actor: Principal) -> None:
    """Raise `Forbidden` unless the actor may ask for GPUs. The token of a node's agent may not, whatever its role."""
    authorise(actor, Permission.REQUEST_ALLOCATION)
    if actor.node_name is not None:
        raise Forbidden(f"this token is for the agent of node {actor.node_name!r}: it asks for no GPUs")


def cluster_for(actor: Principal, wanted: str | None) -> str | None:
    """The cluster a request is bound to; None: any. Raises `InvalidInput` for one the actor may not see."""
    if actor.clusters is None or wanted in actor.clusters:
        return wanted
    names = sorted(actor.clusters)
    if wanted is not None:
        raise InvalidInput(f"there is no cluster {wanted!r}; there are: {', '.join(names)}", path=("clusterName",))
    if len(names) != 1:
        raise InvalidInput(f"name one of your clusters: {', '.join(names)}", path=("clusterName",))
    return names[0]


def user_for(actor: Principal, wanted: str | None) -> str:
    """Whose allocation it is. Raises `Forbidden` where a user asks in another's name."""
    if wanted is None or wanted == actor.subject:
        return actor.subject
    if not allows(actor, Permission.MANAGE_ALLOCATIONS):
        raise Forbidden("only operators may ask in another's name", path=("userId",))
    return wanted


def known_teams(view: InventoryView) -> set[str]:
    """Teams with a quota or with something held or waited for, and the default one."""
    quotas = {quota.name for quota in view.quotas if quota.scope is QuotaScope.TEAM}
    return quotas | {allocation.team_id for allocation in view.allocations} | {DEFAULT_TEAM}


def may_see(scope: AccessScope, view: InventoryView, allocation: Allocation) -> bool:
    """Own ones and those of the own team always; the others by role and cluster. Nothing personal without a subject."""
    if is_own(scope, allocation) or is_of_team(scope, allocation):
        return True
    if not allows(scope, Permission.READ_ALL_ALLOCATIONS):
        return False
    clusters = clusters_of(view, allocation)
    return not clusters or any(scope.sees_cluster(name) for name in clusters)


def is_own(scope: AccessScope, allocation: Allocation) -> bool:
    return scope.subject is not None and allocation.user_id == scope.subject


def is_of_team(scope: AccessScope, allocation: Allocation) -> bool:
    """A token without a team belongs to none: the default team's allocations are their owners'."""
    return scope.team is not None and allocation.team_id == scope.team


def authorise_change(actor: Principal, allocation: Allocation) -> None:
    """Raise `Forbidden` unless the actor may end or extend it."""
    authorise_request(actor)
    if allocation.user_id == actor.subject or allows(actor, Permission.MANAGE_ALLOCATIONS):
        return
    if allocation.team_id != (actor.team or DEFAULT_TEAM) or actor.team is None:
        raise Forbidden(
            f"this allocation is {allocation.user_id}'s of team {allocation.team_id!r}: its owner, its team "
            "or an operator may change it",
            path=("allocationId",),
        )


def clusters_of(view: InventoryView, allocation: Allocation) -> set[str]:
    """The clusters it holds something in, or asks for; none where that is open."""
    nodes = (view.node(resource.node_id) for resource in allocation.resources)
    found = {node.cluster_name for node in nodes if node is not None}
    return found or ({allocation.cluster_name} if allocation.cluster_name else set())
