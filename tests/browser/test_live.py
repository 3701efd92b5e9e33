"""What a visitor sees: the fleet, live, at every size and in both schemes; and what happens when it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

GPUS = 20
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 18, 22)"}

Keep = Callable[[Page, str], Path]


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", sample_interval="0.5")


def rows(page: Page) -> list[str]:
    return page.locator("device-table tbody tr:not(.spacer), device-table li.item").all_inner_texts()


def wait_for_rows(page: Page, count: int = GPUS) -> None:
    expect(page.locator("device-table tbody tr:not(.spacer), device-table li.item")).to_have_count(
        count, timeout=10_000
    )


def wait_for_change(page: Page, before: list[str]) -> None:
    for _ in range(100):
        if rows(page) != before:
            return
        page.wait_for_timeout(100)
    pytest.fail("no value changed within 10 s")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_gpu_is_shown_live(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, width: int, scheme: str
) -> None:
    page = open_page(server, width, scheme)
    wait_for_rows(page)
    expect(page.locator("live-indicator .word")).to_have_text("Live")
    expect(page.get_by_text("Simulated", exact=True)).to_be_visible()
    expect(page.locator("fleet-strip .value").first).to_have_text(str(GPUS))
    wait_for_change(page, rows(page))
    page.wait_for_timeout(4000)  # for the picture: some history in the small charts
    keep_picture(page, f"overview-{width}-{scheme}")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == BACKGROUND[scheme]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_rows(page)


def test_the_figures_are_those_of_the_api(server: PageServer, open_page: OpenPage) -> None:
    fleet = server.ask("{ fleet { totalGpus availableGpus memoryTotalMb } }")["fleet"]
    page = open_page(server)
    wait_for_rows(page)
    values = page.locator("fleet-strip .figure")
    expect(values.nth(0).locator(".value")).to_have_text(str(fleet["totalGpus"]))
    expect(values.nth(1).locator(".value")).to_contain_text(str(fleet["availableGpus"]))
    expect(values.nth(3).locator(".second")).to_contain_text(f"of {fleet['memoryTotalMb'] / 1024:,.0f} GiB")


def test_a_cordoned_gpu_is_named_and_counted(server: PageServer, open_page: OpenPage) -> None:
    device = server.ask("{ devices(first: 1) { nodes { id } } }")["devices"]["nodes"][0]["id"]
    change = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"
    page = open_page(server)
    wait_for_rows(page)
    server.ask(change, i={"deviceId": device, "status": "CORDONED"})
    try:
        expect(page.locator("device-table tbody tr").first).to_contain_text("Cordoned")
        expect(page.locator("fleet-strip .figure").nth(1)).to_contain_text("1 out of service")
    finally:
        server.ask(change, i={"deviceId": device, "status": "ACTIVE"})
    expect(page.locator("fleet-strip .figure").nth(1)).to_contain_text("none out of service")


def test_the_page_recovers_after_the_server_restarts(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="simulated", sample_interval="0.5")
    page = open_page(server, allow="WebSocket connection to")
    wait_for_rows(page)
    server.stop()
    expect(page.locator("live-indicator .word")).to_have_text("Offline")
    expect(page.get_by_text("Connection lost, reconnecting")).to_be_visible()
    wait_for_rows(page)  # what was known stays, and says how old it is
    page.wait_for_timeout(1500)
    expect(page.locator("live-indicator .detail")).to_contain_text("retry in")
    keep_picture(page, "offline-1440-light")
    server.start()
    expect(page.locator("live-indicator .word")).to_have_text("Live", timeout=20_000)
    expect(page.get_by_text("Connection lost, reconnecting")).to_have_count(0)
    wait_for_change(page, rows(page))


def test_an_empty_fleet_fills_by_itself(start_server: StartServer, open_page: OpenPage, keep_picture: Keep) -> None:
    server = start_server(collector="none")
    page = open_page(server)
    expect(page.get_by_text("No GPUs yet")).to_be_visible()
    expect(page.get_by_text("gpuctl agent --server")).to_be_visible()
    keep_picture(page, "empty-1440-light")
    devices = [
        {"gpuUuid": f"GPU-{n:08x}-0000-0000-0000-000000000000", "deviceIndex": n, "modelName": "NVIDIA A100-SXM4-80GB"}
        for n in range(8)
    ]
    answer = server.ask(
        "mutation($i: ReportNodeInput!) { reportNode(input: $i) { __typename ... on Error { message } } }",
        i={"clusterName": "seoul", "nodeName": "a100-01", "devices": devices},
    )
    assert answer == {"reportNode": {"__typename": "NodeReported"}}
    wait_for_rows(page, 8)
    expect(page.get_by_text("No GPUs yet")).to_have_count(0)
    expect(page.locator("device-table tbody tr").first).to_contain_text("No reading yet")
    expect(page.get_by_text("Simulated", exact=True)).to_have_count(0)


def test_a_server_with_tokens_asks_for_one(start_server: StartServer, open_page: OpenPage, keep_picture: Keep) -> None:
    server = start_server(collector="simulated", auth_mode="token")
    page = open_page(server)
    expect(page.get_by_text("This server needs a token")).to_be_visible()
    keep_picture(page, "token-1440-light")
    page.get_by_label("Token").fill("not-a-token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The token is not valid")).to_be_visible()
    page.get_by_label("Token").fill(server.run("token", "--role", "viewer", "--user", "minseo"))
    page.get_by_role("button", name="Sign in").click()
    wait_for_rows(page)
    expect(page.get_by_text("Signed in as minseo, viewer")).to_be_visible()
