"""`gpuctl mig plan` and `apply`: another layout for a device, or room on a node."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.api_errors import CallFailed
from server.cli.device_names import device_id, is_device_name, node_id
from server.cli.failures import CommandFailed, ExitCode
from server.cli.mig.layouts import explained, placements, profiles
from server.cli.mig.plan_text import print_plan
from server.cli.mig.queries import APPLY, PLAN
from server.cli.mig.waiting import DEFAULT_TIMEOUT_S, Timeout, Wait, check_done, finished
from server.cli.options import (
    DEFAULT_SERVER,
    AsJson,
    Key,
    Reason,
    Server,
    Token,
    Yes,
    checked_server,
    confirm,
    given,
)
from server.cli.output import print_json, print_words

if TYPE_CHECKING:
    from server.cli.client import ApiClient

OPTIONS = {
    "deviceId": "DEVICE",
    "nodeId": "NODE",
    "profiles": "--profiles",
    "placements": "--at",
    "locked": "--keep",
    "releaseAllocations": "--release",
    "reason": "--reason",
    "idempotencyKey": "--key",
}

Target = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE|NODE",
        help="A device by its id, UUID or NODE/INDEX: the whole layout it shall have. "
        "A node: what it shall have room for beside what is in use there.",
    ),
]
Wanted = Annotated[
    list[str] | None,
    typer.Option("--profiles", metavar="LIST", help="Placed as is best: 3g.40gb,2g.20gb*2; may be repeated."),
]
At = Annotated[list[str] | None, typer.Option(metavar="LIST", help="At a memory slice: 3g.40gb@0; may be repeated.")]
Empty = Annotated[bool, typer.Option("--empty", help="No instance at all.")]
Keep = Annotated[list[str] | None, typer.Option(metavar="MIG_ID", help="An idle instance that must stay.")]
Release = Annotated[list[str] | None, typer.Option(metavar="ALLOCATION", help="May be ended for it; may be repeated.")]


def plan(
    target: Target,
    wanted: Wanted = None,
    at: At = None,
    empty: Empty = False,
    keep: Keep = None,
    release: Release = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show what a layout would take: steps, what stops, how long; or why it cannot be. Changes nothing."""
    content = layout_input(wanted or [], at or [], empty, keep, release)
    found = asyncio.run(_plan(server, token, target, content))
    if as_json:
        print_json(found)
    else:
        print_plan(found)
    if not found["ready"]:
        raise CommandFailed("", ExitCode.NOT_POSSIBLE)


def apply(
    target: Target,
    wanted: Wanted = None,
    at: At = None,
    empty: Empty = False,
    keep: Keep = None,
    release: Release = None,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = DEFAULT_TIMEOUT_S,
    reason: Reason = None,
    key: Key = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Change a layout: show the plan, ask, order it, and wait until it is done."""
    content = layout_input(wanted or [], at or [], empty, keep, release)
    order = given(reason=reason, idempotencyKey=key)
    asyncio.run(_apply(checked_server(server), token, target, content, order, yes, timeout if wait else None, as_json))


def layout_input(
    wanted: list[str], at: list[str], empty: bool, keep: list[str] | None, release: list[str] | None
) -> dict[str, Any]:
    """The layout that the options describe. Raises `CommandFailed` where they describe none."""
    names, placed = profiles(wanted), placements(at)
    if empty and (names or placed):
        raise CommandFailed("--empty goes with neither --profiles nor --at", ExitCode.USAGE)
    if not (empty or names or placed):
        raise CommandFailed("say the layout with --profiles, --at or both, or with --empty", ExitCode.USAGE)
    return given(profiles=names, placements=placed, locked=keep, releaseAllocations=release)


async def _plan(server: str, token: str | None, target: str, content: dict[str, Any]) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        return await _planned(client, {**await _of(client, target), **content})


async def _planned(client: ApiClient, content: dict[str, Any]) -> dict[str, Any]:
    try:
        return await client.mutate(PLAN, {"input": content})
    except CallFailed as error:
        raise explained(error, OPTIONS) from error


async def _apply(
    server: str,
    token: str | None,
    target: str,
    content: dict[str, Any],
    order: dict[str, Any],
    yes: bool,
    timeout_s: float | None,
    as_json: bool,
) -> None:
    from server.cli.client import ApiClient

    async with ApiClient(server, token) as client:
        content = {**await _of(client, target), **content}
        planned = await _planned(client, content)
        if not as_json:
            print_plan(planned)
        if not planned["ready"] or all(device["unchanged"] for device in planned["devices"]):
            if as_json:
                print_json({"plan": planned, "commands": []})
            if not planned["ready"]:
                raise CommandFailed("", ExitCode.NOT_POSSIBLE)
            return
        confirm(f"{planned['message']} Change it?" if as_json else "Change it?", yes=yes)
        try:
            applied = await client.mutate_once(APPLY, {**content, **order})
        except CallFailed as error:
            raise explained(error, OPTIONS) from error
        commands = applied["commands"]
        if timeout_s is not None:
            commands = await finished(client, commands, timeout_s)
    if as_json:
        print_json({"plan": applied["plan"], "commands": commands})
        check_done(commands)
        return
    check_done(commands)
    done = "Ordered" if timeout_s is None else "Done"
    print_words(f"{done}: {', '.join(command['id'] for command in commands) or 'nothing had to be changed'}")


async def _of(client: ApiClient, target: str) -> dict[str, Any]:
    if is_device_name(target):
        return {"deviceId": await device_id(client, target)}
    return {"nodeId": await node_id(client, target)}
