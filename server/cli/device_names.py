"""Devices and nodes as people call them: by id, by UUID or its beginning, by place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from server.cli.failures import CommandFailed, ExitCode
from server.cli.queries import NAMED_DEVICES, all_pages

if TYPE_CHECKING:
    from server.cli.client import ApiClient

DEVICE_HELP = "Its id, its UUID or the beginning of it, NODE/INDEX or CLUSTER/NODE/INDEX."
NAMED_MAX = 8
"""Devices listed where a name fits several."""


async def device_id(client: ApiClient, name: str) -> str:
    """The id of the one device that is called this. Raises `CommandFailed` where it is none or several."""
    if name.startswith("dev_"):
        return name
    found = await _called(client, name)
    if not found:
        raise CommandFailed(f"there is no device {name!r}, or you may not see it")
    if len(found) > 1:
        raise CommandFailed(f"{name!r} is several devices: {_listed(found)}")
    return str(found[0]["id"])


async def node_id(client: ApiClient, name: str) -> str:
    """The id of the one node that is called this. Raises `CommandFailed` where it is none or several."""
    if name.startswith("node_"):
        return name
    found = {one["node"]["id"]: one["node"] async for one in _devices(client, node_filter(name))}
    if not found:
        raise CommandFailed(f"there is no node {name!r} with GPUs, or you may not see it")
    if len(found) > 1:
        nodes = ", ".join(sorted(f"{node['clusterName']}/{node['nodeName']}" for node in found.values()))
        raise CommandFailed(f"{name!r} is several nodes: {nodes}")
    return str(next(iter(found)))


def is_device_name(name: str) -> bool:
    """Whether this can only be a device: what is not may be a node."""
    return name.startswith(("dev_", "GPU-")) or _place(name) is not None


def node_filter(name: str) -> dict[str, Any]:
    """The `DeviceWhere` of all devices of NODE or CLUSTER/NODE."""
    *clusters, node = name.split("/")
    if not node or len(clusters) > 1 or (clusters and not clusters[0]):
        raise CommandFailed(f"{name!r} is neither a node, NODE or CLUSTER/NODE, nor a device", ExitCode.USAGE)
    return {"nodeNames": [node], **({"clusterNames": clusters} if clusters else {})}


def short_name(device: dict[str, Any]) -> str:
    """`h100-07/3`."""
    return f"{device['node']['nodeName']}/{device['deviceIndex']}"


def full_name(device: dict[str, Any]) -> str:
    """`seoul/h100-07/3`."""
    return f"{device['node']['clusterName']}/{short_name(device)}"


async def _called(client: ApiClient, name: str) -> list[dict[str, Any]]:
    place = _place(name)
    if place is not None:
        where, index = place
        return [one async for one in _devices(client, where) if one["deviceIndex"] == index]
    if name.startswith("GPU-") and len(name) > len("GPU-"):
        beginning = name.casefold()
        found = [
            one async for one in _devices(client, {"text": name}) if one["gpuUuid"].casefold().startswith(beginning)
        ]
        return [one for one in found if one["gpuUuid"].casefold() == beginning] or found
    raise CommandFailed(
        f"{name!r} is none of a device's id, a UUID or its beginning (GPU-...), NODE/INDEX or CLUSTER/NODE/INDEX",
        ExitCode.USAGE,
    )


def _place(name: str) -> tuple[dict[str, Any], int] | None:
    parts = name.split("/")
    if len(parts) not in {2, 3} or not all(parts) or not parts[-1].isdecimal():
        return None
    *clusters, node, index = parts
    return {"nodeNames": [node], **({"clusterNames": clusters} if clusters else {})}, int(index)


def _devices(client: ApiClient, where: dict[str, Any]) -> Any:
    return all_pages(client, NAMED_DEVICES, {"where": where})


def _listed(found: Iterable[dict[str, Any]]) -> str:
    names = sorted(f"{full_name(one)} ({one['gpuUuid'][:12]}...)" for one in found)
    rest = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {rest:,} more" if rest > 0 else "")
