"""Which instances and profiles a reader asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.access.policy import Permission, authorise
from domain.access.principal import AccessScope
from domain.filtering import check_filter, is_any
from domain.fleet.query import visible_device
from domain.fleet.view import InventoryView, fleet_position
from domain.mig.model import InstanceStatus, MigInstance, OfferedProfile
from domain.mig.offers import Offers
from domain.paging import Page, PageRequest, SortKey, paginate

_LISTS = ("device_ids", "node_ids", "profile_names", "statuses")


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Every part given must hold (AND); a list holds where any of its values does (OR)."""

    device_ids: tuple[str, ...] | None = None
    node_ids: tuple[str, ...] | None = None
    profile_names: tuple[str, ...] | None = None
    statuses: tuple[InstanceStatus, ...] | None = None
    allocated: bool | None = None

    def check(self) -> None:
        """Raise `InvalidInput` where a part is out of bounds."""
        check_filter(self, _LISTS, None)


def page_of_instances(
    view: InventoryView, scope: AccessScope, request: PageRequest, where: InstanceFilter
) -> Page[MigInstance]:
    """In fleet order, by start. Raises `Forbidden`, `InvalidInput`."""
    authorise(scope, Permission.READ_FLEET)
    where.check()
    tests = _tests(view, where)
    rows = [
        instance
        for device in view.devices
        if device.mig_instances and scope.sees_cluster(device.node.cluster_name)
        for instance in device.mig_instances
        if all(test(instance) for test in tests)
    ]

    def position(instance: MigInstance) -> SortKey:
        device = view.device(instance.device_id)
        where_it_is = ("", "", 0, "") if device is None else fleet_position(device)
        return (*where_it_is, instance.placement_start, instance.id)

    return paginate(rows, request, order_name="POSITION", key=position)


def visible_instance(view: InventoryView, scope: AccessScope, mig_id: str) -> MigInstance | None:
    """The instance, or None where it does not exist or may not be seen."""
    instance = view.instance(mig_id)
    if instance is None or visible_device(view, scope, instance.device_id) is None:
        return None
    return instance


def all_profiles(view: InventoryView, offers: Offers, model_name: str | None = None) -> Sequence[OfferedProfile]:
    """The profiles of the products the fleet knows, or of one, by product and size."""
    models = sorted(view.models, key=lambda model: (model.model_name, model.id))
    return [
        profile
        for model in models
        if model_name in {None, model.model_name}
        for profile in offers.profiles(model).values()
    ]


def _tests(view: InventoryView, where: InstanceFilter) -> list[Callable[[MigInstance], bool]]:
    tests: list[Callable[[MigInstance], bool]] = []
    for wanted, read in (
        (where.device_ids, lambda each: each.device_id),
        (where.profile_names, lambda each: each.profile_name),
        (where.statuses, lambda each: each.instance_status),
    ):
        if wanted is not None:
            tests.append(is_any(wanted, read))
    if where.node_ids is not None:
        devices = {device.id for node_id in where.node_ids for device in view.devices_of_node(node_id)}
        tests.append(lambda each: each.device_id in devices)
    if where.allocated is not None:
        tests.append(lambda each: each.allocated is where.allocated)
    return tests
