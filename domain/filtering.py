"""What every filter of a list has in common: the bounds of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from domain.errors import InvalidInput
from domain.naming import camel_case

FILTER_VALUES_MAX = 100
TEXT_MAX = 200

T = TypeVar("T")


def check_filter(where: object, lists: Iterable[str], text: str | None) -> None:
    """Raise `InvalidInput` where a list of `where` has too many values, or the text is too long."""
    for name in lists:
        values = getattr(where, name)
        if values is not None and len(values) > FILTER_VALUES_MAX:
            raise InvalidInput(
                f"at most {FILTER_VALUES_MAX} values, not {len(values):,}", path=("where", camel_case(name))
            )
    if text is not None and len(text) > TEXT_MAX:
        raise InvalidInput(f"at most {TEXT_MAX} characters, not {len(text):,}", path=("where", "text"))


def is_any(wanted: Iterable[object], read: Callable[[T], object]) -> Callable[[T], bool]:
    """A test that holds where what is read is one of the wanted values."""
    values = frozenset(wanted)
    return lambda item: read(item) in values
