"""Keyset pages: every row once, whatever comes and goes between two pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.paging import PAGE_DEFAULT, PageRequest, paginate


def page(rows: list[tuple[int, int]], descending: bool = False, **arguments: object):  # type: ignore[no-untyped-def]
    ordered = sorted(rows, reverse=descending)
    request = PageRequest(**arguments)  # type: ignore[arg-type]
    return paginate(ordered, request, order_name="X", key=lambda row: row, descending=descending)


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), unique=True, max_size=40)


@given(rows=ROWS, size=st.integers(1, 7), descending=st.booleans())
def test_walking_forward_meets_every_row_once(rows: list[tuple[int, int]], size: int, descending: bool) -> None:
    seen, after = [], None
    while True:
        current = page(rows, descending, first=size, after=after)
        seen += current.nodes
        if not current.page_info.has_next_page:
            break
        after = current.page_info.end_cursor
    assert seen == sorted(rows, reverse=descending)


@given(rows=ROWS, size=st.integers(1, 7), descending=st.booleans())
def test_walking_backward_meets_every_row_once(rows: list[tuple[int, int]], size: int, descending: bool) -> None:
    seen: list[tuple[int, int]] = []
    before = None
    while True:
        current = page(rows, descending, last=size, before=before)
        seen = list(current.nodes) + seen
        if not current.page_info.has_previous_page:
            break
        before = current.page_info.start_cursor
    assert seen == sorted(rows, reverse=descending)


@given(rows=ROWS.filter(bool), gone=st.data(), descending=st.booleans())
def test_rows_that_go_between_pages_hide_no_others(
    rows: list[tuple[int, int]], gone: st.DataObject, descending: bool
) -> None:
    first = page(rows, descending, first=max(1, len(rows) // 2))
    removed = gone.draw(st.sampled_from(first.nodes))
    rest = page([row for row in rows if row != removed], descending, first=100, after=first.page_info.end_cursor)
    assert list(first.nodes) + list(rest.nodes) == sorted(rows, reverse=descending)


def test_edges_and_count() -> None:
    current = page([(0, n) for n in range(5)], first=2)
    assert [edge.node for edge in current.edges] == [(0, 0), (0, 1)]
    assert current.edges[-1].cursor == current.page_info.end_cursor
    assert current.total_count == 5
    assert len(page([(0, n) for n in range(500)]).nodes) == PAGE_DEFAULT


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"first": 0}, "first"),
        ({"first": -1}, "first"),
        ({"first": 1001}, "first"),
        ({"last": 1001}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "garbage!"}, "after"),
        ({"after": "aGVsbG8"}, "after"),
        ({"before": "é"}, "before"),
        ({"after": "WyJZIiwxXQ"}, "after"),  # ["Y",1]: another ordering
        ({"after": "WyJYIiwiYSIsImIiXQ"}, "after"),  # ["X","a","b"]: other types than the keys
        ({"after": ""}, "after"),
        ({"after": "e30"}, "after"),  # {}
        ({"after": "bnVsbA"}, "after"),  # null
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        page([(0, 1), (0, 2)], **arguments)
    assert refused.value.path == (path,)
