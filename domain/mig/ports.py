"""What the MIG services need from outside."""

from __future__ import annotations

from typing import Protocol

from domain.mig.commands import CommandResult, NodeCommand


class MigExecutor(Protocol):
    """Carries commands out on GPUs of this machine (or of the simulated fleet)."""

    async def execute(self, command: NodeCommand) -> CommandResult:
        """Do the steps in order. Never raises for what a GPU or driver does: the result says what failed.

        Safe to repeat: steps whose wanted fact already holds do nothing and succeed.
        """
        ...
