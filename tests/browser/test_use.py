"""The device list: filter, order, columns, selection, keys, thousands of rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.inspect_page import faults, overflow
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"
GPUS = 20


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    # of a GPU in MIG mode NVML tells no utilisation: here every one has a value
    return start_server(collector="simulated", sample_interval="0.5", simulated_mig_gpus="0")


@pytest.fixture(scope="module")
def large_server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", simulated_gpus="2400")


@pytest.fixture
def cordoned(server: PageServer) -> Iterator[list[dict[str, Any]]]:
    """Two GPUs that are out of service, with a reason."""
    devices = server.ask("{ devices(first: 2) { nodes { id gpuUuid } } }")["devices"]["nodes"]
    for device in devices:
        server.ask(SET_STATUS, i={"deviceId": device["id"], "status": "CORDONED", "reason": "fan replacement"})
    yield devices
    for device in devices:
        server.ask(SET_STATUS, i={"deviceId": device["id"], "status": "ACTIVE"})


def rows(page: Page) -> Locator:
    return page.locator("device-table tbody tr:not(.spacer)")


def utilisations(page: Page) -> list[float]:
    texts = page.locator("device-table td.utilization .number").all_inner_texts()
    return [float(text.rstrip("%")) for text in texts]


def query(text: str) -> re.Pattern[str]:
    """An address whose query is this, in any encoding of the comma."""
    return re.compile(r"\?" + re.escape(text).replace(",", "(,|%2C)") + "$")


def test_the_list_can_be_used_with_keys_alone(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    expect(rows(page)).to_have_count(GPUS)
    page.keyboard.press("f")
    page.keyboard.type("h100 gpu3")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("list-toolbar .count")).to_have_text("1 of 20 match")
    expect(page).to_have_url(query("q=h100+gpu3"))
    page.keyboard.press("Enter")
    expect(rows(page).first.locator("a.name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows(page)).to_have_count(GPUS)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(1).locator("a.name")).to_be_focused()
    page.keyboard.press("k")
    expect(rows(page).nth(0).locator("a.name")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_text("UUID copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()").startswith("GPU-")
    page.keyboard.press("x")
    expect(page.get_by_text("1 GPU selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("bulk-bar")).to_have_count(0)
    first = server.ask("{ devices(first: 1) { nodes { id } } }")["devices"]["nodes"][0]["id"]
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}devices/{first}")


def test_a_click_in_a_row_opens_the_device_and_back_finds_the_list_as_it_was(
    server: PageServer, open_page: OpenPage
) -> None:
    page = open_page(server, path="devices?q=h100&sort=-power")
    rows(page).nth(2).locator("td.model").click()
    expect(page.locator("device-page")).to_be_visible()
    page.go_back()
    expect(page.locator("device-table")).to_be_visible()
    expect(page).to_have_url(query("q=h100&sort=-power"))


def test_a_page_keeps_its_address_until_the_next_one_is_there(server: PageServer, open_page: OpenPage) -> None:
    held: list[Route] = []
    page = open_page(server, path="devices?q=h100")
    rows(page).nth(2).locator("td.model").click()
    device = page.locator("device-page")
    expect(device.get_by_role("heading", level=1)).to_contain_text("GPU")
    page.reload()
    expect(device.get_by_role("heading", level=1)).to_contain_text("GPU")
    page.route("**/assets/devices-page*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no builtin
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.go_back()
    page.wait_for_timeout(1500)  # ticks come in, and the old page is still the one that is shown
    expect(device.get_by_role("heading", level=1)).to_contain_text("GPU")
    assert [text for text in asked if "DeviceDetails" in text] == []
    held[0].continue_()
    expect(page.locator("device-table")).to_be_visible()


def test_a_column_head_orders_the_list_and_the_address_keeps_it(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    expect(rows(page)).to_have_count(GPUS)
    head = page.get_by_role("columnheader", name="Utilisation")
    page.keyboard.press("p")  # the figures stand still
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert utilisations(page) == sorted(utilisations(page), reverse=True)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert utilisations(page) == sorted(utilisations(page))
    expect(page).to_have_url(query("sort=utilization"))
    page.reload()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "none")
    expect(page).to_have_url(f"{server.url}devices")


def test_a_filter_that_matches_nothing_says_so_and_can_be_cleared(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices?state=unhealthy")
    page.get_by_placeholder("Node, GPU, model, UUID, PCI").fill("b200")
    expect(page.get_by_text("0 of 20 match")).to_have_count(2)  # over the list, and in its place
    expect(page.get_by_text("Text: b200 and State: Unhealthy")).to_be_visible()
    page.locator(".message").get_by_role("button", name="Clear filters").click()
    expect(rows(page)).to_have_count(GPUS)
    expect(page).to_have_url(f"{server.url}devices")


def test_filters_are_chosen_from_menus_and_removed_one_by_one(
    server: PageServer, open_page: OpenPage, cordoned: list[dict[str, Any]]
) -> None:
    page = open_page(server, path="devices")
    expect(rows(page)).to_have_count(GPUS)
    page.get_by_role("button", name="State", exact=True).click()
    page.get_by_role("checkbox", name="Out of service").check()
    expect(rows(page)).to_have_count(len(cordoned))
    expect(rows(page).first.locator("td.status")).to_have_text(re.compile("Cordoned.*Fan replacement", re.DOTALL))
    expect(page).to_have_url(query("state=out"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page).to_have_url(query("state=out,unhealthy"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="State: Out of service, Unhealthy")).to_be_focused()
    page.get_by_role("button", name="Remove filter State").click()
    expect(rows(page)).to_have_count(GPUS)


def test_a_gpu_that_goes_out_of_service_is_named_at_once(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    last = rows(page).last
    expect(last.locator("td.status")).not_to_contain_text("Maintenance")
    device = server.ask("{ devices(last: 1) { nodes { id } } }")["devices"]["nodes"][0]["id"]
    server.ask(SET_STATUS, i={"deviceId": device, "status": "MAINTENANCE", "reason": "firmware"})
    try:
        expect(last.locator("td.status")).to_have_text(re.compile("Maintenance.*Firmware", re.DOTALL))
    finally:
        server.ask(SET_STATUS, i={"deviceId": device, "status": "ACTIVE"})
    expect(last.locator("td.status")).not_to_contain_text("Maintenance")


def test_the_focus_stays_with_its_gpu_when_the_order_changes(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices?sort=-status&node=sim-h100-01")
    box = rows(page).first.get_by_role("checkbox")
    name = box.get_attribute("aria-label")
    assert name is not None
    box.focus()
    devices = server.ask('{ devices(where: { text: "sim-h100-01" }) { nodes { id deviceIndex } } }')["devices"]["nodes"]
    other = next(device for device in devices if not name.endswith(f"GPU {device['deviceIndex']}"))
    server.ask(SET_STATUS, i={"deviceId": other["id"], "status": "CORDONED"})
    try:
        expect(rows(page).first.locator("a.name")).to_have_text(f"GPU {other['deviceIndex']}", timeout=10_000)
        expect(page.get_by_role("checkbox", name=name)).to_be_focused()
    finally:
        server.ask(SET_STATUS, i={"deviceId": other["id"], "status": "ACTIVE"})


def test_columns_are_chosen_and_shared_by_address(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices")
    pci = page.get_by_role("columnheader", name="PCI address")
    expect(rows(page)).to_have_count(GPUS)
    expect(pci).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="PCI address").check()
    page.get_by_role("checkbox", name="Power").uncheck()
    expect(pci).to_be_visible()
    page.reload()
    expect(pci).to_be_visible()
    expect(page.get_by_role("columnheader", name="Power")).to_have_count(0)
    expect(rows(page).first.locator("td.pci")).to_have_text(re.compile(r"^[\dA-F:.]+$"))


def test_rows_are_selected_one_by_one_in_ranges_and_all(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server, path="devices")
    boxes = rows(page).get_by_role("checkbox")
    boxes.nth(1).check()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.get_by_text("4 GPUs selected")).to_be_visible()
    expect(page.locator("device-table tr.selected")).to_have_count(4)
    expect(page.locator("bulk-bar").get_by_role("button", name=re.compile("Cordon"))).to_be_visible()
    keep_picture(page, "devices-selected-1440-light")
    page.get_by_placeholder("Node, GPU, model, UUID, PCI").fill("gpu0")
    expect(page.get_by_text(re.compile(r"[34] (is|are) not in this list"))).to_be_visible()
    page.get_by_placeholder("Node, GPU, model, UUID, PCI").fill("")
    page.get_by_role("checkbox", name="Select all rows").check()
    expect(page.get_by_text("20 GPUs selected")).to_be_visible()
    page.locator("bulk-bar").get_by_role("button", name="Clear").click()
    expect(page.locator("device-table tr.selected")).to_have_count(0)


def test_the_rows_that_match_are_exported(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="devices?q=h100&sort=-utilization")
    expect(rows(page).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert re.fullmatch(r"gpu-devices-\d{4}-\d\d-\d\dT\d{4}\.csv", download.value.suggested_filename)
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    exported = list(csv.DictReader(io.StringIO(text)))
    assert len(exported) == rows(page).count()
    devices = server.ask('{ devices(where: { text: "h100" }) { nodes { gpuUuid } } }')["devices"]["nodes"]
    assert {row["gpu_uuid"] for row in exported} == {device["gpuUuid"] for device in devices}
    assert all(0 <= float(row["utilization_pct"]) <= 100 for row in exported)


def test_a_large_fleet_draws_only_what_is_on_the_screen(large_server: PageServer, open_page: OpenPage) -> None:
    page = open_page(large_server, path="devices")
    expect(page.locator("list-toolbar .count")).to_have_text(re.compile("2,400 GPUs on .* nodes"))
    assert rows(page).count() < 100
    last = large_server.ask("{ devices(last: 1) { nodes { node { nodeName } } } }")["devices"]["nodes"][0]
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("device-table tr[aria-rowindex='2401'] td.node")).to_have_text(last["node"]["nodeName"])
    assert rows(page).count() < 100
    head = page.locator("device-table th.node").bounding_box()
    assert head is not None
    assert 40 <= head["y"] <= 60  # it stays below the top bar
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("j")
    for _ in range(60):
        page.keyboard.press("j")
    current = page.locator("device-table tr[aria-rowindex='62'] a.name")
    expect(current).to_be_focused()
    expect(current).to_be_in_viewport()


def test_on_a_phone_it_is_a_list_of_two_lines(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server, 390, path="devices")
    items = page.locator("device-list li.item")
    expect(items).to_have_count(GPUS)
    assert overflow(page) <= 0
    for control in page.locator("list-toolbar").locator("button, select, label").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 42
    page.get_by_label("Sort by").select_option(label="Utilisation, highest first")
    expect(page).to_have_url(query("sort=-utilization"))
    keep_picture(page, "devices-sorted-390-light")
    items.first.click()
    expect(page.locator("device-page")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_menus_and_selection_have_no_faults(server: PageServer, open_page: OpenPage, scheme: str) -> None:
    page = open_page(server, scheme=scheme, path="devices?state=use,held,free&q=a")
    rows(page).get_by_role("checkbox").first.check()
    expect(page.locator("bulk-bar")).to_be_visible()
    page.get_by_role("button", name=re.compile("^State:")).click()
    expect(page.get_by_role("checkbox", name="Held idle")).to_be_visible()
    assert faults(page) == []
