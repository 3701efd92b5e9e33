"""Losing Redis or the database: the server says so, stays ready, keeps answering, and heals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures.databases import PostgresServer
from tests.fixtures.redis_server import RedisServer
from tests.integration.observability.support import GpuServer, until

COUNT = "{ devices(first: 100) { edges { node { gpuUuid } } } }"


def readiness(server: GpuServer) -> dict[str, Any]:
    response = server.get("/readyz", timeout=3)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def becomes(server: GpuServer, status: str) -> dict[str, Any]:
    """Wait for the status; return the answer that has it."""

    def asked() -> dict[str, Any] | None:
        answer = readiness(server)
        return answer if answer["status"] == status else None

    answer: dict[str, Any] = until(asked, what=f"the status {status}")
    return answer


def test_redis_goes_and_comes_back(own_redis_server: RedisServer, tmp_path: Path) -> None:
    own_redis_server.start()
    server = GpuServer(tmp_path, gpus=4, GPU_BROKER_URL=own_redis_server.url)
    try:
        broker = becomes(server, "ok")["broker"]
        assert (broker["kind"], broker["connected"]) == ("redis", True)
        own_redis_server.kill()
        answer = becomes(server, "degraded")
        assert answer["ready"] is True
        assert answer["broker"]["connected"] is False
        assert "no connection to Redis" in answer["broker"]["detail"]
        assert answer["database"]["ok"]
        assert answer["data"]["ok"]
        assert len(server.graphql(COUNT)["devices"]["edges"]) == 4
        assert "\ngpu_broker_connected 0.0\n" in server.get("/metrics?part=server").text
        own_redis_server.start()
        becomes(server, "ok")
        assert "\ngpu_broker_reconnects_total 1.0\n" in server.get("/metrics?part=server").text
    finally:
        server.stop()


def test_the_database_goes_and_comes_back(postgres_server: PostgresServer, postgres_url: str, tmp_path: Path) -> None:
    server = GpuServer(tmp_path, gpus=4, GPU_DATABASE_URL=postgres_url)
    try:
        assert becomes(server, "ok")["database"]["revision"] > 0
        postgres_server.stop("immediate")
        answer = becomes(server, "degraded")
        assert answer["ready"] is True
        assert answer["database"]["ok"] is False
        assert answer["database"]["revision"] > 0
        assert answer["broker"]["ok"]
        assert answer["data"]["ok"], "readings come without the database"
        assert len(server.graphql(COUNT)["devices"]["edges"]) == 4
        assert "\ngpu_database_unavailable 1.0\n" in server.get("/metrics?part=server").text
        postgres_server.start()
        becomes(server, "ok")
    finally:
        server.stop()
        postgres_server.start()
