from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pynvml
import pytest

from integrations.nvml.query import SessionLost
from integrations.nvml.session import BackOff, NvmlSession
from integrations.nvml.simulator import Fault, FaultKind, SimulatedFleet
from tests.unit.integrations.nvml.conftest import HandClock


@pytest.fixture
def session(fleet: SimulatedFleet, clock: HandClock) -> NvmlSession:
    return NvmlSession(fleet.nodes[0], BackOff(first=1.0, most=8.0), clock)


def test_it_initialises_once(session: NvmlSession, fleet: SimulatedFleet) -> None:
    assert session.down == "not initialised yet"
    assert session.ensure() == session.ensure() == 1
    assert fleet.nodes[0].inits == 1
    assert session.down is None


def test_a_lost_session_is_initialised_anew_with_another_generation(session: NvmlSession) -> None:
    session.ensure()
    session.lost("driver restart")
    assert session.down == "driver restart"
    assert session.ensure() == 2


def test_attempts_become_rarer_and_start_over_after_success(
    session: NvmlSession, fleet: SimulatedFleet, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart = fleet.inject(Fault(FaultKind.RESTART))
    tried = []

    def refuse() -> None:
        tried.append(clock.now)
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH)

    with monkeypatch.context() as patch:
        patch.setattr(fleet.nodes[0], "nvmlInit", refuse)
        for _ in range(400):
            with pytest.raises(SessionLost, match="version mismatch"):
                session.ensure()
            clock.sleep(0.1)
    waits = [round(later - earlier) for earlier, later in itertools.pairwise(tried)]
    assert waits[:6] == [1, 2, 4, 8, 8, 8]

    fleet.clear(restart)
    clock.sleep(8.0)
    assert session.ensure() == 1
    session.lost("again")
    assert session.ensure() == 2


def test_a_child_of_fork_initialises_for_itself(
    session: NvmlSession, fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.ensure()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert session.ensure() == 2
    assert fleet.nodes[0].inits == 2
    assert session.ensure() == 2


def test_closing_shuts_down_and_stays_closed(session: NvmlSession, fleet: SimulatedFleet) -> None:
    session.ensure()
    session.close()
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        fleet.nodes[0].nvmlDeviceGetCount()
    with pytest.raises(SessionLost, match="closed"):
        session.ensure()


FORK = """
import asyncio, os, sys
from integrations.nvml.simulator import SimulatedFleet, SimulatedSource

fleet = SimulatedFleet(4)
source = SimulatedSource(fleet)

async def read():
    return len(await source.sample())

before = asyncio.run(read())
child = os.fork()
after = asyncio.run(read())
if child == 0:
    os._exit(0 if after == 4 and fleet.nodes[0].inits == 2 else 1)
_, status = os.waitpid(child, 0)
sys.exit(0 if before == after == 4 and fleet.nodes[0].inits == 1 and status == 0 else 1)
"""


def test_a_source_works_on_both_sides_of_a_real_fork() -> None:
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", FORK], cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, timeout=30, check=False
    )
    assert done.returncode == 0
