"""The map of all GPUs: pointer, keys, selection, phone, states, 10,000 of them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.inspect_page import faults
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"
DEVICES = "{ devices { nodes { id deviceIndex node { nodeName } } } }"

# Where on the screen the middle of a GPU's cell is.
PLACE = """(map, id) => {
  const { x, y, size } = map.geometry;
  const at = map.snapshot.layout.at.get(id);
  const box = map.getBoundingClientRect();
  return [box.left + x[at] + size[at] / 2, box.top + y[at] + size[at] / 2];
}"""

# The colours in a square of the canvas, read from a copy: reading makes a canvas slow.
COLOURS_IN = """(map, [x, y, size]) => {
  const pen = new OffscreenCanvas(size, size).getContext('2d', { willReadFrequently: true });
  pen.drawImage(map.renderRoot.querySelector('canvas'), -x, -y);
  const { data } = pen.getImageData(0, 0, size, size);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 3).join());
  return [...colours].map((colour) => colour.split(',').map(Number));
}"""

SQUARE = """(map, id) => {
  const { x, y, size } = map.geometry;
  const at = map.snapshot.layout.at.get(id);
  return [x[at], y[at], size[at]];
}"""

KEEP_COSTS = """const measure = performance.measure.bind(performance);
window.costs = [];
performance.measure = (name, ...rest) => {
  const entry = measure(name, ...rest);
  if (name === 'heat-map') window.costs.push(entry.duration);
  return entry;
};"""


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    # of a GPU in MIG mode NVML tells no utilisation: here every one has a value
    return start_server(collector="simulated", sample_interval="0.5", simulated_mig_gpus="0")


@pytest.fixture(scope="module")
def gpus(server: PageServer) -> list[dict[str, Any]]:
    devices: list[dict[str, Any]] = server.ask(DEVICES)["devices"]["nodes"]
    return devices


def shown_map(page: Page) -> Locator:
    """The map, once the fleet is on it."""
    heat_map = page.locator("heat-map")
    expect(heat_map.get_by_role("grid")).to_have_attribute("aria-busy", "false")
    return heat_map


def place(heat_map: Locator, gpu: dict[str, Any]) -> tuple[float, float]:
    x, y = heat_map.evaluate(PLACE, gpu["id"])
    return x, y


def name_of(gpu: dict[str, Any]) -> str:
    return f"{gpu['node']['nodeName']} · GPU {gpu['deviceIndex']}"


def colours_of(heat_map: Locator, gpu: dict[str, Any]) -> list[list[int]]:
    """Every colour in a GPU's cell."""
    colours: list[list[int]] = heat_map.evaluate(COLOURS_IN, heat_map.evaluate(SQUARE, gpu["id"]))
    return colours


def selected(heat_map: Locator) -> set[str]:
    return set(heat_map.evaluate("(map) => [...map.selection]"))


def test_the_pointer_asks_and_opens(server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]]) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    page.mouse.move(*place(heat_map, gpus[3]))
    tip = heat_map.get_by_role("tooltip")
    expect(tip).to_contain_text(name_of(gpus[3]))
    expect(tip).to_contain_text(re.compile(r"\d+%.*GiB.*W.*°C.*ago", re.DOTALL))
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.click(*place(heat_map, gpus[5]))
    expect(page).to_have_url(f"{server.url}devices/{gpus[5]['id']}")


def test_the_name_of_a_node_tells_its_totals(
    server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]]
) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    node = gpus[0]["node"]["nodeName"]
    first = next(gpu for gpu in gpus if gpu["node"]["nodeName"] == node)
    x, y = place(heat_map, first)
    page.mouse.move(x - 30, y)
    tip = heat_map.get_by_role("tooltip")
    expect(tip).to_contain_text(node)
    expect(tip).to_contain_text(f"{sum(gpu['node']['nodeName'] == node for gpu in gpus)} GPUs")
    page.mouse.click(x - 30, y)
    expect(page).to_have_url(re.compile("/nodes/"))


def test_the_keys_walk_name_pin_and_open(server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]]) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    heat_map.get_by_role("grid").focus()
    cell = heat_map.get_by_role("gridcell")
    page.keyboard.press("ArrowRight")
    if not re.search(" GPU 1,", cell.inner_text()):  # the first key may only show where the focus is
        page.keyboard.press("ArrowRight")
    expect(cell).to_have_text(re.compile(r"^\S+ GPU 1, .+, \d+ percent, live$"))
    expect(heat_map.get_by_role("tooltip")).to_contain_text("GPU 1")
    active = heat_map.get_by_role("grid").get_attribute("aria-activedescendant")
    assert active == cell.get_attribute("id")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(cell).to_have_text(re.compile(" GPU 2, "))
    expect(heat_map.get_by_role("tooltip")).to_contain_text("GPU 1")  # it is pinned
    page.keyboard.press("Escape")
    expect(heat_map.get_by_role("tooltip")).to_contain_text("GPU 2")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/devices/"))


def test_a_selection_is_drawn_added_to_and_cleared(
    server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]]
) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    heat_map.evaluate(
        "(map) => map.addEventListener('selection-change', ({ detail }) => { window.told = detail.selection.size; })"
    )
    x, y = place(heat_map, gpus[0])
    page.mouse.move(x - 10, y - 9)
    page.mouse.down()
    page.mouse.move(*place(heat_map, gpus[2]), steps=4)
    page.mouse.up()
    assert selected(heat_map) == {gpu["id"] for gpu in gpus[:3]}
    assert page.evaluate("window.told") == 3
    expect(page.locator("[aria-live='polite']", has_text="3 GPUs selected")).to_have_count(1)
    page.keyboard.down("Control")
    page.mouse.click(*place(heat_map, gpus[4]))
    page.mouse.click(*place(heat_map, gpus[0]))
    page.keyboard.up("Control")
    chosen = {gpus[at]["id"] for at in (1, 2, 4)}
    assert selected(heat_map) == chosen
    heat_map.evaluate("(map) => { map.metric = 'power'; return map.updateComplete; }")
    assert selected(heat_map) == chosen
    page.keyboard.press("Escape")
    assert selected(heat_map) == set()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")
    assert len(selected(heat_map)) == 2
    expect(page).to_have_url(server.url)


def test_states_differ_by_shape(
    server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]], keep_picture: Keep
) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    gpu = gpus[6]
    before = colours_of(heat_map, gpu)
    server.ask(SET_STATUS, i={"deviceId": gpu["id"], "status": "CORDONED", "reason": "fan is loud"})
    try:
        page.mouse.move(*place(heat_map, gpu))
        tip = heat_map.get_by_role("tooltip")
        expect(tip).to_contain_text("Cordoned")
        expect(tip).to_contain_text("Fan is loud.")
        assert len(colours_of(heat_map, gpu)) > len(before)
        keep_picture(page, "heat-map-cordoned")
    finally:
        server.ask(SET_STATUS, i={"deviceId": gpu["id"], "status": "ACTIVE"})
    expect(tip).not_to_contain_text("Cordoned")


def test_the_filter_dims_but_removes_nothing(
    server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]]
) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    height = heat_map.evaluate("(map) => map.geometry.height")
    heat_map.evaluate("(map) => { map.stateFilter = 'out'; return map.updateComplete; }")
    for gpu in gpus:  # none is out of service: all of every cell is close to the colour of the page
        assert min(map(min, colours_of(heat_map, gpu))) > 200, name_of(gpu)
    assert heat_map.evaluate("(map) => map.geometry.height") == height


def test_the_theme_repaints(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    heat_map = shown_map(page)
    assert heat_map.evaluate(COLOURS_IN, [0, 0, 1]) == [[255, 255, 255]]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(map) => ({COLOURS_IN})(map, [0, 0, 1])[0][0] === 15", arg=heat_map.element_handle())


def test_a_phone_zooms_into_a_pool(
    server: PageServer, open_page: OpenPage, gpus: list[dict[str, Any]], keep_picture: Keep
) -> None:
    page = open_page(server, width=390)
    heat_map = shown_map(page)
    sizes = "(map) => [...new Set(map.geometry.size)].filter(Boolean).sort((a, b) => a - b)"
    assert heat_map.evaluate(sizes) == [7]
    head = heat_map.get_by_role("button").first
    expect(head).to_have_attribute("aria-expanded", "false")
    head.click()
    expect(head).to_have_attribute("aria-expanded", "true")
    assert heat_map.evaluate(sizes)[-1] > 24
    keep_picture(page, "heat-map-phone-zoomed")
    head.click()
    expect(head).to_have_attribute("aria-expanded", "false")
    page.mouse.click(*place(heat_map, gpus[0]))  # too small to be meant: it opens the pool
    expect(heat_map.locator("[aria-expanded=true]")).to_have_count(1)
    page.mouse.click(*place(heat_map, gpus[0]))
    expect(page).to_have_url(f"{server.url}devices/{gpus[0]['id']}")


def test_ten_thousand_gpus_are_single_cells_on_one_screen(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="simulated", simulated_gpus="10000")
    page = open_page(server, script=KEEP_COSTS)
    heat_map = shown_map(page)
    assert (
        heat_map.evaluate("(map) => map.geometry.boxes.reduce((sum, { group }) => sum + group.cells.length, 0)")
        == 10_000
    )
    assert heat_map.evaluate("(map) => map.geometry.height") < 800
    keep_picture(page, "heat-map-10000")
    page.evaluate("window.costs.length = 0")
    page.wait_for_function("() => window.costs.length >= 5")
    assert statistics.median(page.evaluate("window.costs")) < 16
