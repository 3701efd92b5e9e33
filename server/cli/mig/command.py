"""The group `gpuctl mig`."""

from __future__ import annotations

import typer

from server.cli.mig.change import apply, plan
from server.cli.mig.defragment import defrag
from server.cli.mig.instances import create, delete, disable, enable
from server.cli.mig.show import show

mig = typer.Typer(help="Show and change how GPUs are partitioned.", no_args_is_help=True)

mig.command("show")(show)
mig.command("plan")(plan)
mig.command("apply")(apply)
mig.command("create")(create)
mig.command("delete")(delete)
mig.command("enable")(enable)
mig.command("disable")(disable)
mig.command("defrag")(defrag)
