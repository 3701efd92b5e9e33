"""The server about itself, for Prometheus: read from its parts at the moment of a scrape."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from domain.metrics.validation import RejectReason
from server.collection import Collection
from server.runtime import Runtime


class ServerSeries(Collector):
    """A collector for prometheus-client over one runtime. Keeps no numbers of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterable[Metric]:
        runtime = self._runtime
        view, hub = runtime.view, runtime.hub
        yield _gauge("gpu_server_ready", "1 while requests should be sent here.", runtime.ready)
        yield _gauge("gpu_inventory_revision", "Newest change of the inventory that was read.", view.revision)
        yield _gauge(
            "gpu_database_unavailable",
            "1 where the database could not be read the last time it was tried.",
            view.unavailable is not None,
        )
        yield _counter("gpu_loop_restarts", "Restarts of background loops that ended.", runtime.loops.failures)
        yield _gauge("gpu_sockets_open", "WebSockets open.", runtime.endpoint.sockets)
        yield _gauge("gpu_subscribers", "Subscriptions running.", hub.members)
        yield _gauge("gpu_cohorts", "Executions that subscriptions share.", hub.cohorts)
        yield _counter("gpu_executions", "Subscription results executed and encoded.", hub.executions)
        yield _counter("gpu_frames", "Frames of the live state.", runtime.frames.sequence)
        yield _counter("gpu_frames_missed", "Frames that slow subscribers did not get.", hub.frames_missed)
        yield _counter("gpu_resyncs", "Snapshots sent to subscribers that fell behind the events.", hub.resyncs)
        yield from _samples(runtime)
        yield from _broker(runtime)
        if runtime.collection is not None:
            yield from _collector(runtime.collection)


def _samples(runtime: Runtime) -> Iterable[Metric]:
    live = runtime.live
    yield _counter("gpu_samples_accepted", "Readings applied, own and of other replicas.", live.accepted)
    rejected = CounterMetricFamily("gpu_samples_rejected", "Readings refused, by reason.", labels=["reason"])
    for reason in RejectReason:
        rejected.add_metric([reason], live.rejected[reason])
    yield rejected


def _broker(runtime: Runtime) -> Iterable[Metric]:
    status = runtime.broker.status
    yield _gauge("gpu_broker_connected", "1 while the broker is connected.", status.connected)
    yield _counter("gpu_broker_published", "Messages sent to the other replicas.", status.published)
    yield _counter("gpu_broker_received", "Messages of other replicas.", status.received)
    yield _counter("gpu_broker_dropped", "Messages not sent: the outbox was full, or they were.", status.dropped)
    yield _counter("gpu_broker_reconnects", "Connections to the broker after the first.", status.reconnects)
    yield _counter(
        "gpu_broker_undecodable", "Messages of other replicas that could not be read.", runtime.replication.undecodable
    )


def _collector(collection: Collection) -> Iterable[Metric]:
    status = collection.source.status
    healthy = GaugeMetricFamily(
        "gpu_collector_healthy", "1 while the source of readings works.", labels=["collection_source"]
    )
    healthy.add_metric([collection.source.collection_source], float(status.healthy))
    yield healthy
    yield _gauge("gpu_collector_devices", "Devices read in the last round.", status.devices)
    yield _counter("gpu_collector_failures", "Readings that should have come and did not.", status.failures)
    yield _counter("gpu_collector_rounds", "Rounds of the collector.", collection.rounds)
    yield _counter("gpu_collector_rounds_late", "Rounds that took longer than the interval.", collection.rounds_late)
    yield _gauge("gpu_collector_last_round_seconds", "Duration of the last round.", collection.last_round_s)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)
