"""Which simulated nodes there are and what is in them. The first nodes are the same however many follow."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TypeAlias

from integrations.nvml.host import Host
from integrations.nvml.simulator.parts import A100_80GB, H100_80GB, H200, L40S, RTX_4090, T4, Part

MigLayouts: TypeAlias = Mapping[tuple[int, int], Sequence[tuple[str, int]]]
"""The GPUs that begin in MIG mode, by node and index there: each instance's profile name and first memory slice."""

GPUS_MAX = 10_000
GPUS_PER_NODE = 8
_SERVER_GPU_MIB = 65_536

CLUSTER_NAME = "simulated"
DRIVER_VERSION = "580.95.05"

_DEFAULT: tuple[tuple[Part, int], ...] = ((RTX_4090, 4), (A100_80GB, 8), (H100_80GB, 8))
DEFAULT_MIG_LAYOUTS: MigLayouts = {
    (2, 1): (("4g.40gb", 0), ("3g.40gb", 4)),
    (2, 2): tuple(("1g.10gb", start) for start in range(7)),
    (2, 3): (("3g.40gb", 0), ("1g.10gb", 4), ("1g.10gb", 5)),
}
"""Three H100s of the default fleet: full, full of the smallest, and with room left."""
DEFAULT_IDLE: Sequence[tuple[int, int]] = (*DEFAULT_MIG_LAYOUTS, (1, 6), (1, 7), (2, 0))
"""GPUs of the default fleet that nothing runs on, by node and index: the partitioned ones, and some that could be."""
_TEMPLATES: tuple[tuple[tuple[int, int], ...], ...] = (
    ((4, 0), (3, 4)),
    tuple((1, start) for start in range(7)),
    ((3, 0), (1, 4), (1, 5)),
    (),
)
"""Compute slices and start of each instance: what partitioned GPUs of larger fleets begin with, in turn."""
_MIX: tuple[Part, ...] = (H100_80GB, A100_80GB, RTX_4090, H100_80GB, L40S, A100_80GB, H200, T4)


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """One simulated machine: `gpus` devices of one part."""

    name: str
    number: int
    part: Part
    gpus: int

    @property
    def ip(self) -> str:
        """An address from the block reserved for benchmarks (RFC 2544): it belongs to nobody."""
        return f"198.18.{self.number // 250}.{self.number % 250 + 1}"

    @property
    def host(self) -> Host:
        """CPUs and memory as such machines have them: 192 and 2 TiB beside eight data-centre GPUs."""
        memory_gib = 256 if self.part.memory_mib > _SERVER_GPU_MIB else 64
        return Host(cpu_milli=24_000 * self.gpus, memory_mib=memory_gib * 1024 * self.gpus)


def lay_out(gpus: int | None = None) -> tuple[NodeLayout, ...]:
    """The nodes of a fleet of `gpus` GPUs: 8 to a node, a mix of models, the last node taking the rest.

    None is the default fleet: 4 RTX 4090, 8 A100 80GB and 8 H100 80GB. Raises `ValueError` outside 1 to 10,000.
    """
    if gpus is None:
        return _named(_DEFAULT)
    if not 1 <= gpus <= GPUS_MAX:
        raise ValueError(f"a simulated fleet has between 1 and {GPUS_MAX:,} GPUs, not {gpus:,}")
    sizes = [GPUS_PER_NODE] * (gpus // GPUS_PER_NODE)
    if gpus % GPUS_PER_NODE:
        sizes.append(gpus % GPUS_PER_NODE)
    return _named(tuple((_MIX[number % len(_MIX)], size) for number, size in enumerate(sizes)))


def mig_layouts_of(layout: Sequence[NodeLayout], gpus: int) -> MigLayouts:
    """Layouts for the first `gpus` GPUs with seven compute slices. Raises `ValueError` where there are fewer."""
    places = [(node, index) for node in layout if _slices(node.part) == 7 for index in range(node.gpus)]
    if gpus > len(places):
        raise ValueError(f"{len(places)} simulated GPUs can begin partitioned, not {gpus:,}")
    return {
        (node.number, index): tuple((_name(node.part, compute, start), start) for compute, start in template)
        for (node, index), template in zip(places[:gpus], cycle(_TEMPLATES), strict=False)
    }


def _slices(part: Part) -> int:
    return max((profile.compute_slices for profile in part.mig_profiles), default=0)


def _name(part: Part, compute: int, start: int) -> str:
    """The smallest profile with so many compute slices that may start there."""
    fitting = [each for each in part.mig_profiles if each.compute_slices == compute and start in each.starts]
    return min(fitting, key=lambda each: (each.memory_slices, "+me" in each.name)).name


def gpu_uuid(seed: int, node_name: str, index: int) -> str:
    """A stable UUID in NVML's format: `GPU-` and 36 characters."""
    digest = hashlib.sha256(f"{seed}\x00{node_name}\x00{index}".encode()).digest()
    return f"GPU-{uuid.UUID(bytes=digest[:16], version=4)}"


def serial_number(seed: int, node_name: str, index: int) -> str:
    """A stable board serial number: 13 digits, as on data-centre boards."""
    digest = hashlib.sha256(f"serial\x00{seed}\x00{node_name}\x00{index}".encode()).digest()
    return f"165{int.from_bytes(digest[:8], 'big') % 10**10:010d}"


def _named(sizes: tuple[tuple[Part, int], ...]) -> tuple[NodeLayout, ...]:
    seen: Counter[str] = Counter()
    nodes = []
    for number, (part, gpus) in enumerate(sizes):
        seen[part.key] += 1
        nodes.append(NodeLayout(f"sim-{part.key}-{seen[part.key]:02d}", number, part, gpus))
    return tuple(nodes)
