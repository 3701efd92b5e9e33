"""Relay's compiler over our schema: it checks the Node and Connection rules, and writes queries of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema.build import printed_schema
from tests.fixtures.gpuctl import GpuctlServer
from tests.integration.outside.conftest import NODE_CLIENTS, NodeScripts

COMPILER = NODE_CLIENTS / "node_modules" / "relay-compiler" / "cli.js"
TEXT = re.compile(r'"text": ("(?:[^"\\]|\\.)*")')


def compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(COMPILER), "relay.config.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def project(node_scripts: NodeScripts, tmp_path: Path) -> Path:
    """A Relay project over the schema as it is now."""
    shutil.copytree(NODE_CLIENTS / "relay", tmp_path / "src")
    (tmp_path / "schema.graphql").write_text(printed_schema())
    config = {"src": "./src", "schema": "./schema.graphql", "language": "javascript"}
    (tmp_path / "relay.config.json").write_text(json.dumps(config))
    return tmp_path


def test_the_compiler_takes_connections_and_refetchable_nodes(project: Path, gpuctl_server: GpuctlServer) -> None:
    done = compiled(project)
    assert done.returncode == 0, done.stdout + done.stderr
    texts = [
        json.loads(found.group(1))
        for artifact in sorted((project / "src" / "__generated__").iterdir())
        if (found := TEXT.search(artifact.read_text()))
    ]
    assert len(texts) == 9
    for text in texts:
        check_served(gpuctl_server, text)


def check_served(server: GpuctlServer, text: str) -> None:
    """What the compiler made of our documents is what the server takes: with its `id` and `__typename` everywhere."""
    variables: dict[str, Any] = {"first": 3, "id": "x", "input": {"deviceId": "x", "status": "ACTIVE"}}
    answer = httpx.post(f"{server.url}/graphql", json={"query": text, "variables": variables}).json()
    if text.startswith("subscription"):
        assert "WebSocket" in answer["errors"][0]["message"]
    else:
        assert list(answer) == ["data"], (text, answer)


def test_the_compiler_would_say_so_where_a_rule_is_broken(project: Path) -> None:
    """The proof that it looks: the same documents over a schema without what Relay needs."""
    schema = printed_schema()
    for broken in (
        schema.replace("node(id: ID!): Node", "thing(id: ID!): Node"),
        schema.replace("  endCursor: String\n", ""),
        schema.replace("  cursor: String!\n", ""),
    ):
        assert broken != schema
        (project / "schema.graphql").write_text(broken)
        assert compiled(project).returncode != 0
