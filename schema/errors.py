"""Expected failures as types: members of the mutations' result unions."""

from __future__ import annotations

from typing import Any

import strawberry

from domain import errors


@strawberry.interface(description="A failure that was expected.")
class Error:
    message: str = strawberry.field(description="For people: what is wrong and what would be right.")
    code: str = strawberry.field(description="For programs: stable.")
    path: list[str] = strawberry.field(description="The input field at fault, outermost first; empty: the request.")


@strawberry.type(description="A value is outside what is accepted.")
class InvalidInputError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.InvalidInput)


@strawberry.type(description="The named object does not exist, or you may not see it.")
class NotFoundError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.NotFound)


@strawberry.type(description="The request contradicts what is stored.")
class ConflictError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.Conflict)


@strawberry.type(description="The device's life has no such step.")
class IllegalTransitionError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.IllegalTransition)


@strawberry.type(description="Your role does not hold the permission.")
class ForbiddenError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.Forbidden)


@strawberry.type(
    description="A part this needs is away. Send the same request again, "
    "under an idempotency key where twice would do harm."
)
class UnavailableError(Error):
    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return _is(obj, errors.Unavailable)


def _is(obj: Any, kind: type[errors.DomainError]) -> bool:
    return isinstance(obj, errors.Failure) and isinstance(obj.error, kind)
