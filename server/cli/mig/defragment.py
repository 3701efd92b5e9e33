"""`gpuctl mig defrag`: which instances to move so that more fits, and what that costs."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.text import Text

from server.cli import figures
from server.cli.device_names import node_id, short_name
from server.cli.mig.plan_text import duration
from server.cli.mig.queries import DEFRAGMENTATION
from server.cli.options import DEFAULT_SERVER, AsJson, Server, Token, checked_server, given
from server.cli.output import Column, print_json, print_table, print_words


def defrag(
    node: Annotated[str | None, typer.Option(help="Only on this node.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Only in this cluster.")] = None,
    profile: Annotated[str | None, typer.Option(help="Make room for this profile; else for all.")] = None,
    max_moves: Annotated[int, typer.Option(min=1, help="At most so many moves.")] = 20,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show which instances in use to move so that more fits, and what that costs. Moves nothing."""
    found = asyncio.run(_read(server, token, node, given(clusterName=cluster, profileName=profile, maxMoves=max_moves)))
    if as_json:
        print_json(found)
    else:
        print_defragmentation(found)


async def _read(server: str, token: str | None, node: str | None, variables: dict[str, Any]) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        if node is not None:
            variables = {**variables, "nodeId": await node_id(client, node)}
        return dict((await client.execute(DEFRAGMENTATION, variables))["defragmentationPlan"])


def print_defragmentation(found: dict[str, Any]) -> None:
    if not found["moves"]:
        print_words(f"No move makes more room; fragmentation {_shown(found['fragmentationBefore'])}")
        return
    before, after = _shown(found["fragmentationBefore"]), _shown(found["fragmentationAfter"])
    print_words(
        f"Moves: {len(found['moves'])}, restarts of pods: {found['pods']}, about {duration(found['seconds'])}; "
        f"fragmentation {before} now, {after} then"
    )
    print_words(("More room for", "bold"), f"  {_gains(found['gains'])}")
    columns = [
        Column("STEP", right=True),
        Column("PROFILE"),
        Column("FROM"),
        Column("TO"),
        Column("TAKES", right=True),
        Column("HOLDER"),
        Column("GAINS", spare=1),
        Column("ALLOCATION", spare=2),
    ]
    print_table(columns, [_move(move) for move in found["moves"]], "")


def _move(move: dict[str, Any]) -> list[Text | str]:
    return [
        str(move["step"]),
        move["profileName"],
        f"{short_name(move['fromDevice'])}@{move['fromStart']}",
        f"{short_name(move['toDevice'])}@{move['toStart']}",
        duration(move["seconds"]),
        move["holder"],
        _gains(move["gains"]),
        move["allocationId"] or figures.UNKNOWN,
    ]


def _gains(gains: list[dict[str, Any]]) -> str:
    return ", ".join(f"{gain['places']:+d} {gain['profileName']}" for gain in gains) or figures.UNKNOWN


def _shown(fragmentation: float | None) -> str:
    return figures.UNKNOWN if fragmentation is None else f"{fragmentation:.2f}"
