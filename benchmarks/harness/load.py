"""Run a load client on the client core and read its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.harness.pinning import CLIENT_CORE, SERVER_CORE, on_core
from benchmarks.harness.process import RunningServer, end_group
from benchmarks.harness.servers import GRAPHQL_PATH, HOST, ROOT


class LoadError(RuntimeError):
    """The clients could not be served."""


def load(client: str, server: RunningServer, timeout_s: float, **options: object) -> dict[str, Any]:
    """Run `benchmarks.clients.<client>` against a server; options become its arguments."""
    argv = [sys.executable, "-m", f"benchmarks.clients.{client}"]
    options |= {
        "host": HOST,
        "port": server.port,
        "path": GRAPHQL_PATH,
        "server-group": server.group,
        "server-core": SERVER_CORE,
        "client-core": CLIENT_CORE,
    }
    for name, value in options.items():
        argv += [f"--{name.replace('_', '-')}", str(value)]
    process = subprocess.Popen(
        on_core(CLIENT_CORE, argv), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise LoadError(f"{server.name}: the clients did not finish within {timeout_s:.0f} s") from None
    finally:
        end_group(process)
    if process.returncode:
        raise LoadError(f"{server.name}: {err.decode(errors='replace').strip()[-1000:]}")
    result: dict[str, Any] = json.loads(out)
    return result
