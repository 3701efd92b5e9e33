"""Layout commands in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.mig.commands import CommandStep, NodeCommand, StepKind
from tests.unit.integrations.nvml.conftest import Rig

ENABLE = CommandStep(StepKind.ENABLE_MIG)
DISABLE = CommandStep(StepKind.DISABLE_MIG)


def create(profile: str, start: int) -> CommandStep:
    return CommandStep(StepKind.CREATE_INSTANCE, profile_name=profile, placement_start=start)


def delete(profile: str, start: int) -> CommandStep:
    return CommandStep(StepKind.DELETE_INSTANCE, profile_name=profile, placement_start=start)


def command(rig: Rig, gpu_uuid: str, *steps: CommandStep, seconds: float = 60.0) -> NodeCommand:
    """A command that has to be done `seconds` from now."""
    deadline = datetime.fromtimestamp(rig.clock.now, UTC) + timedelta(seconds=seconds)
    return NodeCommand("cmd-1", "node-1", "dev-1", gpu_uuid, steps, deadline)
