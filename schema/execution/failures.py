"""How an error leaves the server: expected ones with their code, unexpected ones masked under an id."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from graphql import GraphQLError

from domain.errors import DomainError

logger = logging.getLogger("gpu.graphql")


def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the client gets it. Logs what is masked, once, with the id the client sees."""
    cause = _cause(error)
    if cause is None:
        shown: dict[str, Any] = dict(error.formatted)
        shown.setdefault("extensions", {}).setdefault("code", "GRAPHQL_ERROR")
        return shown
    if isinstance(cause, DomainError):
        return {**_where(error), "message": cause.message, "extensions": {"code": cause.code, "path": list(cause.path)}}
    known = (error.extensions or {}).get("id")
    if known is None:
        known = uuid.uuid4().hex[:12]
        error.extensions = {**(error.extensions or {}), "id": known}
        logger.error("unexpected error %s at %s", known, error.path, exc_info=cause)
    message = f"Internal error {known}. It is in the server's log under this id."
    return {**_where(error), "message": message, "extensions": {"code": "INTERNAL", "id": known}}


def _cause(error: GraphQLError) -> BaseException | None:
    """What a resolver raised; None for an error of the request itself."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _where(error: GraphQLError) -> dict[str, Any]:
    shown = error.formatted
    return {key: shown[key] for key in ("locations", "path") if key in shown}
