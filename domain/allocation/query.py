"""Which allocations a reader asked for: live ones from memory, ended ones of a stretch of time from the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.access.policy import Permission, authorise
from domain.access.principal import AccessScope
from domain.allocation.access import is_of_team, is_own, may_see
from domain.allocation.model import Allocation, AllocationStatus, ResourceType
from domain.allocation.ports import AllocationArchive
from domain.errors import InvalidInput
from domain.filtering import check_filter, is_any
from domain.fleet.view import InventoryView
from domain.paging import Page, PageRequest, SortKey, paginate

ENDED_MAX = 5000
"""Ended allocations in one answer: the newest of those that match the stretch of time."""
ENDED_STRETCH_MAX = timedelta(days=93)
_LISTS = ("statuses", "team_ids", "user_ids", "namespaces", "cluster_names", "device_ids", "resource_types")
_FAR = datetime.max.replace(tzinfo=UTC)


class AllocationView(StrEnum):
    """Whose allocations."""

    MINE = "MINE"
    MY_TEAM = "MY_TEAM"
    ALL = "ALL"


class AllocationOrder(StrEnum):
    """What a list of allocations can be sorted by."""

    REQUESTED = "REQUESTED"
    ENDS = "ENDS"
    TEAM = "TEAM"
    WORKLOAD = "WORKLOAD"
    GPUS = "GPUS"


@dataclass(frozen=True, slots=True)
class AllocationFilter:
    """Every part given must hold (AND); a list holds where any of its values does (OR).

    Without `ended_since` only live ones are listed. `text` is a part of the workload's or holder's name, or of what
    is held, in any case.
    """

    whose: AllocationView = AllocationView.ALL
    statuses: tuple[AllocationStatus, ...] | None = None
    resource_types: tuple[ResourceType, ...] | None = None
    team_ids: tuple[str, ...] | None = None
    user_ids: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    cluster_names: tuple[str, ...] | None = None
    device_ids: tuple[str, ...] | None = None
    text: str | None = None
    ends_before: datetime | None = None
    ended_since: datetime | None = None
    ended_until: datetime | None = None

    def check(self) -> None:
        """Raise `InvalidInput` where a part is out of bounds."""
        check_filter(self, _LISTS, self.text)
        if self.ended_until is not None and self.ended_since is None:
            raise InvalidInput("an end of the stretch needs its beginning", path=("where", "endedSince"))


async def page_of_allocations(
    view: InventoryView,
    archive: AllocationArchive,
    scope: AccessScope,
    request: PageRequest,
    where: AllocationFilter,
    order: AllocationOrder = AllocationOrder.REQUESTED,
    descending: bool = True,
    now: datetime | None = None,
) -> Page[Allocation]:
    """Raises `Forbidden`, `InvalidInput`, and `Unavailable` where the archive is asked and the database is away."""
    authorise(scope, Permission.READ_FLEET)
    where.check()
    found = list(view.allocations)
    if where.ended_since is not None:
        until = where.ended_until or now or datetime.now(UTC)
        if until - where.ended_since > ENDED_STRETCH_MAX:
            raise InvalidInput(f"at most {ENDED_STRETCH_MAX.days} days at once", path=("where", "endedSince"))
        found += await archive.ended(where.ended_since, until, ENDED_MAX)
    tests = _tests(view, scope, where)
    rows = [allocation for allocation in found if all(test(allocation) for test in tests)]
    key = _KEYS[order]
    rows.sort(key=key, reverse=descending)
    return paginate(rows, request, order_name=order, key=key, descending=descending)


def select_allocations(
    view: InventoryView, scope: AccessScope, where: AllocationFilter, of: Sequence[Allocation] | None = None
) -> list[Allocation]:
    """The visible live ones that match, or those of `of`."""
    tests = _tests(view, scope, where)
    return [a for a in (view.allocations if of is None else of) if all(test(a) for test in tests)]


_Test = Callable[[Allocation], bool]


def _tests(view: InventoryView, scope: AccessScope, where: AllocationFilter) -> list[_Test]:
    tests: list[_Test] = [lambda a: may_see(scope, view, a)]
    if where.whose is AllocationView.MINE:
        tests.append(lambda a: is_own(scope, a))
    elif where.whose is AllocationView.MY_TEAM:
        tests.append(lambda a: is_own(scope, a) or is_of_team(scope, a))
    for wanted, read in (
        (where.statuses, lambda a: a.status),
        (where.resource_types, lambda a: a.resource_type),
        (where.team_ids, lambda a: a.team_id),
        (where.user_ids, lambda a: a.user_id),
        (where.namespaces, lambda a: a.namespace),
    ):
        if wanted is not None:
            tests.append(is_any(wanted, read))
    if where.device_ids is not None:
        devices = frozenset(where.device_ids)
        tests.append(lambda a: not devices.isdisjoint(a.device_ids))
    if where.cluster_names is not None:
        nodes = {node.id for node in view.nodes if node.cluster_name in set(where.cluster_names)}
        names = frozenset(where.cluster_names)
        tests.append(lambda a: a.cluster_name in names or any(r.node_id in nodes for r in a.resources))
    if where.ends_before is not None:
        before = where.ends_before
        tests.append(lambda a: a.planned_release_time is not None and a.planned_release_time < before)
    if where.text:
        needle = where.text.casefold()
        tests.append(lambda a: needle in _searchable(a))
    return tests


def _searchable(a: Allocation) -> str:
    parts = (a.pod_name, a.namespace, a.user_id, a.team_id, a.allocated_resource, a.profile_name, a.id)
    return "\n".join(part for part in parts if part).casefold()


def _time(at: datetime | None) -> str:
    return (at or _FAR).isoformat()


_KEYS: dict[AllocationOrder, Callable[[Allocation], SortKey]] = {
    AllocationOrder.REQUESTED: lambda a: (_time(a.requested_time), a.id),
    AllocationOrder.ENDS: lambda a: (_time(a.planned_release_time), a.id),
    AllocationOrder.TEAM: lambda a: (a.team_id, a.user_id, a.id),
    AllocationOrder.WORKLOAD: lambda a: (a.namespace or "", a.pod_name or "", a.id),
    AllocationOrder.GPUS: lambda a: (round(sum(r.gpu_equivalent for r in a.resources), 6), a.id),
}
