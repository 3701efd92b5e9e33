"""The overview of a fleet whose readings are known: what it makes of them, and that nothing moves meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.inspect_page import faults, overflow
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"
DEVICES = "{ devices { nodes { id deviceIndex node { nodeName } } } }"

FLEET: dict[str, tuple[int, dict[str, Any]]] = {
    "h100-01": (4, {"gpuUtilizationPct": 40, "memoryUsedMb": 8192, "temperatureC": 60, "powerDrawW": 300}),
    "h100-02": (3, {"gpuUtilizationPct": 0, "memoryUsedMb": 20480, "temperatureC": 35, "powerDrawW": 80}),
    "h100-03": (2, {"gpuUtilizationPct": 0, "memoryUsedMb": 0, "temperatureC": 30, "powerDrawW": 70}),
    "h100-04": (1, {"gpuUtilizationPct": 90, "memoryUsedMb": 8192, "temperatureC": 91, "powerDrawW": 390}),
}
"""How many GPUs each node has and what each of those reads: 5 in use, 3 held idle, 2 free."""

# Where the parts of the page are, before there is data (`window.first`) and now.
PLACES = """() => {
  const page = document.querySelector('gpu-app').shadowRoot.querySelector('overview-page').shadowRoot;
  const strip = page.querySelector('fleet-strip').shadowRoot;
  const parts = [strip.querySelector('.figures'), strip.querySelector('.bar')];
  parts.push(...['.head', 'heat-map', 'aside'].map((part) => page.querySelector(part)));
  return parts.map((part) => part.getBoundingClientRect()).map(({ x, y, width }) => [x, y, width]);
}"""
# The page's own questions wait until it was looked at: otherwise a busy machine may never paint it without data.
LOOK_EARLY = f"""window.first = null;
let seen;
const looked = new Promise((resolve) => {{ seen = resolve; }});
const ask = window.fetch;
window.fetch = (...question) => looked.then(() => ask(...question));
const look = () => {{
  const page = document.querySelector('gpu-app')?.shadowRoot?.querySelector('overview-page')?.shadowRoot;
  const value = page?.querySelector('fleet-strip')?.shadowRoot?.querySelector('.value')?.textContent.trim();
  if (value === '–') {{ window.first = ({PLACES})(); seen(); }}
  else requestAnimationFrame(look);
}};
requestAnimationFrame(look);"""


class Fleet:
    """A fleet that reads what we say. `record` says it again, so that nothing grows old."""

    def __init__(self, server: PageServer) -> None:
        self.server = server
        self._uuids = {node: server.report(node, gpus) for node, (gpus, _) in FLEET.items()}
        found = server.ask(DEVICES)["devices"]["nodes"]
        self._ids = {(each["node"]["nodeName"], each["deviceIndex"]): str(each["id"]) for each in found}

    def record(self) -> None:
        for node, (_, values) in FLEET.items():
            self.server.record(node, self._uuids[node], **values)

    def set_status(self, node: str, index: int, status: str, reason: str | None = None) -> None:
        given: dict[str, Any] = {"deviceId": self._ids[node, index], "status": status, "reason": reason}
        self.server.ask(SET_STATUS, i=given)

    def id_of(self, node: str, index: int) -> str:
        return self._ids[node, index]


@pytest.fixture(scope="module")
def known_fleet(start_server: StartServer) -> Fleet:
    return Fleet(start_server(collector="none", sample_interval="0.5"))


@pytest.fixture
def fleet(known_fleet: Fleet) -> Fleet:
    known_fleet.record()
    return known_fleet


def figure(page: Page, label: str) -> Locator:
    return page.locator("fleet-strip li").filter(has=page.get_by_text(label, exact=True))


def side(page: Page, heading: str) -> Locator:
    return page.get_by_role("region", name=heading)


def test_the_figures_add_up_and_lead_to_their_lists(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server)
    expect(figure(page, "GPUs").locator(".value")).to_have_text("10")
    expect(page.locator("fleet-strip .bar")).to_have_attribute("aria-label", "In use: 5, Held idle: 3, Free: 2")
    allocated = page.get_by_role("link", name="Allocated 8 80.0% 25% mean utilisation")
    expect(allocated).to_have_attribute("title", re.compile("by an allocation; without one, judged by load"))
    expect(figure(page, "Idle but held")).to_contain_text("60.0 GiB held")
    expect(figure(page, "Cost per hour").locator(".value")).to_have_text("–")
    expect(figure(page, "Cost per hour").get_by_role("link")).to_have_count(0)
    allocated.click()
    expect(page.locator("device-table tbody tr")).to_have_count(8)


def test_the_metric_follows_the_arrows_as_any_choice(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server, path="?metric=temperature")
    metrics = page.get_by_role("radiogroup", name="Metric")
    metrics.get_by_role("radio", name="Temperature").focus()
    page.keyboard.press("ArrowRight")
    expect(metrics.get_by_role("radio", name="Power")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(metrics.get_by_role("radio", name="Utilisation")).to_be_checked()
    expect(page).to_have_url(fleet.server.url)


def test_a_filter_without_a_match_says_so_and_can_be_cleared(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server)
    states = page.get_by_role("combobox", name="State")
    states.select_option("free")
    expect(page.get_by_text("2 of 10 match")).to_be_visible()
    states.select_option("nodata")
    expect(page.get_by_text("0 of 10 match")).to_be_visible()
    page.keyboard.press("t")
    table = page.locator("fleet-table")
    expect(table.get_by_text("0 of 10 match")).to_be_visible()
    table.get_by_role("button", name="Clear filters").click()
    expect(table.locator("tbody tr")).to_have_count(10)
    expect(states).to_have_value("")
    states.select_option("held")
    expect(table.locator("tbody tr")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(table.locator("tbody tr")).to_have_count(10)
    expect(states).to_have_value("")


def test_map_and_table_have_one_selection(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server, path="?view=table")
    page.get_by_role("checkbox", name="Select h100-02 · GPU 1").check()
    page.get_by_role("checkbox", name="Select h100-03 · GPU 0").check()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text(re.compile(r"2 GPUs selected\s+on 2 nodes"))
    page.get_by_role("button", name="Map", exact=True).click()
    expect(bar).to_contain_text("2 GPUs selected")
    expect(page.locator("heat-map")).to_have_js_property("selection.size", 2)
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def test_it_names_what_needs_attention_and_who_holds_memory_idle(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server)
    attention = side(page, "Needs attention")
    expect(attention).to_contain_text("1 warning")
    expect(attention.get_by_role("link")).to_have_count(1)
    expect(attention.get_by_role("link")).to_contain_text("Hot, 91 °Ch100-04 · GPU 0")
    idle = side(page, "Top idle holders").get_by_role("link")
    expect(idle).to_have_count(1)
    expect(idle).to_contain_text("h100-023 GPUs A100 80GB SXM4")
    expect(idle).to_contain_text(re.compile(r"60\.0 GiBidle at least \d"))
    attention.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/devices/{fleet.id_of('h100-04', 0)}$"))


def test_a_change_is_told_with_who_and_why(fleet: Fleet, open_page: OpenPage) -> None:
    page = open_page(fleet.server)
    changes = side(page, "Recent changes")
    expect(changes).to_contain_text("No changes since this page was opened")
    fleet.set_status("h100-01", 2, "CORDONED", "fan noise")
    expect(changes.get_by_role("link").first).to_contain_text("h100-01 · GPU 2 In service → Cordoned")
    expect(changes.get_by_role("link").first).to_contain_text(re.compile(r"by \S+ · fan noise"))
    expect(figure(page, "Free")).to_contain_text("1 out of service")
    expect(side(page, "Needs attention")).not_to_contain_text("h100-01")
    fleet.set_status("h100-01", 2, "ACTIVE")
    expect(figure(page, "Free")).to_contain_text("none out of service")


def test_an_empty_fleet_has_no_map_and_good_news_is_said(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="none", sample_interval="0.5")
    page = open_page(server)
    expect(page.get_by_text("as soon as the first GPU reports")).to_be_visible()
    expect(page.locator("heat-map")).to_have_count(0)
    expect(page.locator("fleet-strip")).to_be_visible()
    keep_picture(page, "overview-empty-1440-light")
    server.record("a100-01", server.report("a100-01", 8), gpuUtilizationPct=40, memoryUsedMb=8192)
    expect(page.locator("heat-map")).to_be_visible()
    expect(page.get_by_text("Nothing needs attention")).to_be_visible()
    expect(page.get_by_text("Nothing is held idle")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_when_the_data_comes(fleet: Fleet, open_page: OpenPage, width: int) -> None:
    page = open_page(fleet.server, width=width, script=LOOK_EARLY)
    expect(page.get_by_text("Hot, 91 °C")).to_be_attached()
    early = page.evaluate("window.first")
    assert early is not None, "the page was not seen before its data"
    # The place of what lies below the map depends on how large the fleet turns out to be.
    kept = slice(None) if width == 1440 else slice(-1)
    assert page.evaluate(PLACES)[kept] == early[kept]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_six_figures_and_lists_below_the_map(
    fleet: Fleet, open_page: OpenPage, keep_picture: Keep, scheme: str
) -> None:
    page = open_page(fleet.server, width=390, scheme=scheme, path="?state=nodata")
    figures = page.locator("fleet-strip li:visible")
    expect(figures).to_have_count(6)
    expect(figures.first.locator(".unit:visible")).to_have_text("of 10")
    expect(page.get_by_text("0 of 10 match")).to_be_visible()
    assert overflow(page) <= 0
    assert faults(page) == []
    page.get_by_role("button", name="Table").click()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("fleet-table device-list li.item")).to_have_count(10)
    assert faults(page) == []
    keep_picture(page, f"overview-table-390-{scheme}")
