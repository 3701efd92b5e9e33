"""MIG over the API: what is asked, ordered, watched and refused, against a server with simulated GPUs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from domain.access.principal import Principal, Role
from tests.integration.bad_days.in_process import InProcessServer
from tests.integration.bad_days.real_server import token
from tests.integration.bad_days.wire import INTERNALS, Talk, headers, talking

ADMIN = token(Principal("ada", Role.ADMIN))
ANN = token(Principal("ann", Role.USER, team="speech"))
BOB = token(Principal("bob", Role.USER, team="vision"))
GPUS, FIRST = 12, 0
"""Eight H100 on one node, of which two begin with MIG on, and four A100."""

_ERROR = "... on Error { code message path }"
_PLAN = """ready message seconds checkedAt devices { deviceId ready unchanged
  current { profileName placementStart migId inUse holder allocationId }
  target { profileName placementStart migId inUse }
  steps { kind profileName placementStart seconds layoutAfter } stops { migId holder allocationId movesTo }
  phases { name seconds } refusal { kind message rule fix fits blockers { migId holder allocationId } }
  fragmentationBefore fragmentationAfter }"""
PLAN = f"""query($input: MigLayoutInput!) {{ migLayoutPlan(input: $input) {{
  ... on MigLayoutPlan {{ {_PLAN} }} {_ERROR} }} }}"""
APPLY = f"""mutation($input: MigLayoutInput!) {{ applyMigLayout(input: $input) {{
  ... on MigLayoutApplied {{ plan {{ {_PLAN} }} commands {{ id status requestedBy }} }} {_ERROR} }} }}"""
ASK = f"""mutation($input: RequestAllocationInput!) {{ requestAllocation(input: $input) {{
  ... on AllocationAnswer {{ status message allocation {{ id allocatedResource }} }} {_ERROR} }} }}"""
RELEASE = f"""mutation($input: ReleaseAllocationInput!) {{ releaseAllocation(input: $input) {{
  ... on GpuAllocation {{ id status }} {_ERROR} }} }}"""
RESULT = f"""mutation($input: CommandResultInput!) {{ reportCommandResult(input: $input) {{
  __typename ... on MigCommand {{ status }} {_ERROR} }} }}"""
DEVICES = """{ devices(first: 100) { nodes { id deviceIndex migEnabled migCapable memorySlices computeSlices
  fragmentation node { id nodeName fragmentation } migInstances { id profileName placementStart instanceStatus allocated
    allocation { id } profile { id profileName } }
  migPlaces { profile { profileName } placesNow placesFree starts whyNot }
  migCommands(first: 5) { id status requestedBy } } } }"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    made = InProcessServer(
        tmp_path_factory.mktemp("mig"),
        auth_mode="token",
        simulated_gpus=GPUS,
        simulated_mig_gpus=2,
        sample_interval=0.2,
        socket_init_seconds=5,
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


class Api:
    """One caller."""

    def __init__(self, http: httpx.AsyncClient, server: InProcessServer, who: str = ADMIN) -> None:
        self._http = http
        self._server = server
        self._who = who

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        reply = await self._http.post(
            self._server.api, json={"query": query, "variables": variables}, headers=headers(self._who)
        )
        assert not INTERNALS.search(reply.text), reply.text
        content: dict[str, Any] = reply.json()
        assert "errors" not in content, content
        data: dict[str, Any] = content["data"]
        return data

    async def act(self, document: str, **given: Any) -> dict[str, Any]:
        """What one operation with one input answers."""
        (answer,) = (await self.data(document, input=given)).values()
        return dict(answer)

    async def device(self, index: int) -> dict[str, Any]:
        """An H100, as it is now."""
        found = (await self.data(DEVICES))["devices"]["nodes"]
        (device,) = [one for one in found if one["deviceIndex"] == index and "h100" in one["node"]["nodeName"]]
        return dict(device)

    async def device_when(self, index: int, within_s: float = 10.0) -> dict[str, Any]:
        """An H100 when no command for it is open."""
        async with asyncio.timeout(within_s):
            while True:
                device = await self.device(index)
                if all(each["status"] not in {"PENDING", "SENT"} for each in device["migCommands"]):
                    return device
                await asyncio.sleep(0.05)


@pytest.fixture
def admin(http: httpx.AsyncClient, server: InProcessServer) -> Api:
    return Api(http, server)


def placed(device: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["profileName"], one["placementStart"]) for one in device["migInstances"]]


async def update(talk: Talk, operation_id: str = "1", within_s: float = 5.0) -> dict[str, Any]:
    message = await talk.receive_of(operation_id, within_s)
    assert message["type"] == "next", message
    data: dict[str, Any] = message["payload"]["data"]
    return data


async def test_a_layout_from_its_plan_to_its_instances(admin: Api) -> None:
    device = await admin.device(2)
    assert (device["migCapable"], device["migEnabled"], device["memorySlices"], device["computeSlices"]) == (
        True,
        False,
        8,
        7,
    )
    assert (device["migPlaces"], device["migInstances"], device["fragmentation"]) == ([], [], None)
    wanted = {"deviceId": device["id"], "profiles": ["3g.40gb", "2g.20gb"]}
    plan = await admin.act(PLAN, **wanted)
    assert plan["ready"], plan
    assert [step["kind"] for step in plan["devices"][0]["steps"]] == ["ENABLE_MIG", *["CREATE_INSTANCE"] * 2]
    busy = await admin.act(APPLY, **wanted, reason="tests", idempotencyKey="api-1")
    assert [each["status"] for each in busy["commands"]] == ["PENDING"], busy
    again = await admin.act(APPLY, **wanted, reason="tests", idempotencyKey="api-1")
    assert [each["id"] for each in again["commands"]] == [each["id"] for each in busy["commands"]]
    ended = await admin.device_when(2)
    # programs of nobody run on this GPU: its mode is not switched under them
    assert ended["migCommands"][0] == {"id": busy["commands"][0]["id"], "status": "FAILED", "requestedBy": "ada"}
    made = await admin.act(APPLY, deviceId=(await admin.device(0))["id"], profiles=["3g.40gb", "2g.20gb"])
    assert [each["requestedBy"] for each in made["commands"]] == ["ada"], made
    ended = await admin.device_when(0)
    assert ended["migCommands"][0]["status"] == "SUCCEEDED"
    assert {name for name, _ in placed(ended)} == {"3g.40gb", "2g.20gb"}
    assert {one["instanceStatus"] for one in ended["migInstances"]} == {"READY"}
    assert ended["fragmentation"] is not None


async def test_expected_errors_have_a_code_and_a_path(admin: Api) -> None:
    device_id = (await admin.device(0))["id"]
    for given, code, path in (
        ({}, "INVALID_INPUT", ["deviceId"]),
        ({"deviceId": device_id, "nodeId": "x"}, "INVALID_INPUT", ["deviceId"]),
        ({"deviceId": "dev_x"}, "NOT_FOUND", ["deviceId"]),
        ({"deviceId": device_id, "locked": ["mig_x"]}, "NOT_FOUND", ["locked", "0"]),
        ({"deviceId": device_id, "releaseAllocations": ["alloc_x"]}, "NOT_FOUND", ["releaseAllocations", "0"]),
    ):
        for document in (PLAN, APPLY):
            answer = await admin.act(document, **given)
            assert (answer.get("code"), answer.get("path")) == (code, path), answer
    refused = await admin.act(PLAN, deviceId=device_id, profiles=["4g.40gb", "4g.40gb"])
    assert refused["devices"][0]["refusal"]["kind"] == "NEVER"
    assert (await admin.act(APPLY, deviceId=device_id, profiles=["4g.40gb"] * 2))["code"] == "INVALID_INPUT"


async def test_users_plan_and_do_not_apply_and_see_no_holders(
    admin: Api, http: httpx.AsyncClient, server: InProcessServer
) -> None:
    ann, bob = Api(http, server, ANN), Api(http, server, BOB)
    asked = await ann.act(ASK, resourceType="MIG", profileName="1g.10gb", namespace="ml", podName="secret-pod")
    assert asked["status"] in {"ACTIVE", "CREATING"}, asked
    index = int(asked["allocation"]["allocatedResource"].partition("/")[2].partition(",")[0])
    await admin.device_when(index)
    wanted = {"deviceId": (await admin.device(index))["id"], "profiles": ["7g.80gb"]}
    assert (await bob.act(APPLY, **wanted))["code"] == "FORBIDDEN"
    plan = await bob.act(PLAN, **wanted)
    assert not plan["ready"]
    assert "somebody else" in plan["message"]
    assert "secret-pod" not in str(plan)
    assert asked["allocation"]["id"] not in str(plan)
    assert "secret-pod" in str(await ann.act(PLAN, **wanted))
    seen = await bob.device(index)
    assert {one["allocated"] for one in seen["migInstances"]} >= {True}
    assert all(one["allocation"] is None for one in seen["migInstances"])
    assert {command["requestedBy"] for command in seen["migCommands"]} <= {"somebody else"}
    own = await ann.device(index)
    assert [one["allocation"] for one in own["migInstances"] if one["allocated"]] == [{"id": asked["allocation"]["id"]}]
    assert (await ann.act(RELEASE, allocationId=asked["allocation"]["id"]))["status"] == "RELEASED"


async def test_instances_are_paged_filtered_and_found_by_their_ids(admin: Api) -> None:
    page = """query($first: Int, $after: String, $where: MigInstanceWhere) {
      migInstances(first: $first, after: $after, where: $where) { totalCount pageInfo { hasNextPage endCursor }
        nodes { id profileName deviceId allocated instanceStatus } } }"""
    every = (await admin.data(page, first=1000))["migInstances"]
    found, after = [], None
    while True:
        part = (await admin.data(page, first=2, after=after))["migInstances"]
        found += part["nodes"]
        assert part["totalCount"] == every["totalCount"]
        if not part["pageInfo"]["hasNextPage"]:
            break
        after = part["pageInfo"]["endCursor"]
    assert found == every["nodes"] != []
    for where, holds in (
        ({"profileNames": ["3g.40gb"]}, lambda one: one["profileName"] == "3g.40gb"),
        ({"allocated": False, "statuses": ["READY"]}, lambda one: not one["allocated"]),
        ({"deviceIds": [found[0]["deviceId"]]}, lambda one: one["deviceId"] == found[0]["deviceId"]),
        ({"nodeIds": ["node_x"]}, lambda _: False),
    ):
        chosen = (await admin.data(page, first=1000, where=where))["migInstances"]["nodes"]
        assert chosen == [one for one in found if holds(one)]
    node = """query($id: ID!) { node(id: $id) { __typename id ... on MigInstance { profileName profile { id } }
      ... on MigProfile { profileName modelName } } }"""
    instance = (await admin.data(node, id=found[0]["id"]))["node"]
    assert (instance["__typename"], instance["profileName"]) == ("MigInstance", found[0]["profileName"])
    profile = (await admin.data(node, id=instance["profile"]["id"]))["node"]
    assert (profile["__typename"], profile["profileName"]) == ("MigProfile", found[0]["profileName"])
    assert profile["modelName"]
    for unknown in ("mig_x", "prof_x"):
        assert (await admin.data(node, id=unknown))["node"] is None
    profiles = (await admin.data("{ migProfiles { id profileName modelName memoryMb starts } }"))["migProfiles"]
    names = [each["modelName"] for each in profiles]
    assert len(set(names)) == 2
    assert sorted(names) == names
    assert len(profiles) == 14


async def test_places_say_how_many_fit_and_why_none_does(admin: Api) -> None:
    device = await admin.device_when(0)
    places = {each["profile"]["profileName"]: each for each in device["migPlaces"]}
    assert list(places)[-1] == "7g.80gb"
    full = places["7g.80gb"]
    assert full["placesNow"] == 0
    assert full["whyNot"]
    assert full["starts"] == []
    for each in places.values():
        assert (each["whyNot"] is None) is (each["placesNow"] > 0)
        assert each["placesNow"] <= each["placesFree"]


async def test_free_profiles_are_sent_anew_when_something_is_taken(
    admin: Api, server: InProcessServer, http: httpx.AsyncClient
) -> None:
    free = "subscription { fleet { freeProfiles { modelName profileName places idleInstances } fragmentation } }"

    def idle(data: dict[str, Any]) -> dict[str, int]:
        return {each["profileName"]: each["idleInstances"] for each in data["fleet"]["freeProfiles"]}

    async with talking(server, token=ADMIN) as talk:  # type: ignore[arg-type]
        await talk.subscribe("1", free)
        before = idle(await update(talk))
        asked = await admin.act(ASK, resourceType="MIG", profileName="1g.10gb")
        assert asked["status"] in {"ACTIVE", "CREATING"}
        async with asyncio.timeout(5):
            while idle(await update(talk)) == before:
                pass
        await admin.act(RELEASE, allocationId=asked["allocation"]["id"])
        async with asyncio.timeout(5):
            while idle(await update(talk))["1g.10gb"] < before["1g.10gb"]:
                pass


async def test_device_events_tell_layouts_and_hide_who_asked(
    admin: Api, server: InProcessServer, http: httpx.AsyncClient
) -> None:
    events = """subscription { deviceEvents { snapshot changes { kind actor entityId after }
      devices { id migInstances { id profileName allocated instanceStatus } } } }"""
    async with talking(server, token=BOB) as talk, talking(server, token=ADMIN) as other:  # type: ignore[arg-type]
        for each in (talk, other):
            await each.subscribe("1", events)
            assert (await update(each))["deviceEvents"]["snapshot"]
        asked = await Api(http, server, ANN).act(ASK, resourceType="MIG", profileName="1g.10gb")
        assert asked["allocation"] is not None
        mine, theirs = [[change async for change in changes_until_held(each)] for each in (talk, other)]
        assert {change["actor"] for change in mine} == {"somebody else"}
        assert "ann" in {change["actor"] for change in theirs}
        await admin.act(RELEASE, allocationId=asked["allocation"]["id"])


async def changes_until_held(talk: Talk) -> AsyncIterator[dict[str, Any]]:
    """The layout changes up to the message in which an instance is held and ready."""
    async with asyncio.timeout(10):
        while True:
            event = (await update(talk))["deviceEvents"]
            for change in event["changes"]:
                if change["kind"] == "DEVICE_LAYOUT_CHANGED":
                    yield change
            held = [one for device in event["devices"] for one in device["migInstances"] if one["allocated"]]
            if any(one["instanceStatus"] == "READY" for one in held):
                return


async def test_a_fragmented_node_is_told_which_moves_make_room(
    admin: Api, server: InProcessServer, http: httpx.AsyncClient
) -> None:
    ann = Api(http, server, ANN)
    device = await admin.device_when(0)
    other = await admin.device_when(1)
    for each, profiles in ((device, ["1g.10gb"] * 7), (other, ["1g.10gb"] * 7)):
        answer = await admin.act(APPLY, deviceId=each["id"], profiles=profiles)
        assert "commands" in answer, answer
    for index in (0, 1):
        assert len(placed(await admin.device_when(index))) == 7
    held = [
        await ann.act(ASK, resourceType="MIG", profileName="1g.10gb", nodeName=device["node"]["nodeName"])
        for _ in range(14)
    ]
    assert {each["status"] for each in held} == {"ACTIVE"}
    kept: dict[str, int] = {"0": 0, "1": 0}
    for each in held:
        where = each["allocation"]["allocatedResource"]
        index, start = where.partition("/")[2][0], int(where.rpartition(" ")[2])
        if start in {1, 5} and kept[index] < 2:
            kept[index] += 1
            continue
        await ann.act(RELEASE, allocationId=each["allocation"]["id"])
    plan = """query($node: ID) { defragmentationPlan(nodeId: $node, profileName: "7g.80gb") { fragmentationBefore
      fragmentationAfter seconds pods gains { profileName places } moves { step migId profileName fromStart toStart
      holder allocationId gains { profileName places } fromDevice { id } toDevice { id } } } }"""
    found = (await admin.data(plan, node=device["node"]["id"]))["defragmentationPlan"]
    assert found["moves"], found
    assert {"profileName": "7g.80gb", "places": 1} in found["gains"]
    assert found["fragmentationAfter"] <= found["fragmentationBefore"]
    assert {move["holder"] for move in found["moves"]} == {"speech/ann"}
    assert all(move["fromDevice"] != move["toDevice"] for move in found["moves"])
    hidden = (await Api(http, server, BOB).data(plan, node=device["node"]["id"]))["defragmentationPlan"]
    assert {(move["holder"], move["allocationId"]) for move in hidden["moves"]} == {("somebody else", None)}
    own = (await ann.data(plan, node=device["node"]["id"]))["defragmentationPlan"]
    assert {move["holder"] for move in own["moves"]} == {"speech/ann"}
