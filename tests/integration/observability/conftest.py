"""The server and a Prometheus beside it, started once for the tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.integration.observability.support import GpuServer, Prometheus


def executable(name: str) -> str:
    """Where the program is; skips the test, and says what to install, where it is not."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not on the PATH: install the Debian package prometheus")
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuServer]:
    running = GpuServer(tmp_path_factory.mktemp("server"), GPU_LOG_LEVEL="DEBUG")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def prometheus(server: GpuServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    running = Prometheus(executable("prometheus"), folder, f"127.0.0.1:{server.port}")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def promtool() -> str:
    return executable("promtool")
