"""Batched reads of one request: what many objects of one answer need from the database is asked once."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from domain.allocation.model import HistoryEntry
from domain.allocation.ports import AllocationArchive


class Loaders:
    """Made for one request (or one shared execution), and gone with it."""

    def __init__(self, archive: AllocationArchive) -> None:
        async def histories(allocation_ids: list[str]) -> list[Sequence[HistoryEntry]]:
            found = await archive.history(allocation_ids)
            return [found.get(allocation_id, ()) for allocation_id in allocation_ids]

        self.history: DataLoader[str, Sequence[HistoryEntry]] = DataLoader(histories, cache=False)
