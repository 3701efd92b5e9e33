"""The auditor: recomputes from the stored rows alone what allocations must agree on, and says what does not.

It shares with the code under test nothing but the table of legal steps. `replay.py` does the same for every moment
of the past.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.allocation.lifecycle import FINAL, HOLDING, TRANSITIONS
from domain.allocation.model import AllocationStatus, ResourceType
from domain.mig.model import STANDING
from tests.integration.allocation.books import Books, read_books, slices_of
from tests.integration.allocation.replay import wrong_at_any_time

S = AllocationStatus


async def audit(engine: AsyncEngine) -> list[str]:
    """What is wrong with what is stored now, and what was wrong at any time before. Empty: nothing."""
    books = await read_books(engine)
    return [*wrong_now(books), *wrong_at_any_time(books)]


def wrong_now(books: Books) -> list[str]:
    """Claims, leaks, instances, histories and keys as they stand."""
    wrong = [*_wrong_claims(books), *_wrong_instances(books), *_wrong_keys(books)]
    recorded: defaultdict[str, list[tuple[str | None, str | None]]] = defaultdict(list)
    for change in books.changes:
        recorded[change.entity_id].append((change.before_value, change.after_value))
    for id_ in books.allocations:
        wrong += [f"{id_}: {words}" for words in _wrong_life(books, id_, recorded[id_])]
    wrong += [f"{id_}: a history of nothing" for id_ in books.history.keys() - books.allocations.keys()]
    wrong += [f"{id_}: resources of nothing" for id_ in books.resources.keys() - books.allocations.keys()]
    return wrong


def _wrong_claims(books: Books) -> list[str]:
    slots = Counter((claim.device_id, claim.slice_no) for claim in books.claims)
    wrong = [f"{slot} is claimed {times} times" for slot, times in slots.items() if times > 1]
    expected = {
        (resource.device_id, number, id_)
        for id_ in books.of_status(*HOLDING)
        if books.allocations[id_].resource_type is not ResourceType.SHARED
        for resource in books.resources.get(id_, ())
        for number in slices_of(resource)
    }
    found = {(claim.device_id, claim.slice_no, claim.allocation_id) for claim in books.claims}
    wrong += [f"claimed for nobody: {claim}" for claim in found - expected]
    wrong += [f"held without a claim: {claim}" for claim in expected - found]
    return wrong


def _wrong_instances(books: Books) -> list[str]:
    held = Counter(
        resource.mig_id
        for id_ in books.of_status(*HOLDING)
        for resource in books.resources.get(id_, ())
        if resource.mig_id is not None
    )
    known = {instance.mig_id: instance for instance in books.instances}
    wrong = [f"instance {mig_id} is held {times} times" for mig_id, times in held.items() if times > 1]
    wrong += [f"instance {mig_id} is held and does not exist" for mig_id in held.keys() - known.keys()]
    for mig_id, instance in known.items():
        if instance.allocated != (mig_id in held):
            wrong.append(f"instance {mig_id}: allocated={instance.allocated}, held by {held[mig_id]}")
    standing = [instance for instance in known.values() if instance.instance_status in STANDING]
    slots = Counter((instance.device_id, number) for instance in standing for number in slices_of(instance))
    return [*wrong, *(f"{slot} is in {times} instances" for slot, times in slots.items() if times > 1)]


def _wrong_keys(books: Books) -> list[str]:
    used = Counter((row.actor, row.idem_key) for row in books.keys)
    wrong = [f"key {key} is stored {times} times" for key, times in used.items() if times > 1]
    known = books.allocations.keys()
    return wrong + [
        f"key {row.idem_key} leads to {row.result_id}, which is not there"
        for row in books.keys
        if row.result_id.startswith("alloc_") and row.result_id not in known
    ]


def _wrong_life(books: Books, id_: str, recorded: list[tuple[str | None, str | None]]) -> list[str]:
    """One allocation: its steps, its end, what it holds or held."""
    allocation, steps = books.allocations[id_], books.history.get(id_, [])
    if not steps or [step.step for step in steps] != list(range(1, len(steps) + 1)):
        return [f"its steps are {[step.step for step in steps]}"]
    wrong = []
    if (steps[0].from_status, steps[0].to_status) != (None, S.REQUESTED):
        wrong.append(f"its life begins with {steps[0].from_status} -> {steps[0].to_status}")
    for before, after in pairwise(steps):
        if after.from_status is not before.to_status:
            wrong.append(f"step {after.step} comes from {after.from_status}, the one before led to {before.to_status}")
    wrong += [
        f"step {step.step} is not legal: {step.from_status} -> {step.to_status}"
        for step in steps[1:]
        if not _legal(step.from_status, step.to_status)
    ]
    if steps[-1].to_status is not allocation.status:
        wrong.append(f"its history leads to {steps[-1].to_status}, and it is {allocation.status}")
    if recorded != [(step.from_status, step.to_status) for step in steps]:
        wrong.append(f"the change record says {recorded}")
    if (allocation.status in FINAL) != (allocation.ended_time is not None):
        wrong.append(f"{allocation.status} with the end {allocation.ended_time}")
    has_held = any(step.to_status in HOLDING for step in steps)
    if has_held != bool(books.resources.get(id_)) or has_held != (allocation.allocation_time is not None):
        wrong.append(f"held={has_held}, with {len(books.resources.get(id_, ()))} resources")
    return wrong


def _legal(before: AllocationStatus, after: AllocationStatus) -> bool:
    """A step of the table; or none, recorded for a new end of one that lives."""
    return after in TRANSITIONS[before] or (after is before and before not in FINAL)
