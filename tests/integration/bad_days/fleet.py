"""Two clusters with three nodes and five devices on the server that asks for tokens, and how tests act on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from domain.access.principal import Principal, Role
from domain.fleet.model import device_id_for, node_id_for
from tests.integration.bad_days.real_server import RealServer, token
from tests.integration.bad_days.wire import INTERNALS, headers

ALPHA, BETA = "alpha", "beta"
NODES = {(ALPHA, "a1"): ["GPU-a1-0", "GPU-a1-1"], (ALPHA, "a2"): ["GPU-a2-0"], (BETA, "b1"): ["GPU-b1-0", "GPU-b1-1"]}

ADMIN = token(Principal("admin", Role.ADMIN))

_ERROR = "... on Error { code message path }"
REPORT_NODE = f"""mutation($input: ReportNodeInput!) {{ reportNode(input: $input) {{
  __typename ... on NodeReported {{ registered updated gone node {{ id }} }} {_ERROR} }} }}"""
REGISTER_DEVICE = f"""mutation($input: RegisterDeviceInput!) {{ registerDevice(input: $input) {{
  __typename ... on GpuDevice {{ id version node {{ id }} }} {_ERROR} }} }}"""
SET_STATUS = f"""mutation($input: SetDeviceStatusInput!) {{ setDeviceStatus(input: $input) {{
  __typename ... on GpuDevice {{ id version deviceStatus }} {_ERROR} }} }}"""
UPDATE_DEVICE = f"""mutation($input: UpdateDeviceInput!) {{ updateDevice(input: $input) {{
  __typename ... on GpuDevice {{ id version serialNumber purchaseCost }} {_ERROR} }} }}"""
RECORD_SAMPLES = f"""mutation($input: RecordSamplesInput!) {{ recordSamples(input: $input) {{
  __typename ... on SamplesRecorded {{ accepted rejected serverTime rejectedByReason {{ reason count }}
  rejections {{ index gpuUuid reason field message }} }} {_ERROR} }} }}"""


@dataclass(frozen=True)
class Caller:
    """Acts on one server under one token."""

    http: httpx.AsyncClient
    server: RealServer
    token: str | None = ADMIN

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, which shows nothing of the inside."""
        reply = await self.http.post(
            self.server.api,
            content=orjson.dumps({"query": query, "variables": variables}),
            headers=headers(self.token),
        )
        assert not INTERNALS.search(reply.text), reply.text
        content: dict[str, Any] = reply.json()
        return content

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        content = await self.answer(query, **variables)
        assert "errors" not in content, content
        data: dict[str, Any] = content["data"]
        return data

    async def act(self, mutation: str, **given: Any) -> dict[str, Any]:
        """What a mutation answers: its success or its expected error."""
        (result,) = (await self.data(mutation, input=given)).values()
        return dict(result)

    async def record(self, *samples: dict[str, Any], cluster: str = ALPHA, node: str = "a1") -> dict[str, Any]:
        return await self.act(RECORD_SAMPLES, clusterName=cluster, nodeName=node, samples=list(samples))


def reading(uuid: str = "GPU-a1-0", seconds: float = 0.0, **values: Any) -> dict[str, Any]:
    """A sample of now, or of some seconds from now."""
    return {"gpuUuid": uuid, "timestamp": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(), **values}


def a_report(uuid: str, index: int = 0, **values: Any) -> dict[str, Any]:
    return {"gpuUuid": uuid, "deviceIndex": index, "modelName": "H100 PCIe", **values}


def device_id(uuid: str) -> str:
    return device_id_for(uuid)


def node_id(cluster: str, node: str) -> str:
    return node_id_for(cluster, node)


def report_fleet(server: RealServer) -> None:
    """Register the two clusters."""
    for (cluster, node), uuids in NODES.items():
        devices = [a_report(uuid, index) for index, uuid in enumerate(uuids)]
        given = {"clusterName": cluster, "nodeName": node, "devices": devices}
        answer = httpx.post(
            server.api, json={"query": REPORT_NODE, "variables": {"input": given}}, headers=headers(ADMIN)
        )
        assert answer.json()["data"]["reportNode"]["__typename"] == "NodeReported", answer.text
