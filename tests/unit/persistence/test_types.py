"""What the column types accept, as each database is given it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import oracle, postgresql, sqlite

from domain.errors import InvalidInput
from domain.fleet.model import DeviceStatus
from persistence.types import Flag, Member, Money, UtcDateTime, Words

DIALECTS: list[Dialect] = [sqlite.dialect(), postgresql.dialect(), oracle.dialect()]


def through(column_type: Any, value: Any, dialect: Dialect) -> Any:
    return column_type.process_result_value(column_type.process_bind_param(value, dialect), dialect)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@given(amount=st.decimals(-(10**13), 10**13, places=4, allow_nan=False, allow_infinity=False))
def test_money_is_exact(dialect: Dialect, amount: Decimal) -> None:
    assert through(Money(), amount, dialect) == amount


def test_money_on_sqlite_is_a_whole_number() -> None:
    assert Money().process_bind_param(Decimal("12.5"), DIALECTS[0]) == 125_000


@pytest.mark.parametrize("amount", ["1.00001", "1e14", "-1e14", "1e400", "NaN", "Infinity"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_money_is_never_rounded(dialect: Dialect, amount: str) -> None:
    with pytest.raises(InvalidInput):
        Money().process_bind_param(Decimal(amount), dialect)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@given(
    moment=st.datetimes(
        datetime(1970, 1, 3),  # noqa: DTZ001 - the zone is drawn apart
        datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.timezones() | st.just(timezone(timedelta(minutes=-754))),
    )
)
def test_a_time_is_the_same_moment_in_utc(dialect: Dialect, moment: datetime) -> None:
    stored = UtcDateTime().process_bind_param(moment, dialect)
    assert stored is not None
    assert stored.tzinfo is None
    assert through(UtcDateTime(), moment, dialect) == moment.astimezone(UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), DIALECTS[0])  # noqa: DTZ001


def test_words() -> None:
    words = Words(5)
    assert words.process_bind_param("", DIALECTS[0]) is None
    assert words.process_bind_param(None, DIALECTS[0]) is None
    assert words.process_bind_param("fünf5", DIALECTS[0]) == "fünf5"
    for bad in ("sechs6", "\x00", "ü\x00", "\udcff"):
        with pytest.raises(InvalidInput):
            words.process_bind_param(bad, DIALECTS[0])


def test_flags_and_members() -> None:
    assert [Flag().process_bind_param(value, DIALECTS[2]) for value in (True, False, None)] == [1, 0, None]
    assert [through(Flag(), value, DIALECTS[2]) for value in (True, False, None)] == [True, False, None]
    status = Member(DeviceStatus)
    assert status.process_bind_param(DeviceStatus.RETIRED, DIALECTS[2]) == "RETIRED"
    assert through(status, DeviceStatus.RETIRED, DIALECTS[2]) is DeviceStatus.RETIRED
    assert through(status, None, DIALECTS[2]) is None
