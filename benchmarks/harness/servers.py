"""The servers that are compared, and how each is started."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
READY_PATH = "/readyz"
GRAPHQL_PATH = "/graphql"
ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"

NODE_PEERS = ("yoga", "mercurius")
PYTHON_PEERS = {
    "strawberry": "benchmarks.peers.plain_strawberry",
    "limit": "benchmarks.peers.limit",
    "handwritten": "benchmarks.peers.handwritten",
}


class UnavailableError(RuntimeError):
    """A server cannot be compared on this machine."""


@dataclass(frozen=True)
class Scale:
    """How many GPUs, how often they are sampled; for the limit, how large its ready message is."""

    gpus: int
    interval_s: float
    message_bytes: int = 0


@dataclass(frozen=True)
class Launch:
    """A command with what it needs around it."""

    argv: list[str]
    cwd: Path
    env: dict[str, str] = field(default_factory=dict)


def launch(name: str, scale: Scale, port: int, folder: Path) -> Launch:
    """How to start the named server; the folder is its own and goes away afterwards."""
    size = ["--port", str(port), "--gpus", str(scale.gpus), "--interval", str(scale.interval_s)]
    if name == "ours":
        return _ours(scale, port, folder)
    if name in NODE_PEERS:
        home = PEERS / name
        _install(home)
        return Launch([_tool("node"), "server.mjs", *size], home, {"NODE_ENV": "production"})
    if name == "limit":
        size += ["--message-bytes", str(scale.message_bytes)]
    return Launch([sys.executable, "-m", PYTHON_PEERS[name], *size], ROOT)


def _ours(scale: Scale, port: int, folder: Path) -> Launch:
    return gpuctl(
        port,
        GPU_COLLECTOR="simulated",
        GPU_SIMULATED_GPUS=str(scale.gpus),
        GPU_SAMPLE_INTERVAL=str(scale.interval_s),
        GPU_DATABASE_URL=f"sqlite:///{folder / 'bench.db'}",
        GPU_SOCKETS_MAX="20000",  # the default admits fewer than the largest crowd
    )


def gpuctl(port: int, **settings: str) -> Launch:
    """Our own server with these settings, each process by itself and open to everybody on this machine."""
    command = Path(sys.executable).with_name("gpuctl")
    if not command.exists():
        raise UnavailableError("gpuctl is not installed in this environment: pip install -e .")
    argv = [str(command), "serve", "--host", HOST, "--port", str(port)]
    return Launch(argv, ROOT, {"GPU_BROKER_URL": "memory://", "GPU_AUTH_MODE": "dev", **settings})


def _install(home: Path) -> None:
    """Install a Node peer's locked packages where they are not yet there."""
    lock, done = home / "package-lock.json", home / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    try:
        subprocess.run(
            [_tool("npm"), "ci", "--no-audit", "--no-fund"], cwd=home, check=True, capture_output=True, timeout=300
        )
    except subprocess.SubprocessError as error:
        raise UnavailableError(f"npm ci failed in {home.name}: {error}") from error


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise UnavailableError(f"{name} is not on the PATH")
    return path
