"""`gpuctl mig show`: layouts as text - of one device with all it could do, of a node, of the fleet."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from server.cli import figures
from server.cli.allocation.rows import workload
from server.cli.device_names import device_id, is_device_name, node_filter, short_name
from server.cli.failures import CommandFailed
from server.cli.mig.bar import slice_bar
from server.cli.mig.queries import LAYOUT, LAYOUTS
from server.cli.options import DEFAULT_SERVER, AsJson, Server, Token, checked_server
from server.cli.output import Column, print_facts, print_json, print_table, print_words
from server.cli.queries import all_pages

if TYPE_CHECKING:
    from server.cli.client import ApiClient

INSTANCE_STYLES = {"READY": "", "CREATING": "cyan", "DELETING": "yellow", "LOST": "red"}
COMMAND_STYLES = {"SUCCEEDED": "green", "FAILED": "red", "TIMED_OUT": "red", "CANCELLED": "yellow"}
IN_USE = "bold green"


def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NODE|DEVICE]", help="A node, or a device by its id, UUID or NODE/INDEX.")
    ] = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show how GPUs are partitioned: of one device also what would fit, and why not what does not."""
    found, whole = asyncio.run(_read(server, token, name))
    if as_json:
        print_json(found[0] if whole else found)
    elif whole:
        print_device(found[0])
    elif name is None:
        print_fleet(found)
    else:
        for number, device in enumerate(found):
            if number and (device["migEnabled"] or found[number - 1]["migEnabled"]):
                print_words("")
            print_layout(device)
            _print_instances(device)


async def _read(server: str, token: str | None, name: str | None) -> tuple[list[dict[str, Any]], bool]:
    """The devices, and whether it is one with all its details."""
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        if name is not None and is_device_name(name):
            return [await _one(client, name)], True
        where = {} if name is None else node_filter(name)
        found = [device async for device in all_pages(client, LAYOUTS, {"where": where})]
    if name is None:
        return [device for device in found if device["migCapable"]], False
    if not found:
        raise CommandFailed(f"there is no node {name!r} with GPUs, or you may not see it")
    return found, False


async def _one(client: ApiClient, name: str) -> dict[str, Any]:
    found = (await client.execute(LAYOUT, {"id": await device_id(client, name)}))["node"]
    if not found:
        raise CommandFailed(f"there is no device {name!r}, or you may not see it")
    return dict(found)


# -- showing


def print_device(device: dict[str, Any]) -> None:
    """All about one device."""
    print_layout(device)
    _print_instances(device)
    places = device["migPlaces"]
    if places:
        print_words(("What fits now, beside what is there", "bold"))
        print_table(_PLACE_COLUMNS, [_place(place) for place in places], "")
        reasons: list[list[Text | str]] = [
            [place["profile"]["profileName"], place["whyNot"]] for place in places if place["whyNot"]
        ]
        if reasons:
            print_words(("Why not", "bold"))
            print_facts(reasons, indent=2)
    if device["migCommands"]:
        print_words(("Newest changes", "bold"))
        print_facts([_command(command) for command in device["migCommands"]], indent=2)


def print_layout(device: dict[str, Any]) -> None:
    """Who it is, its memory slices, and how many are taken."""
    model = figures.short_model(device["model"]["modelName"])
    status = "" if device["deviceStatus"] == "ACTIVE" else f"  {device['deviceStatus']}"
    print_words((short_name(device), "bold"), f"  {model}  {mode_words(device)}{status}")
    whole = [each for each in device["allocations"] if each["resourceType"] != "MIG"]
    for allocation in whole:
        print_words(f"  held by {_holder(allocation)} as {allocation['resourceType']}  {allocation['id']}")
    if not device["migEnabled"] or device["memorySlices"] is None:
        return
    blocks = [_block(instance) for instance in device["migInstances"]]
    for line in slice_bar(device["memorySlices"], blocks):
        print_words("  ", line)
    used = sum((each["profile"] or {}).get("computeSlices") or 0 for each in device["migInstances"])
    taken = sum(each["placementSize"] for each in device["migInstances"])
    fragmentation = figures.UNKNOWN if device["fragmentation"] is None else f"{device['fragmentation']:.2f}"
    print_words(
        f"  memory {taken} of {device['memorySlices']} slices, compute {used} of {device['computeSlices']}, "
        f"fragmentation {fragmentation}"
    )


def print_fleet(devices: list[dict[str, Any]]) -> None:
    """A line for each device that can be partitioned."""
    columns = [
        Column("DEVICE"),
        Column("MODEL", spare=1),
        Column("MIG"),
        Column("LAYOUT, * IN USE"),
        Column("FREE", right=True),
        Column("FRAGMENTATION", right=True, spare=2),
        Column("CLUSTER", spare=3),
    ]
    print_table(columns, [_fleet_row(device) for device in devices], "no GPU here can be partitioned")


def mode_words(device: dict[str, Any]) -> str:
    """`MIG on`, `MIG off`, or what it waits for."""
    if not device["migCapable"]:
        return "cannot be partitioned"
    pending, enabled = device["migPending"], device["migEnabled"]
    if enabled is None:
        return "MIG unknown: its node has not told"
    if pending is not None and pending != enabled:
        return f"MIG {_on(enabled)}, {_on(pending)} after a reset of the GPU"
    return f"MIG {_on(enabled)}"


_PLACE_COLUMNS = (
    Column("  PROFILE"),
    Column("MEMORY", right=True),
    Column("COMPUTE", right=True),
    Column("NOW", right=True),
    Column("WITHOUT IDLE ONES", right=True),
    Column("MAY START AT"),
)


def _place(place: dict[str, Any]) -> list[Text | str]:
    profile = place["profile"]
    memory = f"{figures.gib(profile['memoryMb'])}G" if profile["memoryMb"] else f"{profile['memoryGb']:g}GB"
    now = str(place["placesNow"])
    return [
        f"  {profile['profileName']}",
        memory,
        f"{profile['computeSlices']}",
        Text(now, "green" if place["placesNow"] else "red"),
        str(place["placesFree"]),
        ", ".join(map(str, place["starts"])) or figures.UNKNOWN,
    ]


def _print_instances(device: dict[str, Any]) -> None:
    if not device["migInstances"]:
        return
    columns = [
        Column("  INSTANCE"),
        Column("PROFILE"),
        Column("AT", right=True),
        Column("STATUS"),
        Column("HELD BY"),
        Column("ALLOCATION", spare=1),
        Column("UUID", spare=2),
    ]
    print_table(columns, [_instance(instance) for instance in device["migInstances"]], "")


def _instance(instance: dict[str, Any]) -> list[Text | str]:
    status, allocation = instance["instanceStatus"], instance["allocation"]
    return [
        f"  {instance['id']}",
        instance["profileName"],
        str(instance["placementStart"]),
        Text(status, INSTANCE_STYLES.get(status, "")),
        _held_by(instance),
        figures.UNKNOWN if allocation is None else allocation["id"],
        instance["migUuid"] or figures.UNKNOWN,
    ]


def _held_by(instance: dict[str, Any]) -> str:
    if instance["allocation"] is not None:
        return _holder(instance["allocation"])
    return "somebody you may not see" if instance["allocated"] else "nobody"


def _holder(allocation: dict[str, Any]) -> str:
    if allocation["namespace"] or allocation["podName"]:
        return workload(allocation)
    return f"{allocation['teamId']}/{allocation['userId']}"


def _block(instance: dict[str, Any]) -> dict[str, Any]:
    status = instance["instanceStatus"]
    if status != "READY":
        return {**instance, "words": status.lower(), "style": INSTANCE_STYLES.get(status, "")}
    if not instance["allocated"]:
        return {**instance, "words": "idle", "style": ""}
    allocation = instance["allocation"]
    return {**instance, "words": "in use" if allocation is None else _holder(allocation), "style": IN_USE}


def _fleet_row(device: dict[str, Any]) -> list[Text | str]:
    instances = device["migInstances"]
    layout = _layout(instances)
    free = figures.UNKNOWN
    if device["migEnabled"] and device["memorySlices"] is not None:
        taken = sum(each["placementSize"] for each in instances)
        free = f"{device['memorySlices'] - taken}/{device['memorySlices']}"
        layout = layout or "empty"
    elif device["allocations"]:
        layout = f"whole, {_holder(device['allocations'][0])}"
    pending = device["migPending"] is not None and device["migPending"] != device["migEnabled"]
    enabled = figures.UNKNOWN if device["migEnabled"] is None else _on(device["migEnabled"])
    return [
        short_name(device),
        figures.short_model(device["model"]["modelName"]),
        f"{enabled}, reset due" if pending else enabled,
        layout or figures.UNKNOWN,
        free,
        figures.UNKNOWN if device["fragmentation"] is None else f"{device['fragmentation']:.2f}",
        device["node"]["clusterName"],
    ]


def _layout(instances: list[dict[str, Any]]) -> str:
    """`3g.40gb* 1g.10gb×2`: in the order of the slices, neighbours that are alike as one."""
    names = (f"{each['profileName']}{'*' if each['allocated'] else ''}" for each in instances)
    runs = [(name, len(list(alike))) for name, alike in groupby(names)]
    return " ".join(name if count == 1 else f"{name}×{count}" for name, count in runs)


def _command(command: dict[str, Any]) -> list[Text | str]:
    status = command["status"]
    words = ", ".join(step_words(step) for step in command["steps"])
    because = f": {command['error']}" if command["error"] else ""
    return [
        figures.local_time(command["createdDate"], seconds=True),
        Text(status, COMMAND_STYLES.get(status, "cyan")),
        f"{words}{because}",
    ]


def step_words(step: dict[str, Any]) -> str:
    """`CREATE_INSTANCE 3g.40gb at 0`."""
    if step["profileName"] is None:
        return str(step["kind"])
    return f"{step['kind']} {step['profileName']} at {step['placementStart']}"


def _on(enabled: bool) -> str:
    return "on" if enabled else "off"
