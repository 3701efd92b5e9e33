"""MIG as a client sees it: profiles, instances, layouts and their plans, commands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.allocation import free_capacity
from domain.mig import commands, layout_plans, model, service
from resolvers import mig_queries as queries
from resolvers.context import Context
from schema.enums import CommandStatus, InstanceStatus, PhaseName, RefusalKind, StepKind
from schema.types import GpuDevice, Node

if TYPE_CHECKING:
    from schema.allocation_types import GpuAllocation

_field = strawberry.field
Info = strawberry.Info[Context, None]
_Allocation = Annotated["GpuAllocation", strawberry.lazy("schema.allocation_types")]


@strawberry.type(
    description="A MIG profile as a product offers it: as its nodes' NVML told, else as it is known to be."
)
class MigProfile(Node):
    model_id: strawberry.ID
    profile_name: str
    compute_slices: int
    memory_slices: int
    memory_gb: float = _field(description="The vendor's figure in the name.")
    memory_mb: int | None = _field(description="Usable MiB of one instance, by which is decided what fits.")
    max_instances_per_gpu: int
    performance_ratio: float = _field(description="Compute of one instance as a part of the whole GPU, 0 to 1.")
    use_case: str | None
    gi_profile_id: int = _field(description="As nvidia-smi prints it.")
    nvml_profile: int = _field(description="NVML's enum.")
    multiprocessors: int | None
    starts: list[int] = _field(description="Memory slices an instance may start at.")

    @strawberry.field
    def model_name(self: Any, info: Info) -> str:
        product = queries.model_of(info.context, self)
        return "" if product is None else product.model_name

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.OfferedProfile)


@strawberry.type(description="One GPU instance: a profile at a placement of a device.")
class MigInstance(Node):
    device_id: strawberry.ID
    profile_name: str
    instance_id: int | None = _field(description="NVML's GI id; null until it exists.")
    mig_uuid: str | None
    allocated: bool
    instance_status: InstanceStatus
    placement_start: int = _field(description="The first memory slice.")
    placement_size: int
    created_date: datetime
    allocated_date: datetime | None

    @strawberry.field(graphql_type=GpuDevice | None)
    def device(self: Any, info: Info) -> Any:
        return queries.device_of(info.context, self)

    @strawberry.field(graphql_type=MigProfile | None)
    def profile(self: Any, info: Info) -> Any:
        return queries.profile_of(info.context, self)

    @strawberry.field(description="Who holds it; null: nobody, or you may not see it.", graphql_type=_Allocation | None)
    def allocation(self: Any, info: Info) -> Any:
        return queries.allocation_of(info.context, self)

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, model.MigInstance)


@strawberry.type(description="What one profile could still do on one device in MIG mode.")
class ProfilePlaces:
    profile: MigProfile
    places_now: int = _field(description="How many more fit together beside every instance that is there.")
    places_free: int = _field(description="The same where idle instances make way, as they do for a request.")
    starts: list[int] = _field(description="Where one more may start now.")
    why_not: str | None = _field(description="Where none fits now: why, by which rule, and the one fix.")


@strawberry.type(description="One step of a layout change, as a node gets it.")
class MigCommandStep:
    kind: StepKind
    profile_name: str | None
    gi_profile_id: int | None
    placement_start: int | None
    placement_size: int | None


@strawberry.type(description="What a node was told to do to one device's layout, and what became of it.")
class MigCommand:
    id: strawberry.ID
    device_id: strawberry.ID
    node_id: strawberry.ID
    gpu_uuid: str
    steps: list[MigCommandStep]
    status: CommandStatus
    attempt: int = _field(description="How often it was handed to its node.")
    reason: str | None
    created_date: datetime
    deadline: datetime
    sent_date: datetime | None
    finished_date: datetime | None
    error: str | None

    @strawberry.field(description="Who wanted it, as far as you may see that.")
    def requested_by(self: Any, info: Info) -> str:
        return queries.requester_of(info.context, self)

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, commands.CommandRecord)


@strawberry.type(description="A command for a node's agent. It may come again: do what is not done yet, and answer.")
class NodeCommand:
    id: strawberry.ID
    node_id: strawberry.ID
    device_id: strawberry.ID
    gpu_uuid: str
    steps: list[MigCommandStep]
    deadline: datetime = _field(description="Begin no step after it.")
    attempt: int

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, commands.NodeCommand)


@strawberry.type(description="One instance of a layout, there or to be made.")
class LayoutPlacement:
    profile_name: str
    placement_start: int
    placement_size: int
    mig_id: strawberry.ID | None = _field(description="The instance that is there; null: it would be made.")
    in_use: bool
    holder: str | None = _field(description="Who has it, in words.")
    allocation_id: strawberry.ID | None = _field(description="null: nobody has it, or you may not see who.")


@strawberry.type(description="Something in use that stops: an instance, or all of a device.")
class LayoutStop:
    mig_id: strawberry.ID | None = _field(description="null: an allocation of the whole device.")
    profile_name: str | None
    placement_start: int | None
    placement_size: int | None
    holder: str
    allocation_id: strawberry.ID | None
    namespace: str | None
    pod_name: str | None
    moves_to: int | None = _field(description="Where an instance with its profile is made; null: nowhere.")


@strawberry.type(description="One step of a plan; the layout after it is legal.")
class LayoutStep:
    kind: StepKind
    profile_name: str | None
    placement_start: int | None
    placement_size: int | None
    mig_id: strawberry.ID | None
    seconds: float = _field(description="Expected.")
    layout_after: list[str] = _field(description="Such as `3g.40gb at 0`.")


@strawberry.type(description="A part of the time a change takes, expected.")
class LayoutPhase:
    name: PhaseName
    seconds: float


@strawberry.type(description="Why a layout is refused, by which rule, and what would make it fit.")
class LayoutRefusal:
    kind: RefusalKind
    message: str = _field(description="All of it in a few sentences.")
    reason: str
    rule: str
    fix: str | None
    fits: list[str] = _field(description="The largest part of the wanted profiles that fits beside what must stay.")
    blockers: list[LayoutStop] = _field(description="What is in use and in the way, and where it could go.")


@strawberry.type(description="The way of one device to a wanted layout, or why there is none.")
class DeviceLayoutPlan:
    device_id: strawberry.ID
    device: GpuDevice
    ready: bool
    unchanged: bool
    current: list[LayoutPlacement]
    target: list[LayoutPlacement]
    steps: list[LayoutStep] = _field(description="The shortest list: deletes first, then creates, largest first.")
    stops: list[LayoutStop]
    phases: list[LayoutPhase]
    seconds: float
    refusal: LayoutRefusal | None
    fragmentation_before: float | None = _field(description="0 to 1, were every instance in use.")
    fragmentation_after: float | None


@strawberry.type(description="A plan for one device, or for those of a node that take part. Nothing is changed by it.")
class MigLayoutPlan:
    ready: bool
    message: str = _field(description="The plan, or why there is none, in a few sentences.")
    seconds: float = _field(description="Expected; devices change at the same time.")
    devices: list[DeviceLayoutPlan]
    checked_at: datetime

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, layout_plans.MigLayoutPlan)


@strawberry.type(description="The change is ordered: a command for each device that changes.")
class MigLayoutApplied:
    plan: MigLayoutPlan
    commands: list[MigCommand]

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, service.MigLayoutApplied)


@strawberry.type(description="The instance is to be made or removed.")
class MigInstanceChanged:
    instance: MigInstance
    command: MigCommand | None

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, service.MigInstanceChanged)


@strawberry.type(description="MIG mode is to be switched. No command: it is so already.")
class MigModeChanged:
    device: GpuDevice
    command: MigCommand | None

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, service.MigModeChanged)


@strawberry.type(description="How many more of a profile fit.")
class ProfileGain:
    profile_name: str
    places: int


@strawberry.type(description="One instance in use that would go elsewhere: made there first, then removed here.")
class DefragmentationMove:
    step: int = _field(description="Moves of one step belong together: the gain may come with the last.")
    mig_id: strawberry.ID
    profile_name: str
    from_device: GpuDevice
    from_start: int
    to_device: GpuDevice
    to_start: int
    seconds: float
    pods: int
    holder: str
    allocation_id: strawberry.ID | None
    gains: list[ProfileGain] = _field(description="On the two devices after this move.")


@strawberry.type(description="Which moves make most room, and what they cost. Nothing is moved by asking.")
class DefragmentationPlan:
    moves: list[DefragmentationMove]
    gains: list[ProfileGain] = _field(description="In all.")
    seconds: float
    pods: int = _field(description="Pods that stop and start again.")
    fragmentation_before: float | None
    fragmentation_after: float | None

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, free_capacity.DefragmentationPlan)
