"""Who holds an instance."""

from __future__ import annotations

from collections.abc import Collection

from domain.access.policy import SOMEBODY
from domain.allocation.model import Allocation
from domain.fleet.model import GpuDevice
from domain.mig.model import MigInstance


def holder_of(device: GpuDevice, instance: MigInstance) -> Allocation | None:
    """The live allocation that holds an instance of the device; None: it is idle."""
    for allocation in device.allocations:
        if any(resource.mig_id == instance.id for resource in allocation.resources):
            return allocation
    return None


def holder_words(allocation: Allocation) -> str:
    """Who has it, for people: `speech/ann, pod ml/trainer-0`."""
    pod = "/".join(part for part in (allocation.namespace, allocation.pod_name) if part)
    return f"{allocation.team_id}/{allocation.user_id}" + (f", pod {pod}" if allocation.pod_name else "")


def holder_in_the_way(allocation: Allocation, visible: Collection[str]) -> str:
    """The same with its id, to name it in `releaseAllocations`; `visible`: ids of those the reader may see."""
    return f"{holder_words(allocation)}, allocation {allocation.id}" if allocation.id in visible else SOMEBODY
