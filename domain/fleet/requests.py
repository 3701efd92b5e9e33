"""What the fleet services are asked to do, and the bounds of each value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from domain.errors import InvalidInput
from domain.fleet.model import DeviceStatus
from domain.fleet.reports import DeviceReport, NodeReport
from domain.mig.reports import InstanceReport, MigReport, ProfileReport
from domain.naming import camel_case

DEVICES_PER_NODE_MAX = 64
TEXT_MAX = 200
REASON_MAX = 500
KEY_MAX = 128
MIG_PROFILES_MAX = 32
MIG_INSTANCES_MAX = 16
MIG_SHAPES_MAX = 12
"""Profiles that differ in slices or starts: every layout of them is kept as a number. Today's products have six."""
MIG_SLICES_MAX = 8
MIG_NAME_MAX = 40
MIG_UUID_MAX = 64
MONEY_STEP = Decimal("0.0001")

_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
_GPU_UUID = re.compile(r"GPU-[0-9A-Za-z-]{4,60}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Unset:
    """Marks a field of an update that the caller did not mention: it stays as it is. None clears it."""

    def __repr__(self) -> str:
        return "UNSET"  # part of a request's fingerprint, so the same in every process


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class DeviceRegistration:
    """A device that no agent reports (yet): planned, or behind an integration that only brings metrics."""

    cluster_name: str
    node_name: str
    device: DeviceReport
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceUpdate:
    """New values of what people keep about a device. `expected_version` refuses a lost update."""

    device_id: str
    serial_number: str | Unset | None = UNSET
    installation_date: datetime | Unset | None = UNSET
    last_maintenance_date: datetime | Unset | None = UNSET
    purchase_cost: Decimal | Unset | None = UNSET
    purchase_currency: str | Unset | None = UNSET
    expected_version: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A wanted step in a device's life, and why."""

    device_id: str
    status: DeviceStatus
    reason: str | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None


def fingerprint(request: object) -> str:
    """The same for the same request: what an idempotency key is bound to."""
    return hashlib.sha256(repr(request).encode()).hexdigest()


def check_registration(request: DeviceRegistration) -> None:
    check_key(request.idempotency_key)
    check_node_name(request.cluster_name, request.node_name)
    check_device_report(request.device, ("device",))


def check_node_report(report: NodeReport) -> None:
    """Raise `InvalidInput` naming the first field that is out of bounds."""
    check_node_name(report.cluster_name, report.node_name)
    check_text(report.node_ip, ("nodeIp",))
    check_text(report.nvidia_driver_version, ("nvidiaDriverVersion",))
    for name, amount, top in (("cpuMilli", report.cpu_milli, 10_000_000), ("memoryMib", report.memory_mib, 10**9)):
        if amount is not None and not 0 <= amount <= top:
            raise InvalidInput(f"must be between 0 and {top:,}, not {amount:,}", path=(name,))
    if len(report.devices) > DEVICES_PER_NODE_MAX:
        raise InvalidInput(
            f"at most {DEVICES_PER_NODE_MAX} devices per node, not {len(report.devices):,}", path=("devices",)
        )
    for position, device in enumerate(report.devices):
        check_device_report(device, ("devices", str(position)))
    _check_distinct("gpuUuid", (device.gpu_uuid for device in report.devices))
    _check_distinct("deviceIndex", (device.device_index for device in report.devices))


def check_node_name(cluster_name: str, node_name: str) -> None:
    for field, value in (("clusterName", cluster_name), ("nodeName", node_name)):
        if not _KUBERNETES_NAME.fullmatch(value):
            raise InvalidInput(
                f"{value[:80]!r} is not a Kubernetes name: 1 to 253 of a-z, 0-9, '-' and '.', "
                "starting and ending with a letter or digit",
                path=(field,),
            )


def check_device_report(device: DeviceReport, path: tuple[str, ...]) -> None:
    if not _GPU_UUID.fullmatch(device.gpu_uuid):
        raise InvalidInput(
            f"{device.gpu_uuid[:80]!r} is not a GPU UUID: it looks like GPU-1a2b3c4d-...", path=(*path, "gpuUuid")
        )
    if not 0 <= device.device_index < DEVICES_PER_NODE_MAX:
        raise InvalidInput(
            f"an index is between 0 and {DEVICES_PER_NODE_MAX - 1}, not {device.device_index:,}",
            path=(*path, "deviceIndex"),
        )
    if not device.model_name.strip():
        raise InvalidInput("the model name is empty", path=(*path, "modelName"))
    for field in ("model_name", "pci_address", "serial_number", "driver_version", "architecture"):
        check_text(getattr(device, field), (*path, camel_case(field)))
    if device.mig is not None:
        check_mig(device.mig, (*path, "mig"))
    for field, most in (
        ("memory_total_mb", 4 * 1024 * 1024),
        ("power_limit_w", 5000),
        ("cuda_cores", 1_000_000),
        ("max_mig_instances", 64),
    ):
        value = getattr(device, field)
        if value is not None and not 0 <= value <= most:
            raise InvalidInput(f"must be between 0 and {most:,}, not {value:,}", path=(*path, camel_case(field)))


def check_mig(mig: MigReport, path: tuple[str, ...]) -> None:
    """Raise `InvalidInput` where a report is larger than any GPU's, or has text that cannot be kept."""
    if len(mig.profiles) > MIG_PROFILES_MAX:
        raise InvalidInput(f"at most {MIG_PROFILES_MAX} profiles, not {len(mig.profiles):,}", path=(*path, "profiles"))
    if len(mig.instances) > MIG_INSTANCES_MAX:
        raise InvalidInput(
            f"at most {MIG_INSTANCES_MAX} instances, not {len(mig.instances):,}", path=(*path, "instances")
        )
    for position, profile in enumerate(mig.profiles):
        _check_profile(profile, (*path, "profiles", str(position)))
    shapes = {(each.compute_slices, each.memory_slices, tuple(sorted(each.starts))) for each in mig.profiles}
    if len(shapes) > MIG_SHAPES_MAX:
        raise InvalidInput(
            f"at most {MIG_SHAPES_MAX} kinds of slices and starts, not {len(shapes):,}", path=(*path, "profiles")
        )
    covered: set[int] = set()
    for position, instance in enumerate(mig.instances):
        where = (*path, "instances", str(position))
        _check_instance(instance, where)
        slices = set(range(instance.placement_start, instance.placement_start + instance.placement_size))
        if covered & slices:
            raise InvalidInput("it covers slices of an instance before it", path=(*where, "placementStart"))
        covered |= slices


def _check_profile(profile: ProfileReport, path: tuple[str, ...]) -> None:
    _check_mig_name(profile.profile_name, path)
    for field, least, most in (
        ("gi_profile_id", 0, 10_000),
        ("nvml_profile", 0, 10_000),
        ("compute_slices", 1, MIG_SLICES_MAX),
        ("memory_slices", 1, MIG_SLICES_MAX),
        ("memory_mb", 1, 4 * 1024 * 1024),
        ("max_instances", 1, MIG_INSTANCES_MAX),
        ("multiprocessors", 0, 10_000),
    ):
        _check_number(profile, field, least, most, path)
    last = MIG_SLICES_MAX - profile.memory_slices
    if len(set(profile.starts)) < len(profile.starts) or any(not 0 <= start <= last for start in profile.starts):
        raise InvalidInput(f"different slices between 0 and {last}", path=(*path, "starts"))


def _check_instance(instance: InstanceReport, path: tuple[str, ...]) -> None:
    _check_mig_name(instance.profile_name, path)
    if instance.mig_uuid is not None and len(instance.mig_uuid) > MIG_UUID_MAX:
        raise InvalidInput(f"at most {MIG_UUID_MAX} characters", path=(*path, "migUuid"))
    check_text(instance.mig_uuid, (*path, "migUuid"))
    _check_number(instance, "gi_id", 0, 10_000, path)
    _check_number(instance, "gi_profile_id", 0, 10_000, path)
    _check_number(instance, "placement_size", 1, MIG_SLICES_MAX, path)
    _check_number(instance, "placement_start", 0, MIG_SLICES_MAX - instance.placement_size, path)


def _check_mig_name(name: str, path: tuple[str, ...]) -> None:
    if not 1 <= len(name) <= MIG_NAME_MAX:
        raise InvalidInput(f"a profile's name has 1 to {MIG_NAME_MAX} characters", path=(*path, "profileName"))
    check_text(name, (*path, "profileName"))


def _check_number(of: object, field: str, least: int, most: int, path: tuple[str, ...]) -> None:
    value: int = getattr(of, field)
    if not least <= value <= most:
        raise InvalidInput(f"must be between {least:,} and {most:,}, not {value:,}", path=(*path, camel_case(field)))


def check_update(request: DeviceUpdate) -> None:
    check_key(request.idempotency_key)
    if all(getattr(request, f.name) is UNSET for f in fields(request) if f.default is UNSET):
        raise InvalidInput("nothing to change: give at least one field", path=())
    if isinstance(request.serial_number, str):
        check_text(request.serial_number, ("serialNumber",))
    cost = request.purchase_cost
    if isinstance(cost, Decimal) and not (cost.is_finite() and 0 <= cost < Decimal(10) ** 12):
        raise InvalidInput(f"a cost is between 0 and 10^12, not {cost}", path=("purchaseCost",))
    if isinstance(cost, Decimal) and cost != cost.quantize(MONEY_STEP):
        raise InvalidInput(f"at most 4 decimals, not {cost}", path=("purchaseCost",))
    currency = request.purchase_currency
    if isinstance(currency, str) and not _CURRENCY.fullmatch(currency):
        raise InvalidInput(f"{currency[:20]!r} is not an ISO 4217 code such as USD", path=("purchaseCurrency",))


def check_status_change(request: StatusChange) -> None:
    check_key(request.idempotency_key)
    if request.reason is not None and len(request.reason) > REASON_MAX:
        raise InvalidInput(f"at most {REASON_MAX} characters, not {len(request.reason):,}", path=("reason",))
    if request.reason is not None and not all(line.isprintable() for line in request.reason.split("\n")):
        raise InvalidInput("only printable characters and line breaks are accepted", path=("reason",))


def check_key(key: str | None) -> None:
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise InvalidInput(f"a key has 1 to {KEY_MAX} characters, not {len(key):,}", path=("idempotencyKey",))


def check_text(value: str | None, path: tuple[str, ...]) -> None:
    if value is None:
        return
    if len(value) > TEXT_MAX:
        raise InvalidInput(f"at most {TEXT_MAX} characters, not {len(value):,}", path=path)
    if not value.isprintable():
        raise InvalidInput("only printable characters are accepted", path=path)


def _check_distinct(field: str, values: Iterable[object]) -> None:
    seen = set()
    for position, value in enumerate(values):
        if value in seen:
            raise InvalidInput(f"{value!r} is listed twice", path=("devices", str(position), field))
        seen.add(value)
