"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli.api_errors import graphql_url
from server.cli.failures import CommandFailed, ExitCode

DEFAULT_SERVER = "http://127.0.0.1:8080"

Server = Annotated[str, typer.Option(envvar="GPU_SERVER", help="The server's address.")]
Token = Annotated[
    str | None, typer.Option(envvar="GPU_TOKEN", show_envvar=True, help="Token to send (see `gpuctl token`).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Cluster = Annotated[list[str] | None, typer.Option(help="Only of this cluster; may be repeated.")]
Node = Annotated[list[str] | None, typer.Option(help="Only of this node; may be repeated.")]
Model = Annotated[list[str] | None, typer.Option(help="Only of this model, its full name; may be repeated.")]
SearchText = Annotated[
    str | None, typer.Option("--text", help="Part of the UUID, serial, PCI address, node, cluster or model name.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most this many; else all.")]


def checked_server(server: str) -> str:
    """The address, or a word about what is wrong with it."""
    try:
        graphql_url(server)
    except ValueError as error:
        raise CommandFailed(str(error), ExitCode.USAGE) from None
    return server
