"""What the list costs with no GraphQL at all: dictionaries written by hand, encoded by orjson."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.fleet import Device, Fleet
from benchmarks.peers.serving import arguments, every, ready, serve

options = arguments(__doc__ or "")
fleet = Fleet(options.gpus)


def as_dict(device: Device) -> dict[str, Any]:
    node, model, metric = device.node, device.model, device.latest_metric
    return {
        "id": device.id,
        "gpuUuid": device.gpu_uuid,
        "deviceIndex": device.device_index,
        "deviceStatus": device.device_status.value,
        "pciAddress": device.pci_address,
        "node": {
            "id": node.id,
            "nodeName": node.node_name,
            "clusterName": node.cluster_name,
            "nodeStatus": node.node_status.value,
        },
        "model": {
            "id": model.id,
            "modelName": model.model_name,
            "memoryGb": model.memory_gb,
            "architecture": model.architecture,
        },
        "latestMetric": metric
        and {
            "timestamp": metric.timestamp,
            "gpuUtilizationPct": metric.gpu_utilization_pct,
            "memoryUsedMb": metric.memory_used_mb,
            "memoryTotalMb": metric.memory_total_mb,
            "temperatureC": metric.temperature_c,
            "powerDrawW": metric.power_draw_w,
        },
    }


async def devices(request: Request) -> Response:
    await request.json()
    answer = {"data": {"devices": {"nodes": [as_dict(device) for device in fleet.devices]}}}
    return Response(orjson.dumps(answer), media_type="application/json")


@contextlib.asynccontextmanager
async def ticking(_app: Starlette) -> AsyncIterator[None]:
    clock = asyncio.create_task(every(options.interval, fleet.tick))
    yield
    clock.cancel()


app = Starlette(
    routes=[Route("/readyz", ready), Route("/graphql", devices, methods=["POST"])],
    lifespan=ticking,
)

if __name__ == "__main__":
    serve(app, options.port)
