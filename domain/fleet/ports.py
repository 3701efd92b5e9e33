"""What the fleet services need from storage, written from their side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from domain.allocation.model import Allocation, Quota
from domain.allocation.ports import Ledger
from domain.fleet.changes import InventoryChange
from domain.fleet.model import GpuDevice, GpuModel, GpuNode
from domain.mig.commands import CommandRecord
from domain.mig.model import OfferedProfile


@dataclass(frozen=True, slots=True)
class StoredInventory:
    """A consistent read of the inventory at one revision: all of it, or the part that was asked for.

    Devices point into `nodes` and `models` and have their instances; allocations are the live ones (of a part:
    those asked for, whatever their state) with what they hold; commands those that are not finished, likewise.
    """

    revision: int
    models: Sequence[GpuModel]
    nodes: Sequence[GpuNode]
    devices: Sequence[GpuDevice]
    profiles: Sequence[OfferedProfile] = ()
    allocations: Sequence[Allocation] = ()
    quotas: Sequence[Quota] = ()
    commands: Sequence[CommandRecord] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What a run of changes names, as far as a reader has to look at it again."""

    node_ids: frozenset[str] = field(default_factory=frozenset)
    allocation_ids: frozenset[str] = field(default_factory=frozenset)
    command_ids: frozenset[str] = field(default_factory=frozenset)
    models: bool = False
    """Models or their profiles."""
    quotas: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a keyed request did: a retry gets `result_id` again, another request under the key is refused."""

    key: str
    actor: str
    request_hash: str
    result_id: str


class FleetUnitOfWork(Protocol):
    """One write transaction. Leaving it without `commit()` undoes everything.

    Reads inside it see its own writes. Rows it reads for update stay locked until it ends, so the
    check-then-write of a service cannot interleave with another replica's. Raises `Unavailable` when
    the database is away and `Conflict` where a unique key is taken.
    """

    @property
    def ledger(self) -> Ledger:
        """Instances, commands, allocations and quotas, in the same transaction."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None: ...
    async def commit(self) -> int:
        """Make it permanent; return the inventory revision it ends at."""
        ...

    async def lock_inventory(self) -> int:
        """Take the one inventory writer lock of the database until this transaction ends.

        Returns the newest revision: nobody else commits a newer one while the lock is held.
        """
        ...

    async def model(self, model_id: str) -> GpuModel | None: ...
    async def add_model(self, model: GpuModel) -> None: ...
    async def node(self, node_id: str) -> GpuNode | None: ...
    async def nodes(self) -> Sequence[GpuNode]: ...
    async def save_node(self, node: GpuNode) -> None:
        """Insert or update by id."""
        ...

    async def delete_nodes(self, node_ids: Collection[str]) -> None:
        """Delete nodes together with their devices."""
        ...

    async def device(self, device_id: str) -> GpuDevice | None: ...
    async def devices_by_id(self, device_ids: Collection[str]) -> Sequence[GpuDevice]: ...
    async def devices_of_node(self, node_id: str) -> Sequence[GpuDevice]: ...
    async def save_devices(self, devices: Sequence[GpuDevice]) -> None:
        """Insert or update by id, in batches; the node and model are saved by their own calls."""
        ...

    async def record(self, changes: Sequence[InventoryChange]) -> None:
        """Append to the change record; each gets the next sequence number in this transaction."""
        ...

    async def idempotency(self, actor: str, key: str) -> IdempotencyRecord | None: ...
    async def remember(self, record: IdempotencyRecord) -> None: ...


UnitOfWorkFactory = Callable[[], FleetUnitOfWork]


class InventoryReader(Protocol):
    """Read side: what keeps a process's in-memory view of the inventory true. Raises `Unavailable`."""

    def commit_token(self) -> Hashable | None:
        """Equal to an earlier answer only if nothing was committed since that; None: it cannot be told.

        Costs microseconds and no I/O that could wait. Compare it with one taken *before* a read.
        """
        ...

    async def revision(self) -> int:
        """The newest committed sequence number. One cheap statement."""
        ...

    async def load(self) -> StoredInventory: ...

    async def since(self, sequence: int, limit: int) -> tuple[Sequence[InventoryChange], StoredInventory | None]:
        """Changes with a higher number than `sequence`, oldest first, and what they touched as of the same moment.

        Of that come the nodes with all their devices, the allocations and commands; models with their profiles where
        they or a node were touched; quotas all or not at all. None where there are no changes, or `limit` of them.
        """
        ...
