"""`gpuctl mig create`, `delete`, `enable` and `disable`: one change to one device."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.api_errors import CallFailed
from server.cli.device_names import DEVICE_HELP, device_id
from server.cli.failures import CommandFailed, ExitCode
from server.cli.mig.change import Release
from server.cli.mig.layouts import explained, split_start
from server.cli.mig.queries import CREATE, DELETE, DISABLE, ENABLE, LAYOUT
from server.cli.mig.show import step_words
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
    "migId": "INSTANCE",
    "profileName": "PROFILE",
    "placementStart": "--at",
    "releaseAllocation": "--release",
    "releaseAllocations": "--release",
    "reason": "--reason",
    "idempotencyKey": "--key",
}

Device = Annotated[str, typer.Argument(help=DEVICE_HELP)]


def create(
    device: Device,
    profile: Annotated[str, typer.Argument(help="Such as 3g.40gb.")],
    at: Annotated[int | None, typer.Option(help="The memory slice; else where it leaves most possible.")] = None,
    wait: Wait = True,
    timeout: Timeout = DEFAULT_TIMEOUT_S,
    reason: Reason = None,
    key: Key = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Have one more instance made, beside what is there."""
    content = given(profileName=profile, placementStart=at, reason=reason, idempotencyKey=key)

    async def complete(client: ApiClient) -> dict[str, Any]:
        return {"deviceId": await device_id(client, device), **content}

    asyncio.run(_order(checked_server(server), token, CREATE, complete, timeout if wait else None, as_json))


def delete(
    instance: Annotated[str, typer.Argument(help="Its id, or DEVICE@SLICE: h100-07/3@4.")],
    release: Annotated[
        str | None, typer.Option(metavar="ALLOCATION", help="The one that holds it: ended with it.")
    ] = None,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = DEFAULT_TIMEOUT_S,
    reason: Reason = None,
    key: Key = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Have an instance removed."""
    if release is not None:
        confirm(f"{release} ends, and what runs on it. Remove {instance}?", yes=yes)
    content = given(releaseAllocation=release, reason=reason, idempotencyKey=key)

    async def complete(client: ApiClient) -> dict[str, Any]:
        return {"migId": await _instance_id(client, instance), **content}

    asyncio.run(_order(checked_server(server), token, DELETE, complete, timeout if wait else None, as_json))


def enable(
    device: Device,
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
    """Switch MIG mode on. On Ampere the GPU is reset for it."""
    _switch(ENABLE, device, release, yes, timeout if wait else None, reason, key, server, token, as_json)


def disable(
    device: Device,
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
    """Remove the idle instances and switch MIG mode off. On Ampere the GPU is reset for it."""
    _switch(DISABLE, device, release, yes, timeout if wait else None, reason, key, server, token, as_json)


def _switch(
    document: str,
    device: str,
    release: list[str] | None,
    yes: bool,
    timeout_s: float | None,
    reason: str | None,
    key: str | None,
    server: str,
    token: str | None,
    as_json: bool,
) -> None:
    if release:
        confirm(f"{', '.join(release)} may end, and what runs there. Switch the mode of {device}?", yes=yes)
    content = given(releaseAllocations=release, reason=reason, idempotencyKey=key)

    async def complete(client: ApiClient) -> dict[str, Any]:
        return {"deviceId": await device_id(client, device), **content}

    asyncio.run(_order(checked_server(server), token, document, complete, timeout_s, as_json))


async def _order(
    server: str,
    token: str | None,
    document: str,
    complete: Callable[[ApiClient], Awaitable[dict[str, Any]]],
    timeout_s: float | None,
    as_json: bool,
) -> None:
    """Order it and wait for its command; without `timeout_s`, order it."""
    from server.cli.client import ApiClient

    async with ApiClient(server, token) as client:
        content = await complete(client)
        try:
            changed = await client.mutate_once(document, content)
        except CallFailed as error:
            raise explained(error, OPTIONS) from error
        command = changed["command"]
        if command is not None and timeout_s is not None:
            (command,) = await finished(client, [command], timeout_s)
    if as_json:
        print_json({**changed, "command": command})
    elif command is None:
        print_words("Nothing has to be done: it is so already")
    else:
        steps = ", ".join(step_words(step) for step in command["steps"])
        print_words(f"{steps}: {command['status']}")
    if command is not None:
        check_done([command])


async def _instance_id(client: ApiClient, name: str) -> str:
    if name.startswith("mig_"):
        return name
    split = split_start(name)
    if split is None:
        raise CommandFailed(f"{name!r} is neither an instance's id (mig_...) nor DEVICE@SLICE", ExitCode.USAGE)
    device, start = split
    found = (await client.execute(LAYOUT, {"id": await device_id(client, device)}))["node"] or {}
    for instance in found.get("migInstances", []):
        if instance["placementStart"] == start:
            return str(instance["id"])
    raise CommandFailed(f"no instance of {device} starts at {start}")
