"""What an agent has done since its start, for the log and for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.metrics.validation import RejectReason


@dataclass(slots=True)
class Counters:
    """Samples unless said otherwise."""

    read: int = 0
    delivered: int = 0
    """Sent, and the server has them."""
    dropped: int = 0
    """Given up: the buffer was full or they were too old."""
    unassigned: int = 0
    """Of a device that no discovery has listed yet."""
    refused: Counter[RejectReason] = field(default_factory=Counter)
    batches: int = 0
    retries: int = 0
    """Batches that were sent again because no answer came."""
    reports: int = 0
    failures: int = 0
    """Calls that did not succeed."""
    failovers: int = 0
    """Changes to another server."""
    corrections: int = 0
    """Times that the server's clock was not what the agent took it for; the first answer is not counted."""


class CountersCollector(Collector):
    """The counters as Prometheus metrics."""

    def __init__(self, counters: Counters, waiting: Callable[[], int]) -> None:
        self._counters = counters
        self._waiting = waiting

    def collect(self) -> Iterable[Metric]:
        counters = self._counters
        for name, text, value in (
            ("samples_read", "Samples read from this machine's GPUs.", counters.read),
            ("samples_sent", "Samples the server has.", counters.delivered),
            ("samples_dropped", "Samples given up: the buffer was full or they were too old.", counters.dropped),
            ("samples_unassigned", "Samples of a device no discovery has listed yet.", counters.unassigned),
            ("batches", "Batches answered.", counters.batches),
            ("batch_retries", "Batches sent again because no answer came.", counters.retries),
            ("node_reports", "Reports of a node acknowledged.", counters.reports),
            ("call_failures", "Calls that did not succeed.", counters.failures),
            ("failovers", "Changes to another server.", counters.failovers),
            ("clock_corrections", "Times the server's clock had to be learned anew.", counters.corrections),
        ):
            yield CounterMetricFamily(f"gpu_agent_{name}", text, value)
        refused = CounterMetricFamily("gpu_agent_samples_refused", "Samples the server refused.", labels=["reason"])
        for reason in RejectReason:
            refused.add_metric([reason.value], counters.refused[reason])
        yield refused
        yield GaugeMetricFamily("gpu_agent_samples_buffered", "Samples that wait for the server.", self._waiting())


def serve_metrics(collector: Collector, host: str, port: int) -> Callable[[], None]:
    """Serve /metrics from a thread; returns how to end it. Raises `OSError` where the port is taken."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    server, thread = start_http_server(port, addr=host, registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=2)

    return stop
