"""The GPU products this fleet knows by name, with their published figures; anything else is taken from its driver.

Memory is the marketed size in GB, power the board's limit as shipped (TDP or TGP, watts). Cores are those enabled
in the product, not those of the full die. MIG counts are from the NVIDIA MIG User Guide, "Supported MIG Profiles".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from domain.fleet.model import GpuModel, model_id_for
from domain.fleet.reports import DeviceReport

MANUFACTURER = "NVIDIA"


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One product. `names` are NVML's product names for it, without the vendor and brand words."""

    model_name: str
    architecture: str
    memory_gb: int
    cuda_cores: int
    tensor_cores: int
    power_consumption_w: int
    max_mig_instances: int
    names: tuple[str, ...]
    source: str


CATALOGUE: tuple[ModelFigures, ...] = (
    ModelFigures(
        "RTX 4090", "Ada Lovelace", 24, 16384, 512, 450, 0, ("RTX 4090",),
        source="NVIDIA Ada GPU Architecture whitepaper (GeForce RTX 4090)",
    ),
    ModelFigures(
        "T4", "Turing", 16, 2560, 320, 70, 0, ("T4",),
        source="NVIDIA T4 datasheet (T4-tensor-core-datasheet-951643)",
    ),
    ModelFigures(
        "L40S", "Ada Lovelace", 48, 18176, 568, 350, 0, ("L40S",),
        source="NVIDIA L40S datasheet",
    ),
    ModelFigures(
        "A10", "Ampere", 24, 9216, 288, 150, 0, ("A10",),
        source="NVIDIA A10 datasheet (memory, power); 72 SMs of GA102 at 128 CUDA and 4 tensor cores each",
    ),
    ModelFigures(
        "A30", "Ampere", 24, 3584, 224, 165, 4, ("A30",),
        source="NVIDIA A30 datasheet (memory, power, 4 MIGs); 56 SMs of GA100 at 64 CUDA and 4 tensor cores each",
    ),
    ModelFigures(
        "A100 40GB PCIe", "Ampere", 40, 6912, 432, 250, 7, ("A100-PCIE-40GB", "A100 40GB PCIe"),
        source="NVIDIA A100 PCIe product brief PB-10137; A100 architecture whitepaper",
    ),
    ModelFigures(
        "A100 40GB SXM4", "Ampere", 40, 6912, 432, 400, 7, ("A100-SXM4-40GB", "A100-SXM-40GB", "A100 40GB SXM4"),
        source="NVIDIA A100 architecture whitepaper",
    ),
    ModelFigures(
        "A100 80GB PCIe", "Ampere", 80, 6912, 432, 300, 7, ("A100 80GB PCIe", "A100-PCIE-80GB"),
        source="NVIDIA A100 80GB PCIe product brief PB-10577",
    ),
    ModelFigures(
        "A100 80GB SXM4", "Ampere", 80, 6912, 432, 400, 7, ("A100-SXM4-80GB", "A100-SXM-80GB", "A100 80GB SXM4"),
        source="NVIDIA A100 datasheet (A100 80GB SXM); A100 architecture whitepaper",
    ),
    ModelFigures(
        "H100 80GB HBM3", "Hopper", 80, 16896, 528, 700, 7, ("H100 80GB HBM3", "H100 SXM5 80GB", "H100-SXM5-80GB"),
        source="NVIDIA H100 architecture whitepaper (H100 SXM5)",
    ),
    ModelFigures(
        "H100 PCIe", "Hopper", 80, 14592, 456, 350, 7, ("H100 PCIe", "H100 80GB PCIe"),
        source="NVIDIA H100 architecture whitepaper (H100 PCIe); product brief PB-11133",
    ),
    ModelFigures(
        "H100 NVL", "Hopper", 94, 16896, 528, 400, 7, ("H100 NVL",),
        source="NVIDIA H100 NVL product brief PB-11773 (94 GB, 400 W); 132 SMs by nvidia-smi mig -lgip",
    ),
    ModelFigures(
        "H200", "Hopper", 141, 16896, 528, 700, 7, ("H200", "H200 SXM"),
        source="NVIDIA H200 datasheet (H200 SXM: 141 GB, up to 700 W, 7 MIGs); 132 SMs as H100 SXM5",
    ),
    ModelFigures(
        "H200 NVL", "Hopper", 141, 16896, 528, 600, 7, ("H200 NVL",),
        source="NVIDIA H200 datasheet (H200 NVL: 141 GB, up to 600 W, 7 MIGs)",
    ),
    ModelFigures(
        "B200", "Blackwell", 180, 18944, 592, 1000, 7, ("B200",),
        source="NVIDIA DGX B200 datasheet (1,440 GB over 8 GPUs), HGX B200 (1,000 W); 148 SMs by nvidia-smi mig -lgip",
    ),
)  # fmt: skip

_BRANDS = re.compile(r"\b(nvidia|tesla|geforce)\b", re.IGNORECASE)
_SIZE_IN_NAME = re.compile(r"(\d+)\s*GB\b", re.IGNORECASE)

_MARKETED_GB = (1, 2, 3, 4, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 144, 180, 192, 288)
"""Memory sizes GPUs are sold with. A driver reports up to 7 % less: ECC on GDDR takes a sixteenth."""

_REPORTED_SHARE_MIN = 0.92


def _key(name: str) -> str:
    return " ".join(_BRANDS.sub(" ", name).lower().split())


_BY_NAME = {_key(name): figures for figures in CATALOGUE for name in figures.names}


def figures_for(model_name: str) -> ModelFigures | None:
    """The catalogue's entry for an NVML product name, or None. Names match whole: an A10G is no A10."""
    return _BY_NAME.get(_key(model_name))


def model_for(report: DeviceReport, now: datetime) -> GpuModel:
    """The product a device is. A name outside the catalogue is never refused: its driver's figures are used.

    The same product under an older or newer driver's spelling gets the same id.
    """
    figures = figures_for(report.model_name)
    if figures is None:
        return _model_from_driver(report, now)
    return GpuModel(
        id=model_id_for(figures.model_name),
        model_name=figures.model_name,
        manufacturer=MANUFACTURER,
        architecture=figures.architecture,
        memory_gb=figures.memory_gb,
        cuda_cores=figures.cuda_cores,
        tensor_cores=figures.tensor_cores,
        power_consumption_w=figures.power_consumption_w,
        mig_support=figures.max_mig_instances > 0,
        max_mig_instances=figures.max_mig_instances,
        created_date=now,
    )


def marketed_memory_gb(memory_total_mb: int) -> int:
    """The size a GPU is sold with (GB), from the MiB its driver reports: 46,068 is 48, 81,559 is 80, 15,360 is 16."""
    gib = memory_total_mb / 1024
    for size in _MARKETED_GB:
        if _REPORTED_SHARE_MIN * size <= gib <= size:
            return size
    return math.ceil(gib)


def _model_from_driver(report: DeviceReport, now: datetime) -> GpuModel:
    name = " ".join(report.model_name.split()).removeprefix(f"{MANUFACTURER} ") or "unknown GPU"
    limit = report.power_limit_w
    return GpuModel(
        id=model_id_for(name),
        model_name=name,
        manufacturer=MANUFACTURER,
        architecture=report.architecture or "unknown",
        memory_gb=_memory_gb(report, name),
        cuda_cores=report.cuda_cores,
        tensor_cores=None,
        power_consumption_w=None if limit is None else round(limit),
        mig_support=bool(report.mig_capable),
        max_mig_instances=(report.max_mig_instances or 0) if report.mig_capable else 0,
        created_date=now,
    )


def _memory_gb(report: DeviceReport, name: str) -> int:
    # Zero only where neither the driver nor the name says: the column takes no NULL and rules use the measured size.
    if report.memory_total_mb:
        return marketed_memory_gb(report.memory_total_mb)
    size = _SIZE_IN_NAME.search(name)
    return int(size.group(1)) if size else 0
