"""The command run in this process: the same code from arguments to exit status, without a start each time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.access.principal import Role
from server.cli.app import run
from tests.fixtures.gpuctl import GpuctlFactory, GpuctlServer, environment, token
from tests.integration.cli.running import As, Done, RunHere


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> RunHere:
    """Run a command to its end with these settings and no others."""

    def run_here(*arguments: str, **settings: object) -> Done:
        stated = environment(**{"data_dir": tmp_path / "data", **settings})
        with monkeypatch.context() as patched:
            for name in os.environ.keys() - stated.keys():
                patched.delenv(name)
            for name, value in stated.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["gpuctl", *arguments])
            with pytest.raises(SystemExit) as ended:
                run()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run_here


@pytest.fixture(scope="package")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuctlServer]:
    """A server whose devices these tests may change, and that asks for a token."""
    factory = GpuctlFactory(tmp_path_factory.mktemp("gpuctl"))
    yield factory.server(collector="simulated", sample_interval=0.2, auth_mode="token")
    factory.close()


@pytest.fixture
def admin(here: RunHere, own_server: GpuctlServer) -> As:
    return As(here, own_server, token(Role.ADMIN, "ada"))


@pytest.fixture
def ann(here: RunHere, own_server: GpuctlServer, admin: As) -> Iterator[As]:
    """A user; what her tests leave is given back."""
    yield As(here, own_server, token(Role.USER, "ann", team="speech"))
    left = admin.json("allocations", "--user", "ann")
    if left:
        assert admin("release", *(one["id"] for one in left)).returncode == 0
