"""The GPU instance profiles of the simulated products, with the ids and sizes their drivers give.

Ids, placements and slices are the same on every product with seven compute slices; memory and multiprocessors are
the product's own. `gi_id` is what nvidia-smi prints and instances are made by, `nvml_profile` what NVML is asked by.
"""

from __future__ import annotations

from dataclasses import dataclass

import pynvml

MEMORY_SLICES = 8
"""Of a GPU with seven compute slices."""
COMPUTE_SLICES = 7


@dataclass(frozen=True, slots=True)
class MigProfile:
    """One GPU instance profile of one product."""

    name: str
    gi_id: int
    nvml_profile: int
    compute_slices: int
    memory_slices: int
    max_instances: int
    starts: tuple[int, ...]
    memory_mib: int
    multiprocessors: int


@dataclass(frozen=True, slots=True)
class _Shape:
    gi_id: int
    nvml_profile: int
    compute_slices: int
    memory_slices: int
    max_instances: int
    starts: tuple[int, ...]
    suffix: str = ""


_SHAPES = (
    _Shape(19, pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE, 1, 1, 7, (0, 1, 2, 3, 4, 5, 6)),
    _Shape(20, pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV1, 1, 1, 1, (0, 1, 2, 3, 4, 5, 6), "+me"),
    _Shape(15, pynvml.NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV2, 1, 2, 4, (0, 2, 4, 6)),
    _Shape(14, pynvml.NVML_GPU_INSTANCE_PROFILE_2_SLICE, 2, 2, 3, (0, 2, 4)),
    _Shape(9, pynvml.NVML_GPU_INSTANCE_PROFILE_3_SLICE, 3, 4, 2, (0, 4)),
    _Shape(5, pynvml.NVML_GPU_INSTANCE_PROFILE_4_SLICE, 4, 4, 1, (0,)),
    _Shape(0, pynvml.NVML_GPU_INSTANCE_PROFILE_7_SLICE, 7, 8, 1, (0,)),
)


def seven_slices(
    gigabytes: tuple[int, int, int, int], mib: tuple[int, int, int, int], multiprocessors: tuple[int, ...]
) -> tuple[MigProfile, ...]:
    """A product's profiles. Memory in the name and usable, of 1, 2, 4 and all 8 slices; one SM count per profile."""
    by_slices = {1: 0, 2: 1, 4: 2, 8: 3}
    profiles = []
    for shape, sms in zip(_SHAPES, multiprocessors, strict=True):
        size = by_slices[shape.memory_slices]
        profiles.append(
            MigProfile(
                name=f"{shape.compute_slices}g.{gigabytes[size]}gb{shape.suffix}",
                gi_id=shape.gi_id,
                nvml_profile=shape.nvml_profile,
                compute_slices=shape.compute_slices,
                memory_slices=shape.memory_slices,
                max_instances=shape.max_instances,
                starts=shape.starts,
                memory_mib=mib[size],
                multiprocessors=sms,
            )
        )
    return tuple(profiles)


_HOPPER_SMS = (16, 16, 26, 32, 60, 64, 132)

A100_80GB_PROFILES = seven_slices((10, 20, 40, 80), (9856, 19968, 40192, 80384), (14, 14, 14, 28, 42, 56, 98))
H100_80GB_PROFILES = seven_slices((10, 20, 40, 80), (9984, 20096, 40448, 81152), _HOPPER_SMS)
H200_PROFILES = seven_slices((18, 35, 71, 141), (16384, 33024, 71168, 143360), _HOPPER_SMS)
