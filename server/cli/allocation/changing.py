"""`gpuctl release` and `gpuctl extend`."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer

from server.cli.allocation.queries import EXTEND, RELEASE
from server.cli.allocation.rows import ends
from server.cli.api_errors import ApiError, CallFailed, Unreachable
from server.cli.failures import CommandFailed, ExitCode, exit_code_of
from server.cli.options import DEFAULT_SERVER, AsJson, Reason, Server, Token, checked_server, given
from server.cli.output import print_json, say
from server.cli.quantities import moment


def release(
    allocation_ids: Annotated[list[str], typer.Argument(metavar="ALLOCATION...", help="Their ids.")],
    reason: Reason = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Give back what allocations hold, or take them out of the queue. One that fails does not keep the others."""
    outcomes = asyncio.run(_release(server, token, allocation_ids, reason))
    if as_json:
        print_json([_outcome(*one) for one in outcomes])
    for allocation_id, done in outcomes:
        if isinstance(done, ApiError):
            say(f"gpuctl: {allocation_id}: {_words(done)}")
        elif not as_json:
            held = f", held {done['allocatedResource']}" if done["allocatedResource"] else ""
            sys.stdout.write(f"{done['id']} is {done['status']}{held}\n")
    failed = [done for _, done in outcomes if isinstance(done, ApiError)]
    if failed:
        raise CommandFailed("", exit_code_of(failed[0]))


def extend(
    allocation_id: Annotated[str, typer.Argument(metavar="ALLOCATION", help="Its id.")],
    hours: Annotated[float | None, typer.Option(help="So long from now.")] = None,
    until: Annotated[
        str | None, typer.Option(parser=moment, metavar="TIME", help="Until then: 2026-11-01T18:00, or with its zone.")
    ] = None,
    no_end: Annotated[bool, typer.Option("--no-end", help="Until it is released.")] = False,
    reason: Reason = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Give an allocation another end, earlier or later, or none."""
    if [hours is not None, until is not None, no_end].count(True) != 1:
        raise CommandFailed("say the new end with one of --hours, --until and --no-end", ExitCode.USAGE)
    content = {"allocationId": allocation_id, **given(hours=hours, plannedReleaseTime=until, reason=reason)}
    changed = asyncio.run(_extend(server, token, content))
    if as_json:
        print_json(changed)
    else:
        sys.stdout.write(f"{changed['id']} ends {ends(changed, exact=True)}\n")


async def _release(
    server: str, token: str | None, allocation_ids: list[str], reason: str | None
) -> list[tuple[str, dict[str, Any] | ApiError]]:
    from server.cli.client import ApiClient

    outcomes: list[tuple[str, dict[str, Any] | ApiError]] = []
    async with ApiClient(checked_server(server), token) as client:
        for allocation_id in dict.fromkeys(allocation_ids):
            content = {"allocationId": allocation_id, **given(reason=reason)}
            try:
                outcomes.append((allocation_id, await client.mutate(RELEASE, {"input": content})))
            except Unreachable as error:
                outcomes.append((allocation_id, error))
                break
            except ApiError as error:
                outcomes.append((allocation_id, error))
    return outcomes


async def _extend(server: str, token: str | None, content: dict[str, Any]) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        return await client.mutate(EXTEND, {"input": content})


def _outcome(allocation_id: str, done: dict[str, Any] | ApiError) -> dict[str, Any]:
    if not isinstance(done, ApiError):
        return {"allocationId": allocation_id, "allocation": done, "error": None}
    code = done.code if isinstance(done, CallFailed) else type(done).__name__.upper()
    return {"allocationId": allocation_id, "allocation": None, "error": {"message": _words(done), "code": code}}


def _words(error: ApiError) -> str:
    return error.words if isinstance(error, CallFailed) else error.message
