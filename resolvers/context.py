"""What every resolver is given: who asks, what they may see, and the services that answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.access.principal import AccessScope, Principal
from domain.allocation.administration import Administration
from domain.allocation.free_capacity import FreeCapacity
from domain.allocation.ports import AllocationArchive
from domain.allocation.service import AllocationService
from domain.clock import Clock, utc_now
from domain.errors import Forbidden
from domain.fleet.reporting import NodeReporting
from domain.fleet.service import FleetService
from domain.fleet.view import InventoryView
from domain.metrics.frames import FrameClock
from domain.metrics.live import LiveState
from domain.metrics.service import MetricService
from domain.mig.dispatch import CommandDesk
from domain.mig.offers import Offers
from domain.mig.results import CommandResults
from domain.mig.service import LayoutService
from resolvers.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Services:
    """The domain services of one process. They hold factories, never a session."""

    view: InventoryView
    live: LiveState
    frames: FrameClock
    fleet: FleetService
    reporting: NodeReporting
    metrics: MetricService
    allocations: AllocationService
    administration: Administration
    layouts: LayoutService
    offers: Offers
    free_capacity: FreeCapacity
    commands: CommandDesk
    command_results: CommandResults
    archive: AllocationArchive
    clock: Clock = utc_now


@dataclass
class Context:
    """One HTTP request, one WebSocket, or one execution shared by subscribers.

    A shared execution has a scope and no principal, so nothing personal can reach it.
    """

    services: Services
    scope: AccessScope
    _principal: Principal | None = None
    request_id: str = ""
    connection_params: dict[str, Any] | None = None
    position: int = field(default=0)
    """For a shared event stream: the sequence number of the event that was yielded last."""

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.services.archive)

    @property
    def principal(self) -> Principal:
        if self._principal is None:
            raise Forbidden("a subscription's selection cannot depend on who asks")
        return self._principal

    @classmethod
    def of(cls, services: Services, principal: Principal, request_id: str = "") -> Context:
        return cls(services, principal.personal_scope, principal, request_id)
