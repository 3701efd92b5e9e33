"""What a client sends, and how it becomes what the domain takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import strawberry

from domain.errors import InvalidInput
from domain.fleet import query, reports, requests
from domain.fleet.model import CollectionSource as Source
from domain.metrics import sample
from domain.mig import reports as mig
from schema.enums import CollectionSource, DeviceOrderField, DeviceStatus, NodeOrderField, NodeStatus

T = TypeVar("T")

_KEY = "Makes a retry safe: the same key with the same request is done once."


@strawberry.input(description="Every part given must hold; a list holds where any of its values does.")
class DeviceWhere:
    cluster_names: list[str] | None = None
    node_names: list[str] | None = None
    node_ids: list[strawberry.ID] | None = None
    model_names: list[str] | None = None
    model_ids: list[strawberry.ID] | None = None
    device_ids: list[strawberry.ID] | None = None
    statuses: list[DeviceStatus] | None = None
    text: str | None = strawberry.field(
        default=None, description="Part of the UUID, serial, PCI address, node, cluster or model name; any case."
    )
    gpu_utilization_pct_min: float | None = None
    gpu_utilization_pct_max: float | None = None

    def to_domain(self) -> query.DeviceFilter:
        return query.DeviceFilter(
            cluster_names=_tuple(self.cluster_names),
            node_names=_tuple(self.node_names),
            node_ids=_tuple(self.node_ids),
            model_names=_tuple(self.model_names),
            model_ids=_tuple(self.model_ids),
            device_ids=_tuple(self.device_ids),
            statuses=_tuple(self.statuses),
            text=self.text,
            gpu_utilization_pct_min=self.gpu_utilization_pct_min,
            gpu_utilization_pct_max=self.gpu_utilization_pct_max,
        )


@strawberry.input(description="As DeviceWhere, for nodes.")
class NodeWhere:
    cluster_names: list[str] | None = None
    node_statuses: list[NodeStatus] | None = None
    text: str | None = None

    def to_domain(self) -> query.NodeFilter:
        return query.NodeFilter(_tuple(self.cluster_names), _tuple(self.node_statuses), self.text)


@strawberry.input(description="Unknown values come last in both directions.")
class DeviceOrder:
    field: DeviceOrderField
    descending: bool = False


@strawberry.input
class NodeOrder:
    field: NodeOrderField
    descending: bool = False


@strawberry.input(description="One GPU instance profile as NVML offers it on a device; memory is usable MiB.")
class MigProfileReportInput:
    profile_name: str
    gi_profile_id: int
    nvml_profile: int
    compute_slices: int
    memory_slices: int
    memory_mb: int
    max_instances: int
    multiprocessors: int
    starts: list[int]

    def to_domain(self) -> mig.ProfileReport:
        return mig.ProfileReport(
            self.profile_name,
            self.gi_profile_id,
            self.nvml_profile,
            self.compute_slices,
            self.memory_slices,
            self.memory_mb,
            self.max_instances,
            self.multiprocessors,
            tuple(self.starts),
        )


@strawberry.input(description="One GPU instance that exists on a device.")
class MigInstanceReportInput:
    gi_id: int
    gi_profile_id: int
    profile_name: str
    placement_start: int
    placement_size: int
    mig_uuid: str | None = None

    def to_domain(self) -> mig.InstanceReport:
        return mig.InstanceReport(
            self.gi_id,
            self.gi_profile_id,
            self.profile_name,
            self.placement_start,
            self.placement_size,
            self.mig_uuid,
        )


@strawberry.input(description="MIG on one device; `pending` differs while a switch waits for a GPU reset.")
class MigReportInput:
    enabled: bool
    pending: bool
    profiles: list[MigProfileReportInput] = strawberry.field(default_factory=list)
    instances: list[MigInstanceReportInput] = strawberry.field(default_factory=list)

    def to_domain(self) -> mig.MigReport:
        return mig.MigReport(
            self.enabled,
            self.pending,
            tuple(profile.to_domain() for profile in self.profiles),
            tuple(instance.to_domain() for instance in self.instances),
        )


@strawberry.input(description="One GPU as its driver describes it. null: the driver does not say.")
class DeviceReportInput:
    gpu_uuid: str
    device_index: int
    model_name: str
    pci_address: str | None = None
    serial_number: str | None = None
    memory_total_mb: int | None = None
    power_limit_w: float | None = None
    driver_version: str | None = None
    architecture: str | None = None
    cuda_cores: int | None = None
    mig_capable: bool | None = None
    max_mig_instances: int | None = None
    mig: MigReportInput | None = None

    def to_domain(self) -> reports.DeviceReport:
        return reports.DeviceReport(
            gpu_uuid=self.gpu_uuid,
            device_index=self.device_index,
            model_name=self.model_name,
            pci_address=self.pci_address,
            serial_number=self.serial_number,
            memory_total_mb=self.memory_total_mb,
            power_limit_w=self.power_limit_w,
            driver_version=self.driver_version,
            architecture=self.architecture,
            cuda_cores=self.cuda_cores,
            mig_capable=self.mig_capable,
            max_mig_instances=self.max_mig_instances,
            mig=None if self.mig is None else self.mig.to_domain(),
        )


@strawberry.input
class RegisterDeviceInput:
    cluster_name: str
    node_name: str
    device: DeviceReportInput
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)

    def to_domain(self) -> requests.DeviceRegistration:
        return requests.DeviceRegistration(
            self.cluster_name, self.node_name, self.device.to_domain(), self.idempotency_key
        )


@strawberry.input(description="A field left out stays as it is; null clears it.")
class UpdateDeviceInput:
    device_id: strawberry.ID
    serial_number: strawberry.Maybe[str | None]
    installation_date: strawberry.Maybe[datetime | None]
    last_maintenance_date: strawberry.Maybe[datetime | None]
    purchase_cost: strawberry.Maybe[Decimal | None]
    purchase_currency: strawberry.Maybe[str | None]
    expected_version: int | None = None
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)

    def to_domain(self) -> requests.DeviceUpdate:
        return requests.DeviceUpdate(
            device_id=self.device_id,
            serial_number=_said(self.serial_number),
            installation_date=_said_time(self.installation_date, "installationDate"),
            last_maintenance_date=_said_time(self.last_maintenance_date, "lastMaintenanceDate"),
            purchase_cost=_said(self.purchase_cost),
            purchase_currency=_said(self.purchase_currency),
            expected_version=self.expected_version,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input
class SetDeviceStatusInput:
    device_id: strawberry.ID
    status: DeviceStatus
    reason: str | None = None
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse the change where the device has changed since this version was read."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)

    def to_domain(self) -> requests.StatusChange:
        return requests.StatusChange(
            self.device_id, self.status, self.reason, self.expected_version, self.idempotency_key
        )


@strawberry.input(description="A node and all the GPUs its driver sees now.")
class ReportNodeInput:
    cluster_name: str
    node_name: str
    devices: list[DeviceReportInput]
    node_ip: str | None = None
    nvidia_driver_version: str | None = None
    collection_source: CollectionSource = Source.AGENT
    cpu_milli: int | None = None
    memory_mib: int | None = None

    def to_domain(self) -> reports.NodeReport:
        return reports.NodeReport(
            cluster_name=self.cluster_name,
            node_name=self.node_name,
            collection_source=self.collection_source,
            devices=tuple(device.to_domain() for device in self.devices),
            node_ip=self.node_ip,
            nvidia_driver_version=self.nvidia_driver_version,
            cpu_milli=self.cpu_milli,
            memory_mib=self.memory_mib,
        )


@strawberry.input(description="One reading of one GPU. null: unknown, never zero. MiB, degrees Celsius, watts, MHz.")
class SampleInput:
    gpu_uuid: str
    timestamp: datetime
    gpu_utilization_pct: float | None = None
    memory_used_mb: int | None = None
    memory_total_mb: int | None = None
    temperature_c: float | None = None
    power_draw_w: float | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None


def _sample_from(_cls: type, value: Mapping[str, Any], _context: object) -> sample.Sample:
    # Strawberry's own conversion looks at every field of every reading. These need none: the reading is made at once.
    get = value.get
    return sample.Sample(
        value["gpuUuid"],
        value["timestamp"],
        get("gpuUtilizationPct"),
        get("memoryUsedMb"),
        get("memoryTotalMb"),
        get("temperatureC"),
        get("powerDrawW"),
        get("smClockMhz"),
        get("memoryClockMhz"),
    )


SampleInput.__strawberry_definition__.from_input = _sample_from  # type: ignore[attr-defined]


@strawberry.input(description="One node's readings, oldest first. A bad one is refused by itself; the others count.")
class RecordSamplesInput:
    cluster_name: str
    node_name: str
    samples: list[SampleInput]
    collection_source: CollectionSource = Source.AGENT

    def to_domain(self) -> list[sample.Sample]:
        samples = cast("list[sample.Sample]", self.samples)  # what `_sample_from` made
        for reading in samples:
            reading.collection_source = self.collection_source
        return samples


def _tuple(values: Sequence[T] | None) -> tuple[T, ...] | None:
    return None if values is None else tuple(values)


def _said(maybe: strawberry.Some[Any] | None) -> Any:
    """The value, which may be None; UNSET where the field was left out."""
    return requests.UNSET if maybe is None else maybe.value


def _said_time(maybe: strawberry.Some[datetime | None] | None, field: str) -> datetime | requests.Unset | None:
    value: datetime | requests.Unset | None = _said(maybe)
    return _utc(value, (field,)) if isinstance(value, datetime) else value


def _utc(value: datetime, path: tuple[str, ...]) -> datetime:
    if value.tzinfo is None:
        raise InvalidInput(f"{value.isoformat()} has no time zone: write it as {value.isoformat()}Z", path=path)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"{value.isoformat()} is outside of the calendar in UTC", path=path) from None
