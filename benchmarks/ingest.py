"""How many samples a second one core takes in: validate, enrich, live state, and what goes with it.

Three figures, because "ingest" ends in different places: the domain alone (what the collector of this process
does), with the encoding for the other replicas, and over the public API as an agent sends it (one server process,
batches of 8 samples as a node with 8 GPUs sends them, and of 1,000 as a back-fill does).

    python -m benchmarks.ingest [--gpus 10000] [--seconds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from domain.access.principal import Principal, Role
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.metrics.frames import FrameClock
from domain.metrics.live import LiveState
from domain.metrics.sample import Sample
from domain.metrics.service import MetricService
from integrations.metric_codec import decode_metrics, encode_metrics
from resolvers.context import Context, Services
from schema.build import build_schema
from tests.unit.fleet_factory import make_view

MUTATION = """mutation($input: RecordSamplesInput!) {
  recordSamples(input: $input) {
    __typename
    ... on SamplesRecorded { accepted rejected serverTime rejections { index reason } }
    ... on Error { message code }
  }
}"""
PER_NODE = 8


def batch(devices: Sequence[GpuDevice], at: datetime) -> list[Sample]:
    return [Sample(d.gpu_uuid, at, 57.0, 40_000, 81_559, 61.0, 412.5, 1980, 2619) for d in devices]


def as_input(devices: Sequence[GpuDevice], at: datetime) -> dict[str, object]:
    text = at.isoformat()
    return {
        "clusterName": devices[0].node.cluster_name,
        "nodeName": devices[0].node.node_name,
        "samples": [
            {
                "gpuUuid": d.gpu_uuid,
                "timestamp": text,
                "gpuUtilizationPct": 57.0,
                "memoryUsedMb": 40_000,
                "memoryTotalMb": 81_559,
                "temperatureC": 61.0,
                "powerDrawW": 412.5,
                "smClockMhz": 1980,
                "memoryClockMhz": 2619,
            }
            for d in devices
        ],
    }


async def measure(take_in: Callable[[datetime], Awaitable[int]], seconds: float) -> float:
    """Samples a second of CPU time. Each call gets a later time, so none is a duplicate."""
    at = datetime.now(UTC) - timedelta(hours=12)
    count, until = 0, time.monotonic() + seconds
    cpu = time.process_time()
    while time.monotonic() < until:
        at += timedelta(milliseconds=1)
        count += await take_in(at)
    return count / (time.process_time() - cpu)


def report(name: str, rate: float, gpus: int) -> None:
    print(
        json.dumps({"benchmark": "ingest", "path": name, "gpus": gpus, "samples_per_core_s": round(rate)}), flush=True
    )


async def in_process(view: InventoryView, live: LiveState, gpus: int, seconds: float) -> None:
    async def domain_only(at: datetime) -> int:
        return live.ingest(batch(view.devices, at)).accepted

    async def with_replication(at: datetime) -> int:
        outcome = live.ingest(batch(view.devices, at))
        decode_metrics(encode_metrics(outcome.metrics))
        return outcome.accepted

    report("validate, enrich, live state", await measure(domain_only, seconds), gpus)
    report("the same, encoded for and decoded by another replica", await measure(with_replication, seconds), gpus)


async def over_graphql(view: InventoryView, live: LiveState, gpus: int, seconds: float) -> None:
    metrics = MetricService(view, live)
    services = Services(view, live, FrameClock(1.0), None, None, metrics, None, None, None)  # type: ignore[arg-type]
    schema = build_schema()
    agent = Principal("agent", Role.SERVICE)
    nodes = [view.devices[start : start + PER_NODE] for start in range(0, len(view.devices), PER_NODE)]

    async def send(variables: dict[str, object]) -> int:
        result = await schema.execute(
            MUTATION, variable_values=json.loads(json.dumps(variables)), context_value=Context.of(services, agent)
        )
        assert not result.errors, result.errors
        assert result.data is not None
        return int(result.data["recordSamples"]["accepted"])

    async def small(at: datetime) -> int:
        return sum([await send({"input": as_input(devices, at)}) for devices in nodes[:50]])

    async def back_fill(at: datetime) -> int:
        inputs = as_input(nodes[60], at)
        samples = inputs["samples"]
        assert isinstance(samples, list)
        inputs["samples"] = [
            sample | {"timestamp": (at + timedelta(microseconds=step)).isoformat()}
            for step in range(125)
            for sample in samples
        ]
        return await send({"input": inputs})

    report("GraphQL mutation, 8 samples each", await measure(small, seconds), gpus)
    report("GraphQL mutation, 1,000 samples each", await measure(back_fill, seconds), gpus)


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--gpus", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=3.0)
    chosen = options.parse_args()
    os.sched_setaffinity(0, {0})
    view, _ = await make_view(nodes=max(61, chosen.gpus // PER_NODE), per_node=PER_NODE)
    for device in view.devices:
        device.latest_metric = None
    live = LiveState(view)
    await in_process(view, live, chosen.gpus, chosen.seconds)
    for device in view.devices:
        device.latest_metric = None
    await over_graphql(view, live, chosen.gpus, chosen.seconds)


if __name__ == "__main__":
    asyncio.run(main())
