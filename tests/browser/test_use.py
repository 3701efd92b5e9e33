"""Using the list: keys, filter, order, thousands of rows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated")


@pytest.fixture(scope="module")
def large_server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", simulated_gpus="2400")


def rows(page: Page) -> list[str]:
    return page.locator("device-table tbody tr:not(.spacer)").all_inner_texts()


def utilisations(page: Page) -> list[float]:
    texts = page.locator("device-table td.utilization .number").all_inner_texts()
    return [float(text.rstrip("%")) for text in texts]


def test_everything_can_be_done_with_the_keyboard(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    shown = page.locator("device-table tbody tr")
    expect(shown).to_have_count(20)
    page.keyboard.press("/")
    page.keyboard.type("h100 gpu3")
    expect(shown).to_have_count(1)
    expect(page.locator("device-table .count")).to_have_text("1 of 20")
    page.keyboard.press("Escape")
    expect(shown).to_have_count(20)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(shown.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(shown.nth(0)).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_text("UUID copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()").startswith("GPU-")
    page.keyboard.press("p")
    expect(page.locator("live-indicator .word")).to_have_text("Paused")
    still = utilisations(page)
    page.wait_for_timeout(2500)
    assert utilisations(page) == still
    page.keyboard.press("p")
    expect(page.locator("live-indicator .word")).to_have_text("Live")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_column_head_orders_the_list_and_says_so(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    expect(page.locator("device-table tbody tr")).to_have_count(20)
    head = page.get_by_role("columnheader", name="Utilisation")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    first = utilisations(page)
    assert first[0] > first[-1]
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert utilisations(page)[0] < utilisations(page)[-1]
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "none")


def test_a_filter_that_matches_nothing_says_so_and_can_be_cleared(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    page.get_by_placeholder("Filter by node, model, UUID").fill("b200")
    expect(page.get_by_text("0 of 20 match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("device-table tbody tr")).to_have_count(20)


def test_a_large_fleet_draws_only_what_is_on_the_screen(large_server: PageServer, open_page: OpenPage) -> None:
    page = open_page(large_server)
    expect(page.locator("fleet-strip .value").first).to_have_text("2,400")
    assert len(rows(page)) < 100
    last = large_server.ask("{ devices(last: 1) { nodes { node { nodeName } deviceIndex } } }")["devices"]["nodes"][0]
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("device-table tr[aria-rowindex='2401'] td.node")).to_have_text(last["node"]["nodeName"])
    assert len(rows(page)) < 100
    head = page.locator("device-table th.node").bounding_box()
    assert head is not None
    assert 40 <= head["y"] <= 60  # it stays below the top bar
