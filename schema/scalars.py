"""Scalars that need more than the defaults."""

from __future__ import annotations

from datetime import datetime
from operator import methodcaller

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition


def parse_datetime(value: object) -> datetime:
    """An ISO 8601 time with its zone. The standard library's parser: a sample's time is read for every reading."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError(f"{str(value)[:60]!r} is not an ISO 8601 time such as 2026-11-01T12:00:00Z")


DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="ISO 8601 time with its zone, such as 2026-11-01T12:00:00Z. Answers are in UTC.",
    specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
    serialize=methodcaller("isoformat"),
    parse_value=parse_datetime,
)
