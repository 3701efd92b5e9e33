"""MIG profiles, instances and commands; allocations with claims and history; quotas.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import oracle

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(sa.TIMESTAMP(), "oracle")
MEASURE: sa.types.TypeEngine[float] = sa.Double().with_variant(oracle.BINARY_DOUBLE(), "oracle")
MONEY = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.add_column("gpu_nodes", sa.Column("cpu_milli", sa.Integer()))
    op.add_column("gpu_nodes", sa.Column("memory_mib", sa.Integer()))
    op.add_column("gpu_devices", sa.Column("mig_enabled", sa.SmallInteger()))
    op.add_column("gpu_devices", sa.Column("mig_pending", sa.SmallInteger()))
    op.add_column("gpu_devices", sa.Column("sharing_mode", sa.String(20), server_default="NONE", nullable=False))
    op.add_column("gpu_devices", sa.Column("sharing_memory_mb", sa.Integer()))
    op.add_column("gpu_devices", sa.Column("sharing_max", sa.Integer()))
    op.add_column("gpu_devices", sa.Column("sharing_overcommit", MEASURE, server_default="1", nullable=False))
    op.add_column("gpu_devices", sa.Column("nvlink_group", sa.String(64)))
    _mig()
    _allocations()
    op.create_table(
        "quotas",
        sa.Column("quota_id", sa.String(40), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("gpus_hard", MEASURE),
        sa.Column("gpus_soft", MEASURE),
        sa.Column("memory_gib_hard", MEASURE),
        sa.Column("memory_gib_soft", MEASURE),
        sa.Column("mig_slices_hard", sa.Integer()),
        sa.Column("mig_slices_soft", sa.Integer()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.String(255), nullable=False),
        sa.Column("updated_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("quota_id", name="pk_quotas"),
        sa.UniqueConstraint("scope", "name", name="uq_quotas_scope"),
        sa.CheckConstraint("scope IN ('TEAM', 'USER', 'NAMESPACE')", name=op.f("ck_quotas_scope")),
    )


def _mig() -> None:
    op.create_table(
        "mig_profiles",
        sa.Column("profile_id", sa.String(40), nullable=False),
        sa.Column("model_id", sa.String(40), nullable=False),
        sa.Column("profile_name", sa.String(40), nullable=False),
        sa.Column("compute_slices", sa.Integer(), nullable=False),
        sa.Column("memory_slices", sa.Integer(), nullable=False),
        sa.Column("memory_gb", MEASURE, nullable=False),
        sa.Column("max_instances_per_gpu", sa.Integer(), nullable=False),
        sa.Column("performance_ratio", MEASURE, nullable=False),
        sa.Column("use_case", sa.String(200)),
        sa.Column("gi_profile_id", sa.Integer(), nullable=False),
        sa.Column("nvml_profile", sa.Integer(), nullable=False),
        sa.Column("memory_mb", sa.Integer()),
        sa.Column("multiprocessors", sa.Integer()),
        sa.Column("starts", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name="pk_mig_profiles"),
        sa.ForeignKeyConstraint(["model_id"], ["gpu_models.model_id"], name="fk_mig_profiles_model_id"),
        sa.UniqueConstraint("model_id", "profile_name", name="uq_mig_profiles_model_id"),
    )
    op.create_table(
        "mig_instances",
        sa.Column("mig_id", sa.String(40), nullable=False),
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("profile_id", sa.String(40), nullable=False),
        sa.Column("instance_id", sa.Integer()),
        sa.Column("mig_uuid", sa.String(64)),
        sa.Column("allocated", sa.SmallInteger(), nullable=False),
        sa.Column("instance_status", sa.String(20), nullable=False),
        sa.Column("placement_start", sa.Integer(), nullable=False),
        sa.Column("placement_size", sa.Integer(), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("allocated_date", TIME),
        sa.PrimaryKeyConstraint("mig_id", name="pk_mig_instances"),
        sa.ForeignKeyConstraint(["device_id"], ["gpu_devices.device_id"], name="fk_mig_instances_device_id"),
        sa.ForeignKeyConstraint(["profile_id"], ["mig_profiles.profile_id"], name="fk_mig_instances_profile_id"),
        sa.CheckConstraint("allocated IN (0, 1)", name=op.f("ck_mig_instances_allocated")),
        sa.CheckConstraint(
            "instance_status IN ('CREATING', 'READY', 'DELETING', 'LOST')", name=op.f("ck_mig_instances_status")
        ),
    )
    op.create_index("ix_mig_instances_device_id", "mig_instances", ["device_id"])
    op.create_index("ix_mig_instances_profile_id", "mig_instances", ["profile_id"])
    op.create_table(
        "mig_commands",
        sa.Column("command_id", sa.String(40), nullable=False),
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("gpu_uuid", sa.String(64), nullable=False),
        sa.Column("steps", sa.String(1000), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("deadline", TIME, nullable=False),
        sa.Column("sent_date", TIME),
        sa.Column("finished_date", TIME),
        sa.Column("error_text", sa.String(500)),
        sa.PrimaryKeyConstraint("command_id", name="pk_mig_commands"),
        sa.CheckConstraint(
            "status IN ('PENDING', 'SENT', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED')",
            name=op.f("ck_mig_commands_status"),
        ),
    )
    op.create_index("ix_mig_commands_status", "mig_commands", ["status"])
    op.create_index("ix_mig_commands_device", "mig_commands", ["device_id", "created_date"])


def _allocations() -> None:
    op.create_table(
        "gpu_allocations",
        sa.Column("allocation_id", sa.String(40), nullable=False),
        sa.Column("namespace", sa.String(63)),
        sa.Column("pod_name", sa.String(253)),
        sa.Column("workload_type", sa.String(20), nullable=False),
        sa.Column("resource_type", sa.String(20), nullable=False),
        sa.Column("allocated_resource", sa.String(500)),
        sa.Column("requested_memory_gb", MEASURE),
        sa.Column("allocation_time", TIME),
        sa.Column("planned_release_time", TIME),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("cost_per_hour", MONEY),
        sa.Column("total_cost", MONEY),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("team_id", sa.String(63), nullable=False),
        sa.Column("requested_time", TIME, nullable=False),
        sa.Column("ended_time", TIME),
        sa.Column("status_reason", sa.String(500)),
        sa.Column("gpu_count", sa.Integer(), nullable=False),
        sa.Column("profile_name", sa.String(200)),
        sa.Column("compute_milli", sa.Integer(), nullable=False),
        sa.Column("cpu_milli", sa.Integer(), nullable=False),
        sa.Column("host_memory_mib", sa.Integer(), nullable=False),
        sa.Column("model_names", sa.String(1000)),
        sa.Column("cluster_name", sa.String(253)),
        sa.Column("node_name", sa.String(253)),
        sa.Column("spread", sa.String(20), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("hours", MEASURE),
        sa.Column("policy", sa.String(40)),
        sa.Column("score", MEASURE),
        sa.Column("explanation", sa.String(1000)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("allocation_id", name="pk_gpu_allocations"),
        sa.CheckConstraint(
            "workload_type IN ('VLLM', 'SGLANG', 'TRAINING', 'NOTEBOOK', 'BATCH', 'OTHER')",
            name=op.f("ck_gpu_allocations_workload"),
        ),
        sa.CheckConstraint(
            "resource_type IN ('FULL', 'MIG', 'SHARED')", name=op.f("ck_gpu_allocations_resource")
        ),
        sa.CheckConstraint(
            "status IN ('REQUESTED', 'QUEUED', 'RESERVED', 'CREATING', 'ACTIVE', "
            "'RELEASED', 'EXPIRED', 'FAILED', 'REJECTED', 'NO_RESOURCE')",
            name=op.f("ck_gpu_allocations_status"),
        ),
        sa.CheckConstraint("spread IN ('SAME_NVLINK', 'SAME_NODE', 'ANY')", name=op.f("ck_gpu_allocations_spread")),
    )
    op.create_index("ix_gpu_allocations_status", "gpu_allocations", ["status"])
    op.create_index("ix_gpu_allocations_requested", "gpu_allocations", ["requested_time"])
    op.create_index("ix_gpu_allocations_ended", "gpu_allocations", ["ended_time"])
    op.create_table(
        "allocated_resources",
        sa.Column("allocation_id", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("node_id", sa.String(40), nullable=False),
        sa.Column("gpu_equivalent", MEASURE, nullable=False),
        sa.Column("memory_mib", sa.Integer(), nullable=False),
        sa.Column("mig_slices", sa.Integer(), nullable=False),
        sa.Column("mig_id", sa.String(40)),
        sa.Column("profile_name", sa.String(40)),
        sa.Column("placement_start", sa.Integer(), nullable=False),
        sa.Column("placement_size", sa.Integer(), nullable=False),
        sa.Column("share_milli", sa.Integer()),
        sa.PrimaryKeyConstraint("allocation_id", "position", name="pk_allocated_resources"),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["gpu_allocations.allocation_id"], name="fk_allocated_resources"
        ),
    )
    op.create_index("ix_allocated_resources_device", "allocated_resources", ["device_id"])
    op.create_table(
        "slice_claims",
        sa.Column("device_id", sa.String(40), nullable=False),
        sa.Column("slice_no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("allocation_id", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "slice_no", name="pk_slice_claims"),
        sa.ForeignKeyConstraint(["device_id"], ["gpu_devices.device_id"], name="fk_slice_claims_device_id"),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["gpu_allocations.allocation_id"], name="fk_slice_claims_allocation_id"
        ),
    )
    op.create_index("ix_slice_claims_allocation_id", "slice_claims", ["allocation_id"])
    op.create_table(
        "allocation_history",
        sa.Column("allocation_id", sa.String(40), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("from_status", sa.String(20)),
        sa.Column("to_status", sa.String(20), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.PrimaryKeyConstraint("allocation_id", "step", name="pk_allocation_history"),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["gpu_allocations.allocation_id"], name="fk_allocation_history"
        ),
    )


def downgrade() -> None:
    for table in (
        "quotas", "allocation_history", "slice_claims", "allocated_resources", "gpu_allocations",
        "mig_commands", "mig_instances", "mig_profiles",
    ):
        op.drop_table(table)
    for column in (
        "nvlink_group", "sharing_overcommit", "sharing_max", "sharing_memory_mb", "sharing_mode", "mig_pending",
        "mig_enabled",
    ):
        op.drop_column("gpu_devices", column)
    op.drop_column("gpu_nodes", "memory_mib")
    op.drop_column("gpu_nodes", "cpu_milli")
