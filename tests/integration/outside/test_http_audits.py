"""The audits of the GraphQL over HTTP specification, by the npm package graphql-http."""

from __future__ import annotations

from tests.fixtures.gpuctl import GpuctlServer
from tests.integration.outside.conftest import NodeScripts


def test_every_audit_passes_without_a_warning(node_scripts: NodeScripts, gpuctl_server: GpuctlServer) -> None:
    """Those of `application/graphql-response+json` too. Many audits are recommendations: we follow them all."""
    results = node_scripts.run("audits.mjs", f"{gpuctl_server.url}/graphql")
    assert len(results) >= 61
    assert [result for result in results if result["status"] != "ok"] == []
