"""Counting requests and operations without letting clients choose the labels."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.websockets import WebSocketDisconnect

from server.observability.traffic import BUCKETS_S, Histogram, Traffic


def values(traffic: Traffic) -> Any:
    registry = CollectorRegistry()
    registry.register(traffic)
    return registry.get_sample_value


def test_requests_by_method_path_and_status() -> None:
    traffic = Traffic()
    traffic.request_ended("POST", "/graphql", 200, 0.004)
    traffic.request_ended("POST", "/graphql", 200, 0.004)
    traffic.request_ended("GET", "/metrics", 400, 0.1)
    traffic.request_ended("GET", "/graphql", None, 0.1)
    value = values(traffic)
    requests = "gpu_http_requests_total"
    assert value(requests, {"method": "POST", "path": "/graphql", "status": "200"}) == 2
    assert value(requests, {"method": "GET", "path": "/metrics", "status": "400"}) == 1
    assert value(requests, {"method": "GET", "path": "/graphql", "status": "none"}) == 1
    latency = "gpu_http_request_duration_seconds"
    assert value(f"{latency}_count", {"path": "/graphql"}) == 3
    assert value(f"{latency}_sum", {"path": "/graphql"}) == pytest.approx(0.108)
    assert value(f"{latency}_bucket", {"path": "/graphql", "le": "0.005"}) == 2


def test_what_clients_choose_freely_becomes_no_label() -> None:
    traffic = Traffic()
    for number in range(1000):
        traffic.request_ended(f"M{number}", f"/{number}", 404, 0.001)
        traffic.websocket_ended(3000 + number)
    assert list(traffic.requests) == [("other", "other", "404")]
    assert list(traffic.request_seconds) == ["other"]
    assert traffic.websockets_closed == {"other": 1000}


def test_websockets_by_close_code() -> None:
    traffic = Traffic()
    traffic.websocket_opened()
    traffic.websocket_ended(4403)
    traffic.websocket_ended(None)
    value = values(traffic)
    assert value("gpu_websockets_opened_total") == 1
    assert value("gpu_websockets_closed_total", {"code": "4403"}) == 1
    assert value("gpu_websockets_closed_total", {"code": "refused"}) == 1


def test_an_operation_is_counted_by_its_kind_and_outcome() -> None:
    traffic = Traffic()
    with traffic.operation("http") as operation:
        operation.kind = "query"
        operation.answered(None)
    with traffic.operation("http") as operation:
        operation.kind = "mutation"
        operation.answered([ValueError()])
    with traffic.operation("websocket"):
        pass
    value = values(traffic)
    counts, seconds = "gpu_graphql_operations_total", "gpu_graphql_operation_duration_seconds_count"
    assert value(counts, {"transport": "http", "type": "query", "outcome": "ok"}) == 1
    assert value(counts, {"transport": "http", "type": "mutation", "outcome": "failed"}) == 1
    assert value(counts, {"transport": "websocket", "type": "invalid", "outcome": "ok"}) == 1
    assert value(seconds, {"transport": "http", "type": "query"}) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(asyncio.CancelledError(), "cancelled"), (WebSocketDisconnect(), "cancelled"), (ValueError(), "failed")],
)
def test_an_operation_that_raises_is_counted_too(error: BaseException, outcome: str) -> None:
    traffic = Traffic()

    def subscribe() -> None:
        with traffic.operation("websocket") as operation:
            operation.kind = "subscription"
            raise error

    with pytest.raises(type(error)):
        subscribe()
    assert traffic.operations == {("websocket", "subscription", outcome): 1}
    assert not traffic.operation_seconds, "how long a subscription runs is no latency"


def test_histogram_buckets_are_cumulative_and_hold_their_upper_bound() -> None:
    histogram = Histogram()
    for seconds in (0.001, 0.0011, 30.0, 31.0):
        histogram.observe(seconds)
    buckets = dict(histogram.buckets())
    assert buckets["0.001"] == 1
    assert buckets["0.0025"] == 2
    assert buckets["30.0"] == 3
    assert buckets["+Inf"] == 4
    assert [float(bound) for bound in list(buckets)[:-1]] == list(BUCKETS_S)
    assert histogram.total_s == pytest.approx(61.0021)
