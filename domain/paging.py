"""Relay pages over a sorted sequence in memory, with keyset cursors.

A cursor holds the sort key of the row it points at, not an offset: rows that come or go between
two pages neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from domain.errors import InvalidInput

T = TypeVar("T")
SortKey = tuple[Any, ...]

PAGE_DEFAULT = 100
PAGE_MAX = 1000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Relay's four arguments. `first` or `last`, 1 to 1,000; 100 where neither is given."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    node: T
    cursor: str


class Page(Generic[T]):
    """One page. Edges, cursors and the count are made only when they are asked for."""

    def __init__(self, rows: Sequence[T], start: int, stop: int, order_name: str, key: Callable[[T], SortKey]) -> None:
        self._rows = rows
        self._start = start
        self._stop = stop
        self._order_name = order_name
        self._key = key
        self.nodes = rows[start:stop]

    @cached_property
    def edges(self) -> list[Edge[T]]:
        return [Edge(node, self._cursor(node)) for node in self.nodes]

    @property
    def total_count(self) -> int:
        return len(self._rows)

    @property
    def page_info(self) -> PageInfo:
        return PageInfo(
            has_next_page=self._stop < len(self._rows),
            has_previous_page=self._start > 0,
            start_cursor=self._cursor(self.nodes[0]) if self.nodes else None,
            end_cursor=self._cursor(self.nodes[-1]) if self.nodes else None,
        )

    def _cursor(self, row: T) -> str:
        text = json.dumps([self._order_name, *self._key(row)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def paginate(
    rows: Sequence[T], request: PageRequest, *, order_name: str, key: Callable[[T], SortKey], descending: bool = False
) -> Page[T]:
    """Cut the page from `rows`, which are sorted by `key` (which must be unique per row). Raises `InvalidInput`."""
    size, from_end = _page_size(request)
    order_name = f"{order_name}:desc" if descending else order_name
    start, stop = 0, len(rows)
    if request.after is not None:
        start = _position(rows, _decode(request.after, order_name, "after"), key, descending, after=True)
    if request.before is not None:
        stop = max(start, _position(rows, _decode(request.before, order_name, "before"), key, descending, after=False))
    if from_end:
        start = max(start, stop - size)
    else:
        stop = min(stop, start + size)
    return Page(rows, start, stop, order_name, key)


def _page_size(request: PageRequest) -> tuple[int, bool]:
    if request.first is not None and request.last is not None:
        raise InvalidInput("give either `first` or `last`, not both", path=("last",))
    for name, value in (("first", request.first), ("last", request.last)):
        if value is not None and not 1 <= value <= PAGE_MAX:
            raise InvalidInput(f"`{name}` must be between 1 and {PAGE_MAX:,}, not {value:,}", path=(name,))
    if request.last is not None:
        return request.last, True
    return (PAGE_DEFAULT if request.first is None else request.first), False


def _position(rows: Sequence[T], cursor: SortKey, key: Callable[[T], SortKey], descending: bool, *, after: bool) -> int:
    try:
        if descending:
            # bisect knows ascending order only: search the mirror image
            mirrored = rows[::-1]
            found = bisect_left(mirrored, cursor, key=key) if after else bisect_right(mirrored, cursor, key=key)
            return len(rows) - found
        return bisect_right(rows, cursor, key=key) if after else bisect_left(rows, cursor, key=key)
    except TypeError:
        raise _bad_cursor("after" if after else "before") from None


def _decode(cursor: str, order_name: str, argument: str) -> SortKey:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        decoded = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        name, *values = decoded
    except (ValueError, TypeError, RecursionError):
        raise _bad_cursor(argument) from None
    if name != order_name:
        raise InvalidInput(
            f"the cursor in `{argument}` belongs to another ordering; start again without it", path=(argument,)
        )
    return tuple(values)


def _bad_cursor(argument: str) -> InvalidInput:
    return InvalidInput(
        f"`{argument}` is not a cursor of this list: use one from `pageInfo` or `edges`", path=(argument,)
    )
