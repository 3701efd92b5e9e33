"""Plain Strawberry: its own ASGI application, and an async generator with a queue per subscriber."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from benchmarks.peers import fleet as data
from benchmarks.peers.serving import arguments, every, ready, serve

options = arguments(__doc__ or "")
fleet = data.Fleet(options.gpus)
subscribers: set[asyncio.Queue[list[data.GpuMetric]]] = set()

for values in (data.DeviceStatus, data.NodeStatus):
    strawberry.enum(values)
for plain in (data.GpuNode, data.GpuModel, data.GpuMetric, data.Device):
    strawberry.type(plain)


@strawberry.type
class DeviceConnection:
    nodes: list[data.Device]


@strawberry.type
class Query:
    @strawberry.field
    def devices(self, first: int) -> DeviceConnection:
        return DeviceConnection(nodes=fleet.devices[:first])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def gpu_metrics(self) -> AsyncGenerator[list[data.GpuMetric], None]:
        queue: asyncio.Queue[list[data.GpuMetric]] = asyncio.Queue()
        subscribers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            subscribers.discard(queue)


def publish() -> None:
    metrics = fleet.tick()
    for queue in subscribers:
        queue.put_nowait(metrics)


@contextlib.asynccontextmanager
async def ticking(_app: Starlette) -> AsyncIterator[None]:
    clock = asyncio.create_task(every(options.interval, publish))
    yield
    clock.cancel()


graphql = GraphQL(strawberry.Schema(Query, subscription=Subscription))
app = Starlette(
    routes=[Route("/readyz", ready), Route("/graphql", graphql), WebSocketRoute("/graphql", graphql)],
    lifespan=ticking,
)

if __name__ == "__main__":
    serve(app, options.port)
