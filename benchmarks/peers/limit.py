"""The limit of the machine: `websockets.broadcast` of ready bytes, without GraphQL behind it.

It speaks just enough graphql-transport-ws to be a fair target of the same clients: connection_init is acknowledged,
any subscribe joins the broadcast, and every tick sends one `next` envelope that was encoded beforehand. Only the
first timestamp is written anew, so that the delay can be measured.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
import uvloop
from websockets.asyncio.server import Request, Response, ServerConnection, Subprotocol, broadcast, serve

from benchmarks.peers.fleet import Fleet
from benchmarks.peers.serving import arguments, every

ID = "00000000-0000-4000-8000-000000000000"  # as long as the random id of a real client


class ReadyMessage:
    """A `next` envelope of a wanted size, split around its first timestamp."""

    def __init__(self, gpus: int, size: int) -> None:
        metrics = [
            {
                "deviceId": metric.device_id,
                "timestamp": metric.timestamp,
                "gpuUtilizationPct": metric.gpu_utilization_pct,
                "memoryUsedMb": metric.memory_used_mb,
                "temperatureC": metric.temperature_c,
                "powerDrawW": metric.power_draw_w,
            }
            for metric in Fleet(gpus).tick()
        ]
        message = self._encode(metrics)
        while size and len(message) > size:
            metrics.pop()
            message = self._encode(metrics)
        message += b" " * max(0, size - len(message))  # white space after a JSON text is part of no value
        stamp = metrics[0]["timestamp"].isoformat(timespec="microseconds").encode()
        self._before, _, self._after = message.partition(stamp)

    @staticmethod
    def _encode(metrics: list[dict[str, Any]]) -> bytes:
        return orjson.dumps({"id": ID, "type": "next", "payload": {"data": {"gpuMetrics": metrics}}})

    def now(self) -> bytes:
        """The message, produced now."""
        return self._before + datetime.now(UTC).isoformat(timespec="microseconds").encode() + self._after


def main() -> None:
    options = arguments(__doc__ or "")
    message = ReadyMessage(options.gpus, options.message_bytes)
    subscribers: set[ServerConnection] = set()

    async def session(connection: ServerConnection) -> None:
        try:
            async for text in connection:
                kind = json.loads(text)["type"]
                if kind == "connection_init":
                    await connection.send('{"type":"connection_ack"}')
                elif kind == "subscribe":
                    subscribers.add(connection)
        finally:
            subscribers.discard(connection)

    def answer_http(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(HTTPStatus.OK, "ready") if request.path == "/readyz" else None

    async def run() -> None:
        async with serve(
            session,
            "127.0.0.1",
            options.port,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            compression=None,
            process_request=answer_http,
        ):
            await every(options.interval, lambda: broadcast(subscribers, message.now(), text=True))

    uvloop.run(run())


if __name__ == "__main__":
    main()
