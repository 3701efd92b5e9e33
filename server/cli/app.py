"""The command line: every subcommand, and the one place where a failure becomes an exit status."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from server.cli import agent, inventory, local, serving
from server.cli.allocation.changing import extend, release
from server.cli.allocation.listing import allocation, allocations
from server.cli.allocation.quota import quota
from server.cli.allocation.request import allocate
from server.cli.api_errors import ApiError
from server.cli.failures import CommandFailed, ExitCode, exit_code_of
from server.cli.mig import mig
from server.cli.output import say
from server.cli.top import top

INTERRUPTED = 130

app = typer.Typer(
    name="gpuctl",
    help="Every GPU of a Kubernetes fleet: serve the API, report to it, look at it, change it.\n\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage or input, 3 the server cannot be reached, 4 you may not, "
    "5 not possible: no room, no quota, no such layout.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("serve")(serving.serve)
app.command("agent")(agent.agent)
app.command("top")(top)
app.command("devices")(inventory.devices)
app.command("nodes")(inventory.nodes)
app.command("status")(inventory.status)
app.command("allocate")(allocate)
app.command("allocations")(allocations)
app.command("allocation")(allocation)
app.command("extend")(extend)
app.command("release")(release)
app.add_typer(quota, name="quota")
app.add_typer(mig, name="mig")
app.command("token")(local.token)
app.command("config")(local.config)
app.command("migrate")(local.migrate)


def run() -> NoReturn:
    """Run the command that the arguments name and end the process."""
    try:
        app()
    except CommandFailed as failure:
        _end(failure.message, failure.code)
    except ApiError as error:
        _end(error.message, exit_code_of(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(ExitCode.OK)


def _end(message: str, code: ExitCode) -> NoReturn:
    for line in message.splitlines():
        say(f"gpuctl: {line}")
    sys.exit(code)
