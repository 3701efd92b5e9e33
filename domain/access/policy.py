"""Which role may do what. The one place where rights are written down."""

from __future__ import annotations

from enum import StrEnum

from domain.access.principal import AccessScope, Principal, Role
from domain.errors import Forbidden


class Permission(StrEnum):
    """A right that a service call can ask for."""

    READ_FLEET = "READ_FLEET"
    REGISTER_DEVICE = "REGISTER_DEVICE"
    UPDATE_DEVICE = "UPDATE_DEVICE"
    SET_DEVICE_STATUS = "SET_DEVICE_STATUS"
    REPORT_NODE = "REPORT_NODE"
    RECORD_SAMPLES = "RECORD_SAMPLES"
    REQUEST_ALLOCATION = "REQUEST_ALLOCATION"
    """Ask for a GPU for one's own team; release and extend what the team holds."""
    MANAGE_ALLOCATIONS = "MANAGE_ALLOCATIONS"
    """The same for every team."""
    READ_ALL_ALLOCATIONS = "READ_ALL_ALLOCATIONS"
    MANAGE_QUOTAS = "MANAGE_QUOTAS"
    MANAGE_LAYOUTS = "MANAGE_LAYOUTS"
    """Partition devices and let them be shared."""
    EXECUTE_COMMANDS = "EXECUTE_COMMANDS"
    """Receive a node's commands and report what became of them."""


_READ = frozenset({Permission.READ_FLEET})
_OPERATE = _READ | {
    Permission.REGISTER_DEVICE,
    Permission.UPDATE_DEVICE,
    Permission.SET_DEVICE_STATUS,
    Permission.REQUEST_ALLOCATION,
    Permission.MANAGE_ALLOCATIONS,
    Permission.READ_ALL_ALLOCATIONS,
    Permission.MANAGE_LAYOUTS,
}
_SERVE = _READ | {
    Permission.REPORT_NODE,
    Permission.RECORD_SAMPLES,
    Permission.EXECUTE_COMMANDS,
    Permission.REQUEST_ALLOCATION,
    Permission.READ_ALL_ALLOCATIONS,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.OPERATOR: _OPERATE,
    Role.USER: _READ | {Permission.REQUEST_ALLOCATION},
    Role.VIEWER: _READ | {Permission.READ_ALL_ALLOCATIONS},
    Role.SERVICE: _SERVE,
}


def permissions_of(role: Role) -> frozenset[Permission]:
    return ROLE_PERMISSIONS[role]


def allows(actor: Principal | AccessScope, permission: Permission) -> bool:
    return permission in ROLE_PERMISSIONS[actor.role]


def authorise(actor: Principal | AccessScope, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor's role holds the permission."""
    if not allows(actor, permission):
        raise Forbidden(f"the role {actor.role} does not hold {permission}; {_holders(permission)} do")


def authorise_node(actor: Principal | AccessScope, cluster_name: str, node_name: str) -> None:
    """Raise `Forbidden` where a principal bound to clusters or to one node speaks for another."""
    if actor.clusters is not None and cluster_name not in actor.clusters:
        raise Forbidden(f"this token is not valid for cluster {cluster_name!r}", path=("clusterName",))
    if actor.node_name is not None and actor.node_name != node_name:
        raise Forbidden(f"this token may speak for node {actor.node_name!r} only", path=("nodeName",))


SOMEBODY = "somebody else"
"""Who holds or asked for what the reader may not see."""


def sees_requester(scope: AccessScope, subject: str) -> bool:
    """Whether a reader may know who asked for something: themselves, or by role."""
    return subject == scope.subject or allows(scope, Permission.READ_ALL_ALLOCATIONS)


def _holders(permission: Permission) -> str:
    return ", ".join(role for role, held in ROLE_PERMISSIONS.items() if permission in held)
