"""The terminal application, driven by keys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from server.cli.api_errors import Refused
from server.cli.top.app import DRAW_EVERY_S, TopApp
from server.cli.top.table import FleetTable
from tests.unit.server.cli.frames import FakeFeed, make_frame, make_identities


@dataclass
class Screen:
    app: TopApp
    feed: FakeFeed
    pilot: Pilot[None]

    async def show(self, *arguments: Any, **columns: Any) -> None:
        self.feed.arrive(*arguments, **columns)
        await self.drawn()

    async def drawn(self) -> None:
        """Wait until what arrived is on the screen, however busy the machine is."""
        await self.pilot.pause(DRAW_EVERY_S + 0.05)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while self.feed.waiting or self.app._changed:
                    await self.pilot.pause(0.02)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def line(self, name: str) -> str:
        return str(self.app.query_one(f"#{name}", Static).render())

    @property
    def table(self) -> list[str]:
        table = self.app.query_one(FleetTable)
        return [table.render_line(y).text for y in range(table.size.height)]

    @property
    def names(self) -> list[str]:
        return [line.split()[0] for line in self.table[1:] if line.strip()]


@asynccontextmanager
async def shown(gpus: int = 20, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Screen]:
    feed = FakeFeed()
    app = TopApp(feed)
    async with app.run_test(size=size) as pilot:
        screen = Screen(app, feed, pilot)
        if gpus:
            identities = make_identities(gpus)
            await screen.show(make_frame(identities), identities)
        yield screen


async def test_says_that_it_connects() -> None:
    async with shown(gpus=0) as screen:
        assert "CONNECTING" in screen.line("state")


async def test_shows_the_fleet_on_a_small_terminal() -> None:
    async with shown() as screen:
        assert "LIVE 0." in screen.line("state")
        assert "20 GPUs  20 active  3 nodes  1 cluster" in screen.line("counts")
        assert "UTIL" in screen.line("totals")
        assert screen.table[0].startswith("NAME▼")
        assert screen.names[:2] == ["node-00/0", "node-00/1"]
        assert all(len(line) == 79 for line in screen.table)  # and the scroll bar
        assert "8.0/80G" in screen.table[1]
        assert "40°" in screen.table[1]


@pytest.mark.parametrize("size", [(20, 6), (60, 10), (80, 24), (120, 30), (250, 60)])
async def test_fits_any_terminal(size: tuple[int, int]) -> None:
    async with shown(size=size) as screen:
        assert {len(line) for line in screen.table} <= {size[0], size[0] - 1}


async def test_simulated_readings_say_so() -> None:
    async with shown(gpus=0) as screen:
        identities = make_identities(1)
        await screen.show(make_frame(identities, collectionSources=["SIMULATED"]), identities)
        assert "SIMULATED" in screen.line("state")
        await screen.show(make_frame(identities, collectionSources=["NVML", "SIMULATED"]))
        assert "partly SIMULATED" in screen.line("state")


@pytest.mark.parametrize(("key", "first"), [("u", "node-02/3"), ("m", "node-02/3"), ("a", "node-00/0")])
async def test_sorts(key: str, first: str) -> None:
    async with shown() as screen:
        await screen.press(key)
        assert screen.names[0] == first
        await screen.press("r")
        assert screen.names[0] != first


async def test_filters_as_one_types() -> None:
    async with shown() as screen:
        await screen.press("slash", *"node-01 /3")
        assert screen.names == ["node-01/3"]
        assert "filter shows 1 GPUs" in screen.line("counts")
        await screen.press("enter", "u")
        assert screen.names == ["node-01/3"]
        await screen.press("escape")
        assert len(screen.names) > 10


async def test_a_filter_that_nothing_has_says_so() -> None:
    async with shown() as screen:
        await screen.press("slash", *"zebra")
        assert "no row has these words" in "\n".join(screen.table)


async def test_keys_go_to_the_filter_while_it_is_open() -> None:
    async with shown() as screen:
        await screen.press("slash", "q", "n", "space")
        assert screen.app.is_running
        assert "PAUSED" not in screen.line("state")


async def test_one_row_per_node() -> None:
    async with shown() as screen:
        await screen.press("n")
        assert screen.names == ["node-00", "node-01", "node-02"]
        assert "64/640G" in screen.table[1]
        await screen.press("n")
        assert screen.names[0] == "node-00/0"


async def test_a_pause_holds_the_picture_and_the_data_goes_on() -> None:
    async with shown(gpus=0) as screen:
        identities = make_identities(1)
        await screen.show(make_frame(identities, temperatureC=[41.0]), identities)
        await screen.press("space")
        assert "PAUSED" in screen.line("state")
        await screen.show(make_frame(identities, temperatureC=[77.0]))
        assert "41°" in screen.table[1]
        await screen.press("space")
        assert "77°" in screen.table[1]


async def test_a_lost_connection_is_told_and_the_data_stays() -> None:
    async with shown() as screen:
        screen.feed.lose("cannot reach http://fake:8080: refused", attempt=3)
        await screen.drawn()
        assert re.search(r"✗ LOST data \d+\.\d+s old", screen.line("state"))
        assert "s old, try 4 in 30s" in screen.line("state")
        assert len(screen.names) > 10
        await screen.show(make_frame(make_identities(20)))
        assert "● LIVE" in screen.line("state")


async def test_old_readings_are_stale() -> None:
    async with shown(gpus=0) as screen:
        identities = make_identities(2)
        await screen.show(make_frame(identities, ageMs=[34_000, None]), identities)
        assert "◐ STALE newest reading is 34s old" in screen.line("state")
        assert "2 stale!" in screen.line("counts")
        assert "–" in screen.table[2]


async def test_unknown_is_not_zero() -> None:
    async with shown(gpus=0) as screen:
        identities = make_identities(1)
        unknown = {name: [None] for name in ("gpuUtilizationPct", "memoryUsedMb", "temperatureC", "powerDrawW")}
        await screen.show(make_frame(identities, **unknown), identities)
        assert "0%" not in screen.table[1]
        assert screen.table[1].count("–") == 4
        assert "UTIL ········ –" in screen.line("totals")


async def test_a_new_layout_changes_the_rows() -> None:
    async with shown() as screen:
        identities = make_identities(3)
        await screen.show(make_frame(identities), identities)
        assert screen.names == ["node-00/0", "node-00/1", "node-00/2"]


async def test_a_fleet_without_gpus_says_so() -> None:
    async with shown(gpus=0) as screen:
        await screen.show(make_frame([]), [])
        assert "no GPU is registered" in "\n".join(screen.table)
        await screen.press("n", "u", "r")


async def test_retired_gpus_are_listed_and_not_counted() -> None:
    async with shown(gpus=0) as screen:
        identities = make_identities(2)
        await screen.show(make_frame(identities, deviceStatuses=["ACTIVE", "RETIRED"], ageMs=[0, None]), identities)
        assert "1 GPU  1 active  1 node" in screen.line("counts")
        assert "stale" not in screen.line("counts")
        assert "retrd" in screen.table[2]


async def test_draws_visible_rows_only() -> None:
    async with shown(gpus=1000) as screen:
        table = screen.app.query_one(FleetTable)
        before = table.lines_drawn
        await screen.show(make_frame(make_identities(1000)))
        assert 0 < table.lines_drawn - before < 5 * table.size.height
        await screen.press("end")
        await screen.pilot.pause(0.3)
        assert screen.names[-1] == "node-124/7"


async def test_help_opens_and_any_key_closes_it() -> None:
    async with shown() as screen:
        await screen.press("question_mark")
        assert len(screen.app.screen_stack) == 2
        await screen.press("x")
        assert len(screen.app.screen_stack) == 1


async def test_q_quits() -> None:
    async with shown() as screen:
        await screen.press("q")
        assert not screen.app.is_running
        assert screen.app.failure is None


async def test_a_refusal_ends_it() -> None:
    async with shown() as screen:
        screen.feed.fail(Refused("the token has expired"))
        await screen.drawn()
        assert isinstance(screen.app.failure, Refused)
        assert not screen.app.is_running
