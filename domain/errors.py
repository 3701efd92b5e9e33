"""What can go wrong by design. Each of these is data for the client, never a stack trace.

`code` is stable and machine-readable; `path` names the input field at fault, outermost first.
"""

from __future__ import annotations

from dataclasses import dataclass


class DomainError(Exception):
    """Base of every expected failure."""

    code = "ERROR"

    def __init__(self, message: str, *, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class InvalidInput(DomainError):
    """A value is outside what is accepted; the message says what would be right."""

    code = "INVALID_INPUT"


class NotFound(DomainError):
    """The named object does not exist, or the principal may not see it."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """The request contradicts what is stored: a duplicate, a lost update, a reused idempotency key."""

    code = "CONFLICT"


class IllegalTransition(DomainError):
    """The state machine has no such step; the message lists the steps it has."""

    code = "ILLEGAL_TRANSITION"


class Forbidden(DomainError):
    """The principal's role does not hold the permission."""

    code = "FORBIDDEN"


class Unauthenticated(DomainError):
    """No token where one is needed, or one that does not verify or has expired."""

    code = "UNAUTHENTICATED"


class Unavailable(DomainError):
    """A part this request needs is away; nothing was changed and the same request may be sent again."""

    code = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected error as a value: what a mutation returns instead of raising."""

    error: DomainError

    @property
    def message(self) -> str:
        return self.error.message

    @property
    def code(self) -> str:
        return self.error.code

    @property
    def path(self) -> tuple[str, ...]:
        return self.error.path
