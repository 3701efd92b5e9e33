"""The inventory: models, nodes, devices, the change record, idempotency keys.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import oracle

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(sa.TIMESTAMP(), "oracle")
MEASURE: sa.types.TypeEngine[float] = sa.Double().with_variant(oracle.BINARY_DOUBLE(), "oracle")
MONEY = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "gpu_models",
        sa.Column("model_id", sa.String(40), nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("manufacturer", sa.String(200), nullable=False),
        sa.Column("architecture", sa.String(200), nullable=False),
        sa.Column("memory_gb", sa.Integer(), nullable=False),
        sa.Column("cuda_cores", sa.Integer()),
        sa.Column("tensor_cores", sa.Integer()),
        sa.Column("power_consumption_w", sa.Integer()),
        sa.Column("mig_support", sa.SmallInteger(), nullable=False),
        sa.Column("max_mig_instances", sa.Integer(), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("model_id", name="pk_gpu_models"),
        sa.UniqueConstraint("model_name", name="uq_gpu_models_model_name"),
        sa.CheckConstraint("mig_support IN (0, 1)", name=op.f("ck_gpu_models_mig_support")),
    )
    op.create_table(
        "gpu_nodes",
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("node_name", sa.String(253), nullable=False),
        sa.Column("cluster_name", sa.String(253), nullable=False),
        sa.Column("node_ip", sa.String(200)),
        sa.Column("total_gpus", sa.Integer(), nullable=False),
        sa.Column("available_gpus", sa.Integer(), nullable=False),
        sa.Column("node_status", sa.String(20), nullable=False),
        sa.Column("nvidia_driver_version", sa.String(200)),
        sa.Column("collection_source", sa.String(20), nullable=False),
        sa.Column("last_report_at", TIME),
        sa.Column("created_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("node_id", name="pk_gpu_nodes"),
        sa.UniqueConstraint("cluster_name", "node_name", name="uq_gpu_nodes_cluster_name"),
        sa.CheckConstraint("node_status IN ('READY', 'OFFLINE')", name=op.f("ck_gpu_nodes_node_status")),
        sa.CheckConstraint(
            "collection_source IN ('NVML', 'DCGM', 'AGENT', 'SIMULATED', 'MANUAL')",
            name=op.f("ck_gpu_nodes_source"),
        ),
    )
    op.create_table(
        "gpu_devices",
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("model_id", sa.String(40), nullable=False),
        sa.Column("device_index", sa.Integer(), nullable=False),
        sa.Column("gpu_uuid", sa.String(64), nullable=False),
        sa.Column("serial_number", sa.String(200)),
        sa.Column("pci_address", sa.String(200)),
        sa.Column("device_status", sa.String(20), nullable=False),
        sa.Column("status_reason", sa.String(500)),
        sa.Column("current_temp_c", MEASURE),
        sa.Column("current_power_w", MEASURE),
        sa.Column("memory_total_mb", sa.Integer()),
        sa.Column("power_limit_w", MEASURE),
        sa.Column("driver_version", sa.String(200)),
        sa.Column("installation_date", TIME),
        sa.Column("last_maintenance_date", TIME),
        sa.Column("purchase_cost", MONEY),
        sa.Column("purchase_currency", sa.String(3)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_gpu_devices"),
        sa.ForeignKeyConstraint(["node_id"], ["gpu_nodes.node_id"], name="fk_gpu_devices_node_id"),
        sa.ForeignKeyConstraint(["model_id"], ["gpu_models.model_id"], name="fk_gpu_devices_model_id"),
        sa.UniqueConstraint("gpu_uuid", name="uq_gpu_devices_gpu_uuid"),
        sa.CheckConstraint(
            "device_status IN "
            "('ACTIVE', 'CORDONED', 'DRAINING', 'MAINTENANCE', 'UNHEALTHY', 'OFFLINE', 'RETIRED')",
            name=op.f("ck_gpu_devices_device_status"),
        ),
    )
    op.create_index("ix_gpu_devices_node_id", "gpu_devices", ["node_id"])
    op.create_index("ix_gpu_devices_model_id", "gpu_devices", ["model_id"])
    op.create_table(
        "inventory_changes",
        sa.Column("sequence", SEQUENCE, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("entity_id", sa.String(40), nullable=False),
        sa.Column("node_id", sa.String(40)),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("before_value", sa.String(1000)),
        sa.Column("after_value", sa.String(1000)),
        sa.PrimaryKeyConstraint("sequence", name="pk_inventory_changes"),
    )
    fleet_revision = op.create_table(
        "fleet_revision",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("revision", SEQUENCE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_revision"),
        sa.CheckConstraint("id = 1", name=op.f("ck_fleet_revision_single_row")),
    )
    op.bulk_insert(fleet_revision, [{"id": 1, "revision": 0}])
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("idem_key", sa.String(128), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("result_id", sa.String(40), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("actor", "idem_key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created_date"])


def downgrade() -> None:
    for table in ("idempotency_keys", "fleet_revision", "inventory_changes", "gpu_devices", "gpu_nodes", "gpu_models"):
        op.drop_table(table)
