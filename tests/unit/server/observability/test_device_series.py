"""The text of the per-device series, read back by prometheus-client's own parsers."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from domain.fleet.model import CollectionSource, DeviceStatus, GpuDevice
from domain.metrics.sample import GpuMetric
from server.observability.device_series import DATA_AGE, DCGM_SERIES, STATUS, device_text, readings_of
from tests.unit.fleet_factory import NOW, make_device, make_metric, make_model, make_node, make_view

STALE = timedelta(seconds=30)

Series = dict[str, dict[str, float]]


def by_name_and_uuid(text: str) -> Series:
    families = parse_text(text)
    return {family.name: {s.labels["UUID"]: s.value for s in family.samples} for family in families}


def one_device() -> GpuDevice:
    device = make_device(make_node("node-0"), make_model(), 3)
    device.latest_metric = make_metric(device)
    return device


async def test_both_parsers_of_prometheus_client_read_the_same() -> None:
    view, _ = await make_view(2, 8)
    text = device_text(readings_of(view.devices), NOW, STALE)
    plain = [(f.name, f.documentation, f.type, f.samples) for f in parse_text(text)]
    openmetrics = [(f.name, f.documentation, f.type, f.samples) for f in parse_openmetrics(text + "# EOF\n")]
    assert plain == openmetrics
    assert [name for name, *_ in plain] == [*(series.name for series in DCGM_SERIES), STATUS, DATA_AGE]


async def test_every_known_value_is_there_and_no_other() -> None:
    view, _ = await make_view(2, 8)
    series = by_name_and_uuid(device_text(readings_of(view.devices), NOW, STALE))

    def expected(attribute: str) -> dict[str, float]:
        pairs = ((d.gpu_uuid, getattr(d.latest_metric, attribute)) for d in view.devices)
        return {uuid: value for uuid, value in pairs if value is not None}

    assert series["DCGM_FI_DEV_GPU_UTIL"] == expected("gpu_utilization_pct")
    assert series["DCGM_FI_DEV_FB_USED"] == expected("memory_used_mb")
    assert series["DCGM_FI_DEV_GPU_TEMP"] == expected("temperature_c")
    assert 0 < len(series["DCGM_FI_DEV_GPU_TEMP"]) < 16, "some temperatures are unknown: left out, not zero"
    assert series["DCGM_FI_DEV_POWER_USAGE"] == expected("power_draw_w")
    assert series["DCGM_FI_DEV_SM_CLOCK"] == expected("sm_clock_mhz")
    assert series["DCGM_FI_DEV_MEM_CLOCK"] == expected("memory_clock_mhz")
    free = {d.gpu_uuid: 81_559 - (40_000 + d.device_index) for d in view.devices}
    assert series["DCGM_FI_DEV_FB_FREE"] == free


def test_labels_are_those_of_the_dcgm_exporter_and_two_of_ours() -> None:
    device = one_device()
    (util, *_) = parse_text(device_text(readings_of([device]), NOW, STALE))
    assert util.samples[0].labels == {
        "gpu": "3",
        "UUID": device.gpu_uuid,
        "pci_bus_id": "00000000:03:00.0",
        "device": "nvidia3",
        "modelName": "NVIDIA H100 80GB HBM3",
        "Hostname": "node-0",
        "cluster": "east",
        "collection_source": "NVML",
    }


def test_a_simulated_device_says_so_in_every_value() -> None:
    device = one_device()
    device.node.collection_source = CollectionSource.SIMULATED
    for family in parse_text(device_text(readings_of([device]), NOW, STALE)):
        if family.name != DATA_AGE:
            assert [s.labels["collection_source"] for s in family.samples] == ["SIMULATED"], family.name


def test_nothing_known_but_the_device() -> None:
    device = one_device()
    device.latest_metric = GpuMetric(
        device.id, None, NOW, None, None, 81_559, None, None, None, None, None, CollectionSource.NVML
    )
    series = by_name_and_uuid(device_text(readings_of([device]), NOW, STALE))
    assert not any(series[dcgm.name] for dcgm in DCGM_SERIES)
    assert series[DATA_AGE] == {device.gpu_uuid: 0.0}


def test_zero_is_a_value() -> None:
    device = one_device()
    device.latest_metric = make_metric(device, utilization=0.0)
    assert by_name_and_uuid(device_text(readings_of([device]), NOW, STALE))["DCGM_FI_DEV_GPU_UTIL"] == {
        device.gpu_uuid: 0.0
    }


def test_a_stale_reading_shows_its_age_and_no_value() -> None:
    device = one_device()
    at_limit = by_name_and_uuid(device_text(readings_of([device]), NOW + STALE, STALE))
    assert at_limit["DCGM_FI_DEV_GPU_UTIL"] == {device.gpu_uuid: 50.0}
    after = by_name_and_uuid(device_text(readings_of([device]), NOW + STALE + timedelta(seconds=1.5), STALE))
    assert not any(after[dcgm.name] for dcgm in DCGM_SERIES)
    assert after[DATA_AGE] == {device.gpu_uuid: 31.5}
    assert after[STATUS] == {device.gpu_uuid: 1.0}


def test_a_device_that_never_reported_has_a_status_only() -> None:
    device = one_device()
    device.latest_metric = None
    series = by_name_and_uuid(device_text(readings_of([device]), NOW, STALE))
    assert {name for name, samples in series.items() if samples} == {STATUS}


def test_a_retired_device_has_a_status_only() -> None:
    device = one_device()
    device.device_status = DeviceStatus.RETIRED
    families = {f.name: f.samples for f in parse_text(device_text(readings_of([device]), NOW, STALE))}
    assert {name for name, samples in families.items() if samples} == {STATUS}
    assert families[STATUS][0].labels["status"] == "RETIRED"


def test_names_with_quotes_backslashes_and_newlines_come_back_whole() -> None:
    hostile = 'a"b\\c\nd\\n{},= é'
    device = one_device()
    device.node.node_name = device.node.cluster_name = device.model.model_name = hostile
    device.pci_address = None
    text = device_text(readings_of([device]), NOW, STALE)
    for families in (parse_text(text), parse_openmetrics(text + "# EOF\n")):
        (util, *_) = families
        labels = util.samples[0].labels
        assert labels["Hostname"] == labels["cluster"] == labels["modelName"] == hostile
        assert labels["pci_bus_id"] == ""


def test_no_device() -> None:
    assert {f.name: f.samples for f in parse_text(device_text(readings_of([]), NOW, STALE))}[STATUS] == []
