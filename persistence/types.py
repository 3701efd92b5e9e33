"""Column types that hold the same value on all three databases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Integer, Numeric, SmallInteger, String
from sqlalchemy.dialects import oracle
from sqlalchemy.types import TIMESTAMP, TypeDecorator, TypeEngine

from domain.errors import InvalidInput
from domain.mig.commands import CommandStep, StepKind

MONEY_DIGITS = 18
MONEY_DECIMALS = 4

_MONEY_STEP = Decimal(1).scaleb(-MONEY_DECIMALS)
_MONEY_LIMIT = Decimal(10) ** (MONEY_DIGITS - MONEY_DECIMALS)

E = TypeVar("E", bound=StrEnum)
L = TypeVar("L", bound=IntEnum)
T = TypeVar("T")

Measure: TypeEngine[float] = Double().with_variant(oracle.BINARY_DOUBLE(), "oracle")
"""A reading: an IEEE double everywhere. Oracle's FLOAT is decimal and would round."""

SequenceNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; on SQLite the row's own number, which needs no second index."""


class Words(TypeDecorator[str]):
    """Text of at most `length` characters. '' is stored as NULL everywhere, because Oracle knows no other way.

    Raises `InvalidInput` where a text is longer (SQLite would take it) or holds what a database cannot store.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return None
        if len(value) > self.length:
            raise InvalidInput(f"at most {self.length:,} characters can be stored, not {len(value):,}")
        if not is_storable(value):
            raise InvalidInput("NUL and unpaired surrogates cannot be stored in a text")
        return str(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, stored as UTC without a zone, to the microsecond. Raises `InvalidInput` for a naive one."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # Oracle's DATE, which DateTime means there, ends at seconds.
        return dialect.type_descriptor(TIMESTAMP() if dialect.name == "oracle" else DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidInput(f"the time {value.isoformat()} names no zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Flag(TypeDecorator[bool]):
    """True or false as 1 or 0: Oracle has no boolean column before 23ai."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Money(TypeDecorator[Decimal]):
    """An exact amount with four decimals: NUMERIC(18,4); on SQLite, which has no decimals, ten-thousandths.

    Raises `InvalidInput` for an amount that would have to be rounded or is too large.
    """

    impl = Numeric(MONEY_DIGITS, MONEY_DECIMALS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        stored = BigInteger() if dialect.name == "sqlite" else Numeric(MONEY_DIGITS, MONEY_DECIMALS)
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if not value.is_finite() or abs(value) >= _MONEY_LIMIT:
            raise InvalidInput(f"an amount has at most {MONEY_DIGITS - MONEY_DECIMALS} digits before the point")
        exact = value.quantize(_MONEY_STEP)
        if exact != value:
            raise InvalidInput(f"an amount has at most {MONEY_DECIMALS} decimals, not {value}")
        return int(exact.scaleb(MONEY_DECIMALS)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        amount = Decimal(value)
        return amount.scaleb(-MONEY_DECIMALS) if dialect.name == "sqlite" else amount.quantize(_MONEY_STEP)


class Member(TypeDecorator[E], Generic[E]):
    """One member of a string enumeration, stored by its value."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[E], length: int = 20) -> None:
        super().__init__(length)
        self.members = members
        self._by_value = {member.value: member for member in members}

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self._by_value[value]


class Listed(TypeDecorator[tuple[T, ...]], ABC, Generic[T]):
    """A short list in one text column, its items joined by `|`. Raises `InvalidInput` where it would be too long."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def item_text(self, item: T) -> str:
        return str(item)

    @abstractmethod
    def item(self, text: str) -> T:
        """The opposite of `item_text`."""

    def process_bind_param(self, value: tuple[T, ...] | None, dialect: Dialect) -> str | None:
        if not value:
            return None
        text = "|".join(self.item_text(item) for item in value)
        if len(text) > self.length or not is_storable(text):
            raise InvalidInput(f"this list cannot be stored: it takes {len(text):,} of {self.length:,} characters")
        return text

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[T, ...]:
        return () if not value else tuple(self.item(part) for part in value.split("|"))


class NameList(Listed[str]):
    """Names, none of which holds a `|`."""

    cache_ok = True

    def item_text(self, item: str) -> str:
        if "|" in item:
            raise InvalidInput(f"a name holds no '|': {item[:80]!r}")
        return item

    def item(self, text: str) -> str:
        return text


class NumberList(Listed[int]):
    """Whole numbers."""

    cache_ok = True

    def item(self, text: str) -> int:
        return int(text)


class MigStepList(Listed[CommandStep]):
    """The steps of a command, each as `kind,profile,gi profile id,start,size`."""

    cache_ok = True

    def item_text(self, item: CommandStep) -> str:
        parts = (item.kind.value, item.profile_name, item.gi_profile_id, item.placement_start, item.placement_size)
        return ",".join("" if part is None else str(part) for part in parts)

    def item(self, text: str) -> CommandStep:
        kind, profile, *numbers = text.split(",")
        return CommandStep(StepKind(kind), profile or None, *(int(n) if n else None for n in numbers))


class Level(TypeDecorator[L], Generic[L]):
    """One member of a numbered enumeration, stored by its number."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, members: type[L]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: L | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> L | None:
        return None if value is None else self.members(value)


def is_storable(text: str) -> bool:
    """Whether every database can hold this text at all."""
    if text.isascii():
        return "\x00" not in text
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
