"""What an answer means for each reading of its batch."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.metrics.validation import RejectReason as R
from server.agent.answers import RETURNS_MAX, RecordAnswer, judge
from server.agent.buffer import Reading
from tests.unit.server.agent.fakes import make_sample

AT = datetime(2026, 11, 1, tzinfo=UTC)


def batch(size: int, uuids: int = 1) -> list[Reading]:
    return [Reading(make_sample(f"GPU-{index % uuids}"), float(index), stamp=AT) for index in range(size)]


def answer(size: int, reasons: dict[int, R], listed: int = 100) -> RecordAnswer:
    counts = {reason: list(reasons.values()).count(reason) for reason in reasons.values()}
    shown = dict(sorted(reasons.items())[:listed])
    return RecordAnswer(AT, size - len(reasons), counts, shown)


def test_all_accepted() -> None:
    outcome = judge(batch(3), answer(3, {}), was_retry=False, corrected=False)
    assert (outcome.delivered, outcome.again, outcome.refused.total()) == (3, [], 0)


def test_after_a_retry_what_the_server_has_is_delivered() -> None:
    reasons = {0: R.OUT_OF_ORDER, 1: R.DUPLICATE}
    outcome = judge(batch(3), answer(3, reasons), was_retry=True, corrected=False)
    assert (outcome.delivered, outcome.refused.total()) == (3, 0)


def test_without_a_retry_it_was_refused() -> None:
    outcome = judge(batch(2), answer(2, {0: R.OUT_OF_ORDER}), was_retry=False, corrected=False)
    assert outcome.delivered == 1
    assert outcome.refused == {R.OUT_OF_ORDER: 1}


def test_after_a_retry_unlisted_duplicates_are_delivered_too() -> None:
    reasons = dict.fromkeys(range(500), R.OUT_OF_ORDER)
    outcome = judge(batch(600), answer(600, reasons), was_retry=True, corrected=False)
    assert (outcome.delivered, outcome.refused.total(), outcome.again) == (600, 0, [])


def test_a_wrong_time_is_stamped_again_once_the_time_is_learned() -> None:
    readings = batch(3)
    outcome = judge(readings, answer(3, {1: R.FROM_THE_FUTURE, 2: R.TOO_OLD}), was_retry=False, corrected=True)
    assert outcome.again == readings[1:]
    assert [reading.stamp for reading in readings] == [AT, None, None]


def test_a_wrong_time_without_a_correction_is_refused() -> None:
    outcome = judge(batch(1), answer(1, {0: R.TOO_OLD}), was_retry=False, corrected=False)
    assert outcome.refused == {R.TOO_OLD: 1}
    assert not outcome.again


def test_everything_after_a_reading_from_the_future_is_from_the_future() -> None:
    readings = batch(300)
    reasons = dict.fromkeys(range(50, 300), R.FROM_THE_FUTURE)
    outcome = judge(readings, answer(300, reasons), was_retry=False, corrected=True)
    assert outcome.again == readings[50:]
    assert outcome.delivered == 50
    assert outcome.refused.total() == 0


def test_unlisted_old_readings_are_given_up_rather_than_sent_twice() -> None:
    readings = batch(300)
    reasons = dict.fromkeys(range(250), R.TOO_OLD)
    outcome = judge(readings, answer(300, reasons), was_retry=False, corrected=True)
    assert outcome.again == readings[:100]
    assert outcome.refused == {R.TOO_OLD: 150}


def test_all_readings_of_an_unknown_device_come_again_after_a_report() -> None:
    readings = batch(300, uuids=2)
    reasons = {index: R.UNKNOWN_DEVICE for index in range(300) if index % 2}
    outcome = judge(readings, answer(300, reasons), was_retry=False, corrected=False)
    assert outcome.again == readings[1::2]
    assert outcome.report_first
    assert all(reading.stamp == AT for reading in readings)


def test_a_device_that_stays_unknown_is_refused_in_the_end() -> None:
    (reading,) = readings = batch(1)
    for _ in range(RETURNS_MAX):
        assert judge(readings, answer(1, {0: R.UNKNOWN_DEVICE}), was_retry=False, corrected=False).again == [reading]
    outcome = judge(readings, answer(1, {0: R.UNKNOWN_DEVICE}), was_retry=False, corrected=False)
    assert (outcome.again, outcome.refused) == ([], {R.UNKNOWN_DEVICE: 1})


def test_a_value_out_of_range_is_refused_for_good() -> None:
    outcome = judge(batch(2), answer(2, {0: R.OUT_OF_RANGE}), was_retry=True, corrected=True)
    assert (outcome.delivered, outcome.refused, outcome.again) == (1, {R.OUT_OF_RANGE: 1}, [])


def test_reads_what_the_server_sends() -> None:
    read = RecordAnswer.of(
        {
            "serverTime": "2026-11-01T00:00:00+00:00",
            "accepted": 1,
            "rejectedByReason": [{"reason": "DUPLICATE", "count": 2}, {"reason": "INVENTED_LATER", "count": 1}],
            "rejections": [{"index": 3, "reason": "DUPLICATE"}],
        }
    )
    assert read.server_time == AT
    assert read.rejected == {R.DUPLICATE: 2, R.OUT_OF_RANGE: 1}
    assert read.listed == {3: R.DUPLICATE}
