"""Agents get the commands of their nodes over a WebSocket, and a real one carries them out, killed or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from domain.access.principal import Principal, Role
from domain.fleet.model import device_id_for
from tests.fixtures.gpuctl import GpuctlFactory
from tests.integration.bad_days.fleet import REPORT_NODE
from tests.integration.bad_days.in_process import InProcessServer
from tests.integration.bad_days.real_server import token
from tests.integration.bad_days.wire import talking
from tests.integration.mig.test_api import ADMIN, ANN, APPLY, ASK, RESULT, Api, update

CLUSTER, NODE = "lab", "n1"
AGENT = token(Principal("agent", Role.SERVICE, clusters=frozenset({CLUSTER}), node_name=NODE))
OTHER = token(Principal("agent", Role.SERVICE, clusters=frozenset({CLUSTER}), node_name="n2"))
PROFILES = [
    {
        "profileName": name,
        "giProfileId": gi_id,
        "nvmlProfile": number,
        "computeSlices": compute,
        "memorySlices": memory,
        "memoryMb": memory * 10_000,
        "maxInstances": most,
        "multiprocessors": compute * 16,
        "starts": starts,
    }
    for name, gi_id, number, compute, memory, most, starts in (
        ("1g.10gb", 19, 0, 1, 1, 7, [0, 1, 2, 3, 4, 5, 6]),
        ("3g.40gb", 9, 2, 3, 4, 2, [0, 4]),
        ("7g.80gb", 0, 4, 7, 8, 1, [0]),
    )
]
COMMANDS = f"""subscription {{ nodeCommands(clusterName: "{CLUSTER}", nodeName: "{NODE}") {{
  id deviceId gpuUuid attempt deadline steps {{ kind profileName placementStart giProfileId }} }} }}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    made = InProcessServer(tmp_path_factory.mktemp("agents"), auth_mode="token", collector="none")
    made.start()
    yield made
    made.stop()


def mig(*instances: tuple[str, int, int], enabled: bool = True) -> dict[str, Any]:
    listed = [
        {"giId": gi_id, "giProfileId": 19, "profileName": name, "placementStart": start, "placementSize": 1}
        for name, start, gi_id in instances
    ]
    return {"enabled": enabled, "pending": enabled, "profiles": PROFILES, "instances": listed}


def a_report(node: str, *uuids: str) -> dict[str, Any]:
    devices = [
        {"gpuUuid": uuid, "deviceIndex": index, "modelName": "NVIDIA H100 80GB HBM3", "mig": mig()}
        for index, uuid in enumerate(uuids)
    ]
    return {"clusterName": CLUSTER, "nodeName": node, "collectionSource": "NVML", "devices": devices}


async def test_open_commands_come_with_every_connection_and_only_to_their_node(server: InProcessServer) -> None:
    async with httpx.AsyncClient(timeout=20) as http:
        agent, other, admin = (Api(http, server, who) for who in (AGENT, OTHER, ADMIN))
        for caller, node, uuids in ((agent, NODE, ["GPU-n1-0", "GPU-n1-1"]), (other, "n2", ["GPU-n2-0"])):
            assert (await caller.act(REPORT_NODE, **a_report(node, *uuids)))["__typename"] == "NodeReported"
        for uuid in ("GPU-n1-0", "GPU-n2-0"):
            answer = await admin.act(
                APPLY, deviceId=device_id_for(uuid), placements=[{"profileName": "1g.10gb", "placementStart": 0}]
            )
            assert len(answer["commands"]) == 1, answer
        async with talking(server, token=AGENT) as talk:  # type: ignore[arg-type]
            await talk.subscribe("1", COMMANDS)
            first = (await update(talk))["nodeCommands"]
            assert (first["gpuUuid"], first["attempt"]) == ("GPU-n1-0", 1)
            assert first["steps"] == [
                {"kind": "CREATE_INSTANCE", "profileName": "1g.10gb", "placementStart": 0, "giProfileId": 19}
            ]
            await admin.act(
                APPLY, deviceId=device_id_for("GPU-n1-1"), placements=[{"profileName": "1g.10gb", "placementStart": 3}]
            )
            second = (await update(talk))["nodeCommands"]
            assert second["gpuUuid"] == "GPU-n1-1"
        async with talking(server, token=AGENT) as talk:  # type: ignore[arg-type]
            await talk.subscribe("1", COMMANDS)
            again = [(await update(talk))["nodeCommands"] for _ in range(2)]
            assert [(each["id"], each["attempt"]) for each in again] == [(first["id"], 2), (second["id"], 2)]
        async with talking(server, token=OTHER) as talk, talking(server, token=ANN) as user:  # type: ignore[arg-type]
            for each in (talk, user):
                await each.subscribe("1", COMMANDS)
                message = await each.receive_of("1")
                assert "FORBIDDEN" in str(message), message
        result = {"commandId": first["id"], "succeeded": True, "stepsDone": 1, "mig": mig(("1g.10gb", 0, 7))}
        assert (await other.act(RESULT, **result))["code"] == "FORBIDDEN"
        assert (await agent.act(RESULT, **result))["status"] == "SUCCEEDED"
        assert (await agent.act(RESULT, **{**result, "succeeded": False}))["status"] == "SUCCEEDED"
        assert (await agent.act(RESULT, commandId="cmd_x", succeeded=True))["code"] == "NOT_FOUND"
        assert (await agent.act(APPLY, deviceId=device_id_for("GPU-n1-0")))["code"] == "FORBIDDEN"
        assert (await agent.act(ASK, resourceType="MIG", profileName="1g.10gb"))["code"] == "FORBIDDEN"
        taken = await admin.act(ASK, resourceType="MIG", profileName="1g.10gb", nodeName="n1")
        assert taken["status"] in {"ACTIVE", "CREATING"}


_STATE = """{ devices(first: 100) { nodes { id deviceIndex migEnabled
  migInstances { id profileName placementStart instanceStatus allocated migUuid allocation { id status } }
  migCommands(first: 5) { status error reason } } } }"""


def wait(look: Callable[[], Any], what: str, within_s: float = 20.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.1)
    return found


class Watched:
    """A server that a real agent reports to, over its API."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http = http
        self._url = url

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        reply = self._http.post(f"{self._url}/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in reply, reply
        data: dict[str, Any] = reply["data"]
        return data

    def act(self, document: str, **given: Any) -> dict[str, Any]:
        (answer,) = self.ask(document, input=given).values()
        return dict(answer)

    def device(self, index: int) -> dict[str, Any] | None:
        found = self.ask(_STATE)["devices"]["nodes"]
        return next((one for one in found if one["deviceIndex"] == index), None)

    def partitioned(self, index: int) -> dict[str, Any] | None:
        """A GPU when it is reported with MIG on."""
        one = self.device(index)
        return one if one is not None and one["migEnabled"] else None

    def laid_out(self, index: int, *profiles: str) -> list[dict[str, Any]] | None:
        """The instances of a GPU when these are what is ready there, and nothing is under way."""
        one = self.partitioned(index)
        if one is None or any(each["status"] in {"PENDING", "SENT"} for each in one["migCommands"]):
            return None
        found: list[dict[str, Any]] = one["migInstances"]
        ready = sorted(each["profileName"] for each in found if each["instanceStatus"] == "READY")
        return found if ready == sorted(profiles) and len(ready) == len(found) else None


def test_a_real_agent_makes_layouts_and_makes_them_again_after_it_was_killed(gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(sample_interval=0.2)
    agent = gpuctl.agent(
        server,
        arguments=["--interval", "0.2", "--node-name", "rack", "--cluster-name", CLUSTER],
        simulated_mig_gpus=4,  # the last of them begins empty, each time it starts
    )
    with httpx.Client(timeout=20) as http:
        api = Watched(http, server.url)
        device = wait(lambda: api.partitioned(3), "the first report")
        applied = api.act(APPLY, deviceId=device["id"], profiles=["7g.80gb"], reason="tests")
        assert [each["status"] for each in applied["commands"]] == ["PENDING"], applied
        (before,) = wait(lambda: api.laid_out(3, "7g.80gb"), "the layout")
        asked = api.act(ASK, resourceType="MIG", profileName="7g.80gb", nodeName="rack")
        assert asked["status"] == "ACTIVE", asked
        agent.kill()
        agent.start()

        def made_again() -> bool:
            newest = (api.device(3) or {})["migCommands"][0]
            return bool(
                newest["reason"] == "instances in use were lost and are made again" and newest["status"] == "SUCCEEDED"
            )

        wait(made_again, "making again what is in use")
        (after,) = api.laid_out(3, "7g.80gb") or [{}]
        assert after["id"] == before["id"]
        assert after["allocation"] == {"id": asked["allocation"]["id"], "status": "ACTIVE"}
    assert agent.stop() == 0
    assert "Traceback" not in agent.logs + server.logs
