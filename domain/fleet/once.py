"""Requests that are done once, however often they are sent: remembered under the caller's idempotency key."""

from __future__ import annotations

from domain.errors import Conflict
from domain.fleet.ports import IdempotencyRecord
from domain.fleet.writing import InventoryWriter


async def done_before(writer: InventoryWriter, key: str, request_hash: str) -> IdempotencyRecord | None:
    """What the key did; None: nothing yet. Raises `Conflict` where it was used for another request."""
    done = await writer.uow.idempotency(writer.actor.subject, key)
    if done is not None and done.request_hash != request_hash:
        raise Conflict("this key was used for another request", path=("idempotencyKey",))
    return done


async def remember(writer: InventoryWriter, key: str, request_hash: str, result_id: str) -> None:
    """Keep what the request did, in the transaction that does it."""
    await writer.uow.remember(IdempotencyRecord(key, writer.actor.subject, request_hash, result_id))
    writer.touch()
