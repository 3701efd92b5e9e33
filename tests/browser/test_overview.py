"""The overview: its figures are the API's, its view is in the address, and what happens shows at the side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", sample_interval="0.5")


@pytest.fixture
def devices(server: PageServer) -> Iterator[list[dict[str, Any]]]:
    """The GPUs, which are back in service afterwards."""
    query = "{ devices { nodes { id deviceIndex deviceStatus node { nodeName } } } }"
    yield server.ask(query)["devices"]["nodes"]
    for device in server.ask(query)["devices"]["nodes"]:
        if device["deviceStatus"] != "ACTIVE":
            server.ask(SET_STATUS, i={"deviceId": device["id"], "status": "ACTIVE"})


def figures(page: Page) -> Locator:
    return page.locator("fleet-strip .figure")


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def test_the_figures_are_those_of_the_api_and_add_up(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    total = server.ask("{ fleet { totalGpus } }")["fleet"]["totalGpus"]
    expect(figures(page).nth(0).locator(".value")).to_have_text(str(total))
    bar = page.locator("fleet-strip .bar")
    expect(bar).to_have_attribute("aria-label", re.compile("In use: "))
    parts = re.findall(r": (\d+)", bar.get_attribute("aria-label") or "")
    assert sum(map(int, parts)) == total
    expect(figures(page).nth(6)).to_contain_text("no prices yet")


def test_a_figure_leads_to_the_list_behind_it(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    held = figures(page).nth(2)
    expect(held.locator(".value")).to_have_text(re.compile(r"\d"))
    held.click()
    expect(page).to_have_url(f"{server.url}devices?state=held&sort=-memory")
    expect(page.get_by_role("heading", level=1, name="Devices")).to_be_visible()


def test_the_view_is_in_the_address_and_follows_the_keys(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="?metric=power&group=node")
    metric = page.get_by_role("radiogroup", name="Metric")
    expect(metric.get_by_role("radio", name="Power")).to_be_checked()
    page.keyboard.press("3")
    expect(metric.get_by_role("radio", name="Temperature")).to_be_checked()
    expect(page).to_have_url(f"{server.url}?metric=temperature&group=node")
    page.keyboard.press("1")
    expect(page).to_have_url(f"{server.url}?group=node")
    page.get_by_label("State").select_option("free")
    expect(page.get_by_text(re.compile(r"\d of 20 match"))).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_label("State")).to_have_value("")
    expect(page).to_have_url(f"{server.url}?group=node")


def test_the_map_is_a_table_too(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    expect(page.locator("heat-map")).to_be_visible()
    page.keyboard.press("t")
    rows = page.locator("fleet-table tbody tr")
    expect(rows).to_have_count(20)
    expect(page.locator("heat-map")).to_have_count(0)
    page.get_by_role("columnheader", name="Temp.").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Temp.")).to_have_attribute("aria-sort", "descending")
    page.keyboard.press("t")
    expect(page.locator("heat-map")).to_be_visible()


def test_what_breaks_needs_attention_and_is_told_as_a_change(
    server: PageServer, open_page: OpenPage, devices: list[dict[str, Any]]
) -> None:
    page = open_page(server)
    expect(region(page, "Needs attention")).to_be_visible()
    expect(region(page, "Recent changes")).to_contain_text("No changes since this page was opened")
    device = devices[1]
    server.ask(SET_STATUS, i={"deviceId": device["id"], "status": "UNHEALTHY", "reason": "XID 79"})
    name = device["node"]["nodeName"]
    issue = region(page, "Needs attention").get_by_role("link", name=re.compile(f"Unhealthy {name} · GPU 1 · XID 79"))
    expect(issue).to_be_visible()
    expect(figures(page).nth(4).locator(".value")).to_contain_text("1")
    change = region(page, "Recent changes").get_by_role("link")
    expect(change.first).to_contain_text(f"{name} · GPU 1 In service → Unhealthy")
    issue.click()
    expect(page).to_have_url(f"{server.url}devices/{device['id']}")


def test_chosen_gpus_are_cordoned_and_taken_back(
    server: PageServer, open_page: OpenPage, devices: list[dict[str, Any]]
) -> None:
    page = open_page(server)
    expect(page.locator("heat-map")).to_be_visible()
    page.keyboard.press("t")
    page.locator("fleet-table tbody input").nth(0).check()
    page.locator("fleet-table tbody input").nth(1).check()
    expect(page.locator("bulk-bar")).to_contain_text("2 GPUs selected")
    page.locator("bulk-bar").get_by_role("button", name="Cordon").click()
    expect(page.locator("fleet-table tbody tr").nth(1)).to_contain_text("Cordoned")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("fleet-table tbody tr").nth(1)).not_to_contain_text("Cordoned")


def test_idle_holders_say_how_much_and_for_how_long(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    holder = region(page, "Top idle holders").get_by_role("link").first
    expect(holder).to_contain_text(re.compile(r"[\d.]+ GiB"))
    expect(holder).to_contain_text(re.compile(r"idle (at least )?[\d.]+ (s|min)"))
