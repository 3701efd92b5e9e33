"""What flows: values change by themselves, changes made elsewhere are seen, and all of it costs one subscription."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

GPUS = 20
SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    # of a GPU in MIG mode NVML tells no utilisation: here every one has a value
    return start_server(collector="simulated", sample_interval="0.5", simulated_mig_gpus="0")


def word(page: Page) -> Locator:
    return page.locator("live-indicator .word")


def gpus(page: Page) -> Locator:
    """The rows of the list, with a head that says something else."""
    return page.get_by_role("main").get_by_role("row").filter(has_text=re.compile(r"\d+%"))


def values(page: Page) -> list[str]:
    return gpus(page).all_inner_texts()


def test_values_change_by_themselves(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    expect(gpus(page)).to_have_count(GPUS)
    expect(word(page)).to_have_text("Live")
    before = values(page)
    deadline = time.monotonic() + 10
    while values(page) == before:
        assert time.monotonic() < deadline, "no value changed"
        page.wait_for_timeout(100)


def test_a_pause_holds_them(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    expect(word(page)).to_have_text("Live")
    expect(gpus(page)).to_have_count(GPUS)
    page.keyboard.press("p")
    expect(word(page)).to_have_text("Paused")
    held = values(page)
    page.wait_for_timeout(1_500)  # three ticks
    assert values(page) == held
    page.keyboard.press("p")
    expect(word(page)).to_have_text("Live")


def test_the_overview_counts_as_the_server_does(server: PageServer, open_page: OpenPage) -> None:
    fleet = server.ask("{ fleet { totalGpus totalNodes } }")["fleet"]
    page = open_page(server)
    strip = page.locator("fleet-strip")
    expect(strip).to_contain_text(str(fleet["totalGpus"]))
    expect(page.get_by_role("banner")).to_contain_text(f"{fleet['totalNodes']} nodes")
    expect(page.get_by_role("banner").get_by_text("Simulated", exact=True)).to_be_visible()


def test_a_change_made_elsewhere_is_seen(server: PageServer, open_page: OpenPage) -> None:
    device = server.ask("{ devices(first: 1) { nodes { id } } }")["devices"]["nodes"][0]["id"]
    page = open_page(server, path="devices")
    expect(gpus(page)).to_have_count(GPUS)
    expect(gpus(page).filter(has_text="Cordoned")).to_have_count(0)
    server.ask(SET_STATUS, i={"deviceId": device, "status": "CORDONED"})
    try:
        expect(gpus(page).filter(has_text="Cordoned")).to_have_count(1)
    finally:
        server.ask(SET_STATUS, i={"deviceId": device, "status": "ACTIVE"})
    expect(gpus(page).filter(has_text="Cordoned")).to_have_count(0)


def test_every_page_shares_the_same_three_subscriptions(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    expect(word(page)).to_have_text("Live")
    opened = server.metric("gpu_websockets_opened_total")
    for name, heading in (
        ("Devices", "Devices"),
        ("Nodes", "Nodes"),
        ("Allocations", "Allocations"),
        ("Overview", "Fleet"),
    ):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_attached()
        assert server.metric("gpu_subscribers") == 3
    assert server.metric("gpu_websockets_opened_total") == opened


def test_ten_thousand_gpus(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="simulated", simulated_gpus="10000")
    page = open_page(server)
    expect(page.locator("fleet-strip")).to_contain_text("10,000")
    expect(word(page)).to_have_text("Live")
    expect(page.locator("heat-map").get_by_role("grid")).to_have_attribute("aria-busy", "false")
    page.get_by_role("navigation").get_by_role("link", name="Devices").click()
    expect(gpus(page).first).to_be_visible()
    assert gpus(page).count() < 100  # only what is on the screen is there
