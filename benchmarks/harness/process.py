"""One server under test: started in its own process group, awaited, always ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.harness.pinning import SERVER_CORE, on_core
from benchmarks.harness.servers import HOST, READY_PATH, Launch, Scale, launch

READY_S = 20.0
STOP_S = 5.0
_LEAVING = (signal.SIGTERM, signal.SIGHUP)


class ServerError(RuntimeError):
    """A server did not start, or ended by itself."""


@dataclass(frozen=True)
class RunningServer:
    """Where a started server listens, and its process group."""

    name: str
    port: int
    group: int


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str, scale: Scale) -> Iterator[RunningServer]:
    """Run the named server at a scale for as long as the block lasts."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="gpu-bench-") as folder,
        started(name, launch(name, scale, port, Path(folder)), port, Path(folder)) as server,
    ):
        yield server


@contextlib.contextmanager
def started(name: str, plan: Launch, port: int, folder: Path) -> Iterator[RunningServer]:
    """Run one server on the server core for as long as the block lasts; its log goes to the folder."""
    with _signals(dict.fromkeys(_LEAVING, leave)), open(folder / "log", "w+b") as log:
        process = subprocess.Popen(
            on_core(SERVER_CORE, plan.argv),
            env={**os.environ, **plan.env},
            cwd=plan.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await_ready(name, process, port, log)
            yield RunningServer(name, port, process.pid)
            if process.poll() is not None:
                raise ServerError(f"{name} ended by itself ({process.returncode}): {_tail(log)}")
        finally:
            end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group, gently first; no second signal disturbs that."""
    with _signals(dict.fromkeys((signal.SIGINT, *_LEAVING), signal.SIG_IGN)):
        for number, patience in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break
        with contextlib.suppress(ProcessLookupError):  # children that outlived their parent
            os.killpg(process.pid, signal.SIGKILL)


def _await_ready(name: str, process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
    url = f"http://{HOST}:{port}{READY_PATH}"
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"{name} did not start ({process.returncode}): {_tail(log)}")
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise ServerError(f"{name} was not ready within {READY_S:.0f} s: {_tail(log)}")


def _tail(log: IO[bytes], size: int = 2000) -> str:
    log.flush()
    log.seek(0)
    return log.read().decode(errors="replace")[-size:]


def leave(number: int, _frame: object) -> None:
    """Turn a signal into an exception, so that servers and clients are ended on the way out."""
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _signals(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
