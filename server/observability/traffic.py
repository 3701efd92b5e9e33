"""What clients ask of this process, counted as it happens; drawn for Prometheus at a scrape.

Plain dictionaries, changed from one event loop. Every label has a small fixed set of values: nothing that a
client chooses freely becomes a label.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.websockets import WebSocketDisconnect

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds, seconds."""

PATHS = frozenset({"/graphql", "/healthz", "/readyz", "/metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLOSE_CODES = frozenset({*range(1000, 1016), 4400, 4401, 4403, 4406, 4408, 4409, 4429})
OTHER = "other"
INVALID = "invalid"

OK = "ok"
FAILED = "failed"
"""The answer has errors. A refusal that the schema states as data is not one of them."""
CANCELLED = "cancelled"
"""The client, or the end of its connection, stopped it."""


class Histogram:
    """Durations in seconds, counted by bucket."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.total_s = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.total_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative, as Prometheus wants them."""
        bounds = [*map(str, BUCKETS_S), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class Operation:
    """One GraphQL operation while it runs. Whoever runs it says what it is and how it was answered."""

    __slots__ = ("kind", "outcome")

    def __init__(self) -> None:
        self.kind = INVALID
        """`query`, `mutation` or `subscription`; a text that is none of them stays invalid."""
        self.outcome = OK

    def answered(self, errors: Sequence[object] | None) -> None:
        self.outcome = FAILED if errors else OK


class Traffic(Collector):
    """Counts of one process since its start. A collector for prometheus-client."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, str]] = Counter()
        """By method, path and status."""
        self.request_seconds: dict[str, Histogram] = {}
        """By path."""
        self.websockets_opened = 0
        self.websockets_closed: Counter[str] = Counter()
        """By close code; `refused`: the handshake was answered with a status instead."""
        self.operations: Counter[tuple[str, str, str]] = Counter()
        """By transport, type and outcome."""
        self.operation_seconds: dict[tuple[str, str], Histogram] = {}
        """By transport and type. A subscription has no duration to speak of."""

    def request_ended(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Count an HTTP request; `status` is None where nothing was answered."""
        path = path if path in PATHS else OTHER
        self.requests[method if method in METHODS else OTHER, path, "none" if status is None else str(status)] += 1
        self.request_seconds.setdefault(path, Histogram()).observe(seconds)

    def websocket_opened(self) -> None:
        self.websockets_opened += 1

    def websocket_ended(self, code: int | None) -> None:
        """Count the end of a WebSocket; `code` is None where it was never accepted."""
        label = "refused" if code is None else str(code) if code in CLOSE_CODES else OTHER
        self.websockets_closed[label] += 1

    @contextmanager
    def operation(self, transport: str) -> Iterator[Operation]:
        """Count an operation over `http` or `websocket` when it ends, however it does."""
        operation = Operation()
        began = time.perf_counter()
        try:
            yield operation
        except (asyncio.CancelledError, GeneratorExit, WebSocketDisconnect):
            operation.outcome = CANCELLED
            raise
        except BaseException:
            operation.outcome = FAILED
            raise
        finally:
            self.operations[transport, operation.kind, operation.outcome] += 1
            if operation.kind != "subscription":
                histogram = self.operation_seconds.setdefault((transport, operation.kind), Histogram())
                histogram.observe(time.perf_counter() - began)

    def collect(self) -> Iterable[Metric]:
        """The counts as metric families."""
        requests = CounterMetricFamily(
            "gpu_http_requests", "HTTP requests answered.", labels=["method", "path", "status"]
        )
        for by, count in self.requests.items():
            requests.add_metric(by, count)
        yield requests
        latency = HistogramMetricFamily(
            "gpu_http_request_duration_seconds", "Time from a request to the end of its answer.", labels=["path"]
        )
        for path, histogram in self.request_seconds.items():
            latency.add_metric([path], histogram.buckets(), histogram.total_s)
        yield latency
        opened = CounterMetricFamily("gpu_websockets_opened", "WebSocket handshakes accepted.")
        opened.add_metric([], self.websockets_opened)
        yield opened
        closed = CounterMetricFamily("gpu_websockets_closed", "WebSockets ended, by close code.", labels=["code"])
        for code, count in self.websockets_closed.items():
            closed.add_metric([code], count)
        yield closed
        operations = CounterMetricFamily(
            "gpu_graphql_operations", "GraphQL operations ended.", labels=["transport", "type", "outcome"]
        )
        for by, count in self.operations.items():
            operations.add_metric(by, count)
        yield operations
        durations = HistogramMetricFamily(
            "gpu_graphql_operation_duration_seconds",
            "Time that queries and mutations took to execute.",
            labels=["transport", "type"],
        )
        for transport_and_type, histogram in self.operation_seconds.items():
            durations.add_metric(transport_and_type, histogram.buckets(), histogram.total_s)
        yield durations
