"""Samples that no agent should send: each is refused by name, and the others of its batch count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from tests.integration.bad_days.fleet import (
    ALPHA,
    RECORD_SAMPLES,
    Caller,
    device_id,
    reading,
)
from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import headers, said

pytestmark = pytest.mark.usefixtures("unharmed")

INVALID, NOT_GRAPHQL = "INVALID_INPUT", "GRAPHQL_ERROR"

REFUSED_SAMPLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "from the future": (reading(seconds=3600), "FROM_THE_FUTURE", "timestamp"),
    "from the year 9999": (reading() | {"timestamp": "9999-12-31T23:59:59Z"}, "FROM_THE_FUTURE", "timestamp"),
    "too old": (reading("GPU-a1-1", -100_000), "TOO_OLD", "timestamp"),
    "from the year 1": (reading("GPU-a1-1") | {"timestamp": "0001-01-01T00:00:00Z"}, "TOO_OLD", "timestamp"),
    "a negative load": (reading(gpuUtilizationPct=-0.1), "OUT_OF_RANGE", "gpuUtilizationPct"),
    "a load of 101 %": (reading(gpuUtilizationPct=101), "OUT_OF_RANGE", "gpuUtilizationPct"),
    "a negative memory": (reading(memoryUsedMb=-1), "OUT_OF_RANGE", "memoryUsedMb"),
    "more memory used than there is": (reading(memoryUsedMb=10, memoryTotalMb=5), "OUT_OF_RANGE", "memoryUsedMb"),
    "a memory of 2 PB": (reading(memoryTotalMb=2**31 - 1), "OUT_OF_RANGE", "memoryTotalMb"),
    "a temperature of the sun": (reading(temperatureC=5_500), "OUT_OF_RANGE", "temperatureC"),
    "a temperature below nothing": (reading(temperatureC=-274), "OUT_OF_RANGE", "temperatureC"),
    "a power of 10^308": (reading(powerDrawW=1e308), "OUT_OF_RANGE", "powerDrawW"),
    "a negative clock": (reading(smClockMhz=-1), "OUT_OF_RANGE", "smClockMhz"),
    "an unknown UUID": (reading("GPU-nobody"), "UNKNOWN_DEVICE", "gpuUuid"),
    "an empty UUID": (reading(""), "UNKNOWN_DEVICE", "gpuUuid"),
    "a UUID of 10,000 characters": (reading("G" * 10_000), "UNKNOWN_DEVICE", "gpuUuid"),
    "a UUID of NUL": (reading("\x00"), "UNKNOWN_DEVICE", "gpuUuid"),
    "another node's device": (reading("GPU-a2-0"), "NOT_YOUR_NODE", "gpuUuid"),
    "another cluster's device": (reading("GPU-b1-0"), "NOT_YOUR_NODE", "gpuUuid"),
}


async def test_each_bad_sample_is_refused_by_name_and_the_others_count(admin: Caller) -> None:
    bad = list(REFUSED_SAMPLES.values())
    good = reading(gpuUtilizationPct=42)
    result = await admin.record(good, *(sample for sample, _, _ in bad))
    assert (result["accepted"], result["rejected"]) == (1, len(bad))
    for position, (rejection, (sample, reason, field)) in enumerate(zip(result["rejections"], bad, strict=True)):
        assert (rejection["index"], rejection["reason"], rejection["field"]) == (position + 1, reason, field)
        assert rejection["gpuUuid"] == sample["gpuUuid"]
        assert rejection["message"].strip()
    latest = await admin.data(
        "query($id: ID!) { node(id: $id) { ... on GpuDevice { latestMetric { gpuUtilizationPct powerDrawW } } } }",
        id=device_id("GPU-a1-0"),
    )
    assert latest["node"]["latestMetric"] == {"gpuUtilizationPct": 42.0, "powerDrawW": None}


@pytest.mark.parametrize("literal", ["1e999", "-1e999"])
async def test_infinity_in_a_literal(literal: str, admin: Caller) -> None:
    sample = f'{{ gpuUuid: "GPU-a1-0", timestamp: "{reading()["timestamp"]}", powerDrawW: {literal} }}'
    data = await admin.data(
        f'mutation {{ recordSamples(input: {{ clusterName: "alpha", nodeName: "a1", samples: [{sample}] }}) '
        "{ ... on SamplesRecorded { accepted rejections { reason field } } } }"
    )
    assert data["recordSamples"] == {"accepted": 0, "rejections": [{"reason": "NOT_FINITE", "field": "powerDrawW"}]}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "nan", "null,"])
async def test_no_number_in_json(word: str, token_server: RealServer, http: httpx.AsyncClient, admin: Caller) -> None:
    given = {"clusterName": ALPHA, "nodeName": "a1", "samples": [reading(powerDrawW="?")]}
    body = orjson.dumps({"query": RECORD_SAMPLES, "variables": {"input": given}}).replace(b'"?"', word.encode())
    answer = await http.post(token_server.api, content=body, headers=headers(admin.token))
    assert answer.status_code == 400
    assert "not valid JSON" in said(answer.json()["errors"])[1]


@pytest.mark.parametrize(
    "given",
    [
        {"timestamp": "yesterday"},
        {"timestamp": 1_700_000_000},
        {"timestamp": None},
        {"timestamp": "2026-06-30T23:59:60Z"},
        {"timestamp": ["2026-06-30T23:59:00Z"]},
        {"gpuUtilizationPct": "NaN"},
        {"gpuUtilizationPct": True},
        {"memoryUsedMb": 1.5},
        {"memoryUsedMb": 2**40},
        {"gpuUuid": None},
        {"gpuUuid": 5},
        {"price": 5},
    ],
    ids=str,
)
async def test_a_sample_of_the_wrong_type_is_an_error_of_the_request(given: dict[str, Any], admin: Caller) -> None:
    sample = reading() | given
    content = await admin.answer(RECORD_SAMPLES, input={"clusterName": ALPHA, "nodeName": "a1", "samples": [sample]})
    assert said(content["errors"])[0] == "GRAPHQL_ERROR"
    assert content.get("data") is None


@pytest.mark.parametrize(
    ("timestamp", "reason"),
    [
        ("2026-01-01T00:00:00", "NO_TIME_ZONE"),
        ("2026-01-01", "NO_TIME_ZONE"),
        ("9999-12-31T23:59:59-23:59", "FROM_THE_FUTURE"),
        ("0001-01-01T00:00:00+23:59", "OUT_OF_ORDER"),
    ],
)
async def test_one_time_without_a_place_in_utc_does_not_take_its_batch_down(
    timestamp: str, reason: str, admin: Caller
) -> None:
    result = await admin.record(reading("GPU-a1-1", -2), reading("GPU-a1-1") | {"timestamp": timestamp})
    assert result["__typename"] == "SamplesRecorded"
    assert [(r["index"], r["reason"], r["field"]) for r in result["rejections"] if r["index"] == 1] == [
        (1, reason, "timestamp")
    ]


async def test_duplicates_and_samples_out_of_order_count_once(admin: Caller) -> None:
    batch = [reading("GPU-a2-0", -3), reading("GPU-a2-0", -2), reading("GPU-a2-0", -1)]
    first = await admin.record(*batch, node="a2")
    assert first["accepted"] == 3
    again = await admin.record(*batch, node="a2")
    assert again["accepted"] == 0
    assert {row["reason"]: row["count"] for row in again["rejectedByReason"]} == {"OUT_OF_ORDER": 2, "DUPLICATE": 1}
    mixed = await admin.record(reading("GPU-a2-0"), reading("GPU-a2-0", -0.5), node="a2")
    assert [row["reason"] for row in mixed["rejections"]] == ["OUT_OF_ORDER"]


async def test_a_wrong_clock_can_be_noticed(admin: Caller) -> None:
    """An agent whose clock is an hour ahead is told so, and told the time."""
    result = await admin.record(reading(seconds=3600))
    assert result["rejections"][0]["reason"] == "FROM_THE_FUTURE"
    assert "check the clock" in result["rejections"][0]["message"]
    server_time = datetime.fromisoformat(result["serverTime"])
    assert abs((datetime.now(UTC) - server_time).total_seconds()) < 5


async def test_a_batch_of_10_001_is_refused_whole_and_one_of_10_000_is_not(admin: Caller) -> None:
    at = reading("GPU-nobody")
    result = await admin.record(*[at] * 10_001)
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["samples"])
    assert "10,001" in result["message"]
    result = await admin.record(*[at] * 10_000)
    assert result["rejectedByReason"] == [{"reason": "UNKNOWN_DEVICE", "count": 10_000}]
    assert len(result["rejections"]) == 100


async def test_samples_of_a_node_that_was_never_reported(admin: Caller) -> None:
    assert (await admin.record(reading(), node="a9"))["code"] == "NOT_FOUND"
    assert (await admin.record(reading(), node="A 9"))["code"] == "INVALID_INPUT"
    assert (await admin.record(node="a1"))["accepted"] == 0
