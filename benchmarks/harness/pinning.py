"""Which core runs what."""

from __future__ import annotations

import os
import resource
import shutil

SERVER_CORE = 0
CLIENT_CORE = 1
PINNED = f"taskset: server on core {SERVER_CORE}, clients on core {CLIENT_CORE}"


def on_core(core: int, argv: list[str]) -> list[str]:
    """The same command, held on one core."""
    taskset = shutil.which("taskset")
    if taskset is None:
        raise SystemExit("taskset (util-linux) is needed: the figures compare servers on one pinned core")
    return [taskset, "-c", str(core), *argv]


def prepare_machine() -> None:
    """Check that both cores exist and raise the limit of open files as far as the system lets us."""
    missing = {SERVER_CORE, CLIENT_CORE} - os.sched_getaffinity(0)
    if missing:
        raise SystemExit(f"cores {sorted(missing)} are not available here; two are needed, server and clients")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def require_open_files(count: int) -> None:
    """Refuse a scenario whose sockets would not fit the limit of open files."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft != resource.RLIM_INFINITY and soft < count + 100:
        raise SystemExit(f"{count} connections need `ulimit -n` of at least {count + 100}; it is {soft}")
