"""How a command fails: a message for people and an exit code for programs."""

from __future__ import annotations

from enum import IntEnum

from server.cli.api_errors import ApiError, CallFailed, Refused, Unreachable


class ExitCode(IntEnum):
    """What the exit status means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    NOT_POSSIBLE = 5
    """Answered, and the answer is no: no room, no quota, no such layout. What it says is on standard output."""


class CommandFailed(Exception):
    """End the command with this message on stderr and this status."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


INVALID_INPUT = "INVALID_INPUT"


def exit_code_of(error: ApiError) -> ExitCode:
    if isinstance(error, Unreachable):
        return ExitCode.UNREACHABLE
    if isinstance(error, Refused):
        return ExitCode.REFUSED
    return ExitCode.USAGE if isinstance(error, CallFailed) and error.code == INVALID_INPUT else ExitCode.FAILED
