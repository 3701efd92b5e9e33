"""`gpuctl agent`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from domain.metrics.ports import MetricSource
from server.cli.failures import CommandFailed, ExitCode
from server.cli.options import DEFAULT_SERVER, Token, checked_server
from server.cli.output import say

if TYPE_CHECKING:
    from server.settings import Settings

CALL_TIMEOUT_S = 10.0


class Reads(StrEnum):
    """Where an agent can read GPUs."""

    AUTO = "auto"
    NVML = "nvml"
    SIMULATED = "simulated"


def agent(
    server: Annotated[
        list[str] | None,
        typer.Option(envvar="GPU_SERVER", help="A server's address; may be repeated, the next is for when one fails."),
    ] = None,
    token: Token = None,
    node_name: Annotated[str | None, typer.Option(help="Report under this name; else GPU_NODE_NAME.")] = None,
    cluster_name: Annotated[str | None, typer.Option(help="Report in this cluster; else GPU_CLUSTER_NAME.")] = None,
    interval: Annotated[
        float | None, typer.Option(min=0.01, max=3600, help="Seconds between readings; else GPU_SAMPLE_INTERVAL.")
    ] = None,
    collector: Annotated[Reads | None, typer.Option(help="What to read; else GPU_COLLECTOR, else nvml.")] = None,
    buffer_samples: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Readings kept while no server answers.")
    ] = 200_000,
    buffer_seconds: Annotated[float, typer.Option(min=1, help="How old a kept reading may get.")] = 3600.0,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve Prometheus metrics on this port.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="Address for --metrics-port.")] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="Log JSON lines, even on a terminal.")] = False,
) -> None:
    """Read this machine's GPUs and send them to the server, until SIGINT or SIGTERM."""
    from server.agent.agent import Agent, AgentOptions
    from server.agent.api import GraphQLAgentApi
    from server.agent.counters import CountersCollector, serve_metrics
    from server.agent.naming import Naming
    from server.cli.configuration import load_settings, misspelt_variables
    from server.observability.logs import configure_logging

    settings = load_settings()
    for word in misspelt_variables():
        say(f"gpuctl: {word}")
    servers = [checked_server(address) for address in server or [DEFAULT_SERVER]]
    configure_logging(settings.model_copy(update={"log_format": "json"}) if as_json else settings)
    # Unless asked to, an agent invents nothing: without a driver it waits for one.
    stated = _if_set(settings, "collector") or Reads.NVML.value
    source = _open_source(settings, collector or stated, node_name, cluster_name)
    naming = Naming(
        node_name or _if_set(settings, "node_name"),
        cluster_name or _if_set(settings, "cluster_name"),
    )
    options = AgentOptions(
        servers=servers,
        interval_s=interval or settings.sample_interval,
        buffer_samples_max=buffer_samples,
        buffer_age_max_s=buffer_seconds,
    )

    async def run() -> None:
        running = Agent(source, options, lambda address: GraphQLAgentApi(address, token, CALL_TIMEOUT_S), naming)
        stop_metrics: Callable[[], None] | None = None
        if metrics_port is not None:
            counted = CountersCollector(running.counters, lambda: running.delivery.waiting)
            try:
                stop_metrics = serve_metrics(counted, metrics_host, metrics_port)
            except OSError as error:
                raise CommandFailed(f"cannot listen on {metrics_host}:{metrics_port}: {error.strerror}") from None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, running.stop)
        try:
            await running.run()
        finally:
            if stop_metrics is not None:
                stop_metrics()

    asyncio.run(run())


def _open_source(settings: Settings, collector: str, node_name: str | None, cluster_name: str | None) -> MetricSource:
    from integrations.nvml.factory import open_source

    if collector not in set(Reads):
        raise CommandFailed(f"GPU_COLLECTOR={collector} leaves an agent nothing to read", ExitCode.USAGE)
    try:
        return open_source(
            collector,  # type: ignore[arg-type] # one of them: looked at above
            simulated_gpus=settings.simulated_gpus,
            seed=settings.simulated_seed,
            simulated_mig_gpus=settings.simulated_mig_gpus,
            node_name=node_name or settings.node_name,
            cluster_name=cluster_name or settings.cluster_name,
            faults=settings.simulated_faults,
        )
    except ValueError as error:
        raise CommandFailed(f"GPU_SIMULATED_FAULTS: {error}", ExitCode.USAGE) from None


def _if_set(settings: Settings, name: str) -> str | None:
    return str(getattr(settings, name)) if name in settings.model_fields_set else None
