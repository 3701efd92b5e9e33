"""The printed schema, and every document of the command."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import ModuleType

from graphql import GraphQLSchema, build_schema


@lru_cache(maxsize=1)
def printed_schema() -> GraphQLSchema:
    return build_schema((Path(__file__).parents[4] / "schema" / "schema.graphql").read_text())


def documents_of(module: ModuleType) -> dict[str, str]:
    return {name: text for name, text in vars(module).items() if name.isupper() and isinstance(text, str)}
