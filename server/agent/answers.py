"""What an answer to a batch means for each of its readings: delivered, refused for good, or to be sent again.

The server lists the first refused samples only. Which of the others were refused follows from the order of the
batch and from what is the same for all readings of a device, so that nothing the server has is ever sent again
under another stamp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.metrics.validation import RejectReason
from server.agent.buffer import Reading

KNOWN_ALREADY = frozenset({RejectReason.DUPLICATE, RejectReason.OUT_OF_ORDER})
WRONG_TIME = frozenset({RejectReason.FROM_THE_FUTURE, RejectReason.TOO_OLD})
NOT_REGISTERED = frozenset({RejectReason.UNKNOWN_DEVICE, RejectReason.NOT_YOUR_NODE})

RETURNS_MAX = 3
"""A reading that was given back this often is refused for good."""


@dataclass(slots=True)
class Outcome:
    """What became of one batch."""

    delivered: int = 0
    refused: Counter[RejectReason] = field(default_factory=Counter)
    again: list[Reading] = field(default_factory=list)
    """To be sent again, in order."""
    report_first: bool = False
    """The server does not know all devices of the node: report it before sending again."""


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """The server's answer to one batch."""

    server_time: datetime
    accepted: int
    rejected: dict[RejectReason, int]
    listed: dict[int, RejectReason]
    """Position in the batch to reason, of the first refused."""

    @classmethod
    def of(cls, answer: dict[str, Any]) -> RecordAnswer:
        """Read a `SamplesRecorded`. A reason this release does not know counts as out of range: final."""
        return cls(
            server_time=datetime.fromisoformat(answer["serverTime"]),
            accepted=answer["accepted"],
            rejected={_reason(entry["reason"]): entry["count"] for entry in answer["rejectedByReason"]},
            listed={entry["index"]: _reason(entry["reason"]) for entry in answer["rejections"]},
        )


def judge(batch: Sequence[Reading], answer: RecordAnswer, *, was_retry: bool, corrected: bool) -> Outcome:
    """Decide for each reading of a batch. `was_retry`: the batch was sent before and not answered.

    `corrected`: the answer has changed what the agent takes for the server's time, so a new stamp helps.
    """
    reasons = _reasons(batch, answer)
    outcome = Outcome(delivered=answer.accepted)
    again: set[int] = set()
    for index, reason in reasons.items():
        reading = batch[index]
        wanted_again = reason in NOT_REGISTERED or (reason in WRONG_TIME and corrected)
        if wanted_again and reading.returned < RETURNS_MAX:
            reading.returned += 1
            if reason in WRONG_TIME:
                reading.stamp = None
            again.add(index)
            outcome.report_first = outcome.report_first or reason in NOT_REGISTERED
        elif reason in KNOWN_ALREADY and (was_retry or reading.returned):
            outcome.delivered += 1
        else:
            outcome.refused[reason] += 1
    for reason, count in answer.rejected.items():
        unlisted = count - sum(1 for found in reasons.values() if found is reason)
        if unlisted > 0:
            if reason in KNOWN_ALREADY and was_retry:
                outcome.delivered += unlisted
            else:
                outcome.refused[reason] += unlisted
    outcome.again = [batch[index] for index in sorted(again)]
    return outcome


def _reasons(batch: Sequence[Reading], answer: RecordAnswer) -> dict[int, RejectReason]:
    """The refused readings: those listed and, where the list was cut, those whose refusal follows from it."""
    reasons = dict(answer.listed)
    if sum(answer.rejected.values()) <= len(reasons):
        return reasons
    unknown = {batch[i].sample.gpu_uuid: reason for i, reason in answer.listed.items() if reason in NOT_REGISTERED}
    future = [index for index, reason in answer.listed.items() if reason is RejectReason.FROM_THE_FUTURE]
    cut_after = max(reasons)
    for index in range(cut_after + 1, len(batch)):
        if (reason := unknown.get(batch[index].sample.gpu_uuid)) is not None:
            reasons[index] = reason
        elif future:  # later readings are from further in the future
            reasons[index] = RejectReason.FROM_THE_FUTURE
    return reasons


def _reason(name: str) -> RejectReason:
    return RejectReason(name) if name in RejectReason.__members__ else RejectReason.OUT_OF_RANGE
