"""Values that no client should send: each is refused by name, and changes nothing."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.bad_days.fleet import (
    ALPHA,
    BETA,
    REGISTER_DEVICE,
    REPORT_NODE,
    SET_STATUS,
    UPDATE_DEVICE,
    Caller,
    a_report,
    device_id,
    node_id,
)
from tests.integration.bad_days.wire import said

pytestmark = pytest.mark.usefixtures("unharmed")

DEVICES = """query(
  $first: Int, $last: Int, $after: String, $before: String, $where: DeviceWhere, $orderBy: DeviceOrder
) {
  devices(first: $first, last: $last, after: $after, before: $before, where: $where, orderBy: $orderBy) {
    totalCount edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }"""

POSITION = ["alpha", "a1", 0, "dev_x"]


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def raw_cursor(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


INVALID, NOT_GRAPHQL = "INVALID_INPUT", "GRAPHQL_ERROR"

BAD_ARGUMENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "first 0": ({"first": 0}, INVALID, "between 1 and 1,000, not 0"),
    "first -1": ({"first": -1}, INVALID, "not -1"),
    "first 1,001": ({"first": 1001}, INVALID, "not 1,001"),
    "first 2^31": ({"first": 2**31}, NOT_GRAPHQL, "32-bit"),
    "first 10^18": ({"first": 10**18}, NOT_GRAPHQL, "32-bit"),
    "first 1.5": ({"first": 1.5}, NOT_GRAPHQL, "non-integer"),
    "first as text": ({"first": "1"}, NOT_GRAPHQL, "non-integer"),
    "first true": ({"first": True}, NOT_GRAPHQL, "non-integer"),
    "last 0": ({"last": 0}, INVALID, "`last`"),
    "first and last": ({"first": 1, "last": 1}, INVALID, "either"),
    "an empty cursor": ({"after": ""}, INVALID, "`after` is not a cursor"),
    "a short cursor": ({"after": "x"}, INVALID, "not a cursor"),
    "a cursor of no base64": ({"after": "%%%"}, INVALID, "not a cursor"),
    "a cursor beyond ASCII": ({"after": "\u00e9"}, INVALID, "not a cursor"),
    "a cursor of zeros": ({"after": "A" * 10_000}, INVALID, "not a cursor"),
    "a cursor of no JSON": ({"before": raw_cursor(b"POSITION")}, INVALID, "`before` is not a cursor"),
    "a cursor of null": ({"after": raw_cursor(b"null")}, INVALID, "not a cursor"),
    "a cursor of an object": ({"after": raw_cursor(b"{}")}, INVALID, "not a cursor"),
    "a cursor of nothing": ({"after": raw_cursor(b"[]")}, INVALID, "not a cursor"),
    "a cursor of other types": ({"after": cursor("POSITION", 1, 2, "3", 4)}, INVALID, "not a cursor"),
    "a cursor of lists": ({"after": cursor("POSITION", [], {}, 3, 4)}, INVALID, "not a cursor"),
    "a cursor 100,000 levels deep": ({"after": raw_cursor(b"[" * 100_000 + b"]" * 100_000)}, INVALID, "not a cursor"),
    "a cursor of 5,000 digits": ({"after": raw_cursor(b'["POSITION",' + b"9" * 5_000 + b"]")}, INVALID, "not a cursor"),
    "a cursor of another order": ({"after": cursor("POWER", 1, 2.0, *POSITION)}, INVALID, "another ordering"),
    "a cursor of the other direction": (
        {"after": cursor("POSITION", *POSITION), "orderBy": {"field": "POSITION", "descending": True}},
        INVALID,
        "another ordering",
    ),
    "an unknown order": ({"orderBy": {"field": "PRICE"}}, NOT_GRAPHQL, "does not exist"),
    "no order": ({"orderBy": {}}, NOT_GRAPHQL, "required"),
    "a negative percentage": ({"where": {"gpuUtilizationPctMin": -1}}, INVALID, "between 0 and 100"),
    "a percentage of a million": ({"where": {"gpuUtilizationPctMax": 1e6}}, INVALID, "between 0 and 100"),
    "a percentage in words": ({"where": {"gpuUtilizationPctMin": "many"}}, NOT_GRAPHQL, "non numeric"),
    "101 names": ({"where": {"nodeNames": ["n"] * 101}}, INVALID, "at most 100 values"),
    "a null name": ({"where": {"nodeNames": [None]}}, NOT_GRAPHQL, "non-null"),
    "a long text": ({"where": {"text": "a" * 201}}, INVALID, "at most 200 characters"),
    "an unknown status": ({"where": {"statuses": ["BROKEN"]}}, NOT_GRAPHQL, "does not exist"),
    "an unknown part": ({"where": {"price": 5}}, NOT_GRAPHQL, "unknown field"),
    "a list for an object": ({"where": [1, 2]}, NOT_GRAPHQL, ""),
}


@pytest.mark.parametrize("name", BAD_ARGUMENTS)
async def test_a_bad_argument_of_a_list(name: str, admin: Caller) -> None:
    variables, code, words = BAD_ARGUMENTS[name]
    content = await admin.answer(DEVICES, **variables)
    found, message = said(content["errors"])
    assert found == code
    assert words in message
    assert content.get("data") is None


@pytest.mark.parametrize(
    "query",
    [
        "{ devices(first: 99999999999) { totalCount } }",
        "{ devices(first: 1.0) { totalCount } }",
        "{ devices(where: { gpuUtilizationPctMin: NaN }) { totalCount } }",
        "{ devices(where: { gpuUtilizationPctMin: Infinity }) { totalCount } }",
        "{ devices(where: { gpuUtilizationPctMin: 1e999 }) { totalCount } }",
        "{ devices(where: { gpuUtilizationPctMax: -1e999 }) { totalCount } }",
        "{ node(id: 1.5) { id } }",
        "{ node { id } }",
        "query($id: ID!) { node(id: $id) { id } }",
    ],
)
async def test_a_bad_literal(query: str, admin: Caller) -> None:
    content = await admin.answer(query)
    said(content["errors"])
    assert content.get("data") is None


async def test_a_cursor_of_no_row_still_pages(admin: Caller) -> None:
    """The row it points at may be gone: the page begins after the place where it would be."""
    found = await admin.data(DEVICES, first=1, after=cursor("POSITION", "alpha", "a1", 0, "zzz"))
    assert [edge["node"]["id"] for edge in found["devices"]["edges"]] == [device_id("GPU-a1-1")]


async def test_an_id_of_nothing_is_null(admin: Caller) -> None:
    for wanted in ("", "dev_", "dev_x", "node_\x00", "model_'; DROP TABLE gpu_devices; --", "x" * 10_000, 7):
        assert await admin.data("query($id: ID!) { node(id: $id) { id } }", id=wanted) == {"node": None}


# -- the inventory

BAD_NAMES = ["", "A", "-a", "a-", "a_b", "a" * 254, "a\n", "a b", "a/b", "..", "\u00e9", "a\x00", "a\u202eb", "$(id)"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
async def test_a_name_that_kubernetes_would_refuse(name: str, admin: Caller) -> None:
    result = await admin.act(REPORT_NODE, clusterName=ALPHA, nodeName=name, devices=[])
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["nodeName"])
    result = await admin.act(REPORT_NODE, clusterName=name, nodeName="a9", devices=[])
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["clusterName"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gpuUuid", ""),
        ("gpuUuid", "x"),
        ("gpuUuid", "GPU-" + "a" * 61),
        ("gpuUuid", "GPU-aaaa\n"),
        ("deviceIndex", -1),
        ("deviceIndex", 64),
        ("modelName", ""),
        ("modelName", "  "),
        ("modelName", "a" * 201),
        ("modelName", "a\x00"),
        ("serialNumber", "a\nb"),
        ("pciAddress", "\x1b[31m"),
        ("driverVersion", "\u202e"),
        ("memoryTotalMb", -1),
        ("memoryTotalMb", 2**31 - 1),
        ("powerLimitW", -1),
        ("powerLimitW", 1e308),
        ("cudaCores", -1),
        ("maxMigInstances", 65),
    ],
    ids=ascii,
)
async def test_a_device_that_cannot_be(field: str, value: object, admin: Caller) -> None:
    device = a_report("GPU-new-0") | {field: value}
    result = await admin.act(REGISTER_DEVICE, clusterName=ALPHA, nodeName="a9", device=device)
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["device", field])
    result = await admin.act(REPORT_NODE, clusterName=ALPHA, nodeName="a9", devices=[a_report("GPU-new-1", 1), device])
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["devices", "1", field])
    assert await admin.data("query($id: ID!) { node(id: $id) { id } }", id=node_id(ALPHA, "a9")) == {"node": None}


@pytest.mark.parametrize(
    ("devices", "path"),
    [
        ([a_report("GPU-new-0"), a_report("GPU-new-0", 1)], ["devices", "1", "gpuUuid"]),
        ([a_report("GPU-new-0"), a_report("GPU-new-1")], ["devices", "1", "deviceIndex"]),
        ([a_report(f"GPU-new-{n}", n) for n in range(65)], ["devices"]),
    ],
    ids=["one UUID twice", "one index twice", "65 devices"],
)
async def test_a_report_that_contradicts_itself(devices: list[Any], path: list[str], admin: Caller) -> None:
    result = await admin.act(REPORT_NODE, clusterName=ALPHA, nodeName="a9", devices=devices)
    assert (result["code"], result["path"]) == ("INVALID_INPUT", path)


async def test_a_device_that_is_there_already(admin: Caller) -> None:
    device = a_report("GPU-b1-0")
    result = await admin.act(REGISTER_DEVICE, clusterName=ALPHA, nodeName="a1", device=device)
    assert result["code"] == "CONFLICT"
    result = await admin.act(REGISTER_DEVICE, clusterName=BETA, nodeName="b1", device=a_report("GPU-new-0"))
    assert (result["code"], result["path"]) == ("CONFLICT", ["deviceIndex"])


DEVICE = device_id("GPU-b1-1")

BAD_CHANGES: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "of nothing": (SET_STATUS, {"deviceId": "dev_x", "status": "ACTIVE"}, "NOT_FOUND", ["deviceId"]),
    "of a long id": (SET_STATUS, {"deviceId": "d" * 9_999, "status": "ACTIVE"}, "NOT_FOUND", ["deviceId"]),
    "of an id with NUL": (UPDATE_DEVICE, {"deviceId": "d\x00", "serialNumber": "1"}, "NOT_FOUND", ["deviceId"]),
    "that skips a step": (SET_STATUS, {"deviceId": DEVICE, "status": "RETIRED"}, "ILLEGAL_TRANSITION", ["status"]),
    "that is outdated": (
        SET_STATUS,
        {"deviceId": DEVICE, "status": "CORDONED", "expectedVersion": 99},
        "CONFLICT",
        ["expectedVersion"],
    ),
    "with a novel": (SET_STATUS, {"deviceId": DEVICE, "status": "CORDONED", "reason": "a" * 501}, INVALID, ["reason"]),
    "with NUL": (SET_STATUS, {"deviceId": DEVICE, "status": "CORDONED", "reason": "a\x00b"}, INVALID, ["reason"]),
    "with an escape": (
        SET_STATUS,
        {"deviceId": DEVICE, "status": "CORDONED", "reason": "\x1b[2J"},
        INVALID,
        ["reason"],
    ),
    "with an empty key": (
        SET_STATUS,
        {"deviceId": DEVICE, "status": "CORDONED", "idempotencyKey": ""},
        INVALID,
        ["idempotencyKey"],
    ),
    "with a long key": (
        SET_STATUS,
        {"deviceId": DEVICE, "status": "CORDONED", "idempotencyKey": "k" * 129},
        INVALID,
        ["idempotencyKey"],
    ),
    "of nothing at all": (UPDATE_DEVICE, {"deviceId": DEVICE}, INVALID, []),
    "to a cost of NaN": (UPDATE_DEVICE, {"deviceId": DEVICE, "purchaseCost": "NaN"}, INVALID, ["purchaseCost"]),
    "to a cost without end": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "purchaseCost": "-Infinity"},
        INVALID,
        ["purchaseCost"],
    ),
    "to a negative cost": (UPDATE_DEVICE, {"deviceId": DEVICE, "purchaseCost": "-1"}, INVALID, ["purchaseCost"]),
    "to a cost of 10^400": (UPDATE_DEVICE, {"deviceId": DEVICE, "purchaseCost": "1e400"}, INVALID, ["purchaseCost"]),
    "to a cost without currency": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "purchaseCost": "5"},
        INVALID,
        ["purchaseCurrency"],
    ),
    "to a currency in small letters": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "purchaseCurrency": "usd"},
        INVALID,
        ["purchaseCurrency"],
    ),
    "to a date before time": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "installationDate": "0001-01-01T00:00:00+14:00"},
        INVALID,
        ["installationDate"],
    ),
    "to a date without a zone": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "lastMaintenanceDate": "2026-01-01T00:00:00"},
        INVALID,
        ["lastMaintenanceDate"],
    ),
    "to a serial with a line break": (
        UPDATE_DEVICE,
        {"deviceId": DEVICE, "serialNumber": "a\nb"},
        INVALID,
        ["serialNumber"],
    ),
}


@pytest.mark.parametrize("name", BAD_CHANGES)
async def test_a_change_that_cannot_be(name: str, admin: Caller) -> None:
    mutation, given, code, path = BAD_CHANGES[name]
    version = "query($id: ID!) { node(id: $id) { ... on GpuDevice { version deviceStatus purchaseCost } } }"
    before = await admin.data(version, id=DEVICE)
    result = await admin.act(mutation, **given)
    assert (result["code"], result["path"]) == (code, path)
    assert await admin.data(version, id=DEVICE) == before


@pytest.mark.parametrize("cost", ["abc", "", True, [], {}, "1,5"], ids=str)
async def test_a_cost_of_the_wrong_type(cost: object, admin: Caller) -> None:
    content = await admin.answer(
        UPDATE_DEVICE, input={"deviceId": DEVICE, "purchaseCost": cost, "purchaseCurrency": "EUR"}
    )
    assert said(content["errors"])[0] == "GRAPHQL_ERROR"


async def test_a_key_is_for_one_request(admin: Caller) -> None:
    given = {"deviceId": DEVICE, "purchaseCost": "12.5", "purchaseCurrency": "EUR", "idempotencyKey": "bad-days"}
    first = await admin.act(UPDATE_DEVICE, **given)
    assert Decimal(first["purchaseCost"]) == Decimal("12.5")
    assert (await admin.act(UPDATE_DEVICE, **given))["version"] == first["version"]
    other = await admin.act(UPDATE_DEVICE, **{**given, "purchaseCost": "13"})
    assert (other["code"], other["path"]) == ("CONFLICT", ["idempotencyKey"])
