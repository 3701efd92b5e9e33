"""What each mutation answers: its success, or one of the failures it can have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.fleet import reporting
from domain.metrics import service as metrics
from domain.metrics import validation
from schema.allocation_types import AllocationAnswer, GpuAllocation, Quota
from schema.enums import RejectReason
from schema.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from schema.mig_types import MigCommand, MigInstanceChanged, MigLayoutApplied, MigLayoutPlan, MigModeChanged
from schema.types import GpuDevice, GpuNode


@strawberry.type(description="The report was taken in.")
class NodeReported:
    node: GpuNode
    devices: list[GpuDevice]
    registered: int = strawberry.field(description="Devices seen for the first time.")
    updated: int = strawberry.field(description="Devices that differ from what was known.")
    gone: int = strawberry.field(description="Devices the node had and lists no longer.")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, reporting.NodeReported)


@strawberry.type(description="One refused sample.")
class SampleRejection:
    index: int = strawberry.field(description="Position in the batch, from 0.")
    gpu_uuid: str
    reason: RejectReason
    field: str | None
    message: str


@strawberry.type(description="How many samples were refused for a reason.")
class RejectCount:
    reason: RejectReason
    count: int


@strawberry.type(description="The batch was taken in; refused samples are listed (the first 100) and counted.")
class SamplesRecorded:
    server_time: datetime = strawberry.field(description="Compare your clock with it.")

    @strawberry.field
    def accepted(self: Any) -> int:
        return int(self.outcome.accepted)

    @strawberry.field
    def rejected(self: Any) -> int:
        return int(sum(self.outcome.rejected.values()))

    @strawberry.field
    def rejected_by_reason(self: Any) -> list[RejectCount]:
        return [RejectCount(reason=reason, count=count) for reason, count in self.outcome.rejected.items()]

    @strawberry.field(graphql_type=list[SampleRejection])
    def rejections(self: Any) -> Sequence[validation.Rejection]:
        return self.outcome.rejections  # type: ignore[no-any-return]

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, metrics.SamplesRecorded)


RegisterDeviceResult = Annotated[
    GpuDevice | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("RegisterDeviceResult"),
]
UpdateDeviceResult = Annotated[
    GpuDevice | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("UpdateDeviceResult"),
]
SetDeviceStatusResult = Annotated[
    GpuDevice
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("SetDeviceStatusResult"),
]
ReportNodeResult = Annotated[
    NodeReported | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("ReportNodeResult"),
]
RecordSamplesResult = Annotated[
    SamplesRecorded | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("RecordSamplesResult"),
]
RequestAllocationResult = Annotated[
    AllocationAnswer | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("RequestAllocationResult"),
]
ChangeAllocationResult = Annotated[
    GpuAllocation
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("ChangeAllocationResult"),
]
QuotaResult = Annotated[
    Quota | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("QuotaResult"),
]
SetDeviceSharingResult = Annotated[
    GpuDevice | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("SetDeviceSharingResult"),
]
MigLayoutPlanResult = Annotated[
    MigLayoutPlan
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("MigLayoutPlanResult"),
]
ApplyMigLayoutResult = Annotated[
    MigLayoutApplied
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("ApplyMigLayoutResult"),
]
MigInstanceResult = Annotated[
    MigInstanceChanged
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("MigInstanceResult"),
]
MigModeResult = Annotated[
    MigModeChanged
    | InvalidInputError
    | NotFoundError
    | ConflictError
    | ForbiddenError
    | UnavailableError
    | IllegalTransitionError,
    strawberry.union("MigModeResult"),
]
ReportCommandResultResult = Annotated[
    MigCommand | InvalidInputError | NotFoundError | ConflictError | ForbiddenError | UnavailableError,
    strawberry.union("ReportCommandResultResult"),
]
