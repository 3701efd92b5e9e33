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


_READ = frozenset({Permission.READ_FLEET})
_OPERATE = _READ | {Permission.REGISTER_DEVICE, Permission.UPDATE_DEVICE, Permission.SET_DEVICE_STATUS}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.OPERATOR: _OPERATE,
    Role.USER: _READ,
    Role.VIEWER: _READ,
    Role.SERVICE: _READ | {Permission.REPORT_NODE, Permission.RECORD_SAMPLES},
}


def permissions_of(role: Role) -> frozenset[Permission]:
    return ROLE_PERMISSIONS[role]


def authorise(actor: Principal | AccessScope, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor's role holds the permission."""
    if permission not in ROLE_PERMISSIONS[actor.role]:
        raise Forbidden(f"the role {actor.role} does not hold {permission}; {_holders(permission)} do")


def authorise_node(actor: Principal, cluster_name: str, node_name: str) -> None:
    """Raise `Forbidden` where a principal bound to clusters or to one node reports for another."""
    if not actor.scope.sees_cluster(cluster_name):
        raise Forbidden(f"this token is not valid for cluster {cluster_name!r}", path=("clusterName",))
    if actor.node_name is not None and actor.node_name != node_name:
        raise Forbidden(f"this token may report for node {actor.node_name!r} only", path=("nodeName",))


def _holders(permission: Permission) -> str:
    return ", ".join(role for role, held in ROLE_PERMISSIONS.items() if permission in held)
