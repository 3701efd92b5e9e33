"""The servers that suffer. Each is started once per run; what harms a server for good starts one of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.bad_days.fleet import Caller, report_fleet
from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import RawSocket


@pytest.fixture(scope="session")
def dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Everybody is ADMIN; twenty simulated GPUs at five readings a second."""
    server = RealServer(tmp_path_factory.mktemp("dev"), send_timeout_seconds=1)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def token_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Nobody without a token; no GPUs but those of `fleet.NODES`."""
    server = RealServer(tmp_path_factory.mktemp("token"), auth_mode="token", collector="none", socket_init_seconds=1)
    server.start()
    report_fleet(server)
    yield server
    server.kill()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., RealServer]]:
    """Makes servers of the test's own, not yet started."""
    made: list[RealServer] = []

    def make(**settings: object) -> RealServer:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(RealServer(folder, **settings))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def unharmed(dev_server: RealServer, token_server: RealServer) -> Iterator[None]:
    """After a file of tests the shared servers hold what they held before it, and nothing in them broke."""
    before = [(server, server.holds(), len(server.logs)) for server in (dev_server, token_server)]
    yield
    for server, held, log_before in before:
        server.settle(held)
        assert "Traceback" not in server.logs[log_before:]
        assert server.errors_logged(log_before) <= {"Invalid UTF-8 sequence received from client."}  # uvicorn's words


@pytest.fixture
def admin(token_server: RealServer, http: httpx.AsyncClient) -> Caller:
    return Caller(http, token_server)


@pytest.fixture
def raw_socket() -> Iterator[Callable[..., RawSocket]]:
    """Opens plain sockets: `raw_socket(server)`. What a test leaves open is closed."""
    made: list[RawSocket] = []

    def make(server: RealServer, receive_buffer: int | None = None) -> RawSocket:
        made.append(RawSocket(server, receive_buffer))
        return made[-1]

    yield make
    for raw in made:
        raw.close()
