"""`gpuctl token`, `config` and `migrate`: what is done on this machine, without asking a server."""

from __future__ import annotations

import asyncio
import getpass
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from domain.access.principal import Principal, Role
from domain.errors import DomainError, Unavailable
from server.cli.failures import CommandFailed, ExitCode
from server.cli.output import Column, print_json, print_table, say

if TYPE_CHECKING:
    from server.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def token(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What its bearer may do.")],
    user: Annotated[str | None, typer.Option(help="Who it is for; else you, or the node's agent.")] = None,
    team: Annotated[str | None, typer.Option(help="The team that is charged.")] = None,
    cluster: Annotated[list[str] | None, typer.Option(help="Valid for this cluster only; may be repeated.")] = None,
    node: Annotated[str | None, typer.Option(help="For an agent: the only node it may report for.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 3660, help="How long it is valid.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Sign a token, with the key of this machine's server, and print it."""
    from server.cli.configuration import load_settings
    from server.tokens import Authenticator

    settings = load_settings()
    subject = user or (f"agent:{node}" if node else getpass.getuser())
    clusters = frozenset(cluster) if cluster else None
    lifetime = timedelta(hours=hours)
    try:
        signed = Authenticator.from_settings(settings).issue(Principal(subject, role, team, clusters, node), lifetime)
    except (ValueError, DomainError) as error:
        raise CommandFailed(str(error), ExitCode.USAGE) from error
    except OSError as error:
        raise CommandFailed(f"the signing key cannot be read or made: {error}") from error
    if settings.auth_secret is None:
        say(f"signed with {settings.data_dir / 'signing.key'}: a server that has another key refuses it")
    if as_json:
        expires = (datetime.now(UTC) + lifetime).isoformat(timespec="seconds")
        print_json({"token": signed, "subject": subject, "role": role.value, "expiresAt": expires})
    else:
        sys.stdout.write(f"{signed}\n")


def config(as_json: AsJson = False) -> None:
    """Show every setting: its value, default and meaning. Secrets are masked."""
    from server.cli.configuration import described_settings, load_settings, misspelt_variables

    rows = described_settings(load_settings())
    for word in misspelt_variables():
        say(f"gpuctl: {word}")
    if as_json:
        print_json(rows)
        return
    columns = [Column("VARIABLE"), Column("VALUE"), Column("DEFAULT", spare=1), Column("DESCRIPTION")]
    print_table(
        columns,
        [
            [row["variable"], _plain(row["value"]), _plain(row["default"]) if row["set"] else "", row["description"]]
            for row in rows
        ],
        "",
    )


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL for an empty database; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database of GPU_DATABASE_URL to the version that this release needs."""
    from server.cli.configuration import checked_dialect, load_settings

    settings = load_settings()
    if sql:
        sys.stdout.write(_sql(settings))
        return
    checked_dialect(settings)
    try:
        before, after = asyncio.run(_upgrade(settings))
    except Unavailable as error:
        raise CommandFailed(f"{_shown_url(settings)}: {error.message}", ExitCode.UNREACHABLE) from error
    if as_json:
        print_json({"database": _shown_url(settings), "from": before, "to": after, "changed": before != after})
    elif before == after:
        sys.stdout.write(f"{_shown_url(settings)} is at {after} already\n")
    else:
        sys.stdout.write(f"{_shown_url(settings)}: from {before or 'empty'} to {after}\n")


async def _upgrade(settings: Settings) -> tuple[str | None, str | None]:
    from persistence.engine import create_engine
    from persistence.migrate import current, upgrade

    engine = create_engine(settings.resolved_database_url)
    try:
        before = await current(engine)
        await upgrade(engine)
        return before, await current(engine)
    finally:
        await engine.dispose()


def _sql(settings: Settings) -> str:
    from persistence.migrate import offline_sql
    from server.cli.configuration import checked_dialect

    return offline_sql(checked_dialect(settings))


def _shown_url(settings: Settings) -> str:
    from server.cli.configuration import shown_value

    return str(shown_value(settings.resolved_database_url))


def _plain(value: object) -> str:
    if value is None or value == "":
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)
