"""The command's options."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from server.cli.options import (
    DEFAULT_SERVER,
    Cluster,
    Model,
    Node,
    SearchText,
    Server,
    Token,
    checked_server,
)
from server.cli.top.sorting import SortKey


def top(
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    cluster: Cluster = None,
    node: Node = None,
    model: Model = None,
    text: SearchText = None,
    interval: Annotated[float, typer.Option(min=0.01, max=60, help="Seconds between pictures, at least.")] = 1.0,
    sort: Annotated[SortKey, typer.Option(case_sensitive=False, help="Order to begin with.")] = SortKey.NAME,
    once: Annotated[bool, typer.Option("--once", help="Print one table and end; so also where nobody looks.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON line per frame; with --once, a single one.")
    ] = False,
) -> None:
    """Watch every GPU of the fleet, live. `?` shows the keys."""
    from server.cli.top.feed import Feed
    from server.cli.top.snapshot import print_once, stream_json

    given = {"clusterNames": cluster, "nodeNames": node, "modelNames": model, "text": text}
    feed = Feed(checked_server(server), token, {name: value for name, value in given.items() if value}, interval)
    if once or not (as_json or sys.stdout.isatty()):
        asyncio.run(print_once(feed, sort, as_json=as_json))
    elif as_json:
        asyncio.run(stream_json(feed))
    else:
        from server.cli.top.app import TopApp

        app = TopApp(feed, sort)
        app.run()
        if app.failure is not None:
            raise app.failure
