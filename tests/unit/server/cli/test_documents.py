"""Every document that the command sends is one that this schema answers."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from server.cli import queries
from server.cli.allocation import queries as allocation_queries
from server.cli.mig import queries as mig_queries
from tests.unit.server.cli.documents import documents_of, printed_schema

DOCUMENTS = {
    f"{module.__name__}.{name}": text
    for module in (queries, allocation_queries, mig_queries)
    for name, text in documents_of(module).items()
    if not name.startswith("_") and not name.endswith("_FIELDS")
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_answers(name: str) -> None:
    assert validate(printed_schema(), parse(DOCUMENTS[name])) == []
