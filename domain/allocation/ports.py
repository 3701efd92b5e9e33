"""What allocations and MIG need from storage, written from their side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.allocation.demand import Demand
from domain.allocation.model import AllocatedResource, Allocation, HistoryEntry, Quota, SliceClaim
from domain.mig.commands import CommandRecord
from domain.mig.model import MigInstance, OfferedProfile


class Ledger(Protocol):
    """The part of a write transaction that deals with instances, commands, allocations and quotas.

    Raises `Conflict` where a key is taken: above all where a slice is claimed already.
    """

    async def save_profiles(self, added: Sequence[OfferedProfile], changed: Sequence[OfferedProfile]) -> None: ...

    async def add_instances(self, instances: Sequence[MigInstance]) -> None: ...
    async def save_instances(self, instances: Sequence[MigInstance]) -> None: ...
    async def delete_instances(self, mig_ids: Collection[str]) -> None: ...

    async def add_command(self, command: CommandRecord) -> None: ...
    async def save_command(self, command: CommandRecord) -> None: ...
    async def command(self, command_id: str) -> CommandRecord | None: ...

    async def add_allocation(self, allocation: Allocation) -> None:
        """The row alone; what it holds and its history come by their own calls."""
        ...

    async def save_allocation(self, allocation: Allocation) -> None:
        """Raises `Conflict` where the row is gone."""
        ...

    async def allocation(self, allocation_id: str) -> Allocation | None: ...
    async def add_resources(self, resources: Sequence[AllocatedResource]) -> None: ...
    async def claim(self, claims: Sequence[SliceClaim]) -> None:
        """Raises `Conflict` where one of the slices is claimed."""
        ...

    async def release_claims(self, allocation_id: str) -> None: ...
    async def last_step(self, allocation_id: str) -> int:
        """The number of the newest step of its history; 0 without any."""
        ...

    async def add_history(self, entries: Sequence[HistoryEntry]) -> None: ...

    async def add_quota(self, quota: Quota) -> None: ...
    async def save_quota(self, quota: Quota) -> None: ...
    async def delete_quota(self, quota_id: str) -> None: ...


class AllocationArchive(Protocol):
    """Reads of what is not kept in memory. Raises `Unavailable`."""

    async def allocations(self, allocation_ids: Collection[str]) -> Mapping[str, Allocation]: ...

    async def ended(self, since: datetime, until: datetime, most: int) -> Sequence[Allocation]:
        """Those that ended in [since, until), newest first."""
        ...

    async def history(self, allocation_ids: Collection[str]) -> Mapping[str, Sequence[HistoryEntry]]:
        """Oldest step first; an unknown id is absent."""
        ...

    async def requests_counted(self) -> int:
        """All requests ever stored, granted or not."""
        ...

    async def recent_demands(self, most: int) -> Sequence[Demand]:
        """What the newest requests for whole devices or shares asked for, oldest first."""
        ...

    async def command(self, command_id: str) -> CommandRecord | None: ...

    async def commands_of_devices(
        self, device_ids: Collection[str], most: int
    ) -> Mapping[str, Sequence[CommandRecord]]:
        """The newest `most` of each device, newest first; a device without any is absent."""
        ...
