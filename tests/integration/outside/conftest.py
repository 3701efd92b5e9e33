"""Clients and audits that others wrote, run with Node.js against a server of ours."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

NODE_CLIENTS = Path(__file__).resolve().parents[2] / "node"

INSTALL_S = 300
RUN_S = 60


class NodeProcess:
    """A script that prints a JSON object a line; read line by line while it runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self, within_s: float = 15.0) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(within_s):
            text = await self._process.stdout.readline()
        assert text, "the script ended"
        content: dict[str, Any] = orjson.loads(text)
        return content

    async def line_where(self, within_s: float = 15.0, **wanted: object) -> dict[str, Any]:
        """The next line with these values; others are passed over."""
        async with asyncio.timeout(within_s):
            while True:
                line = await self.line(within_s)
                if all(line.get(name) == value for name, value in wanted.items()):
                    return line


class NodeScripts:
    """Runs the scripts of tests/node with the packages of its lock file."""

    def __init__(self, node: str) -> None:
        self._node = node

    def run(self, script: str, *arguments: str) -> Any:
        """Run to the end and return what it printed, which is one JSON value."""
        command = [self._node, str(NODE_CLIENTS / script), *arguments]
        done = subprocess.run(command, capture_output=True, timeout=RUN_S, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
        return orjson.loads(done.stdout)

    @asynccontextmanager
    async def running(self, script: str, *arguments: str) -> AsyncIterator[NodeProcess]:
        process = await asyncio.create_subprocess_exec(
            self._node,
            str(NODE_CLIENTS / script),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            limit=2**20,
        )
        try:
            yield NodeProcess(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


@pytest.fixture(scope="session")
def node_scripts() -> NodeScripts:
    """Installs the packages where they are not; skips, and says why, where there is no Node.js."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node.js: neither node nor npm is on the PATH")
    with (NODE_CLIENTS / "package.json").open("rb") as package:
        fcntl.flock(package, fcntl.LOCK_EX)  # test processes side by side install once
        if not _is_installed():
            command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=NODE_CLIENTS, timeout=INSTALL_S, check=True)
    return NodeScripts(node)


def _is_installed() -> bool:
    installed = NODE_CLIENTS / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (NODE_CLIENTS / "package-lock.json").stat().st_mtime
