"""What a node is told to do to one GPU's layout, and what it answers.

A command is a list of wanted facts, not of keystrokes: creating what is there already and deleting what is gone
succeed without doing anything. So a command may be carried out again after a crash of either side, without a
second effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.mig.reports import MigReport


class StepKind(StrEnum):
    """One step of a command."""

    ENABLE_MIG = "ENABLE_MIG"
    DISABLE_MIG = "DISABLE_MIG"
    DELETE_INSTANCE = "DELETE_INSTANCE"
    CREATE_INSTANCE = "CREATE_INSTANCE"


SWITCHES = frozenset({StepKind.ENABLE_MIG, StepKind.DISABLE_MIG})


class CommandStatus(StrEnum):
    """Where a command is. FAILED and TIMED_OUT are final: the same command is never given out again."""

    PENDING = "PENDING"
    SENT = "SENT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class CommandStep:
    """One step. An instance is named by profile and placement: its GI id may change when it is made again."""

    kind: StepKind
    profile_name: str | None = None
    gi_profile_id: int | None = None
    placement_start: int | None = None
    placement_size: int | None = None


@dataclass(frozen=True, slots=True)
class NodeCommand:
    """Steps for one device of one node, in order; the first that fails ends it."""

    id: str
    node_id: str
    device_id: str
    gpu_uuid: str
    steps: tuple[CommandStep, ...]
    deadline: datetime
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command. `mig` is the device's layout afterwards as NVML tells it; None: it does not tell."""

    command_id: str
    succeeded: bool
    error: str | None = None
    """For people: which step failed, and NVML's words. None where it succeeded."""
    steps_done: int = 0
    mig: MigReport | None = None


COMMAND_TIMEOUT = timedelta(seconds=120)
"""How long a node has for a layout command."""

OPEN_STATUSES = frozenset({CommandStatus.PENDING, CommandStatus.SENT})


@dataclass(slots=True, eq=False)
class CommandRecord:
    """A command as it is stored (MIG_COMMANDS): who wanted it, where it is, what became of it."""

    id: str
    node_id: str
    device_id: str
    gpu_uuid: str
    steps: tuple[CommandStep, ...]
    status: CommandStatus
    attempt: int
    """How often it was handed to an executor."""
    requested_by: str
    reason: str | None
    created_date: datetime
    deadline: datetime
    sent_date: datetime | None = None
    finished_date: datetime | None = None
    error: str | None = None

    def for_node(self) -> NodeCommand:
        """As the node gets it."""
        return NodeCommand(
            self.id, self.node_id, self.device_id, self.gpu_uuid, self.steps, self.deadline, self.attempt
        )
