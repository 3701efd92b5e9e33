"""Choosing the source of readings: the machine's own GPUs, or the simulated fleet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal, TypeAlias

import pynvml

from domain.fleet.model import CollectionSource
from domain.metrics.ports import MetricSource
from integrations.nvml.api import NvmlApi
from integrations.nvml.collector import NodeCollector
from integrations.nvml.host import this_host
from integrations.nvml.probe import probe
from integrations.nvml.reset import reset_with_nvidia_smi
from integrations.nvml.simulator import (
    DEFAULT_IDLE,
    DEFAULT_MIG_LAYOUTS,
    Fault,
    MigLayouts,
    SimulatedFleet,
    SimulatedSource,
    lay_out,
    mig_layouts_of,
    parse_faults,
)
from integrations.nvml.source import NvmlSource

logger = logging.getLogger(__name__)

CollectorName: TypeAlias = Literal["auto", "nvml", "simulated"]


def open_source(
    collector: CollectorName,
    simulated_gpus: int | None = None,
    seed: int = 0,
    node_name: str = "localhost",
    cluster_name: str = "default",
    faults: str | Sequence[Fault] | None = None,
    *,
    node_ip: str | None = None,
    api: NvmlApi | None = None,
    simulated_mig_gpus: int | None = None,
) -> MetricSource:
    """The source that `collector` names.

    `nvml` is this machine's GPUs under `node_name` and `cluster_name`; with no driver the source is unhealthy,
    says why, and keeps trying. `simulated` is `simulated_gpus` GPUs (None: 4 RTX 4090, 8 A100, 8 H100), the same
    ones for the same seed. `auto` is the former where a driver answers now with at least one GPU, else the latter;
    it blocks until the driver has answered, 15 seconds at most.

    Raises `ValueError` for a number of simulated GPUs outside 1 to 10,000, and `FaultSpecError` for faults that
    make no sense. Faults befall simulated GPUs only. `simulated_mig_gpus` of them begin in MIG mode
    with nothing on them; None: three H100 of the default fleet, and none of another.
    """
    nvml: NvmlApi = pynvml if api is None else api
    if collector == "nvml":
        return _machine(nvml, node_name, cluster_name, node_ip)
    simulated = _simulated(simulated_gpus, seed, faults, simulated_mig_gpus)
    if collector == "auto":
        found = probe(nvml)
        if found.gpus:
            return _machine(nvml, node_name, cluster_name, node_ip)
        logger.warning("no GPU to read on this machine: %s; showing a simulated fleet instead", found.detail)
    return simulated


def _machine(api: NvmlApi, node_name: str, cluster_name: str, node_ip: str | None) -> NvmlSource:
    collector = NodeCollector(
        api,
        node_name,
        cluster_name,
        CollectionSource.NVML,
        node_ip=node_ip,
        host=this_host(),
        reset=reset_with_nvidia_smi,
    )
    return NvmlSource([collector])


def _simulated(
    gpus: int | None, seed: int, faults: str | Sequence[Fault] | None, mig_gpus: int | None
) -> SimulatedSource:
    layouts: MigLayouts = {}
    idle: Sequence[tuple[int, int]] = ()
    if mig_gpus is not None:
        layouts = mig_layouts_of(lay_out(gpus), mig_gpus)
        idle = tuple(layouts)
    elif gpus is None:
        layouts, idle = DEFAULT_MIG_LAYOUTS, DEFAULT_IDLE
    fleet = SimulatedFleet(gpus, seed, mig_layouts=layouts, idle=idle)
    chosen = parse_faults(faults, fleet.gpus) if isinstance(faults, str) else faults or ()
    for fault in chosen:
        fleet.inject(fault)
    return SimulatedSource(fleet)
