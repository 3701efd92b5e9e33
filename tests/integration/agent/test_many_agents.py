"""Ten agents and two replicas over one PostgreSQL and one Redis, on their bad days."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

import pytest

from server.cli.queries import DEVICES, all_pages
from tests.fixtures.gpuctl import GpuctlAgent, GpuctlFactory, GpuctlServer, wait_for
from tests.fixtures.redis_server import RedisServer

AGENTS = 10
GPUS = 8
INTERVAL_S = 0.5
FRESH_S = 3.0


@pytest.fixture
def replicas(gpuctl: GpuctlFactory, postgres_url: str, redis_server: RedisServer) -> list[GpuctlServer]:
    """Two, named alike in all but their ports; neither reads GPUs itself."""
    shared = {
        "database_url": postgres_url,
        "broker_url": f"{redis_server.url}?prefix={postgres_url.rpartition('/')[2]}:",
        "sample_interval": INTERVAL_S,
    }
    servers = [gpuctl.server(wait=False, **shared) for _ in range(2)]
    for server in servers:
        server.wait_until_ready()
    return servers


def start_agents(gpuctl: GpuctlFactory, servers: Sequence[GpuctlServer], count: int) -> list[GpuctlAgent]:
    """One to a node; every other one begins with the other server."""
    return [
        gpuctl.agent(
            *(servers if number % 2 == 0 else list(reversed(servers))),
            arguments=["--node-name", f"node-{number}", "--cluster-name", "east", "--interval", str(INTERVAL_S)],
            simulated_seed=number,
        )
        for number in range(count)
    ]


def test_ten_agents_through_a_crash_a_return_and_an_outage(gpuctl: GpuctlFactory, replicas: list[GpuctlServer]) -> None:
    agents = start_agents(gpuctl, replicas, AGENTS)
    first, second = replicas
    for server in replicas:
        wait_until_fresh(server, AGENTS * GPUS)
    assert len({agent_server(agent, replicas) for agent in agents}) == 2  # both are used

    first.kill()
    assert wait_for(lambda: sum(agent.metrics()["gpu_agent_failovers_total"] for agent in agents) >= AGENTS / 2, 10)
    wait_until_fresh(second, AGENTS * GPUS)

    first.start()
    wait_until_fresh(first, AGENTS * GPUS)  # told by the second

    for server in replicas:
        server.ask_to_stop()
    for server in replicas:
        assert server.stop() == 0
    time.sleep(2)
    assert sum(agent.metrics()["gpu_agent_samples_buffered"] for agent in agents) >= AGENTS * GPUS
    for server in replicas:
        server.start(wait=False)
    for server in replicas:
        server.wait_until_ready()
        wait_until_fresh(server, AGENTS * GPUS)

    check_everything_delivered(agents)
    for server in replicas:
        counted = server.metrics()
        assert counted["gpu_samples_rejected_total{reason=OUT_OF_RANGE}"] == 0
        assert counted["gpu_samples_rejected_total{reason=NOT_YOUR_NODE}"] == 0


def test_what_was_read_while_the_server_was_away_arrives_once_and_in_order(
    gpuctl: GpuctlFactory, replicas: list[GpuctlServer]
) -> None:
    taking, watching = replicas
    agents = start_agents(gpuctl, [taking], 2)
    wait_until_fresh(watching, 2 * GPUS)
    assert taking.stop() == 0
    time.sleep(2)
    taking.start()
    wait_until_fresh(watching, 2 * GPUS)
    check_everything_delivered(agents)
    read = sum(map(samples_read, agents))
    # The other replica has heard of each sample once. Out of order it would not have counted it.
    assert wait_for(lambda: watching.metrics()["gpu_samples_accepted_total"] >= read, 5)
    assert watching.metrics()["gpu_samples_accepted_total"] == read


def wait_until_fresh(server: GpuctlServer, gpus: int, timeout_s: float = 40.0) -> None:
    """Wait until this server shows that many GPUs, all with new readings."""
    ages: list[float] = []

    def fresh() -> bool:
        ages[:] = asyncio.run(reading_ages(server))
        return len(ages) == gpus and max(ages) < FRESH_S

    assert wait_for(fresh, timeout_s, every_s=0.2), (
        f"{len(ages)} GPUs, the oldest reading is {max(ages, default=0)} s old"
    )


async def reading_ages(server: GpuctlServer) -> list[float]:
    async with server.client() as client:
        metrics = [device["latestMetric"] async for device in all_pages(client, DEVICES, {})]
    return [metric["ageSeconds"] for metric in metrics if metric is not None]


def agent_server(agent: GpuctlAgent, servers: Iterable[GpuctlServer]) -> str:
    """Which server this agent has reported to."""
    return next(server.url for server in servers if f"reported to {server.url}" in agent.logs)


def check_everything_delivered(agents: Sequence[GpuctlAgent]) -> None:
    """End the agents: each has delivered everything it read, and nothing was refused."""
    for agent in agents:
        agent.ask_to_stop()
    for agent in agents:
        assert agent.stop() == 0
        read = samples_read(agent)
        assert f"stopped; {read:,} samples read, {read:,} delivered, 0 waiting; 8 GPUs read" in agent.logs


def samples_read(agent: GpuctlAgent) -> int:
    said = agent.logs.rpartition("stopped; ")[2].partition(" samples read")[0]
    return int(said.replace(",", ""))
