"""`gpuctl devices`, `nodes` and `status`: the inventory as tables, and a device's step through its life."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from domain.fleet.model import DeviceStatus, NodeStatus
from server.cli import figures
from server.cli.device_names import DEVICE_HELP, device_id, short_name
from server.cli.options import (
    DEFAULT_SERVER,
    AsJson,
    Cluster,
    Limit,
    Model,
    Node,
    Reason,
    SearchText,
    Server,
    Token,
    checked_server,
    given,
)
from server.cli.output import Column, print_json, print_table
from server.cli.queries import DEVICES, NODES, SET_STATUS, all_pages


class DeviceSort(StrEnum):
    """By what devices are listed; figures begin with the largest."""

    POSITION = "position"
    UTILIZATION = "utilization"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    POWER = "power"
    MODEL = "model"
    STATUS = "status"


class NodeSort(StrEnum):
    """By what nodes are listed; figures begin with the largest."""

    POSITION = "position"
    TOTAL = "total"
    AVAILABLE = "available"


_FIELDS = {DeviceSort.MEMORY: "MEMORY_USED", NodeSort.TOTAL: "TOTAL_GPUS", NodeSort.AVAILABLE: "AVAILABLE_GPUS"}
_LARGEST_FIRST = frozenset(
    {
        DeviceSort.UTILIZATION,
        DeviceSort.MEMORY,
        DeviceSort.TEMPERATURE,
        DeviceSort.POWER,
        NodeSort.TOTAL,
        NodeSort.AVAILABLE,
    }
)

Reverse = Annotated[bool, typer.Option("--reverse", "-r", help="In the opposite order.")]


def devices(
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    cluster: Cluster = None,
    node: Node = None,
    model: Model = None,
    status: Annotated[
        list[DeviceStatus] | None, typer.Option(case_sensitive=False, help="Only in this state; may be repeated.")
    ] = None,
    text: SearchText = None,
    min_util: Annotated[float | None, typer.Option(min=0, max=100, help="Only with this utilisation or more.")] = None,
    sort: Annotated[DeviceSort, typer.Option(case_sensitive=False, help="Order of the list.")] = DeviceSort.POSITION,
    reverse: Reverse = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List GPUs with their newest readings."""
    where = given(
        clusterNames=cluster,
        nodeNames=node,
        modelNames=model,
        statuses=None if status is None else [one.value for one in status],
        text=text,
        gpuUtilizationPctMin=min_util,
    )
    found = asyncio.run(_read(server, token, DEVICES, where, _order(sort, reverse), limit))
    if as_json:
        print_json(found)
        return
    print_table(
        [
            Column("DEVICE"),
            Column("MODEL", spare=1),
            Column("STATUS"),
            Column("UTIL", right=True),
            Column("MEMORY", right=True),
            Column("TEMP", right=True),
            Column("POWER", right=True),
            Column("AGE", right=True),
            Column("CLUSTER", spare=2),
            Column("UUID", spare=3),
        ],
        [_device_row(device) for device in found],
        "no GPU matches",
    )


def nodes(
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    cluster: Cluster = None,
    status: Annotated[
        list[NodeStatus] | None, typer.Option(case_sensitive=False, help="Only in this state; may be repeated.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Part of the name or the IP address.")] = None,
    sort: Annotated[NodeSort, typer.Option(case_sensitive=False, help="Order of the list.")] = NodeSort.POSITION,
    reverse: Reverse = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List the machines that have GPUs."""
    where = given(
        clusterNames=cluster, nodeStatuses=None if status is None else [one.value for one in status], text=text
    )
    found = asyncio.run(_read(server, token, NODES, where, _order(sort, reverse), limit))
    if as_json:
        print_json(found)
        return
    print_table(
        [
            Column("NODE"),
            Column("CLUSTER"),
            Column("STATUS"),
            Column("GPUS", right=True),
            Column("AVAILABLE", right=True),
            Column("SOURCE", spare=1),
            Column("REPORTED", right=True),
            Column("DRIVER", spare=2),
            Column("IP", spare=3),
        ],
        [_node_row(node) for node in found],
        "no node matches",
    )


def status(
    device: Annotated[str, typer.Argument(help=DEVICE_HELP)],
    status: Annotated[DeviceStatus, typer.Argument(case_sensitive=False, help="The state it shall have.")],
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before what cannot be undone.")] = False,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Take a GPU one step through its life: cordon, drain, maintain, return, retire."""
    if status is DeviceStatus.RETIRED and not yes and sys.stdin.isatty():
        typer.confirm(f"RETIRED is final. Retire {device}?", abort=True, err=True)
    changed = asyncio.run(_set_status(server, token, device, status, reason))
    if as_json:
        print_json(changed)
        return
    because = f" ({changed['statusReason']})" if changed.get("statusReason") else ""
    sys.stdout.write(f"{short_name(changed)} is {changed['deviceStatus']}{because}\n")


# -- reading


async def _read(
    server: str, token: str | None, document: str, where: dict[str, Any], order: dict[str, Any], limit: int | None
) -> list[dict[str, Any]]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        return [item async for item in all_pages(client, document, {"where": where, "orderBy": order}, limit)]


async def _set_status(
    server: str, token: str | None, device: str, status: DeviceStatus, reason: str | None
) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        content = {"deviceId": await device_id(client, device), "status": status.value, "reason": reason}
        return await client.mutate(SET_STATUS, {"input": content})


def _order(sort: DeviceSort | NodeSort, reverse: bool) -> dict[str, Any]:
    return {"field": _FIELDS.get(sort, sort.name), "descending": (sort in _LARGEST_FIRST) != reverse}


# -- showing


def _device_row(device: dict[str, Any]) -> list[Text | str]:
    metric = device["latestMetric"] or {}
    used, total = metric.get("memoryUsedMb"), metric.get("memoryTotalMb") or device["memoryTotalMb"]
    return [
        short_name(device),
        figures.short_model(device["model"]["modelName"]),
        Text(device["deviceStatus"], figures.STATUS_STYLES.get(device["deviceStatus"], "")),
        _marked(figures.percent, metric.get("gpuUtilizationPct"), figures.BUSY_PCT, figures.FULL_PCT),
        figures.memory(used, total),
        _marked(figures.celsius, metric.get("temperatureC"), figures.HOT_C, figures.TOO_HOT_C),
        figures.watts(metric.get("powerDrawW")),
        figures.age(metric.get("ageSeconds")),
        device["node"]["clusterName"],
        device["gpuUuid"],
    ]


def _node_row(node: dict[str, Any]) -> list[Text | str]:
    at = node["lastReportAt"]
    heard = None if at is None else (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    ready = node["nodeStatus"] == "READY"
    return [
        node["nodeName"],
        node["clusterName"],
        Text(node["nodeStatus"], "green" if ready else "red"),
        str(node["totalGpus"]),
        str(node["availableGpus"]),
        node["collectionSource"],
        figures.age(heard),
        node["nvidiaDriverVersion"] or figures.UNKNOWN,
        node["nodeIp"] or figures.UNKNOWN,
    ]


def _marked(shown: Any, value: float | None, high: float, critical: float) -> Text:
    style = "" if value is None else figures.LEVEL_STYLES[figures.level(value, high, critical)]
    return Text(shown(value), style)
