"""Requests for GPUs that cannot be, as a client sends them: refused by their field's name, nothing is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.access.principal import Principal, Role
from tests.integration.bad_days.fleet import Caller
from tests.integration.bad_days.real_server import RealServer, token

pytestmark = pytest.mark.usefixtures("unharmed")

_ERROR = "... on Error { code message path }"
REQUEST = f"""mutation($input: RequestAllocationInput!) {{ requestAllocation(input: $input) {{
  __typename ... on AllocationAnswer {{ status allocation {{ id status }} }} {_ERROR} }} }}"""
RELEASE = f"""mutation($input: ReleaseAllocationInput!) {{ releaseAllocation(input: $input) {{
  __typename ... on GpuAllocation {{ id status }} {_ERROR} }} }}"""
EXTEND = f"""mutation($input: ExtendAllocationInput!) {{ extendAllocation(input: $input) {{
  __typename ... on GpuAllocation {{ id status }} {_ERROR} }} }}"""
LIVING = "{ allocations { totalCount } }"

INVALID = "INVALID_INPUT"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()
BAD_REQUESTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no hours": ({"hours": 0}, ["hours"]),
    "less than no hours": ({"hours": -1}, ["hours"]),
    "more hours than a year has": ({"hours": 9000}, ["hours"]),
    "an end in the past": ({"plannedReleaseTime": YESTERDAY}, ["plannedReleaseTime"]),
    "an end without a zone": ({"plannedReleaseTime": "2099-01-01T00:00:00"}, ["plannedReleaseTime"]),
    "two ends": ({"plannedReleaseTime": "2027-01-01T00:00:00Z", "hours": 1}, ["plannedReleaseTime"]),
    "a team nobody knows": ({"teamId": "nobody"}, ["teamId"]),
    "a pod that Kubernetes would refuse": ({"podName": "Train_0", "namespace": "asr"}, ["podName"]),
    "a namespace that Kubernetes would refuse": ({"namespace": "a.b"}, ["namespace"]),
    "no GPU": ({"gpuCount": 0}, ["gpuCount"]),
    "more GPUs than a request may have": ({"gpuCount": 513}, ["gpuCount"]),
    "less than no memory": ({"memoryGb": -1}, ["memoryGb"]),
    "a share without memory": ({"resourceType": "SHARED"}, ["memoryGb"]),
    "an instance without a size": ({"resourceType": "MIG"}, ["profileName"]),
    "a product that is not there": ({"modelNames": ["RTX 9090"]}, ["modelNames", "0"]),
    "a cluster that is not there": ({"clusterName": "omega"}, ["clusterName"]),
    "a node that is not there": ({"nodeName": "a9"}, ["nodeName"]),
    "an empty key": ({"idempotencyKey": ""}, ["idempotencyKey"]),
    "a user of no name": ({"userId": ""}, ["userId"]),
    "a reason of a page": ({"reason": "x" * 2000}, ["reason"]),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
@pytest.mark.parametrize("dry", [False, True], ids=["real", "dry"])
async def test_a_request_that_cannot_be(name: str, dry: bool, admin: Caller) -> None:
    given, path = BAD_REQUESTS[name]
    before = await admin.data(LIVING)
    result = await admin.act(REQUEST, **given, dryRun=dry)
    assert (result.get("code"), result.get("path")) == (INVALID, path), result
    assert await admin.data(LIVING) == before


async def test_one_key_two_bodies_another_s_and_twice(
    admin: Caller, token_server: RealServer, http: httpx.AsyncClient
) -> None:
    ann, bob, vic = (
        Caller(http, token_server, token(principal))
        for principal in (
            Principal("ann", Role.USER, team="speech"),
            Principal("bob", Role.USER, team="vision"),
            Principal("vic", Role.VIEWER),
        )
    )
    wanted = {"gpuCount": 1, "hours": 1, "idempotencyKey": "bad-days"}
    granted = await ann.act(REQUEST, **wanted)
    assert granted["status"] == "ACTIVE"
    id_ = granted["allocation"]["id"]
    assert (await ann.act(REQUEST, **wanted))["allocation"]["id"] == id_
    other = await ann.act(REQUEST, **{**wanted, "hours": 2})
    assert (other["code"], other["path"]) == ("CONFLICT", ["idempotencyKey"])

    outcomes = [await who.act(RELEASE, allocationId=id_) for who in (bob, vic, ann, ann, admin)]
    assert [outcome.get("code", outcome.get("status")) for outcome in outcomes] == [
        "NOT_FOUND",
        "FORBIDDEN",
        "RELEASED",
        "ILLEGAL_TRANSITION",
        "ILLEGAL_TRANSITION",
    ]
    late = await ann.act(EXTEND, allocationId=id_, hours=1)
    assert (late["code"], late["path"]) == ("ILLEGAL_TRANSITION", ["allocationId"])
    assert (await ann.act(REQUEST, **wanted))["status"] == "RELEASED"  # the same key tells what became of it


@pytest.mark.parametrize("id_", ["alloc_0", "dev_0", "", "x" * 5000, "\x00", "ü"], ids=repr)
async def test_an_id_of_no_allocation(id_: str, admin: Caller) -> None:
    for mutation in (RELEASE, EXTEND):
        result = await admin.act(mutation, allocationId=id_)
        assert (result["code"], result["path"]) == ("NOT_FOUND", ["allocationId"]), result
    found = await admin.data("query($id: ID!) { node(id: $id) { id } }", id=id_)
    assert found["node"] is None
