"""The MIG profiles of the GPU products: what NVML will most likely answer, for use before it has answered.

A geometry is the part of MIG that is the same on every GPU of a product: how many memory and compute slices it has
and which profiles may start where. NVML's own answer (`geometry_from_report`) wins over this table; `differences`
says where the two part. A profile has three names that are never mixed: the name people write (`1g.10gb`), the GI
profile id that nvidia-smi prints (19), and NVML's enum GPU_INSTANCE_PROFILE_* (0), by which NVML is asked.

Sources. Placements, GI ids and counts of the 7-slice parts: `nvidia-smi mig -lgipp` and `-lgip` of A100 and H100, and
the layouts captured from live p4d, p5 and p6-b200 hosts (aws/karpenter-provider-aws, zz_generated.nvidiadra-
resourceslices.go: 25 placements a GPU). A30: go-nvml a30.go, and the -lgip listing in the MIG User Guide for its ids.
Enum: go-nvml const.go. Usable memory and SMs: at each product below. No printed `-lgipp` of an H200 is known: its
placements are those of the H100, which has the same die. One old note prints {0,1,4,5} for an A30: NVML decides.
Memory printed in GiB is rounded down to the MiB, and it moves with the driver: never decide by a profile's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from domain.fleet.catalogue import figures_for
from domain.mig.reports import MigReport

_NAME = re.compile(r"(?P<compute>\d+)g\.(?P<memory>\d+)gb(?P<attributes>\+[\w.]+)?")

Shape = tuple[int, int, tuple[int, ...]]
"""Compute slices, memory slices, starts: all that decides where a profile fits. `1g` and `1g+me` share one."""


@dataclass(frozen=True, slots=True)
class MigProfile:
    """One GPU instance profile of a product."""

    profile_name: str
    gi_profile_id: int
    nvml_profile: int
    compute_slices: int
    memory_slices: int
    memory_mb: int | None
    """Usable MiB of one instance; None where no source prints it. It never satisfies a wish for memory then."""
    max_instances: int
    multiprocessors: int | None
    starts: tuple[int, ...]

    @property
    def media_extensions(self) -> bool:
        """Whether it holds the GPU's JPEG and OFA engines (+me): one instance of a GPU may."""
        return "+me" in self.profile_name

    @property
    def memory_gb(self) -> float:
        """The vendor's figure in the name, for display."""
        match = _NAME.match(self.profile_name)
        return float(match["memory"]) if match else round((self.memory_mb or 0) / 1024, 1)

    @property
    def shape(self) -> Shape:
        return (self.compute_slices, self.memory_slices, self.starts)


@dataclass(frozen=True)
class MigGeometry:
    """The slices of a GPU and its profiles, smallest first. Equal geometries take the same layouts."""

    name: str
    memory_slices: int
    compute_slices: int
    profiles: tuple[MigProfile, ...]

    @cached_property
    def by_name(self) -> dict[str, MigProfile]:
        return {profile.profile_name: profile for profile in self.profiles}

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The distinct shapes in the order of the profiles."""
        return tuple(dict.fromkeys(profile.shape for profile in self.profiles))

    @cached_property
    def shape_of(self) -> dict[str, int]:
        """Profile name to its place in `shapes`."""
        return {profile.profile_name: self.shapes.index(profile.shape) for profile in self.profiles}

    def performance_ratio(self, profile: MigProfile) -> float:
        """Compute of one instance as a part of the GPU in MIG mode, 0 to 1."""
        return profile.compute_slices / self.compute_slices

    def use_case(self, profile: MigProfile) -> str:
        """What the profile is good for, in a few words."""
        if profile.media_extensions:
            return "video and image decoding beside a small model"
        if profile.compute_slices == self.compute_slices:
            return "one isolated workload on the whole GPU"
        compute = self.performance_ratio(profile)
        memory = profile.memory_slices / self.memory_slices
        if compute < memory / 1.5:
            return "small models with much memory: long contexts, large batches"
        if compute < 0.2:
            return "notebooks, tests, small inference"
        if compute < 0.4:
            return "inference of small models, development"
        if compute < 0.5 or memory < 0.5:
            return "inference of medium models"
        return "inference of large models, fine-tuning"


_SEVEN: tuple[tuple[int, int, int, int, int, tuple[int, ...]], ...] = (
    # GI profile id, NVML enum, compute, memory, max instances, starts: the same on every 7-slice part
    (19, 0, 1, 1, 7, (0, 1, 2, 3, 4, 5, 6)),
    (20, 7, 1, 1, 1, (0, 1, 2, 3, 4, 5, 6)),
    (15, 9, 1, 2, 4, (0, 2, 4, 6)),
    (14, 1, 2, 2, 3, (0, 2, 4)),
    (9, 2, 3, 4, 2, (0, 4)),
    (5, 3, 4, 4, 1, (0,)),
    (0, 4, 7, 8, 1, (0,)),
)


def _gib(value: float) -> int:
    return int(value * 1024)


def _seven_slices(
    name: str,
    sizes: tuple[str, str, str, str],
    memory: tuple[int | None, int | None, int | None, int | None],
    multiprocessors: tuple[int, int, int, int, int, int] | None,
) -> MigGeometry:
    """`sizes` and `memory` are those of one, two, four and eight memory slices."""
    of_slices = {1: 0, 2: 1, 4: 2, 8: 3}
    order = (0, 0, 1, 2, 3, 4, 5)  # the +me variant has the SMs of the plain one
    profiles = []
    for row, (gi_id, enum, compute, slices, most, starts) in enumerate(_SEVEN):
        at = of_slices[slices]
        suffix = "+me" if enum == 7 else ""
        sms = None if multiprocessors is None else multiprocessors[order[row]]
        label = f"{compute}g.{sizes[at]}gb{suffix}"
        profiles.append(MigProfile(label, gi_id, enum, compute, slices, memory[at], most, sms, starts))
    return MigGeometry(name, 8, 7, tuple(profiles))


_AMPERE_SMS = (14, 14, 28, 42, 56, 98)
_HOPPER_SMS = (16, 26, 32, 60, 64, 132)

A30 = MigGeometry(
    "A30", 4, 4,
    (
        MigProfile("1g.6gb", 14, 0, 1, 1, 5836, 4, 14, (0, 1, 2, 3)),
        MigProfile("1g.6gb+me", 21, 7, 1, 1, 5836, 1, 14, (0, 1, 2, 3)),
        MigProfile("2g.12gb", 5, 1, 2, 2, 11672, 2, 28, (0, 2)),
        MigProfile("2g.12gb+me", 6, 8, 2, 2, 11672, 1, 28, (0, 2)),
        MigProfile("4g.24gb", 0, 3, 4, 4, 23344, 1, 56, (0,)),
    ),
)  # fmt: skip
# Karpenter, live p4d
A100_40 = _seven_slices("A100 40GB", ("5", "10", "20", "40"), (4864, 9984, 20096, 40320), _AMPERE_SMS)
# go-nvml mock a100.go, whose A100 table agrees with the hardware
A100_80 = _seven_slices("A100 80GB", ("10", "20", "40", "80"), (9856, 19968, 40192, 80384), _AMPERE_SMS)
# Karpenter, live p5
H100_80 = _seven_slices("H100 80GB", ("10", "20", "40", "80"), (9984, 20096, 40448, 81152), _HOPPER_SMS)
# The PCIe board has the same memory and 114 SMs; how they fall on the profiles is not printed anywhere known.
H100_PCIE = _seven_slices("H100 PCIe", ("10", "20", "40", "80"), (9984, 20096, 40448, 81152), None)
# -lgip captures of several drivers; the smallest figure of each
H100_94 = _seven_slices(
    "H100 94GB", ("12", "24", "47", "94"), (_gib(10.62), _gib(21.5), _gib(46.1), _gib(92.6)), _HOPPER_SMS
)
# -lgip capture; the line of 1g is missing in it
H100_96 = _seven_slices("H100 96GB", ("12", "24", "48", "96"), (None, _gib(23), _gib(46.5), _gib(93)), _HOPPER_SMS)
# mig-parted#120; 7g is printed in no capture
H200_141 = _seven_slices(
    "H200 141GB", ("18", "35", "71", "141"), (_gib(16), _gib(32.25), _gib(69.5), None), _HOPPER_SMS
)
# Karpenter, live p6-b200
B200_180 = _seven_slices(
    "B200 180GB", ("23", "45", "90", "180"), (20992, 45312, _gib(89), 182784), (18, 30, 36, 70, 72, 148)
)

GEOMETRIES: tuple[MigGeometry, ...] = (A30, A100_40, A100_80, H100_80, H100_PCIE, H100_94, H100_96, H200_141, B200_180)

_BY_MODEL: dict[str, MigGeometry] = {
    "A30": A30,
    "A100 40GB PCIe": A100_40,
    "A100 40GB SXM4": A100_40,
    "A100 80GB PCIe": A100_80,
    "A100 80GB SXM4": A100_80,
    "H100 80GB HBM3": H100_80,
    "H100 PCIe": H100_PCIE,
    "H100 NVL": H100_94,
    "H100 96GB": H100_96,  # not in the catalogue: sold to few
    "H200": H200_141,
    "H200 NVL": H200_141,
    "B200": B200_180,
}


def geometry_for(model_name: str) -> MigGeometry | None:
    """The geometry of a product by its name in the catalogue, or by any NVML name the catalogue knows for it."""
    figures = figures_for(model_name)
    return _BY_MODEL.get(model_name if figures is None else figures.model_name)


def geometry_of(name: str, profiles: Iterable[MigProfile]) -> MigGeometry | None:
    """The geometry that has these profiles, or None without any. The largest profile spans the GPU.

    Of two with one name, as a driver that does not name them may have, the first counts.
    """
    named: dict[str, MigProfile] = {}
    for profile in profiles:
        named.setdefault(profile.profile_name, profile)
    ordered = sorted(
        named.values(), key=lambda p: (p.compute_slices, p.memory_slices, p.media_extensions, p.profile_name)
    )
    if not ordered:
        return None
    memory = max(start + each.memory_slices for each in ordered for start in each.starts or (0,))
    return MigGeometry(name, memory, max(each.compute_slices for each in ordered), tuple(ordered))


def geometry_from_report(report: MigReport, name: str = "reported") -> MigGeometry | None:
    """The geometry as NVML tells it, or None where it offers no profile."""
    return geometry_of(
        name,
        (
            MigProfile(
                told.profile_name,
                told.gi_profile_id,
                told.nvml_profile,
                told.compute_slices,
                told.memory_slices,
                told.memory_mb,
                told.max_instances,
                told.multiprocessors,
                tuple(sorted(told.starts)),
            )
            for told in report.profiles
        ),
    )


def differences(known: MigGeometry, reported: MigGeometry) -> list[str]:
    """Where NVML's answer parts from the table, a line each, for the log. SMs and memory the table lacks are none."""
    lines = [
        f"{what}: known {ours}, reported {theirs}"
        for what, ours, theirs in (
            ("memory slices", known.memory_slices, reported.memory_slices),
            ("compute slices", known.compute_slices, reported.compute_slices),
        )
        if ours != theirs
    ]
    lines += [f"{name}: known, not reported" for name in known.by_name if name not in reported.by_name]
    for name, theirs in reported.by_name.items():
        ours = known.by_name.get(name)
        if ours is None:
            lines.append(f"{name}: reported, not known")
            continue
        for field in MigProfile.__slots__:
            mine, told = getattr(ours, field), getattr(theirs, field)
            if mine is not None and mine != told:
                lines.append(f"{name}: {field} known {mine}, reported {told}")
    return lines


def smallest_profile_for(geometry: MigGeometry, memory_mb: int, compute_slices: int) -> MigProfile | None:
    """The profile that takes the fewest memory slices, then compute slices, and gives at least this much; None: none.

    A +me profile is never chosen: it would take the GPU's media engines from whoever needs them.
    """
    enough = [
        each
        for each in geometry.profiles
        if not each.media_extensions
        and each.memory_mb is not None
        and each.memory_mb >= memory_mb
        and each.compute_slices >= compute_slices
    ]
    return min(enough, key=lambda each: (each.memory_slices, each.compute_slices), default=None)


def profile_on(geometry: MigGeometry, wanted: str | Mapping[str, str]) -> MigProfile | None:
    """The profile a wish means on this geometry: a profile name, or geometry name to profile name."""
    name = wanted if isinstance(wanted, str) else wanted.get(geometry.name)
    return None if name is None else geometry.by_name.get(name)
