"""The tables. Names and columns are the contract with everything that reads the database.

Identifiers stay within 30 characters (Oracle 12.1 tools, exports). The migrations create the same
schema in their own words; a test fails where the two differ.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)

from domain.allocation.model import AllocationStatus, Priority, QuotaScope, ResourceType, Spread, WorkloadType
from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, DeviceStatus, NodeStatus, SharingMode
from domain.mig.commands import CommandStatus
from domain.mig.model import InstanceStatus
from persistence.types import (
    Flag,
    Level,
    Measure,
    Member,
    MigStepList,
    Money,
    NameList,
    NumberList,
    SequenceNumber,
    UtcDateTime,
    Words,
)

ID_LENGTH = 40
CHANGE_VALUE_LENGTH = 1000
"""1,000 characters of four bytes are the 4,000 bytes that a VARCHAR2 holds."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _one_of(column: str, members: type[StrEnum], name: str) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({values})", name=name)


gpu_models = Table(
    "gpu_models",
    metadata,
    Column("model_id", Words(ID_LENGTH), primary_key=True),
    Column("model_name", Words(200), nullable=False, unique=True),
    Column("manufacturer", Words(200), nullable=False),
    Column("architecture", Words(200), nullable=False),
    Column("memory_gb", Integer, nullable=False),
    Column("cuda_cores", Integer),
    Column("tensor_cores", Integer),
    Column("power_consumption_w", Integer),
    Column("mig_support", Flag, nullable=False),
    Column("max_mig_instances", Integer, nullable=False),
    Column("created_date", UtcDateTime, nullable=False),
    CheckConstraint("mig_support IN (0, 1)", name="mig_support"),
)

gpu_nodes = Table(
    "gpu_nodes",
    metadata,
    Column("node_id", Words(ID_LENGTH), primary_key=True),
    Column("node_name", Words(253), nullable=False),
    Column("cluster_name", Words(253), nullable=False),
    Column("node_ip", Words(200)),
    Column("total_gpus", Integer, nullable=False),
    Column("available_gpus", Integer, nullable=False),
    Column("node_status", Member(NodeStatus), nullable=False),
    Column("nvidia_driver_version", Words(200)),
    Column("collection_source", Member(CollectionSource), nullable=False),
    Column("last_report_at", UtcDateTime),
    Column("created_date", UtcDateTime, nullable=False),
    Column("cpu_milli", Integer),
    Column("memory_mib", Integer),
    UniqueConstraint("cluster_name", "node_name"),
    _one_of("node_status", NodeStatus, "node_status"),
    _one_of("collection_source", CollectionSource, "source"),
)

gpu_devices = Table(
    "gpu_devices",
    metadata,
    Column("device_id", Words(ID_LENGTH), primary_key=True),
    Column("node_id", Words(ID_LENGTH), ForeignKey(gpu_nodes.c.node_id), nullable=False),
    Column("model_id", Words(ID_LENGTH), ForeignKey(gpu_models.c.model_id), nullable=False),
    Column("device_index", Integer, nullable=False),
    Column("gpu_uuid", Words(64), nullable=False, unique=True),
    Column("serial_number", Words(200)),
    Column("pci_address", Words(200)),
    Column("device_status", Member(DeviceStatus), nullable=False),
    Column("status_reason", Words(500)),
    Column("current_temp_c", Measure),
    Column("current_power_w", Measure),
    Column("memory_total_mb", Integer),
    Column("power_limit_w", Measure),
    Column("driver_version", Words(200)),
    Column("installation_date", UtcDateTime),
    Column("last_maintenance_date", UtcDateTime),
    Column("purchase_cost", Money),
    Column("purchase_currency", Words(3)),
    Column("version", Integer, nullable=False),
    Column("created_date", UtcDateTime, nullable=False),
    Column("mig_enabled", Flag),
    Column("mig_pending", Flag),
    Column("sharing_mode", Member(SharingMode), nullable=False, server_default="NONE"),
    Column("sharing_memory_mb", Integer),
    Column("sharing_max", Integer),
    Column("sharing_overcommit", Measure, nullable=False, server_default="1"),
    Column("nvlink_group", Words(64)),
    _one_of("device_status", DeviceStatus, "device_status"),
    # deleting a node, or asking for its devices, would read (on Oracle: lock) the whole table without these
    Index("ix_gpu_devices_node_id", "node_id"),
    Index("ix_gpu_devices_model_id", "model_id"),
)

mig_profiles = Table(
    "mig_profiles",
    metadata,
    Column("profile_id", Words(ID_LENGTH), primary_key=True),
    Column("model_id", Words(ID_LENGTH), ForeignKey(gpu_models.c.model_id), nullable=False),
    Column("profile_name", Words(40), nullable=False),
    Column("compute_slices", Integer, nullable=False),
    Column("memory_slices", Integer, nullable=False),
    Column("memory_gb", Measure, nullable=False),
    Column("max_instances_per_gpu", Integer, nullable=False),
    Column("performance_ratio", Measure, nullable=False),
    Column("use_case", Words(200)),
    Column("gi_profile_id", Integer, nullable=False),
    Column("nvml_profile", Integer, nullable=False),
    Column("memory_mb", Integer),
    Column("multiprocessors", Integer),
    Column("starts", NumberList(200), nullable=False),
    UniqueConstraint("model_id", "profile_name"),
)

mig_instances = Table(
    "mig_instances",
    metadata,
    Column("mig_id", Words(ID_LENGTH), primary_key=True),
    Column("device_id", Words(ID_LENGTH), ForeignKey(gpu_devices.c.device_id), nullable=False),
    Column("profile_id", Words(ID_LENGTH), ForeignKey(mig_profiles.c.profile_id), nullable=False),
    Column("instance_id", Integer),
    Column("mig_uuid", Words(64)),
    Column("allocated", Flag, nullable=False),
    Column("instance_status", Member(InstanceStatus), nullable=False),
    Column("placement_start", Integer, nullable=False),
    Column("placement_size", Integer, nullable=False),
    Column("created_date", UtcDateTime, nullable=False),
    Column("allocated_date", UtcDateTime),
    CheckConstraint("allocated IN (0, 1)", name="allocated"),
    _one_of("instance_status", InstanceStatus, "status"),
    Index("ix_mig_instances_device_id", "device_id"),
    Index("ix_mig_instances_profile_id", "profile_id"),
)

mig_commands = Table(
    "mig_commands",
    metadata,
    Column("command_id", Words(ID_LENGTH), primary_key=True),
    # no foreign keys: what was done to a GPU outlives its registration
    Column("node_id", Words(ID_LENGTH), nullable=False),
    Column("device_id", Words(ID_LENGTH), nullable=False),
    Column("gpu_uuid", Words(64), nullable=False),
    Column("steps", MigStepList(CHANGE_VALUE_LENGTH), nullable=False),
    Column("status", Member(CommandStatus), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("requested_by", Words(255), nullable=False),
    Column("reason", Words(500)),
    Column("created_date", UtcDateTime, nullable=False),
    Column("deadline", UtcDateTime, nullable=False),
    Column("sent_date", UtcDateTime),
    Column("finished_date", UtcDateTime),
    Column("error_text", Words(500)),
    _one_of("status", CommandStatus, "status"),
    Index("ix_mig_commands_status", "status"),
    Index("ix_mig_commands_device", "device_id", "created_date"),
)

gpu_allocations = Table(
    "gpu_allocations",
    metadata,
    Column("allocation_id", Words(ID_LENGTH), primary_key=True),
    Column("namespace", Words(63)),
    Column("pod_name", Words(253)),
    Column("workload_type", Member(WorkloadType), nullable=False),
    Column("resource_type", Member(ResourceType), nullable=False),
    Column("allocated_resource", Words(500)),
    Column("requested_memory_gb", Measure),
    Column("allocation_time", UtcDateTime),
    Column("planned_release_time", UtcDateTime),
    Column("status", Member(AllocationStatus), nullable=False),
    Column("cost_per_hour", Money),
    Column("total_cost", Money),
    Column("user_id", Words(255), nullable=False),
    Column("team_id", Words(63), nullable=False),
    Column("requested_time", UtcDateTime, nullable=False),
    Column("ended_time", UtcDateTime),
    Column("status_reason", Words(500)),
    Column("gpu_count", Integer, nullable=False),
    Column("profile_name", Words(200)),
    Column("compute_milli", Integer, nullable=False),
    Column("cpu_milli", Integer, nullable=False),
    Column("host_memory_mib", Integer, nullable=False),
    Column("model_names", NameList(CHANGE_VALUE_LENGTH)),
    Column("cluster_name", Words(253)),
    Column("node_name", Words(253)),
    Column("spread", Member(Spread), nullable=False),
    Column("priority", Level(Priority), nullable=False),
    Column("hours", Measure),
    Column("policy", Words(40)),
    Column("score", Measure),
    Column("explanation", Words(CHANGE_VALUE_LENGTH)),
    Column("version", Integer, nullable=False),
    _one_of("workload_type", WorkloadType, "workload"),
    _one_of("resource_type", ResourceType, "resource"),
    _one_of("status", AllocationStatus, "status"),
    _one_of("spread", Spread, "spread"),
    Index("ix_gpu_allocations_status", "status"),
    Index("ix_gpu_allocations_requested", "requested_time"),
    Index("ix_gpu_allocations_ended", "ended_time"),
)

allocated_resources = Table(
    "allocated_resources",
    metadata,
    Column("allocation_id", Words(ID_LENGTH), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # no foreign keys: what was held is remembered when the device is gone
    Column("device_id", Words(ID_LENGTH), nullable=False),
    Column("node_id", Words(ID_LENGTH), nullable=False),
    Column("gpu_equivalent", Measure, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("mig_slices", Integer, nullable=False),
    Column("mig_id", Words(ID_LENGTH)),
    Column("profile_name", Words(40)),
    Column("placement_start", Integer, nullable=False),
    Column("placement_size", Integer, nullable=False),
    Column("share_milli", Integer),
    # named by hand: the convention's name would be longer than Oracle takes
    ForeignKeyConstraint(["allocation_id"], [gpu_allocations.c.allocation_id], name="fk_allocated_resources"),
    Index("ix_allocated_resources_device", "device_id"),
)
"""What each allocation holds or held."""

slice_claims = Table(
    "slice_claims",
    metadata,
    Column("device_id", Words(ID_LENGTH), ForeignKey(gpu_devices.c.device_id), primary_key=True),
    Column("slice_no", Integer, primary_key=True, autoincrement=False),
    Column("allocation_id", Words(ID_LENGTH), ForeignKey(gpu_allocations.c.allocation_id), nullable=False),
    Index("ix_slice_claims_allocation_id", "allocation_id"),
)
"""The exclusive right to one memory slice: its primary key is why no slice is ever given twice."""

allocation_history = Table(
    "allocation_history",
    metadata,
    Column("allocation_id", Words(ID_LENGTH), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("from_status", Member(AllocationStatus)),
    Column("to_status", Member(AllocationStatus), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Words(255), nullable=False),
    Column("reason", Words(500)),
    ForeignKeyConstraint(["allocation_id"], [gpu_allocations.c.allocation_id], name="fk_allocation_history"),
)

quotas = Table(
    "quotas",
    metadata,
    Column("quota_id", Words(ID_LENGTH), primary_key=True),
    Column("scope", Member(QuotaScope), nullable=False),
    Column("name", Words(255), nullable=False),
    Column("gpus_hard", Measure),
    Column("gpus_soft", Measure),
    Column("memory_gib_hard", Measure),
    Column("memory_gib_soft", Measure),
    Column("mig_slices_hard", Integer),
    Column("mig_slices_soft", Integer),
    Column("version", Integer, nullable=False),
    Column("updated_by", Words(255), nullable=False),
    Column("updated_date", UtcDateTime, nullable=False),
    UniqueConstraint("scope", "name"),
    _one_of("scope", QuotaScope, "scope"),
)

inventory_changes = Table(
    "inventory_changes",
    metadata,
    Column("sequence", SequenceNumber, primary_key=True, autoincrement=False),
    # no CHECK on the kind: it grows with every feature, and what was recorded is never changed
    Column("kind", Member(ChangeKind, 40), nullable=False),
    Column("entity_id", Words(ID_LENGTH), nullable=False),
    # no foreign key: the record outlives what it speaks of
    Column("node_id", Words(ID_LENGTH)),
    Column("actor", Words(255), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("reason", Words(500)),
    Column("before_value", Words(CHANGE_VALUE_LENGTH)),
    Column("after_value", Words(CHANGE_VALUE_LENGTH)),
)

fleet_revision = Table(
    "fleet_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", SequenceNumber, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)
"""One row: the newest committed sequence number, and the lock that every writer of the inventory takes."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("actor", Words(255), primary_key=True),
    Column("idem_key", Words(128), primary_key=True),
    Column("request_hash", Words(64), nullable=False),
    Column("result_id", Words(ID_LENGTH), nullable=False),
    Column("created_date", UtcDateTime, nullable=False),
    Index("ix_idempotency_keys_created", "created_date"),
)
