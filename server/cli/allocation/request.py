"""`gpuctl allocate`: ask for GPUs, MIG instances or a share."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any

import typer

from domain.allocation.model import ResourceType, Spread, WorkloadType
from server.cli.allocation.answer import print_answer
from server.cli.allocation.queries import REQUEST
from server.cli.api_errors import CallFailed
from server.cli.failures import CommandFailed, ExitCode
from server.cli.options import DEFAULT_SERVER, AsJson, Key, Server, Token, by_option, checked_server, given
from server.cli.output import print_json
from server.cli.quantities import cpu_milli, memory_mib, moment


class PriorityName(StrEnum):
    """Who goes first in the queue."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    PRODUCTION = "PRODUCTION"


OPTIONS = {
    "workloadType": "--workload",
    "resourceType": "--type",
    "memoryGb": "--memory",
    "profileName": "--profile",
    "computeMilli": "--compute",
    "modelNames": "--model",
    "gpuCount": "--gpus",
    "spread": "--spread",
    "clusterName": "--cluster",
    "nodeName": "--node",
    "cpuMilli": "--cpu",
    "hostMemoryMib": "--host-memory",
    "hours": "--hours",
    "plannedReleaseTime": "--until",
    "teamId": "--team",
    "userId": "--user",
    "namespace": "--namespace",
    "podName": "--pod",
    "priority": "--priority",
    "queue": "--queue",
    "dryRun": "--dry-run",
    "reason": "--reason",
    "idempotencyKey": "--key",
}
"""Each field of the request and the option that sets it: an error names what was typed."""

GRANTED = frozenset({"ACTIVE", "CREATING", "RESERVED", "QUEUED", "REQUESTED"})


def allocate(
    memory: Annotated[float | None, typer.Option(metavar="GB", help="Device memory of each, GB of 10^9 bytes.")] = None,
    profile: Annotated[str | None, typer.Option(help="A MIG profile, such as 3g.40gb.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A product that will do: H100 means every H100; may be repeated.")
    ] = None,
    kind: Annotated[
        ResourceType | None, typer.Option("--type", case_sensitive=False, help="Else the smallest that does.")
    ] = None,
    gpus: Annotated[int | None, typer.Option("--gpus", "-g", help="How many: all or nothing. Else 1.")] = None,
    compute: Annotated[
        int | None, typer.Option(metavar="MILLI", help="Of a share: thousandths of a device's compute.")
    ] = None,
    spread: Annotated[
        Spread | None, typer.Option(case_sensitive=False, help="How close several must be. Else SAME_NODE.")
    ] = None,
    workload: Annotated[
        WorkloadType | None, typer.Option("--workload", "-w", case_sensitive=False, help="What runs on it.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="For how long; neither this nor --until: no end.")] = None,
    until: Annotated[
        str | None, typer.Option(parser=moment, metavar="TIME", help="Until when: 2026-11-01T18:00, or with its zone.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Who is charged; else your team.")] = None,
    user: Annotated[str | None, typer.Option(help="In whose name; operators only.")] = None,
    namespace: Annotated[str | None, typer.Option("--namespace", "-n", help="Kubernetes namespace.")] = None,
    pod: Annotated[str | None, typer.Option(help="Kubernetes pod.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Only in this cluster.")] = None,
    node: Annotated[str | None, typer.Option(help="Only on this node.")] = None,
    cpu: Annotated[
        int | None, typer.Option(parser=cpu_milli, metavar="CPU", help="Host CPU for all of it: 4, 0.5 or 500m.")
    ] = None,
    host_memory: Annotated[
        int | None, typer.Option(parser=memory_mib, metavar="SIZE", help="Host memory for all of it: 64Gi, 512Mi.")
    ] = None,
    priority: Annotated[
        PriorityName | None, typer.Option(case_sensitive=False, help="Who goes first in the queue. Else NORMAL.")
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Wait in line where it is not possible now.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same answer, without taking anything.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also every step, every part of the score, and the runners-up.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the allocation.")] = None,
    key: Key = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Ask for GPUs, MIG instances or a share of one. Exit status 5 where it is refused."""
    content = given(
        workloadType=workload,
        resourceType=kind,
        memoryGb=memory,
        profileName=profile,
        computeMilli=compute,
        modelNames=model,
        gpuCount=gpus,
        spread=spread,
        clusterName=cluster,
        nodeName=node,
        cpuMilli=cpu,
        hostMemoryMib=host_memory,
        hours=hours,
        plannedReleaseTime=until,
        teamId=team,
        userId=user,
        namespace=namespace,
        podName=pod,
        priority=priority,
        queue=queue or None,
        dryRun=dry_run or None,
        reason=reason,
        idempotencyKey=key,
    )
    answer = asyncio.run(_ask(server, token, content))
    if as_json:
        print_json(answer)
    else:
        print_answer(answer, explain=explain)
    if answer["status"] not in GRANTED:
        raise CommandFailed("", ExitCode.NOT_POSSIBLE)


async def _ask(server: str, token: str | None, content: dict[str, Any]) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        try:
            return await client.mutate_once(REQUEST, content)
        except CallFailed as error:
            raise by_option(error, OPTIONS) from error
