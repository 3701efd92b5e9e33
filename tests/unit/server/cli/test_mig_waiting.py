"""Waiting for a node to carry out what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from server.cli.client import ApiClient
from server.cli.failures import CommandFailed
from server.cli.mig import waiting
from server.cli.mig.waiting import check_done, finished
from tests.unit.server.cli import recorded_mig as recorded


class Told:
    """A server whose device's commands are these, one list after the other; the last stays."""

    def __init__(self, *lists: list[dict[str, Any]]) -> None:
        self._lists = list(lists)
        self.asked: list[object] = []

    async def execute(self, _document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(variables["where"])
        commands = self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]
        device = {"id": "dev_3", "deviceIndex": 3, "node": recorded.NODE, "migCommands": commands}
        return {"page": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [device]}}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 0.0)


async def wait(server: Told, timeout_s: float = 5.0) -> tuple[list[dict[str, Any]], list[str]]:
    said: list[str] = []
    ordered = [recorded.command("PENDING")]
    return await finished(cast("ApiClient", server), ordered, timeout_s, said.append), said


async def test_each_state_is_told_once_until_it_ends() -> None:
    older = recorded.command("FAILED", "cmd_0")
    sent, done = recorded.command("SENT"), recorded.command("SUCCEEDED")
    server = Told([sent, older], [sent, older], [done, older])
    ended, said = await wait(server)
    assert [command["status"] for command in ended] == ["SUCCEEDED"]
    assert said == ["h100-07/3: SENT", "h100-07/3: SUCCEEDED"]
    assert server.asked == [{"deviceIds": ["dev_3"]}] * 3
    check_done(ended)


async def test_a_failure_is_told_with_its_reason_and_fails_the_command() -> None:
    ended, said = await wait(Told([recorded.command("FAILED", error="the GPU is in use by process 7")]))
    assert said == ["h100-07/3: FAILED: the GPU is in use by process 7"]
    with pytest.raises(CommandFailed, match="not carried out as planned"):
        check_done(ended)


async def test_what_is_not_done_in_time_is_said() -> None:
    with pytest.raises(CommandFailed, match=r"not done within 0.01 s: cmd_1 is SENT\. It goes on"):
        await wait(Told([recorded.command("SENT")]), 0.01)


async def test_nothing_ordered_is_nothing_to_wait_for() -> None:
    server = Told([])
    assert await finished(cast("ApiClient", server), [], 1.0) == []
    assert server.asked == []


def test_what_is_still_on_its_way_is_no_failure() -> None:
    check_done([recorded.command("PENDING"), recorded.command("SENT")])
