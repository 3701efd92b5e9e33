"""What a request comes to in this fleet: the products that will do, the sizes in MiB, the types to try in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain.allocation.demand import WHOLE, Demand
from domain.allocation.feed import shared_memory_mb, takes_new_work
from domain.allocation.model import Allocation, ResourceType, Spread
from domain.allocation.requests import AllocationRequest
from domain.errors import InvalidInput
from domain.fleet.model import GpuDevice, SharingMode
from domain.fleet.view import InventoryView

BYTES_PER_GB = 10**9
BYTES_PER_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request in the fleet's own words. None: no restriction."""

    allocation: Allocation
    kinds: tuple[ResourceType, ...]
    """The types to try, the preferred one first."""
    memory_mib: int
    """Device memory that each part must have; 0: any."""
    models: frozenset[str] | None
    clusters: frozenset[str] | None
    nodes: frozenset[str] | None

    @property
    def count(self) -> int:
        return self.allocation.gpu_count

    def demand(self, kind: ResourceType) -> Demand:
        """For whole devices or a share, as the placement policies take it."""
        allocation = self.allocation
        shared = kind is ResourceType.SHARED
        return Demand(
            cpu_milli=allocation.cpu_milli,
            memory_mib=allocation.host_memory_mib,
            gpus=1 if shared else allocation.gpu_count,
            milli=min(allocation.compute_milli, WHOLE - 1) if shared else WHOLE,
            share_memory_mib=self.memory_mib if shared else 0,
            device_memory_mib=0 if shared else self.memory_mib,
            models=self.models,
            clusters=self.clusters,
            nodes=self.nodes,
            same_nvlink=allocation.spread is Spread.SAME_NVLINK and not shared,
        )


def wanted_by(view: InventoryView, allocation: Allocation, request: AllocationRequest) -> Wanted:
    """Raises `InvalidInput` for a product, cluster or node that this fleet does not have."""
    models = _models(view, request.model_names)
    allocation.model_names = tuple(sorted(models)) if models is not None else ()
    if request.resource_type is ResourceType.SHARED and request.compute_milli is None:
        allocation.compute_milli = _share_milli(view, allocation)
    return wanted_again(view, allocation, _kinds(request))


def wanted_again(view: InventoryView, allocation: Allocation, kinds: tuple[ResourceType, ...]) -> Wanted:
    """The same of a stored allocation: one that has waited."""
    gb = allocation.requested_memory_gb
    return Wanted(
        allocation=allocation,
        kinds=kinds,
        memory_mib=0 if gb is None else mib_of(gb),
        models=frozenset(allocation.model_names) or None,
        clusters=_clusters(view, allocation.cluster_name),
        nodes=_nodes(view, allocation.cluster_name, allocation.node_name),
    )


def mib_of(gigabytes: float) -> int:
    """GB as GPUs are sold (10^9 bytes) in MiB, rounded up: an "80 GB" card has 81,559 MiB, more than 76,294."""
    return math.ceil(gigabytes * BYTES_PER_GB / BYTES_PER_MIB)


def could_hold(device: GpuDevice, allocation: Allocation) -> bool:
    """Whether a device that takes new work is of a product and size that will do, whatever is held of it now."""
    gb = allocation.requested_memory_gb
    return (
        takes_new_work(device)
        and not device.mig_enabled
        and (not allocation.model_names or device.model.model_name in allocation.model_names)
        and (gb is None or (device.memory_total_mb or 0) >= mib_of(gb))
    )


def shareable(view: InventoryView, allocation: Allocation) -> list[GpuDevice]:
    """The devices that may be shared and are of a product and size that will do."""
    return [d for d in view.devices if d.sharing_mode is not SharingMode.NONE and could_hold(d, allocation)]


def _share_milli(view: InventoryView, allocation: Allocation) -> int:
    """Compute that goes with a share's memory: its part of the smallest device that could hold it."""
    memory_mib = mib_of(allocation.requested_memory_gb or 0)
    sizes = [shared_memory_mb(device) for device in shareable(view, allocation)]
    fitting = [size for size in sizes if size >= memory_mib]
    return max(1, min(WHOLE - 1, math.ceil(WHOLE * memory_mib / min(fitting)))) if fitting else WHOLE - 1


def _kinds(request: AllocationRequest) -> tuple[ResourceType, ...]:
    if request.resource_type is not None:
        return (request.resource_type,)
    if request.profile_name is not None:
        return (ResourceType.MIG,)
    if request.memory_gb is not None and request.gpu_count == 1:
        return (ResourceType.MIG, ResourceType.FULL)
    return (ResourceType.FULL,)


def _models(view: InventoryView, names: Sequence[str]) -> frozenset[str] | None:
    if not names:
        return None
    known = {model.model_name for model in view.models}
    found: set[str] = set()
    for position, name in enumerate(names):
        matching = {model for model in known if _is_called(model, name)}
        if not matching:
            there = ", ".join(sorted(known)[:20]) or "none yet"
            raise InvalidInput(
                f"no GPU here is a {name[:80]!r}; there are: {there}", path=("modelNames", str(position))
            )
        found |= matching
    return frozenset(found)


def _is_called(model_name: str, wanted: str) -> bool:
    """`H100` means every product with that word in its name, `H100 PCIe` those with both, one after the other."""
    words = wanted.casefold().removeprefix("nvidia").split()
    name = model_name.casefold().removeprefix("nvidia").split()
    places = range(len(name) - len(words) + 1) if words else ()
    return any(name[at : at + len(words)] == words for at in places)


def _clusters(view: InventoryView, name: str | None) -> frozenset[str] | None:
    if name is None:
        return None
    known = {node.cluster_name for node in view.nodes}
    if name not in known:
        raise InvalidInput(
            f"there is no cluster {name!r}; there are: {', '.join(sorted(known)[:20])}", path=("clusterName",)
        )
    return frozenset({name})


def _nodes(view: InventoryView, cluster: str | None, name: str | None) -> frozenset[str] | None:
    if name is None:
        return None
    found = {node.id for node in view.nodes if node.node_name == name and cluster in {None, node.cluster_name}}
    if not found:
        raise InvalidInput(f"there is no node {name!r}" + (f" in {cluster!r}" if cluster else ""), path=("nodeName",))
    return frozenset(found)
