"""`gpuctl allocations` and `gpuctl allocation`: who holds what, and the life of one."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from domain.allocation.model import AllocationStatus, ResourceType
from server.cli import figures
from server.cli.allocation.queries import ALLOCATION, ALLOCATIONS
from server.cli.allocation.rows import COLUMNS, STATUS_STYLES, ends, row, size, workload
from server.cli.device_names import DEVICE_HELP, device_id, short_name
from server.cli.failures import CommandFailed, ExitCode
from server.cli.options import DEFAULT_SERVER, AsJson, Cluster, Limit, Server, Token, checked_server, given
from server.cli.output import print_facts, print_json, print_table, print_words
from server.cli.quantities import past_moment
from server.cli.queries import all_pages


class AllocationSort(StrEnum):
    """By what allocations are listed; requests and sizes begin with the newest and the largest."""

    REQUESTED = "requested"
    ENDS = "ends"
    TEAM = "team"
    WORKLOAD = "workload"
    GPUS = "gpus"


_DESCENDING = frozenset({AllocationSort.REQUESTED, AllocationSort.GPUS})


def allocations(
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
    my_team: Annotated[bool, typer.Option("--my-team", help="Only your team's and your own.")] = False,
    team: Annotated[list[str] | None, typer.Option(help="Only of this team; may be repeated.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="Only of this user; may be repeated.")] = None,
    namespace: Annotated[
        list[str] | None, typer.Option("--namespace", "-n", help="Only of this namespace; may be repeated.")
    ] = None,
    status: Annotated[
        list[AllocationStatus] | None, typer.Option(case_sensitive=False, help="Only in this state; may be repeated.")
    ] = None,
    kind: Annotated[
        list[ResourceType] | None, typer.Option("--type", case_sensitive=False, help="Only these; may be repeated.")
    ] = None,
    cluster: Cluster = None,
    device: Annotated[list[str] | None, typer.Option(help=f"Only on this device. {DEVICE_HELP}")] = None,
    text: Annotated[str | None, typer.Option(help="Part of pod, namespace, user, team or what is held.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            parser=past_moment, metavar="TIME", help="Ended ones from then on too: a time, or 30m, 24h, 7d ago."
        ),
    ] = None,
    sort: Annotated[
        AllocationSort, typer.Option(case_sensitive=False, help="Order of the list.")
    ] = AllocationSort.REQUESTED,
    reverse: Annotated[bool, typer.Option("--reverse", "-r", help="In the opposite order.")] = False,
    limit: Limit = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then each that changes, until interrupted; with --json a line each.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List who holds which GPUs, and who waits."""
    if mine and my_team:
        raise CommandFailed("--mine and --my-team exclude each other", ExitCode.USAGE)
    where = given(
        whose="MINE" if mine else "MY_TEAM" if my_team else None,
        teamIds=team,
        userIds=user,
        namespaces=namespace,
        statuses=status,
        resourceTypes=kind,
        clusterNames=cluster,
        text=text,
        endedSince=since,
    )
    if watch:
        from server.cli.allocation.watching import watch_allocations

        if since is not None or limit is not None:
            raise CommandFailed("--watch goes with neither --since nor --limit", ExitCode.USAGE)
        asyncio.run(watch_allocations(checked_server(server), token, where, device or [], as_json=as_json))
        return
    order = {"field": sort.name, "descending": (sort in _DESCENDING) != reverse}
    found = asyncio.run(_read(server, token, where, device or [], order, limit))
    if as_json:
        print_json(found)
    else:
        print_table(COLUMNS, [row(one) for one in found], "no allocation matches")


def allocation(
    allocation_id: Annotated[str, typer.Argument(metavar="ALLOCATION", help="Its id.")],
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show one allocation, live or ended: what it holds, why there, and every step of its life."""
    found = asyncio.run(_read_one(server, token, allocation_id))
    if as_json:
        print_json(found)
    else:
        print_allocation(found)


async def _read(
    server: str,
    token: str | None,
    where: dict[str, Any],
    devices: list[str],
    order: dict[str, Any],
    limit: int | None,
) -> list[dict[str, Any]]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        if devices:
            where = {**where, "deviceIds": [await device_id(client, name) for name in devices]}
        return [item async for item in all_pages(client, ALLOCATIONS, {"where": where, "orderBy": order}, limit)]


async def _read_one(server: str, token: str | None, allocation_id: str) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        found = (await client.execute(ALLOCATION, {"id": allocation_id}))["node"]
    if not found:
        raise CommandFailed(f"there is no allocation {allocation_id!r}, or you may not see it")
    return dict(found)


def print_allocation(found: dict[str, Any]) -> None:
    status = found["status"]
    print_words(f"{found['id']}  ", (status, STATUS_STYLES.get(status, "")), f"  {found['statusReason'] or ''}")
    print_facts([[name, value] for name, value in _facts(found) if value], indent=2)
    if found["resources"]:
        print_words(("Holds" if found["endedTime"] is None else "Held", "bold"))
        print_facts([_resource(resource) for resource in found["resources"]], indent=2)
    if found["scoreParts"]:
        print_words(("Score, lower is better", "bold"))
        print_facts([[p["name"], f"{p['value']:.4g}", p["meaning"] or ""] for p in found["scoreParts"]], indent=2)
    print_words(("History", "bold"))
    print_facts([_step(step) for step in found["history"]], indent=2)


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    spread = "" if found["gpuCount"] == 1 else f", {found['spread']}"
    models = f" of {', '.join(found['modelNames'])}" if found["modelNames"] else ""
    host = [f"{found['cpuMilli'] / 1000:g} CPU" if found["cpuMilli"] else ""]
    host.append(f"{figures.gib(found['hostMemoryMib'])} GiB" if found["hostMemoryMib"] else "")
    waiting = found["queuePosition"]
    return [
        ("asked for", f"{size(found)}{models}{spread}"),
        ("holds", found["allocatedResource"] or ""),
        ("queue", "" if waiting is None else f"number {waiting} in line, priority {found['priority']}"),
        ("workload", f"{workload(found)}, {found['workloadType']}"),
        ("for", f"{found['userId']} of team {found['teamId']}"),
        ("host", ", ".join(part for part in host if part)),
        ("requested", figures.local_time(found["requestedTime"])),
        ("ended" if found["endedTime"] else "ends", ends(found, exact=True)),
        ("policy", found["policy"] or ""),
        ("cost", "" if found["totalCost"] is None else f"{found['totalCost']} ({found['costPerHour']} an hour)"),
    ]


def _resource(resource: dict[str, Any]) -> list[Text | str]:
    device = resource["device"]
    where = resource["deviceId"] if device is None else short_name(device)
    model = "" if device is None else figures.short_model(device["model"]["modelName"])
    if resource["shareMilli"] is not None:
        part = f"share {resource['shareMilli']}/1000"
    elif resource["profileName"]:
        part = f"{resource['profileName']} at {resource['placementStart']}"
    else:
        part = "whole"
    return [where, part, f"{figures.gib(resource['memoryMib'])} GiB", model]


def _step(step: dict[str, Any]) -> list[Text | str]:
    to = step["toStatus"]
    at = figures.local_time(step["changedAt"], seconds=True)
    return [at, Text(to, STATUS_STYLES.get(to, "")), step["changedBy"], step["reason"] or ""]
