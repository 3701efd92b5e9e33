"""What the agent asks of a server, and how that is said in GraphQL."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from domain.fleet.reports import NodeReport
from domain.mig.commands import CommandResult, CommandStep, NodeCommand, StepKind
from server.agent.answers import RecordAnswer
from server.agent.buffer import NodeKey, Reading
from server.cli.client import ApiClient

REPORT_NODE = """
mutation ReportNode($input: ReportNodeInput!) {
  reportNode(input: $input) {
    ... on NodeReported { registered updated gone }
    ... on Error { message code path }
  }
}
"""

RECORD_SAMPLES = """
mutation RecordSamples($input: RecordSamplesInput!) {
  recordSamples(input: $input) {
    ... on SamplesRecorded {
      serverTime accepted
      rejectedByReason { reason count }
      rejections { index reason }
    }
    ... on Error { message code path }
  }
}
"""


REPORT_COMMAND_RESULT = """
mutation ReportCommandResult($input: CommandResultInput!) {
  reportCommandResult(input: $input) {
    ... on MigCommand { status }
    ... on Error { message code path }
  }
}
"""

NODE_COMMANDS = """
subscription NodeCommands($clusterName: String!, $nodeName: String!) {
  nodeCommands(clusterName: $clusterName, nodeName: $nodeName) {
    id nodeId deviceId gpuUuid deadline attempt
    steps { kind profileName giProfileId placementStart placementSize }
  }
}
"""

COMMANDS_SILENCE_S = 3600.0
"""A node may have no command for weeks; a dead connection is noticed by its pings. After this it is made anew."""


class AgentApi(Protocol):
    """One server. Every call raises `ApiError`: `Unreachable`, `Refused` or `CallFailed`."""

    async def report_node(self, report: NodeReport) -> dict[str, Any]: ...
    async def record_samples(self, node: NodeKey, source: str, readings: Sequence[Reading]) -> RecordAnswer:
        """Send stamped readings; with none, it only asks for the server's time."""
        ...

    async def report_result(self, result: CommandResult) -> None: ...
    def commands(self, node: NodeKey) -> AsyncIterator[NodeCommand]:
        """The node's layout commands: those that are open, and each new one."""
        ...


OpenApi = Callable[[str], AbstractAsyncContextManager[AgentApi]]
"""Connect to the server of this address."""


class GraphQLAgentApi:
    """`AgentApi` over HTTP."""

    def __init__(self, server: str, token: str | None, timeout_s: float) -> None:
        self._client = ApiClient(server, token, timeout_s)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def report_node(self, report: NodeReport) -> dict[str, Any]:
        return await self._client.mutate(REPORT_NODE, {"input": _report_input(report)})

    async def record_samples(self, node: NodeKey, source: str, readings: Sequence[Reading]) -> RecordAnswer:
        cluster_name, node_name = node
        content = {
            "clusterName": cluster_name,
            "nodeName": node_name,
            "collectionSource": source,
            "samples": [_sample_input(reading) for reading in readings],
        }
        return RecordAnswer.of(await self._client.mutate(RECORD_SAMPLES, {"input": content}))

    async def report_result(self, result: CommandResult) -> None:
        await self._client.mutate(REPORT_COMMAND_RESULT, {"input": _as_input(asdict(result))})

    async def commands(self, node: NodeKey) -> AsyncIterator[NodeCommand]:
        cluster_name, node_name = node
        variables = {"clusterName": cluster_name, "nodeName": node_name}
        messages = self._client.subscribe(NODE_COMMANDS, variables, COMMANDS_SILENCE_S)
        async with aclosing(messages):
            async for message in messages:
                yield _command_of(message["nodeCommands"])


def _command_of(told: dict[str, Any]) -> NodeCommand:
    return NodeCommand(
        id=told["id"],
        node_id=told["nodeId"],
        device_id=told["deviceId"],
        gpu_uuid=told["gpuUuid"],
        steps=tuple(
            CommandStep(
                StepKind(step["kind"]),
                step["profileName"],
                step["giProfileId"],
                step["placementStart"],
                step["placementSize"],
            )
            for step in told["steps"]
        ),
        deadline=datetime.fromisoformat(told["deadline"]),
        attempt=told["attempt"],
    )


def _report_input(report: NodeReport) -> dict[str, Any]:
    content = {_camel(name): value for name, value in asdict(report).items() if name != "devices"}
    content["devices"] = [
        {_camel(name): _as_input(value) for name, value in asdict(device).items() if value is not None}
        for device in report.devices
    ]
    return content


def _as_input(value: Any) -> Any:
    """What `asdict` made, with the API's names at every depth."""
    if isinstance(value, dict):
        return {_camel(name): _as_input(part) for name, part in value.items()}
    return [_as_input(part) for part in value] if isinstance(value, list | tuple) else value


def _sample_input(reading: Reading) -> dict[str, Any]:
    if reading.stamp is None:
        raise RuntimeError("a reading is stamped before it is sent")
    sample = reading.sample
    values = {
        "gpuUtilizationPct": sample.gpu_utilization_pct,
        "memoryUsedMb": sample.memory_used_mb,
        "memoryTotalMb": sample.memory_total_mb,
        "temperatureC": sample.temperature_c,
        "powerDrawW": sample.power_draw_w,
        "smClockMhz": sample.sm_clock_mhz,
        "memoryClockMhz": sample.memory_clock_mhz,
    }
    known = {name: value for name, value in values.items() if value is not None and math.isfinite(value)}
    return {"gpuUuid": sample.gpu_uuid, "timestamp": reading.stamp.isoformat(), **known}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
