"""Following commands on their way to a node and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.device_names import short_name
from server.cli.failures import CommandFailed
from server.cli.mig.queries import COMMANDS
from server.cli.output import say
from server.cli.queries import all_pages

if TYPE_CHECKING:
    from server.cli.client import ApiClient

LOOK_EVERY_S = 0.5
OPEN = frozenset({"PENDING", "SENT"})

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Until the node has done it, or has not.")]
Timeout = Annotated[float, typer.Option(min=1, max=86_400, help="Seconds to wait at most.")]
DEFAULT_TIMEOUT_S = 600.0


async def finished(
    client: ApiClient,
    commands: Sequence[dict[str, Any]],
    timeout_s: float,
    tell: Callable[[str], None] = say,
) -> list[dict[str, Any]]:
    """The commands when all have ended, in their order; what becomes of each is told on the way.

    Raises `CommandFailed` where some are still open after `timeout_s`.
    """
    ids = [command["id"] for command in commands]
    devices = sorted({command["deviceId"] for command in commands})
    seen: dict[str, dict[str, Any]] = {command["id"]: command for command in commands}
    told: dict[str, str] = {}
    until = time.monotonic() + timeout_s
    while ids:
        async for device in all_pages(client, COMMANDS, {"where": {"deviceIds": devices}}):
            for command in device["migCommands"]:
                if command["id"] in seen:
                    seen[command["id"]] = command
                    if told.get(command["id"]) != command["status"]:
                        told[command["id"]] = command["status"]
                        tell(f"{short_name(device)}: {status_words(command)}")
        waiting = [one for one in ids if seen[one]["status"] in OPEN]
        if not waiting:
            break
        if time.monotonic() >= until:
            still = ", ".join(f"{one} is {seen[one]['status']}" for one in waiting)
            raise CommandFailed(
                f"not done within {timeout_s:g} s: {still}. It goes on; `gpuctl mig show DEVICE` tells how it ends"
            )
        await asyncio.sleep(LOOK_EVERY_S)
    return [seen[one] for one in ids]


def status_words(command: dict[str, Any]) -> str:
    """`SUCCEEDED`, or `FAILED: and why`."""
    return f"{command['status']}: {command['error']}" if command["error"] else str(command["status"])


def check_done(commands: Sequence[dict[str, Any]]) -> None:
    """Raise `CommandFailed` where one has ended otherwise than well."""
    if any(command["status"] not in {*OPEN, "SUCCEEDED"} for command in commands):
        raise CommandFailed("the change was not carried out as planned; `gpuctl mig show DEVICE` tells what is there")
