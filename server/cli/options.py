"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from server.cli.api_errors import CallFailed, graphql_url
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
Reason = Annotated[str | None, typer.Option(help="Why; kept with the change.")]
Key = Annotated[
    str | None, typer.Option(help="Idempotency key: the same key with the same command is done once. Else made up.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def given(**values: Any) -> dict[str, Any]:
    """Those that were given: what is left out is the server's to decide."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def by_option(error: CallFailed, options: Mapping[str, str]) -> CallFailed:
    """The same error, naming the option that set the field at fault."""
    option = options.get(error.path[0]) if error.path else None
    return error if option is None else CallFailed(f"{option}: {error.words}", error.code)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what is hard to undo. Raises `CommandFailed` where nobody can be asked, aborts on a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Say so with --yes: there is nobody to ask here", ExitCode.USAGE)
    typer.confirm(question, abort=True, err=True)


def checked_server(server: str) -> str:
    """The address, or a word about what is wrong with it."""
    try:
        graphql_url(server)
    except ValueError as error:
        raise CommandFailed(str(error), ExitCode.USAGE) from None
    return server
