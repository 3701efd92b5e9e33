"""Which devices, nodes and models a reader asked for: filters, orderings, pages, the fleet's totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.access.policy import Permission, authorise
from domain.access.principal import AccessScope
from domain.errors import InvalidInput
from domain.filtering import check_filter, is_any
from domain.fleet.model import DeviceStatus, GpuDevice, GpuModel, GpuNode, NodeStatus
from domain.fleet.view import InventoryView, fleet_position
from domain.metrics.sample import GpuMetric
from domain.naming import camel_case
from domain.paging import Page, PageRequest, SortKey, paginate

_DEVICE_LISTS = ("cluster_names", "node_names", "node_ids", "model_names", "model_ids", "device_ids", "statuses")


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Every part given must hold (AND); a list holds where any of its values does (OR). Names match exactly.

    `text` is a case-insensitive part of the UUID, serial, PCI address, node, cluster or model name.
    A utilisation bound (percent) leaves out devices without a reading.
    """

    cluster_names: tuple[str, ...] | None = None
    node_names: tuple[str, ...] | None = None
    node_ids: tuple[str, ...] | None = None
    model_names: tuple[str, ...] | None = None
    model_ids: tuple[str, ...] | None = None
    device_ids: tuple[str, ...] | None = None
    statuses: tuple[DeviceStatus, ...] | None = None
    text: str | None = None
    gpu_utilization_pct_min: float | None = None
    gpu_utilization_pct_max: float | None = None

    @property
    def depends_on_readings(self) -> bool:
        return self.gpu_utilization_pct_min is not None or self.gpu_utilization_pct_max is not None

    def check(self) -> None:
        """Raise `InvalidInput` where a part is out of bounds."""
        check_filter(self, _DEVICE_LISTS, self.text)
        for name in ("gpu_utilization_pct_min", "gpu_utilization_pct_max"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 100:
                raise InvalidInput(
                    f"a percentage is between 0 and 100, not {value:g}", path=("where", camel_case(name))
                )


class DeviceOrder(StrEnum):
    """What a list of devices can be sorted by. POSITION is cluster, node, index."""

    POSITION = "POSITION"
    UTILIZATION = "UTILIZATION"
    MEMORY_USED = "MEMORY_USED"
    TEMPERATURE = "TEMPERATURE"
    POWER = "POWER"
    MODEL = "MODEL"
    STATUS = "STATUS"


class NodeOrder(StrEnum):
    """What a list of nodes can be sorted by. POSITION is cluster, name."""

    POSITION = "POSITION"
    TOTAL_GPUS = "TOTAL_GPUS"
    AVAILABLE_GPUS = "AVAILABLE_GPUS"


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """As `DeviceFilter`, for nodes."""

    cluster_names: tuple[str, ...] | None = None
    node_statuses: tuple[NodeStatus, ...] | None = None
    text: str | None = None


def select_devices(view: InventoryView, scope: AccessScope, where: DeviceFilter | None = None) -> Sequence[GpuDevice]:
    """The visible devices that match, in fleet order. Raises `Forbidden` or `InvalidInput`."""
    authorise(scope, Permission.READ_FLEET)
    tests = _visibility(scope)
    if where is not None:
        where.check()
        tests += _device_tests(where)
    if not tests:
        return view.devices
    return [device for device in view.devices if all(test(device) for test in tests)]


def page_of_devices(
    view: InventoryView,
    scope: AccessScope,
    request: PageRequest,
    *,
    where: DeviceFilter | None = None,
    order: DeviceOrder = DeviceOrder.POSITION,
    descending: bool = False,
) -> Page[GpuDevice]:
    devices = select_devices(view, scope, where)
    key = _device_key(order, descending)
    if order is not DeviceOrder.POSITION or descending:
        devices = sorted(devices, key=key, reverse=descending)
    return paginate(devices, request, order_name=order, key=key, descending=descending)


def page_of_nodes(
    view: InventoryView,
    scope: AccessScope,
    request: PageRequest,
    *,
    where: NodeFilter | None = None,
    order: NodeOrder = NodeOrder.POSITION,
    descending: bool = False,
) -> Page[GpuNode]:
    authorise(scope, Permission.READ_FLEET)
    nodes = [node for node in view.nodes if scope.sees_cluster(node.cluster_name)]
    if where is not None:
        nodes = [node for node in nodes if _node_matches(node, where)]
    key = _NODE_KEYS[order]
    nodes.sort(key=key, reverse=descending)
    return paginate(nodes, request, order_name=order, key=key, descending=descending)


def page_of_models(view: InventoryView, scope: AccessScope, request: PageRequest) -> Page[GpuModel]:
    authorise(scope, Permission.READ_FLEET)
    models = sorted(view.models, key=_model_key)
    return paginate(models, request, order_name="MODEL_NAME", key=_model_key)


def visible_device(view: InventoryView, scope: AccessScope, device_id: str) -> GpuDevice | None:
    """The device, or None where it does not exist or may not be seen: a reader cannot tell which."""
    authorise(scope, Permission.READ_FLEET)
    device = view.device(device_id)
    return device if device is not None and scope.sees_cluster(device.node.cluster_name) else None


def visible_node(view: InventoryView, scope: AccessScope, node_id: str) -> GpuNode | None:
    authorise(scope, Permission.READ_FLEET)
    node = view.node(node_id)
    return node if node is not None and scope.sees_cluster(node.cluster_name) else None


_Test = Callable[[GpuDevice], bool]


def _visibility(scope: AccessScope) -> list[_Test]:
    clusters = scope.clusters
    return [] if clusters is None else [lambda d: d.node.cluster_name in clusters]


def _device_tests(where: DeviceFilter) -> list[_Test]:
    tests: list[_Test] = []
    for wanted, read in (
        (where.cluster_names, lambda d: d.node.cluster_name),
        (where.node_names, lambda d: d.node.node_name),
        (where.node_ids, lambda d: d.node.id),
        (where.model_names, lambda d: d.model.model_name),
        (where.model_ids, lambda d: d.model.id),
        (where.device_ids, lambda d: d.id),
        (where.statuses, lambda d: d.device_status),
    ):
        if wanted is not None:
            tests.append(is_any(wanted, read))
    if where.text:
        needle = where.text.casefold()
        tests.append(lambda d: needle in _searchable(d))
    if where.depends_on_readings:
        low = where.gpu_utilization_pct_min if where.gpu_utilization_pct_min is not None else 0.0
        high = where.gpu_utilization_pct_max if where.gpu_utilization_pct_max is not None else 100.0
        tests.append(
            lambda d: (
                d.latest_metric is not None
                and d.latest_metric.gpu_utilization_pct is not None
                and low <= d.latest_metric.gpu_utilization_pct <= high
            )
        )
    return tests


def _searchable(device: GpuDevice) -> str:
    parts = (
        device.gpu_uuid,
        device.serial_number,
        device.pci_address,
        device.node.node_name,
        device.node.cluster_name,
        device.model.model_name,
    )
    return "\n".join(part for part in parts if part).casefold()


def _node_matches(node: GpuNode, where: NodeFilter) -> bool:
    if where.cluster_names is not None and node.cluster_name not in where.cluster_names:
        return False
    if where.node_statuses is not None and node.node_status not in where.node_statuses:
        return False
    return not where.text or where.text.casefold() in f"{node.node_name}\n{node.node_ip or ''}".casefold()


def _by_reading(read: Callable[[GpuMetric], float | None], descending: bool) -> Callable[[GpuDevice], SortKey]:
    unknown_rank = 0 if descending else 2  # unknown comes last in both directions

    def key(device: GpuDevice) -> SortKey:
        value = None if device.latest_metric is None else read(device.latest_metric)
        rank = (unknown_rank, 0.0) if value is None else (1, value)
        return (*rank, *fleet_position(device))

    return key


def _device_key(order: DeviceOrder, descending: bool) -> Callable[[GpuDevice], SortKey]:
    if (read := _READINGS.get(order)) is not None:
        return _by_reading(read, descending)
    return _DEVICE_KEYS[order]


_READINGS: dict[DeviceOrder, Callable[[GpuMetric], float | None]] = {
    DeviceOrder.UTILIZATION: lambda m: m.gpu_utilization_pct,
    DeviceOrder.MEMORY_USED: lambda m: m.memory_used_mb,
    DeviceOrder.TEMPERATURE: lambda m: m.temperature_c,
    DeviceOrder.POWER: lambda m: m.power_draw_w,
}

_DEVICE_KEYS: dict[DeviceOrder, Callable[[GpuDevice], SortKey]] = {
    DeviceOrder.POSITION: fleet_position,
    DeviceOrder.MODEL: lambda d: (d.model.model_name, *fleet_position(d)),
    DeviceOrder.STATUS: lambda d: (d.device_status.value, *fleet_position(d)),
}

_NODE_KEYS: dict[NodeOrder, Callable[[GpuNode], SortKey]] = {
    NodeOrder.POSITION: lambda n: (n.cluster_name, n.node_name, n.id),
    NodeOrder.TOTAL_GPUS: lambda n: (n.total_gpus, n.cluster_name, n.node_name, n.id),
    NodeOrder.AVAILABLE_GPUS: lambda n: (n.available_gpus, n.cluster_name, n.node_name, n.id),
}


def _model_key(model: GpuModel) -> SortKey:
    return (model.model_name, model.id)
