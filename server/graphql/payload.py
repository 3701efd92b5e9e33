"""An execution result as bytes, encoded once for all who get it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from strawberry.types.execution import ExecutionResult

from schema.execution.failures import formatted


@dataclass(frozen=True)
class Payload:
    """One encoded result: the JSON of a message's `payload`."""

    number: int
    """Counts the results of the cohort, from 1."""
    position: int
    """For a stream of events: the sequence number up to which it brings its reader."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def shared(self) -> bytes:
        """The body and the end of the message around it."""
        return self.body + b"}"


def encode_result(result: ExecutionResult) -> bytes:
    """The JSON of an execution result, as both protocols carry it."""
    message: dict[str, Any] = {"data": result.data}
    if result.errors:
        message["errors"] = [formatted(error) for error in result.errors]
    if result.extensions:
        message["extensions"] = result.extensions
    return orjson.dumps(message)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether nothing was executed: the request itself was at fault, so its answer has errors and no data."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())
