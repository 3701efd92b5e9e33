"""The tables of the inventory. Names and columns are the contract with everything that reads the database.

Identifiers stay within 30 characters (Oracle 12.1 tools, exports). The migrations create the same
schema in their own words; a test fails where the two differ.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)

from domain.fleet.changes import ChangeKind
from domain.fleet.model import CollectionSource, DeviceStatus, NodeStatus
from persistence.types import Flag, Measure, Member, Money, SequenceNumber, UtcDateTime, Words

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
    _one_of("device_status", DeviceStatus, "device_status"),
    # deleting a node, or asking for its devices, would read (on Oracle: lock) the whole table without these
    Index("ix_gpu_devices_node_id", "node_id"),
    Index("ix_gpu_devices_model_id", "model_id"),
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
