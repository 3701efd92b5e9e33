"""Who may do and see what, over HTTP and over a socket - and that a bad token is never taken for none."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import orjson
import pytest

from domain.access.principal import Principal, Role
from tests.fixtures.gpuctl import SECRET
from tests.integration.bad_days.fleet import (
    ADMIN,
    ALPHA,
    BETA,
    NODES,
    RECORD_SAMPLES,
    REGISTER_DEVICE,
    REPORT_NODE,
    SET_STATUS,
    UPDATE_DEVICE,
    Caller,
    a_report,
    device_id,
    node_id,
    reading,
)
from tests.integration.bad_days.real_server import RealServer, token
from tests.integration.bad_days.wire import DEVICE_EVENTS, LEGACY_WS, TRANSPORT_WS, headers, said, talking

pytestmark = pytest.mark.usefixtures("unharmed")

WHO = "{ viewer { subject role } }"


def forged(key: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A token with other claims, or of another signer. A claim of None is left out."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    stated = {"iss": "k8s-gpu-management", "sub": "mallory", "role": "ADMIN", "exp": soon, **claims}
    return jwt.encode({name: value for name, value in stated.items() if value is not None}, key, algorithm=algorithm)


def unsigned() -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")

    claims = {"iss": "k8s-gpu-management", "sub": "mallory", "role": "ADMIN", "exp": 9_999_999_999}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


GOOD = token(Principal("viewer", Role.VIEWER))

BAD_TOKENS = {
    "nothing": "",
    "a word": "x",
    "dots": "..",
    "of no algorithm": unsigned(),
    "of another key": forged(key="another key that is long enough to sign"),
    "cut short": GOOD[:-5],
    "with another claim put in": ".".join([GOOD.split(".")[0], forged().split(".")[1], GOOD.split(".")[2]]),
    "of another issuer": forged(iss="elsewhere"),
    "without an end": forged(exp=None),
    "without a role": forged(role=None),
    "without a subject": forged(sub=None),
    "of an unknown role": forged(role="ROOT"),
    "that has expired": forged(exp=datetime.now(UTC) - timedelta(minutes=1)),
    "that ends in no time": forged(exp="tomorrow"),
    "of a subject that is no text": forged(sub=5),
    "for clusters that are no list": forged(clusters=5),
    "of 10,000 characters": "a" * 10_000,
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused_on_both_servers(
    name: str, dev_server: RealServer, token_server: RealServer, http: httpx.AsyncClient
) -> None:
    """Also where no token at all would be let in as ADMIN."""
    bad = BAD_TOKENS[name]
    for server in (dev_server, token_server):
        answer = await http.post(
            server.api,
            json={"query": WHO},
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {bad}".strip()},
        )
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert said(answer.json()["errors"])[0] == "UNAUTHENTICATED"
        for payload in ({"Authorization": f"Bearer {bad}"}, {"authorization": f"Bearer {bad}"}, {"token": bad}):
            async with talking(server, init=False) as talk:
                await talk.send({"type": "connection_init", "payload": payload})
                messages, code, reason = await talk.rest()
                assert (messages, code) == ([], 4403)
                assert reason.startswith("Forbidden: ")


NO_CREDENTIALS = [
    {"Authorization": ""},
    {"Authorization": " "},
    {"Authorization": 0},
    {"Authorization": False},
    {"Authorization": []},
    {"Authorization": {"Bearer": GOOD}},
    {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer"},
    {"authorization": ""},
    {"token": 5},
    {"token": False},
    {"token": ["x"]},
    {"Authorization": "", "token": GOOD},
]


@pytest.mark.parametrize("payload", NO_CREDENTIALS, ids=str)
async def test_credentials_of_the_wrong_kind_are_not_taken_for_none(
    payload: dict[str, Any], dev_server: RealServer
) -> None:
    async with talking(dev_server, init=False) as talk:
        await talk.send({"type": "connection_init", "payload": payload})
        assert (await talk.rest())[:2] == ([], 4403)


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YTpi", "bearer x", GOOD, "Bearer \u00e9"], ids=ascii)
async def test_a_bad_header_is_refused(value: str, dev_server: RealServer, http: httpx.AsyncClient) -> None:
    answer = await http.post(
        dev_server.api,
        json={"query": WHO},
        headers={b"Content-Type": b"application/json", b"Authorization": value.encode("latin-1")},
    )
    assert answer.status_code == 401


async def test_without_a_token(dev_server: RealServer, token_server: RealServer, http: httpx.AsyncClient) -> None:
    assert await Caller(http, dev_server, None).data(WHO) == {"viewer": {"subject": "dev", "role": "ADMIN"}}
    answer = await http.post(token_server.api, json={"query": WHO})
    assert answer.status_code == 401
    async with talking(token_server, init=False) as talk:
        await talk.send({"type": "connection_init"})
        assert (await talk.rest())[:2] == ([], 4403)
    async with talking(token_server, init=False, protocol=LEGACY_WS) as talk:
        await talk.send({"type": "connection_init", "payload": {"token": None}})
        messages, code, _ = await talk.rest()
        assert [message["type"] for message in messages] == ["connection_error"]
        assert code == 4403


async def test_a_foreign_origin_does_not_get_in(dev_server: RealServer) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{dev_server.port}.evil.example"):
        handshake = httpx.get(
            dev_server.api,
            headers={
                "Origin": origin,
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
                "Sec-WebSocket-Protocol": TRANSPORT_WS,
            },
        )
        assert handshake.status_code == 403
    async with talking(dev_server, origin=f"http://127.0.0.1:{dev_server.port}") as talk:
        await talk.subscribe("1", "{ __typename }")
        assert (await talk.receive())["type"] == "next"


# -- what a role may do

MUTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "registerDevice": (
        REGISTER_DEVICE,
        {"clusterName": ALPHA, "nodeName": "a1", "device": a_report("GPU-forbidden", 63)},
    ),
    "updateDevice": (UPDATE_DEVICE, {"deviceId": device_id("GPU-a1-0"), "serialNumber": "1"}),
    "setDeviceStatus": (SET_STATUS, {"deviceId": device_id("GPU-a1-0"), "status": "CORDONED"}),
    "reportNode": (REPORT_NODE, {"clusterName": ALPHA, "nodeName": "a9", "devices": []}),
    "recordSamples": (RECORD_SAMPLES, {"clusterName": ALPHA, "nodeName": "a1", "samples": []}),
}

MAY_NOT = [
    *((Role.USER, name) for name in MUTATIONS),
    *((Role.VIEWER, name) for name in MUTATIONS),
    (Role.OPERATOR, "reportNode"),
    (Role.OPERATOR, "recordSamples"),
    *((Role.SERVICE, name) for name in ("registerDevice", "updateDevice", "setDeviceStatus")),
]


@pytest.mark.parametrize(("role", "name"), MAY_NOT)
async def test_a_role_may_not(role: Role, name: str, token_server: RealServer, http: httpx.AsyncClient) -> None:
    mutation, given = MUTATIONS[name]
    mine = token(Principal("somebody", role))
    result = await Caller(http, token_server, mine).act(mutation, **given)
    assert (result["__typename"], result["code"]) == ("ForbiddenError", "FORBIDDEN")
    async with talking(token_server, token=mine) as talk:
        await talk.subscribe("1", mutation, variables={"input": given})
        (result,) = (await talk.receive_of("1"))["payload"]["data"].values()
        assert result["code"] == "FORBIDDEN"
    device = await Caller(http, token_server, mine).data(
        "query($id: ID!) { node(id: $id) { ... on GpuDevice { version } } }", id=device_id("GPU-a1-0")
    )
    assert device["node"] == {"version": 1}


async def test_an_agent_reports_for_its_own_node_only(token_server: RealServer, http: httpx.AsyncClient) -> None:
    agent = Principal("agent-a1", Role.SERVICE, clusters=frozenset({ALPHA}), node_name="a1")
    mine = Caller(http, token_server, token(agent))
    devices = [a_report(uuid, index) for index, uuid in enumerate(NODES[ALPHA, "a1"])]
    own = await mine.act(REPORT_NODE, clusterName=ALPHA, nodeName="a1", devices=devices)
    assert own["__typename"] == "NodeReported"
    for cluster, node, path in ((ALPHA, "a2", "nodeName"), (BETA, "a1", "clusterName"), (BETA, "b1", "clusterName")):
        result = await mine.act(REPORT_NODE, clusterName=cluster, nodeName=node, devices=[])
        assert (result["code"], result["path"]) == ("FORBIDDEN", [path])
        result = await mine.record(reading("GPU-b1-0"), cluster=cluster, node=node)
        assert (result["code"], result["path"]) == ("FORBIDDEN", [path])
    # a token for one cluster and any node of it
    cluster_agent = Caller(http, token_server, token(replace(agent, node_name=None)))
    assert (await cluster_agent.record(node="a2"))["__typename"] == "SamplesRecorded"
    assert (await cluster_agent.record(cluster=BETA, node="b1"))["code"] == "FORBIDDEN"
    # a token for a node name and any cluster
    anywhere = Caller(http, token_server, token(replace(agent, clusters=None)))
    assert (await anywhere.record(node="a2"))["code"] == "FORBIDDEN"


async def test_an_agent_does_not_take_the_device_of_a_cluster_it_may_not_see(
    token_server: RealServer, http: httpx.AsyncClient, admin: Caller
) -> None:
    """Otherwise a stolen agent token could move the whole fleet to its own node."""
    agent = Principal("agent-a1", Role.SERVICE, clusters=frozenset({ALPHA}), node_name="a1")
    mine = Caller(http, token_server, token(agent))
    devices = [a_report(uuid, index) for index, uuid in enumerate([*NODES[ALPHA, "a1"], "GPU-b1-0"])]
    result = await mine.act(REPORT_NODE, clusterName=ALPHA, nodeName="a1", devices=devices)
    assert (result["code"], result["path"]) == ("CONFLICT", ["devices", "2", "gpuUuid"])
    where = await admin.data(
        "query($id: ID!) { node(id: $id) { ... on GpuDevice { node { clusterName nodeName } } } }",
        id=device_id("GPU-b1-0"),
    )
    assert where["node"]["node"] == {"clusterName": BETA, "nodeName": "b1"}


# -- what a scope shows


async def test_a_scope_of_one_cluster_sees_nothing_of_another(
    token_server: RealServer, http: httpx.AsyncClient
) -> None:
    mine = token(Principal("beta-user", Role.USER, clusters=frozenset({BETA})))
    caller = Caller(http, token_server, mine)
    seen = await caller.data(
        """{ devices { totalCount nodes { id gpuUuid node { clusterName } } } gpuNodes { totalCount nodes { nodeName } }
          fleet { totalGpus totalNodes clusterNames } fleetFrame { deviceIds }
          all: devices(where: { clusterNames: ["alpha", "beta"] }) { totalCount }
          other: devices(where: { clusterNames: ["alpha"] }) { totalCount }
          text: devices(where: { text: "GPU-a1" }) { totalCount } }"""
    )
    own = {device_id(uuid) for uuid in NODES[BETA, "b1"]}
    assert {device["id"] for device in seen["devices"]["nodes"]} == own
    assert set(seen["fleetFrame"]["deviceIds"]) == own
    assert seen["fleet"] == {"totalGpus": 2, "totalNodes": 1, "clusterNames": [BETA]}
    assert seen["gpuNodes"] == {"totalCount": 1, "nodes": [{"nodeName": "b1"}]}
    assert (seen["all"]["totalCount"], seen["other"]["totalCount"], seen["text"]["totalCount"]) == (2, 0, 0)
    for hidden in (device_id("GPU-a1-0"), node_id(ALPHA, "a1")):
        assert await caller.data("query($id: ID!) { node(id: $id) { id } }", id=hidden) == {"node": None}
    for shown in (device_id("GPU-b1-0"), node_id(BETA, "b1")):
        assert await caller.data("query($id: ID!) { node(id: $id) { id } }", id=shown) == {"node": {"id": shown}}


async def test_a_scope_of_one_cluster_may_not_change_another(token_server: RealServer, http: httpx.AsyncClient) -> None:
    """It learns no more than of a device that does not exist."""
    operator = Principal("beta-operator", Role.OPERATOR, clusters=frozenset({BETA}))
    caller = Caller(http, token_server, token(operator))
    hidden = device_id("GPU-a1-0")
    for mutation, given in (
        (SET_STATUS, {"deviceId": hidden, "status": "CORDONED"}),
        (UPDATE_DEVICE, {"deviceId": hidden, "serialNumber": "1"}),
    ):
        result = await caller.act(mutation, **given)
        unknown = await caller.act(mutation, **{**given, "deviceId": "dev_x"})
        assert result["code"] == unknown["code"] == "NOT_FOUND"
        assert result["message"].replace(hidden, "dev_x") == unknown["message"]
    given = {"clusterName": ALPHA, "nodeName": "a1", "device": a_report("GPU-new-0", 9)}
    assert (await caller.act(REGISTER_DEVICE, **given))["code"] == "FORBIDDEN"


async def test_live_streams_show_a_scope_its_own_cluster_only(token_server: RealServer, admin: Caller) -> None:
    """Though the same documents run for another scope at the same time: nothing is shared across scopes."""
    beta = token(Principal("beta-user", Role.USER, clusters=frozenset({BETA})))
    alpha = token(Principal("alpha-user", Role.USER, clusters=frozenset({ALPHA})))
    frame = "subscription { fleetFrame { deviceIds } }"
    metrics = "subscription { gpuMetrics { deviceId gpuUtilizationPct } }"
    own = {device_id(uuid) for uuid in NODES[BETA, "b1"]}
    async with talking(token_server, token=alpha) as theirs, talking(token_server, token=beta) as mine:
        for talk in (theirs, mine):
            await talk.subscribe("frame", frame)
            await talk.subscribe("metrics", metrics)
            await talk.subscribe("events", DEVICE_EVENTS)
            assert (await talk.receive_of("events"))["payload"]["data"]["deviceEvents"]["snapshot"]
        for value in (11, 22):
            await admin.record(reading("GPU-a1-0", gpuUtilizationPct=value))
            await admin.record(reading("GPU-b1-0", gpuUtilizationPct=value), cluster=BETA, node="b1")
        await admin.act(UPDATE_DEVICE, deviceId=device_id("GPU-a1-0"), purchaseCurrency="EUR")
        await admin.act(UPDATE_DEVICE, deviceId=device_id("GPU-b1-0"), purchaseCurrency="EUR")
        seen: dict[str, list[Any]] = {"frame": [], "metrics": [], "events": []}
        deadline = time.monotonic() + 5
        while not (seen["frame"] and seen["metrics"] and seen["events"]):
            assert time.monotonic() < deadline
            message = await mine.receive()
            seen[message["id"]].append(message["payload"]["data"])
        assert all(set(data["fleetFrame"]["deviceIds"]) == own for data in seen["frame"])
        assert all({m["deviceId"] for m in data["gpuMetrics"]} <= own for data in seen["metrics"])
        (event,) = seen["events"]
        assert {device["id"] for device in event["deviceEvents"]["devices"]} == {device_id("GPU-b1-0")}
        assert len(event["deviceEvents"]["changes"]) == 1
        theirs_event = await theirs.receive_of("events")
        devices = theirs_event["payload"]["data"]["deviceEvents"]["devices"]
        assert {device["node"]["clusterName"] for device in devices} == {ALPHA}


async def test_an_event_of_another_cluster_is_silence(token_server: RealServer, admin: Caller) -> None:
    beta = token(Principal("beta-user", Role.USER, clusters=frozenset({BETA})))
    async with talking(token_server, token=beta) as talk:
        await talk.subscribe("events", DEVICE_EVENTS)
        assert (await talk.receive_of("events"))["payload"]["data"]["deviceEvents"]["snapshot"]
        await admin.act(UPDATE_DEVICE, deviceId=device_id("GPU-a1-1"), serialNumber="quiet")
        with pytest.raises(TimeoutError):
            await talk.receive(0.5)
        await talk.subscribe("viewer", "subscription { fleetFrame { deviceIds } }")
        assert (await talk.receive_of("viewer"))["type"] == "next"


# -- the end of a token


@pytest.mark.parametrize("protocol", [TRANSPORT_WS, LEGACY_WS])
async def test_an_expired_token_ends_a_live_socket_after_completing_its_operations(
    protocol: str, token_server: RealServer
) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=2)
    short = forged(sub="short", role="VIEWER", exp=expires_at)
    async with talking(token_server, token=short, protocol=protocol) as talk:
        await talk.subscribe("frames", "subscription { fleetFrame { sequence } }")
        await talk.subscribe("events", DEVICE_EVENTS)
        messages, code, reason = await talk.rest(10)
    late = (datetime.now(UTC) - expires_at).total_seconds()
    assert -1.1 <= late < 1.5  # a token's end is in whole seconds
    assert (code, reason) == (4403, "Forbidden: the token has expired")
    kinds = [(message["id"], message["type"]) for message in messages]
    assert {("frames", "complete"), ("events", "complete")} == set(kinds[-2:])
    assert {kind for _, kind in kinds[:-2]} <= {"next", "data"}


async def test_a_scope_is_not_changed_by_what_a_client_says(token_server: RealServer, http: httpx.AsyncClient) -> None:
    mine = token(Principal("viewer", Role.VIEWER, team="blue", clusters=frozenset({BETA})))
    answer = await http.post(
        token_server.api,
        json={"query": "{ viewer { subject role team clusters permissions } }", "role": "ADMIN"},
        headers=headers(mine) | {"X-Role": "ADMIN", "X-Forwarded-User": "admin"},
    )
    assert answer.json()["data"]["viewer"] == {
        "subject": "viewer",
        "role": "VIEWER",
        "team": "blue",
        "clusters": [BETA],
        "permissions": ["READ_ALL_ALLOCATIONS", "READ_FLEET"],
    }
    assert ADMIN not in answer.text
