"""One GPU and one node: live charts, and what can be done with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]
SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"
DEVICES = "{ devices { nodes { id deviceIndex deviceStatus statusReason gpuUuid node { id nodeName } } } }"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", sample_interval="0.5")


@pytest.fixture
def gpu(server: PageServer) -> Iterator[dict[str, Any]]:
    """The fourth GPU of the first node, in service before and after."""
    device = devices_of(server)[3]
    yield device
    server.ask(SET_STATUS, i={"deviceId": device["id"], "status": "ACTIVE"})


def devices_of(server: PageServer) -> list[dict[str, Any]]:
    devices: list[dict[str, Any]] = server.ask(DEVICES)["devices"]["nodes"]
    return devices


def status_of(server: PageServer, device: dict[str, Any]) -> tuple[str, str | None]:
    now = next(each for each in devices_of(server) if each["id"] == device["id"])
    return now["deviceStatus"], now["statusReason"]


def show(page: Page, server: PageServer, path: str) -> None:
    page.goto(f"{server.url}{path}")


def action(page: Page, name: str) -> Locator:
    return page.locator("device-actions").get_by_role("button", name=name, exact=True)


def newest(page: Page, chart: int = 0) -> Locator:
    return page.locator("live-chart .value").nth(chart)


def test_a_gpu_is_shown_live(server: PageServer, open_page: OpenPage, keep_picture: Keep, gpu: dict[str, Any]) -> None:
    page = open_page(server)
    show(page, server, f"devices/{gpu['id']}")
    name = f"{gpu['node']['nodeName']} · GPU 3"
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("live-chart h2")).to_have_text(["Utilisation", "Memory used", "Power", "Temperature"])
    for chart in range(4):
        expect(newest(page, chart)).to_have_text(re.compile(r"^\d"))
    expect(page.locator("device-identity")).to_contain_text(re.compile(r"SM clock\s*[\d,]+ MHz"))
    first = newest(page, 2).inner_text()
    expect(newest(page, 2)).not_to_have_text(first)
    expect(page.get_by_role("slider", name=re.compile("^Power W: newest"))).to_be_visible()
    page.get_by_role("button", name="Copy UUID").click()
    expect(page.locator("copy-button .copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == gpu["gpuUuid"]
    keep_picture(page, "device-1440-light")


def test_the_charts_share_cursor_zoom_and_range(server: PageServer, open_page: OpenPage, gpu: dict[str, Any]) -> None:
    page = open_page(server)
    show(page, server, f"devices/{gpu['id']}")
    expect(newest(page)).to_have_text(re.compile(r"^\d"))
    plot = page.get_by_role("slider", name=re.compile("^Utilisation"))
    plot.focus()
    plot.press("Home")
    says = page.locator("live-chart-board .says")
    expect(says).to_have_text(re.compile(r"^At \d\d:\d\d:\d\d$"))
    cursors = page.locator("live-chart .u-cursor-x:not(.u-off)")
    expect(cursors).to_have_count(4)
    lefts = {cursor.bounding_box()["x"] - plot_left(page, at) for at, cursor in enumerate(cursors.all())}  # type: ignore[index]
    assert max(lefts) - min(lefts) < 2, lefts
    plot.press("Escape")
    expect(says).to_contain_text("This page has seen the last")
    box = page.locator("live-chart .u-over").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 60, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    expect(page.get_by_role("button", name="Show the whole range")).to_be_visible()
    page.mouse.dblclick(box["x"] + 100, box["y"] + 40)
    expect(page.get_by_role("button", name="Show the whole range")).to_have_count(0)
    page.get_by_role("button", name="15 min").click()
    expect(page).to_have_url(re.compile(r"range=15m"))
    expect(page.get_by_role("button", name="15 min")).to_have_attribute("aria-pressed", "true")


def plot_left(page: Page, chart: int) -> float:
    box = page.locator("live-chart .u-over").nth(chart).bounding_box()
    assert box is not None
    return box["x"]


def test_the_keys_walk_through_the_node(server: PageServer, open_page: OpenPage, gpu: dict[str, Any]) -> None:
    page = open_page(server)
    show(page, server, f"devices/{gpu['id']}?range=1h")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("GPU 3")
    page.keyboard.press("]")
    expect(heading).to_contain_text("GPU 4")
    expect(page).to_have_url(re.compile("range=1h"))
    expect(newest(page)).to_have_text(re.compile(r"^\d"))
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(heading).to_contain_text("GPU 2")
    page.locator("jump-strip").get_by_role("link", name=re.compile("^GPU 0,")).click()
    expect(heading).to_contain_text("GPU 0")
    expect(page.locator("jump-strip a[aria-current=page]")).to_have_attribute("aria-label", re.compile("^GPU 0,"))
    expect(page.get_by_role("button", name="Previous GPU of the node")).to_have_attribute("aria-disabled", "true")


def test_cordon_acts_at_once_and_can_be_undone(server: PageServer, open_page: OpenPage, gpu: dict[str, Any]) -> None:
    page = open_page(server)
    show(page, server, f"devices/{gpu['id']}")
    action(page, "Cordon").click()
    expect(page.locator("toast-stack")).to_contain_text(f"Cordoned {gpu['node']['nodeName']} · GPU 3")
    expect(page.locator(".title .badge")).to_have_text("Cordoned")
    expect(action(page, "Return to service")).to_be_visible()
    expect(page.locator(".list li")).to_contain_text("In service → Cordoned")
    assert status_of(server, gpu)[0] == "CORDONED"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".title .badge")).to_have_text("In service")
    assert status_of(server, gpu)[0] == "ACTIVE"


def test_drain_asks_once_and_sends_the_reason(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, gpu: dict[str, Any]
) -> None:
    page = open_page(server)
    show(page, server, f"devices/{gpu['id']}")
    action(page, "Drain…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("what runs there has to leave")
    keep_picture(page, "confirm-1440-light")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(action(page, "Drain…")).to_be_focused()
    assert status_of(server, gpu)[0] == "ACTIVE"
    action(page, "Drain…").click()
    dialog.get_by_label("Reason").fill("firmware")
    dialog.get_by_role("button", name="Drain").click()
    expect(page.locator(".title .badge")).to_have_text("Draining")
    expect(page.locator(".title .reason")).to_have_text("firmware")
    assert status_of(server, gpu) == ("DRAINING", "firmware")


def test_retire_wants_the_name_and_is_final(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    gpu = devices_of(server)[-1]
    server.ask(SET_STATUS, i={"deviceId": gpu["id"], "status": "CORDONED"})
    show(page, server, f"devices/{gpu['id']}")
    action(page, "Retire…").click()
    dialog = page.get_by_role("dialog")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()  # nothing is typed yet
    dialog.get_by_label("to confirm").fill(f"{gpu['node']['nodeName']}/{gpu['deviceIndex']}")
    dialog.get_by_role("button", name="Retire").click()
    expect(page.get_by_text("This GPU is retired")).to_be_visible()
    expect(page.locator("device-actions").get_by_role("button")).to_have_count(0)
    assert status_of(server, gpu)[0] == "RETIRED"


def test_a_refusal_stands_where_it_happened(server: PageServer, open_page: OpenPage, gpu: dict[str, Any]) -> None:
    page = open_page(server)

    def refuse(route: Any) -> None:
        if "SetDeviceStatus" not in (route.request.post_data or ""):
            route.continue_()
            return
        error = {"__typename": "ConflictError", "message": "the device has changed", "code": "CONFLICT"}
        route.fulfill(json={"data": {"setDeviceStatus": error}})

    page.route("**/graphql", refuse)
    show(page, server, f"devices/{gpu['id']}")
    action(page, "Cordon").click()
    expect(page.locator("device-actions").get_by_role("alert")).to_contain_text("The device has changed.")
    expect(page.locator("toast-stack p")).to_have_count(0)
    page.locator("device-actions").get_by_role("button", name="Dismiss").click()
    expect(page.locator("device-actions").get_by_role("alert")).to_have_count(0)
    expect(action(page, "Cordon")).to_have_attribute("aria-disabled", "false")


def test_a_node_is_cordoned_as_a_whole(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, gpu: dict[str, Any]
) -> None:
    page = open_page(server)
    show(page, server, f"nodes/{gpu['node']['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(gpu["node"]["nodeName"])
    expect(page.locator("node-gpus tbody tr")).to_have_count(8)
    expect(newest(page)).to_have_text(re.compile(r"^\d"))
    keep_picture(page, "node-1440-light")
    action(page, "Cordon 8 GPUs").click()
    expect(page.locator("toast-stack")).to_contain_text("Cordoned 8 GPUs")
    expect(page.locator("node-gpus").get_by_text("Cordoned")).to_have_count(8)
    ours = [device for device in devices_of(server) if device["node"]["id"] == gpu["node"]["id"]]
    assert {device["deviceStatus"] for device in ours} == {"CORDONED"}
    page.get_by_role("button", name="Undo").click()
    expect(action(page, "Cordon 8 GPUs")).to_be_visible()
    page.locator("node-gpus").get_by_role("link", name=re.compile("GPU 3$")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("GPU 3")


@pytest.mark.parametrize("path", ["devices/dev_none", "nodes/node_none"])
def test_what_does_not_exist_is_said(server: PageServer, open_page: OpenPage, path: str) -> None:
    page = open_page(server)
    show(page, server, path)
    expect(page.get_by_role("heading", name=re.compile("There is no such (GPU|node)"))).to_be_visible()


def test_on_a_phone_everything_is_in_one_column(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, gpu: dict[str, Any]
) -> None:
    page = open_page(server, 390, "dark")
    for path, name in ((f"devices/{gpu['id']}", "device"), (f"nodes/{gpu['node']['id']}", "node")):
        show(page, server, path)
        expect(newest(page)).to_have_text(re.compile(r"^\d"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        heights = page.locator("live-chart .plot").evaluate_all("plots => plots.map(plot => plot.clientHeight)")
        assert set(heights) == {160}
        lefts = page.locator("live-chart").evaluate_all("all => all.map(one => one.getBoundingClientRect().left)")
        assert set(lefts) == {0}
        keep_picture(page, f"{name}-390-dark")


def test_a_viewer_is_told_who_may(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="simulated", auth_mode="token")
    token = server.run("token", "--role", "viewer", "--user", "minseo")
    page = open_page(server, allow="401")
    page.evaluate("token => sessionStorage.setItem('gpu-token', token)", token)
    page.goto(server.url)
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.locator("device-table a.name").first.click()
    locked = page.locator("device-actions").get_by_role("button")
    expect(locked).to_have_count(1)
    locked.focus()
    expect(page.get_by_text("Needs the operator role.")).to_be_visible()


def test_without_a_connection_nothing_can_be_done_and_the_line_stops(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="simulated", sample_interval="0.5")
    gpu = devices_of(server)[3]
    page = open_page(server, allow="WebSocket connection to")
    show(page, server, f"devices/{gpu['id']}")
    expect(action(page, "Cordon")).to_be_visible()
    server.stop()
    expect(page.get_by_text("Off until the connection is back.")).to_be_visible()
    expect(action(page, "Cordon")).to_have_attribute("aria-disabled", "true")
    action(page, "Cordon").press("Enter")
    expect(page.locator("device-actions .running")).to_have_count(0)
    keep_picture(page, "device-offline-1440-light")
    server.start()
    expect(action(page, "Cordon")).to_have_attribute("aria-disabled", "false", timeout=20_000)
