"""The two clients of the two WebSocket protocols: graphql-ws, and subscriptions-transport-ws of older pages."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.fixtures.gpuctl import GpuctlFactory, GpuctlServer
from tests.integration.outside.conftest import NodeProcess, NodeScripts

SCRIPTS = ["transport_ws.mjs", "legacy_ws.mjs"]

SETTINGS = {"collector": "simulated", "simulated_gpus": 8, "sample_interval": 0.1}


@pytest.mark.parametrize("script", SCRIPTS)
def test_operations_share_a_socket_and_fail_one_by_one(
    script: str, node_scripts: NodeScripts, gpuctl_server: GpuctlServer
) -> None:
    said = node_scripts.run(script, gpuctl_server.ws_url, "basics")
    assert said["sockets"] == 1
    # what is wrong is an error of its own operation
    (error,) = said["unknownField"]["errors"]
    assert error["message"] == "Cannot query field 'nope' on type 'Subscription'."
    assert said["syntaxError"]["ended"] == "error"
    assert said["syntaxError"]["errors"][0]["message"].startswith("Syntax Error")
    (result,) = said["wrongVariable"]["results"]
    assert result["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert said["wrongVariable"]["ended"] == "complete"
    # and the others go on
    assert said["query"] == {"ended": "complete", "results": [{"data": {"fleet": {"totalGpus": 20}}}]}
    assert said["events"]["results"][0]["data"]["deviceEvents"]["snapshot"]
    assert said["metrics"]["ended"] == said["frames"]["ended"] == "enough"
    assert len(said["metrics"]["results"][0]["data"]["gpuMetrics"]) == 20
    sequences = [result["data"]["fleetFrame"]["sequence"] for result in said["frames"]["results"]]
    assert sequences[1:] == list(range(sequences[1], sequences[1] + 5))  # the first is of the moment, not of a tick


async def streams_both(client: NodeProcess) -> None:
    assert (await client.line_where(event="next", name="events"))["result"]["data"]["deviceEvents"]["snapshot"]
    frame = (await client.line_where(event="next", name="frames"))["result"]["data"]["fleetFrame"]
    assert len(frame["deviceIds"]) == 8


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_client_comes_back_after_the_server_died_and_was_started_again(
    script: str, node_scripts: NodeScripts, gpuctl: GpuctlFactory
) -> None:
    server = gpuctl.server(**SETTINGS)
    async with node_scripts.running(script, server.ws_url, "follow") as client:
        await client.line_where(event="connected")
        await streams_both(client)
        server.kill()
        await client.line_where(event="closed")
        await asyncio.to_thread(server.start)
        await client.line_where(event="connected")
        await streams_both(client)
        assert await asyncio.to_thread(server.stop) == 0


async def test_a_graceful_end_completes_every_subscription(node_scripts: NodeScripts, gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(**SETTINGS)
    async with node_scripts.running("transport_ws.mjs", server.ws_url, "follow") as client:
        await client.line_where(event="connected")
        await streams_both(client)
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        seen = []
        while not seen or seen[-1]["event"] != "closed":
            seen.append(await client.line())
        assert [line["name"] for line in seen if line["event"] == "complete"] == ["frames", "events"]
        assert not [line for line in seen if line["event"] == "error"]
        assert (seen[-1]["code"], seen[-1]["reason"]) == (1001, "the server is shutting down")
        assert await stopping == 0
        assert time.monotonic() - began < 5


async def test_a_graceful_end_completes_subscriptions_of_the_older_protocol(
    node_scripts: NodeScripts, gpuctl: GpuctlFactory
) -> None:
    server = gpuctl.server(**SETTINGS)
    async with node_scripts.running("legacy_ws.mjs", server.ws_url, "follow") as client:
        await client.line_where(event="connected")
        await streams_both(client)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        completed = [(await client.line_where(event="complete"))["name"] for _ in range(2)]
        assert completed == ["frames", "events"]
        assert await stopping == 0
