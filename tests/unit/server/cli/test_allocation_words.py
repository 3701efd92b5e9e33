"""Answers, allocations and quotas as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from domain.allocation.model import Priority, QuotaScope
from server.cli.allocation.answer import print_answer
from server.cli.allocation.quota import merged, used_of
from server.cli.allocation.request import OPTIONS, PriorityName
from server.cli.allocation.rows import ends, holds, size, workload
from server.cli.allocation.watching import Watched
from tests.unit.server.cli import recorded
from tests.unit.server.cli.documents import printed_schema

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def printed(capsys: pytest.CaptureFixture[str], answer: dict[str, Any], *, explain: bool = False) -> list[str]:
    print_answer(answer, explain=explain)
    return capsys.readouterr().out.splitlines()


def test_a_granted_answer_says_where_and_warns(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, recorded.granted())
    assert lines[0] == "ACTIVE  h100-07/0-1"
    assert "  allocation  alloc_016064c49c07bc660023" in lines
    assert "  score       0.25 by vfs-fair: value 0.25" in lines
    assert lines[-2:] == ["Warnings", "  QUOTA  warning  team 'speech' would hold 7 GPUs"]


def test_explained_it_says_what_else_there_was(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, recorded.granted(), explain=True)
    assert "  SCORE  ok       h100-07/0-1" in lines
    assert "  value  0.25  what it could have been worth to others" in lines
    assert lines[-2:] == ["Next best", "  0.5  h100-08/4-5  value 0.5"]


def test_a_refusal_is_told_by_step_with_the_servers_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, recorded.refused())
    assert lines[0] == "NO_RESOURCE  6 of 8 such GPUs are free, 9 needed"
    assert "  FILTER     refused  6 of 8 such GPUs are free, 9 needed" in lines
    assert lines[-3:] == [
        "  FEWER_GPUS   6 on one node now  [--gpus 6]",
        "  OTHER_MODEL  9 × A100 80GB on a100-01 now  [--model 'A100 80GB']",
        "  LATER        9 at 2026-11-24T23:25+00:00",
    ]


def test_a_dry_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, recorded.granted(dryRun=True, allocation=None))
    assert lines[0] == "ACTIVE (dry run: nothing is taken)  h100-07/0-1"
    assert not any("alloc_" in line for line in lines)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "in 3h"),
        ({"plannedReleaseTime": None, "hours": None}, "never"),
        ({"plannedReleaseTime": None, "status": "QUEUED"}, "4 h from its start"),
        ({"endedTime": "2026-11-24T12:59:00+00:00", "status": "RELEASED"}, "60s ago"),
        ({"plannedReleaseTime": None, "status": "RELEASED"}, "–"),
    ],
)
def test_ends(changes: dict[str, Any], words: str) -> None:
    assert ends(recorded.allocation(**changes), NOW) == words


def test_what_an_allocation_is_in_words() -> None:
    assert size(recorded.allocation()) == "2 × FULL"
    assert size(recorded.allocation(gpuCount=1, resourceType="MIG", profileName="3g.40gb")) == "1 × MIG 3g.40gb"
    assert size(recorded.allocation(gpuCount=1, requestedMemoryGb=12.0)) == "1 × FULL of 12 GB"
    assert holds(recorded.allocation(allocatedResource=None, queuePosition=3)) == "number 3 in line"
    assert workload(recorded.allocation(podName=None)) == "asr"
    assert workload(recorded.allocation(podName=None, namespace=None)) == "–"


def test_every_field_of_a_request_has_its_option() -> None:
    assert [one.name for one in Priority] == [one.value for one in PriorityName]
    request = printed_schema().get_type("RequestAllocationInput")
    assert isinstance(request, GraphQLInputObjectType)
    assert set(request.fields) == set(OPTIONS)


def test_limits_that_are_not_named_stay() -> None:
    content = merged(recorded.quota(), QuotaScope.TEAM, "speech", {"gpusSoft": "none", "migSlicesHard": 14}, None)
    assert content["gpusHard"] == 8.0
    assert content["gpusSoft"] is None
    assert content["migSlicesHard"] == 14
    assert content["expectedVersion"] == 3
    assert merged(None, QuotaScope.USER, "ann", {"gpusHard": 2.0}, "new")["expectedVersion"] == 0


@pytest.mark.parametrize(
    ("changes", "kind", "words", "style"),
    [
        ({}, "gpus", "7 of 8 (soft 6)", "yellow"),
        ({"gpusHard": 7.0}, "gpus", "7 of 7 (soft 6)", "red"),
        ({"gpusHard": None}, "gpus", "7 (soft 6)", "yellow"),
        ({}, "memoryGib", "320.5, no limit", ""),
    ],
)
def test_what_is_held_under_a_quota(changes: dict[str, Any], kind: str, words: str, style: str) -> None:
    shown = used_of(recorded.quota(**changes), kind)
    assert (shown.plain, shown.style) == (words, style)


def test_after_a_loss_only_what_is_new_is_shown() -> None:
    watched = Watched()
    one, two = recorded.allocation(), recorded.allocation(id="alloc_2")
    assert watched.news({"snapshot": True, "allocations": [one]}) == [one]
    assert watched.news({"snapshot": True, "allocations": [one, two]}) == [two]
    longer = recorded.allocation(version=2)
    assert watched.news({"snapshot": False, "allocations": [longer]}) == [longer]
    gone = recorded.allocation(version=3, status="RELEASED", endedTime="2026-11-24T13:00:00+00:00")
    assert watched.news({"snapshot": False, "allocations": [gone]}) == [gone]
    assert watched.news({"snapshot": True, "allocations": [two]}) == []
