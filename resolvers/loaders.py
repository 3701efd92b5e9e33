"""Batched reads of one request: what many objects of one answer need from the database is asked once."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from domain.allocation.model import HistoryEntry
from domain.allocation.ports import AllocationArchive
from domain.mig.commands import CommandRecord


class Loaders:
    """Made for one request (or one shared execution), and gone with it."""

    def __init__(self, archive: AllocationArchive) -> None:
        async def histories(allocation_ids: list[str]) -> list[Sequence[HistoryEntry]]:
            found = await archive.history(allocation_ids)
            return [found.get(allocation_id, ()) for allocation_id in allocation_ids]

        async def commands(keys: list[tuple[str, int]]) -> list[Sequence[CommandRecord]]:
            found = await archive.commands_of_devices({id_ for id_, _ in keys}, max(most for _, most in keys))
            return [found.get(device_id, ())[:most] for device_id, most in keys]

        self.commands: DataLoader[tuple[str, int], Sequence[CommandRecord]] = DataLoader(commands, cache=False)
        self.history: DataLoader[str, Sequence[HistoryEntry]] = DataLoader(histories, cache=False)
