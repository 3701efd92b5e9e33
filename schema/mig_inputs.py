"""What a client sends about MIG layouts, and how it becomes what the domain takes."""

from __future__ import annotations

import strawberry

from domain.mig import requests
from domain.mig.commands import CommandResult
from domain.mig.query import InstanceFilter
from schema.enums import InstanceStatus
from schema.inputs import MigReportInput

_KEY = "Makes a retry safe: the same key with the same request is done once."
_RELEASE = "Allocations that may be released for it; you must be allowed to release each."
_field = strawberry.field


@strawberry.input(description="A profile at a memory slice.")
class PlacementInput:
    profile_name: str
    placement_start: int

    def to_domain(self) -> requests.WantedPlacement:
        return requests.WantedPlacement(self.profile_name, self.placement_start)


@strawberry.input(
    description="Of a device: the whole layout it shall have. Of a node: the profiles it shall have room for, "
    "beside what is in use there."
)
class MigLayoutInput:
    device_id: strawberry.ID | None = _field(default=None, description="This or `nodeId`.")
    node_id: strawberry.ID | None = None
    profiles: list[str] = _field(default_factory=list, description="A multiset; the planner places them.")
    placements: list[PlacementInput] = _field(default_factory=list, description="Of a device: taken as they are.")
    locked: list[strawberry.ID] = _field(default_factory=list, description="Instances that must stay, idle ones too.")
    release_allocations: list[strawberry.ID] = _field(default_factory=list, description=_RELEASE)
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.LayoutRequest:
        return requests.LayoutRequest(
            device_id=self.device_id,
            node_id=self.node_id,
            profiles=tuple(self.profiles),
            placements=tuple(placement.to_domain() for placement in self.placements),
            locked=tuple(self.locked),
            release_allocations=tuple(self.release_allocations),
            reason=self.reason,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="One more instance beside what is there.")
class CreateMigInstanceInput:
    device_id: strawberry.ID
    profile_name: str
    placement_start: int | None = _field(default=None, description="null: where it leaves most possible.")
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.CreateInstanceRequest:
        return requests.CreateInstanceRequest(
            self.device_id, self.profile_name, self.placement_start, self.reason, self.idempotency_key
        )


@strawberry.input(description="One instance less.")
class DeleteMigInstanceInput:
    mig_id: strawberry.ID
    release_allocation: strawberry.ID | None = _field(
        default=None, description="The allocation that holds it, to be released with this. Without, an instance stays."
    )
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self) -> requests.DeleteInstanceRequest:
        return requests.DeleteInstanceRequest(self.mig_id, self.release_allocation, self.reason, self.idempotency_key)


@strawberry.input(description="MIG on or off on one device.")
class MigModeInput:
    device_id: strawberry.ID
    release_allocations: list[strawberry.ID] = _field(default_factory=list, description=_RELEASE)
    reason: str | None = None
    idempotency_key: str | None = _field(default=None, description=_KEY)

    def to_domain(self, enable: bool) -> requests.MigModeRequest:
        return requests.MigModeRequest(
            self.device_id, enable, tuple(self.release_allocations), self.reason, self.idempotency_key
        )


@strawberry.input(description="What became of a command. Sending it again changes nothing.")
class CommandResultInput:
    command_id: strawberry.ID
    succeeded: bool
    error: str | None = _field(default=None, description="Which step failed, and the driver's words.")
    steps_done: int = 0
    mig: MigReportInput | None = _field(default=None, description="The layout afterwards, as the driver lists it.")

    def to_domain(self) -> CommandResult:
        mig = None if self.mig is None else self.mig.to_domain()
        return CommandResult(self.command_id, self.succeeded, self.error, self.steps_done, mig)


@strawberry.input(description="Every part given must hold; a list holds where any of its values does.")
class MigInstanceWhere:
    device_ids: list[strawberry.ID] | None = None
    node_ids: list[strawberry.ID] | None = None
    profile_names: list[str] | None = None
    statuses: list[InstanceStatus] | None = None
    allocated: bool | None = None

    def to_domain(self) -> InstanceFilter:
        return InstanceFilter(
            device_ids=None if self.device_ids is None else tuple(self.device_ids),
            node_ids=None if self.node_ids is None else tuple(self.node_ids),
            profile_names=None if self.profile_names is None else tuple(self.profile_names),
            statuses=None if self.statuses is None else tuple(self.statuses),
            allocated=self.allocated,
        )
