"""The node list: figures per node, filter, order, keys, nodes that come."""

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
REPORT = "mutation($i: ReportNodeInput!) { reportNode(input: $i) { __typename ... on Error { message } } }"
NODES = """{ gpuNodes { nodes { id nodeName totalGpus nvidiaDriverVersion } } }"""


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", simulated_gpus="64", sample_interval="0.5")


def rows(page: Page) -> Locator:
    return page.locator("node-table tbody tr:not(.spacer)")


def nodes_of(server: PageServer) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = server.ask(NODES)["gpuNodes"]["nodes"]
    return nodes


def test_every_node_is_shown_with_the_figures_of_its_gpus(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    nodes = nodes_of(server)
    page = open_page(server, path="nodes")
    expect(rows(page)).to_have_count(len(nodes))
    expect(page.locator("list-toolbar .count")).to_have_text(f"{len(nodes)} nodes with 64 GPUs")
    for row, node in zip(rows(page).all(), nodes, strict=True):
        expect(row.locator("td.node")).to_have_text(node["nodeName"])
        expect(row.locator("td.gpus")).to_have_text(str(node["totalGpus"]))
        expect(row.locator("td.driver")).to_have_text(node["nvidiaDriverVersion"])
        expect(row.locator("td.status")).to_have_text("Ready")
        expect(row.locator(".gpu-strip i")).to_have_count(node["totalGpus"])
        parts = [int(row.locator(f"td.{part}").inner_text()) for part in ("allocated", "free", "out")]
        assert sum(parts) == node["totalGpus"]
    keep_picture(page, "nodes-1440-light-figures")


def test_a_gpu_that_fails_shows_at_its_node(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="nodes")
    first = rows(page).first
    expect(first.locator("td.out")).to_have_text("0")
    device = server.ask("{ devices(first: 1) { nodes { id } } }")["devices"]["nodes"][0]["id"]
    server.ask(SET_STATUS, i={"deviceId": device, "status": "UNHEALTHY", "reason": "XID 79"})
    try:
        expect(first.locator("td.out")).to_have_text("1")
        expect(first.locator(".gpu-strip i").first).to_have_class("unhealthy")
        expect(first.get_by_role("img")).to_have_attribute("aria-label", re.compile("1 Unhealthy"))
        page.get_by_role("button", name="Has GPUs").click()
        page.get_by_role("checkbox", name="Unhealthy").check()
        expect(rows(page)).to_have_count(1)
        expect(page).to_have_url(f"{server.url}nodes?state=unhealthy")
    finally:
        server.ask(SET_STATUS, i={"deviceId": device, "status": "ACTIVE"})
    expect(page.get_by_text(f"0 of {len(nodes_of(server))} match").first).to_be_visible()


def test_the_list_can_be_used_with_keys_alone(server: PageServer, open_page: OpenPage) -> None:
    nodes = nodes_of(server)
    page = open_page(server, path="nodes")
    expect(rows(page)).to_have_count(len(nodes))
    page.keyboard.press("f")
    page.keyboard.type(nodes[-1]["nodeName"])
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(rows(page).first.locator("a.name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows(page)).to_have_count(len(nodes))
    page.keyboard.press("k")
    expect(rows(page).nth(len(nodes) - 2).locator("a.name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}nodes/{nodes[-2]['id']}")


def test_nodes_are_sorted_by_their_figures(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="nodes")
    expect(rows(page)).to_have_count(len(nodes_of(server)))
    head = page.get_by_role("columnheader", name="Allocated")
    page.keyboard.press("p")  # the figures stand still
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    allocated = [int(text) for text in page.locator("node-table td.allocated").all_inner_texts()]
    assert allocated == sorted(allocated, reverse=True)
    expect(page).to_have_url(f"{server.url}nodes?sort=-allocated")


def test_a_node_that_reports_appears_by_itself(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="none")
    page = open_page(server, path="nodes")
    expect(page.get_by_text("No GPUs yet")).to_be_visible()
    for at in (1, 2):
        devices = [
            {"gpuUuid": f"GPU-{at}{n:07x}-0000-0000-0000-000000000000", "deviceIndex": n, "modelName": "NVIDIA L40S"}
            for n in range(4)
        ]
        node = {"clusterName": "seoul", "nodeName": f"l40s-0{at}", "nvidiaDriverVersion": f"580.0{at}"}
        answer = server.ask(REPORT, i=node | {"devices": devices})
        assert answer == {"reportNode": {"__typename": "NodeReported"}}
        row = rows(page).nth(at - 1)
        expect(row.locator("td.node")).to_have_text(f"l40s-0{at}")
        expect(row.locator("td.driver")).to_have_text(f"580.0{at}")
        expect(row.locator("td.utilization")).to_have_text("–")  # nothing was read: not 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_it_is_a_list_of_two_lines(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, scheme: str
) -> None:
    page = open_page(server, 390, scheme, path="nodes")
    items = page.locator("node-list li.item")
    expect(items).to_have_count(len(nodes_of(server)))
    assert overflow(page) <= 0
    assert faults(page) == []
    keep_picture(page, f"nodes-list-390-{scheme}")
    items.first.click()
    expect(page.locator("node-page")).to_be_visible()
