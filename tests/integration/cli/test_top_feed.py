"""What `top` follows: a server that goes and comes back."""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import aclosing

from server.cli import following as module
from server.cli.following import Lost
from server.cli.top.feed import Arrived, Feed
from tests.fixtures.gpuctl import GPUCTL, GpuctlFactory, GpuctlServer, environment


async def test_follows_a_server_through_a_restart(gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(collector="simulated", simulated_gpus=10, sample_interval=0.2)
    arrived = lost = 0
    async with asyncio.timeout(30), aclosing(Feed(server.url, None, {}, 0.2).events()) as events:
        async for event in events:
            match event:
                case Arrived(frame, identities):
                    if arrived == 0 or lost == 1:
                        assert identities is not None
                        assert [one.id for one in identities] == frame["deviceIds"]
                    arrived += 1
                    if lost:
                        break
                    if arrived == 3:
                        await asyncio.to_thread(server.kill)
                case Lost(reason, attempt, retry_in_s):
                    lost += 1
                    assert attempt == lost
                    assert 0 < retry_in_s <= module.RETRY_MOST_S
                    assert server.url in reason
                    if lost == 1:
                        await asyncio.to_thread(server.start)
    assert lost >= 1


async def test_a_server_that_ends_in_order_is_a_loss_too(gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(collector="simulated", simulated_gpus=2)
    async with asyncio.timeout(30), aclosing(Feed(server.url, None, {}, 0.2).events()) as events:
        assert isinstance(await anext(events), Arrived)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        while isinstance(await anext(events), Arrived):
            pass
        assert await stopping == 0


async def test_new_identities_come_with_a_new_layout(gpuctl: GpuctlFactory, gpuctl_server: GpuctlServer) -> None:
    feed = Feed(gpuctl_server.url, None, {"nodeNames": ["sim-rtx4090-01"]}, 0.2)
    async with asyncio.timeout(30), aclosing(feed.events()) as events:
        first, second = await anext(events), await anext(events)
        assert isinstance(first, Arrived)
        assert isinstance(second, Arrived)
        assert first.identities is not None
        assert second.identities is None
        assert len(second.frame["deviceIds"]) == 4


def test_json_lines_end_when_the_reader_does(gpuctl_server: GpuctlServer) -> None:
    with subprocess.Popen(
        [str(GPUCTL), "top", "--json", "--interval", "0.2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(server=gpuctl_server.url),
        cwd="/",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdout.close()
        assert process.wait(10) == 1  # as every command that cannot write
        assert process.stderr.read() == b""
    assert lines[0]["sequence"] < lines[1]["sequence"]
    assert len(lines[1]["gpus"]) == 20
