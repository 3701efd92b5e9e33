from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.fleet.catalogue import CATALOGUE, figures_for, marketed_memory_gb, model_for
from domain.fleet.model import model_id_for
from domain.fleet.reports import DeviceReport

NOW = datetime(2025, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nvml_name", "model_name"),
    [
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("Tesla T4", "T4"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA A10", "A10"),
        ("NVIDIA A30", "A30"),
        ("A100-PCIE-40GB", "A100 40GB PCIe"),
        ("NVIDIA A100-SXM4-40GB", "A100 40GB SXM4"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB SXM4"),
        ("NVIDIA A100 80GB PCIe", "A100 80GB PCIe"),
        ("NVIDIA H100 80GB HBM3", "H100 80GB HBM3"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA B200", "B200"),
    ],
)
def test_nvml_names_are_matched(nvml_name: str, model_name: str) -> None:
    figures = figures_for(nvml_name)
    assert figures is not None
    assert figures.model_name == model_name


@pytest.mark.parametrize(
    "name", ["NVIDIA A10G", "NVIDIA A100X", "NVIDIA GeForce RTX 4090 D", "NVIDIA GeForce RTX 4090 Laptop GPU", ""]
)
def test_a_name_that_only_begins_alike_is_another_product(name: str) -> None:
    assert figures_for(name) is None


def test_every_entry_is_complete_and_found_under_its_own_name() -> None:
    for figures in CATALOGUE:
        assert figures_for(figures.model_name) is figures
        assert figures.source
        assert min(figures.memory_gb, figures.cuda_cores, figures.tensor_cores, figures.power_consumption_w) > 0
        assert figures.max_mig_instances in {0, 4, 7}
    assert len({figures.model_name for figures in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("name", [figures.model_name for figures in CATALOGUE])
def test_cores_are_whole_multiprocessors(name: str) -> None:
    """64 or 128 CUDA cores and 4 or 8 tensor cores to an SM, on every architecture since Turing."""
    figures = figures_for(name)
    assert figures is not None
    per_sm = 64 if figures.architecture in {"Turing"} or name.startswith(("A30", "A100")) else 128
    multiprocessors, rest = divmod(figures.cuda_cores, per_sm)
    assert rest == 0
    assert figures.tensor_cores == multiprocessors * (8 if figures.architecture == "Turing" else 4)


def test_a_known_model_gets_the_catalogues_figures_whatever_the_driver_says() -> None:
    report = DeviceReport("GPU-1", 0, "NVIDIA H100 80GB HBM3", memory_total_mb=81559, cuda_cores=1, mig_capable=False)
    model = model_for(report, NOW)
    assert (model.memory_gb, model.cuda_cores, model.tensor_cores, model.power_consumption_w) == (80, 16896, 528, 700)
    assert (model.mig_support, model.max_mig_instances) == (True, 7)
    assert (model.manufacturer, model.architecture, model.created_date) == ("NVIDIA", "Hopper", NOW)


def test_two_spellings_of_one_product_are_one_model() -> None:
    old = model_for(DeviceReport("GPU-1", 0, "A100-SXM4-80GB"), NOW)
    new = model_for(DeviceReport("GPU-2", 0, "NVIDIA  A100-SXM4-80GB "), NOW)
    assert old.id == new.id == model_id_for("A100 80GB SXM4")


def test_an_unknown_model_is_built_from_its_driver() -> None:
    report = DeviceReport(
        "GPU-1",
        0,
        "NVIDIA RTX PRO 6000 Blackwell Server Edition",
        memory_total_mb=97887,
        power_limit_w=600.0,
        architecture="Blackwell",
        cuda_cores=24064,
        mig_capable=True,
        max_mig_instances=4,
    )
    model = model_for(report, NOW)
    assert model.model_name == "RTX PRO 6000 Blackwell Server Edition"
    assert (model.memory_gb, model.architecture, model.cuda_cores, model.power_consumption_w) == (
        96,
        "Blackwell",
        24064,
        600,
    )
    assert model.tensor_cores is None
    assert (model.mig_support, model.max_mig_instances) == (True, 4)


def test_a_model_of_which_nothing_is_known_is_not_refused() -> None:
    model = model_for(DeviceReport("GPU-1", 0, ""), NOW)
    assert model.model_name == "unknown GPU"
    assert (model.memory_gb, model.cuda_cores, model.power_consumption_w) == (0, None, None)
    assert (model.mig_support, model.max_mig_instances) == (False, 0)
    assert model_for(DeviceReport("GPU-1", 0, "GH200 480GB"), NOW).memory_gb == 480


@pytest.mark.parametrize(
    ("mib", "gb"),
    [
        (4096, 4), (11264, 11), (12288, 12), (15360, 16), (16384, 16), (23028, 24), (24564, 24), (32607, 32),
        (40960, 40), (46068, 48), (49140, 48), (81559, 80), (81920, 80), (95830, 94), (97887, 96), (143771, 141),
        (183359, 180), (500000, 489),
    ],
)  # fmt: skip
def test_memory_is_rounded_to_what_is_sold(mib: int, gb: int) -> None:
    assert marketed_memory_gb(mib) == gb
