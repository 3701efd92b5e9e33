"""One agent at a time: a wrong clock, an end in order, refusals, several nodes, a lost GPU."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.access.principal import Role
from server.cli.queries import DEVICES, NODES, all_pages
from tests.fixtures.gpuctl import GpuctlAgent, GpuctlFactory, GpuctlServer, token, wait_for

FAST = ["--interval", "0.2"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuctlServer]:
    """For all tests here that leave it running: each has a cluster of its own."""
    factory = GpuctlFactory(tmp_path_factory.mktemp("gpuctl"))
    yield factory.server(auth_mode="token", sample_interval=0.2)
    factory.close()


def delivered(agent: GpuctlAgent) -> float:
    return agent.metrics().get("gpu_agent_samples_sent_total", 0.0)


def read_all(server: GpuctlServer, document: str, cluster: str) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        async with server.client(token()) as client:
            return [item async for item in all_pages(client, document, {"where": {"clusterNames": [cluster]}})]

    return asyncio.run(read())


def test_clocks_that_are_hours_off_do_no_harm(gpuctl: GpuctlFactory, server: GpuctlServer) -> None:
    agents = [
        gpuctl.agent(
            server,
            arguments=[*FAST, "--node-name", f"n{seed}", "--cluster-name", "off"],
            clock_off_s=off,
            simulated_seed=seed,
            token=token(Role.SERVICE),
        )
        for seed, off in ((11, 7200), (12, -100_000))
    ]
    for agent in agents:
        assert wait_for(lambda agent=agent: delivered(agent) >= 24, 20), agent.logs
    ages = [device["latestMetric"]["ageSeconds"] for device in read_all(server, DEVICES, "off")]
    assert len(ages) == 16
    assert all(-0.5 < age < 3 for age in ages)
    for agent in agents:
        assert agent.stop() == 0
        assert "refused" not in agent.logs


def test_a_token_for_its_node_is_enough_and_others_end_the_agent(gpuctl: GpuctlFactory, server: GpuctlServer) -> None:
    own = token(Role.SERVICE, node_name="n1", clusters=frozenset({"own"}))
    arguments = [*FAST, "--node-name", "n1", "--cluster-name", "own"]
    allowed = gpuctl.agent(server, arguments=arguments, token=own)
    refused = [gpuctl.agent(server, arguments=arguments, token=stated) for stated in (None, token(Role.VIEWER))]
    for agent in refused:
        assert agent.wait() == 4, agent.logs
        assert "gpuctl: " in agent.logs
    assert wait_for(lambda: delivered(allowed) > 0, 20), allowed.logs


def test_a_simulated_agent_of_several_nodes_reports_each(gpuctl: GpuctlFactory, server: GpuctlServer) -> None:
    agent = gpuctl.agent(
        server,
        arguments=[*FAST, "--cluster-name", "several"],
        simulated_gpus=20,
        simulated_seed=13,
        node_name="rack",
        token=token(Role.SERVICE),
    )
    assert wait_for(lambda: delivered(agent) >= 40, 20), agent.logs
    nodes = read_all(server, NODES, "several")
    assert [node["totalGpus"] for node in nodes] == [8, 8, 4]
    assert all(str(node["nodeName"]).startswith("rack-sim-") for node in nodes)
    assert {node["collectionSource"] for node in nodes} == {"SIMULATED"}


def test_a_lost_gpu_goes_offline_and_the_others_stay_live(gpuctl: GpuctlFactory, server: GpuctlServer) -> None:
    agent = gpuctl.agent(
        server,
        arguments=[*FAST, "--cluster-name", "lost"],
        simulated_faults="lost:3@1s",
        simulated_seed=14,
        token=token(Role.SERVICE),
    )

    def offline() -> list[int]:
        return [d["deviceIndex"] for d in read_all(server, DEVICES, "lost") if d["deviceStatus"] == "OFFLINE"]

    assert wait_for(lambda: offline() == [3], 15, every_s=0.5), agent.logs
    ages = [device["latestMetric"]["ageSeconds"] for device in read_all(server, DEVICES, "lost")]
    assert max(ages) > 3
    assert sorted(ages)[-2] < 2


def test_an_agent_that_is_told_to_end_delivers_first(gpuctl: GpuctlFactory) -> None:
    server = gpuctl.server(sample_interval=0.2)
    agent = gpuctl.agent(server, arguments=FAST)
    assert wait_for(lambda: delivered(agent) > 0, 20), agent.logs
    server.pause()
    assert wait_for(lambda: agent.metrics()["gpu_agent_samples_buffered"] >= 24, 10)
    server.resume()
    assert agent.stop() == 0
    assert " 0 waiting" in agent.logs.splitlines()[-1]


def test_an_agent_that_is_told_to_end_ends_even_without_a_server(gpuctl: GpuctlFactory) -> None:
    agent = gpuctl.agent("http://127.0.0.1:1", arguments=[*FAST, "--json"], log_format="text")
    assert wait_for(lambda: agent.metrics().get("gpu_agent_samples_buffered", 0) > 0, 20), agent.logs
    assert agent.stop() == 0
    (told,) = [line for line in agent.logs.splitlines() if "cannot reach http://127.0.0.1:1" in line]
    assert json.loads(told)["level"] == "warning"
