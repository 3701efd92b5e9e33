"""`gpuctl quota`: what teams, users and namespaces may hold, and hold."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer
from rich.text import Text

from domain.allocation.model import QuotaScope
from server.cli.allocation.queries import DELETE_QUOTA, QUOTAS, SET_QUOTA
from server.cli.failures import CommandFailed, ExitCode
from server.cli.options import DEFAULT_SERVER, AsJson, Reason, Server, Token, checked_server, given
from server.cli.output import Column, print_facts, print_json, print_table
from server.cli.quantities import NO_LIMIT, limit

quota = typer.Typer(help="Show, set and remove what teams, users and namespaces may hold.")

Scope = Annotated[QuotaScope, typer.Argument(case_sensitive=False, help="Whom it binds.")]
Name = Annotated[str, typer.Argument(help="The team, user or namespace.")]

KINDS = ("gpus", "memoryGib", "migSlices")
WORDS = ("GPUs", "memory GiB", "MIG slices")
LIMITS = tuple(f"{kind}{hardness}" for kind in KINDS for hardness in ("Hard", "Soft"))


def _limit(option: str, what: str) -> Any:
    return typer.Option(option, parser=limit, metavar="N|none", help=what)


@quota.callback(invoke_without_command=True)
def shown(
    context: typer.Context,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Without a command: list them."""
    if context.invoked_subcommand is None:
        list_quotas(server, token, as_json)


@quota.command("list")
def list_quotas(server: Server = DEFAULT_SERVER, token: Token = None, as_json: AsJson = False) -> None:
    """List every quota with what is held under it, as far as you may see."""
    found = asyncio.run(_read(server, token))
    if as_json:
        print_json(found)
        return
    columns = [Column("SCOPE"), Column("NAME"), Column("GPUS"), Column("MEMORY GiB"), Column("MIG SLICES")]
    print_table([*columns, Column("SET BY", spare=1)], [_row(one) for one in found], "there is no quota")


@quota.command("set")
def set_quota(
    scope: Scope,
    name: Name,
    gpus: Annotated[Any, _limit("--gpus", "GPU-equivalents; more is refused.")] = None,
    gpus_soft: Annotated[Any, _limit("--gpus-soft", "More is granted with a warning.")] = None,
    memory: Annotated[Any, _limit("--memory", "GiB of device memory; more is refused.")] = None,
    memory_soft: Annotated[Any, _limit("--memory-soft", "More is granted with a warning.")] = None,
    slices: Annotated[Any, _limit("--mig-slices", "MIG compute slices; more is refused.")] = None,
    slices_soft: Annotated[Any, _limit("--mig-slices-soft", "More is granted with a warning.")] = None,
    reason: Reason = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Set limits. Those not named stay as they are; `none` lifts one."""
    limits = given(
        gpusHard=gpus,
        gpusSoft=gpus_soft,
        memoryGibHard=memory,
        memoryGibSoft=memory_soft,
        migSlicesHard=slices,
        migSlicesSoft=slices_soft,
    )
    if not limits:
        raise CommandFailed("name a limit, such as --gpus 8", ExitCode.USAGE)
    for field, option in (("migSlicesHard", "--mig-slices"), ("migSlicesSoft", "--mig-slices-soft")):
        if isinstance(limits.get(field), float):
            if not limits[field].is_integer():
                raise CommandFailed(f"{option} is a whole number, not {limits[field]:g}", ExitCode.USAGE)
            limits[field] = int(limits[field])
    changed = asyncio.run(_set(server, token, scope, name, limits, reason))
    _print_one(changed, as_json)


@quota.command("delete")
def delete_quota(
    scope: Scope,
    name: Name,
    reason: Reason = None,
    server: Server = DEFAULT_SERVER,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Remove all limits of a team, user or namespace."""
    gone = asyncio.run(_delete(server, token, {"scope": scope, "name": name, **given(reason=reason)}))
    if as_json:
        print_json(gone)
    else:
        sys.stdout.write(f"{gone['scope']} {gone['name']} has no limits any more\n")


def merged(
    current: dict[str, Any] | None, scope: QuotaScope, name: str, limits: dict[str, Any], reason: str | None
) -> dict[str, Any]:
    """All limits anew: those given over those that are there, for the version that was read."""
    kept = {field: None if current is None else current[field] for field in LIMITS}
    new = {field: None if value == NO_LIMIT else value for field, value in limits.items()}
    version = 0 if current is None else current["version"]
    return {"scope": scope, "name": name, **kept, **new, "expectedVersion": version, **given(reason=reason)}


async def _read(server: str, token: str | None) -> list[dict[str, Any]]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        return list((await client.execute(QUOTAS))["quotas"])


async def _set(
    server: str, token: str | None, scope: QuotaScope, name: str, limits: dict[str, Any], reason: str | None
) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        quotas = (await client.execute(QUOTAS))["quotas"]
        current = next((one for one in quotas if (one["scope"], one["name"]) == (scope, name)), None)
        return await client.mutate(SET_QUOTA, {"input": merged(current, scope, name, limits, reason)})


async def _delete(server: str, token: str | None, content: dict[str, Any]) -> dict[str, Any]:
    from server.cli.client import ApiClient

    async with ApiClient(checked_server(server), token) as client:
        return await client.mutate(DELETE_QUOTA, {"input": content})


def _print_one(changed: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(changed)
        return
    rows: list[list[Text | str]] = [[words, used_of(changed, kind)] for kind, words in zip(KINDS, WORDS, strict=True)]
    sys.stdout.write(f"{changed['scope']} {changed['name']} holds\n")
    print_facts(rows, indent=2)


def _row(one: dict[str, Any]) -> list[Text | str]:
    return [one["scope"], one["name"], *(used_of(one, kind) for kind in KINDS), one["updatedBy"]]


def used_of(one: dict[str, Any], kind: str) -> Text:
    """`2 of 8`, `7 of 8 (soft 6)`, `2, no limit`; coloured where a limit is reached."""
    held, hard, soft = one["used"][kind], one[f"{kind}Hard"], one[f"{kind}Soft"]
    words = f"{held:.4g}"
    words += f" of {hard:,.6g}" if hard is not None else ", no limit" if soft is None else ""
    words += f" (soft {soft:,.6g})" if soft is not None else ""
    if hard is not None and held >= hard:
        return Text(words, "red")
    return Text(words, "yellow" if soft is not None and held > soft else "")
