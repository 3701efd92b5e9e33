"""Every page in both languages, both themes and both widths: pictures of them, and what must hold for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.inspect_page import faults, latin_words, overflow, words_of
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

LIVE = {"en-US": "Live", "ko-KR": "실시간"}
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 18, 22)"}

STAY_LATIN = {
    *("gpu", "gpus", "uuid", "pci", "mig", "xid", "nvml", "dcgm", "csv", "api", "mib", "gib", "mhz"),  # terms and units
    *("cpu", "nvlink", "vllm", "sglang"),
    *("management", "gpuctl", "nvidia", "graphql", "english"),  # names
    *("esc", "enter", "space", "tab", "shift", "ctrl", "alt", "del"),  # keys
    *("utc", "kst", "gmt"),
}
"""What the Korean page writes as the English one does."""

SET_STATUS = "mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) { __typename } }"

REQUEST = "mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) { __typename } }"

ASKED: list[dict[str, Any]] = [
    {"gpuCount": 4, "modelNames": ["H100"], "hours": 0.5, "namespace": "llm-train", "podName": "sft-8b"},
    {"gpuCount": 1, "modelNames": ["T4"], "resourceType": "FULL", "cpuMilli": 4000, "hostMemoryMib": 8192},
    {"gpuCount": 8, "modelNames": ["H100"], "resourceType": "FULL", "namespace": "asr", "podName": "eval-0"},
    {"gpuCount": 8, "modelNames": ["H100"], "resourceType": "FULL", "queue": True, "podName": "waits-0"},
]
"""What is held, and what waits: for a page with every state in it."""


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    """A fleet in which not all is well."""
    server = start_server(collector="simulated", simulated_gpus="64", simulated_mig_gpus="6", sample_interval="0.5")
    for device, status in zip(ids(server, "devices"), ("CORDONED", "MAINTENANCE", "DRAINING"), strict=False):
        server.ask(SET_STATUS, i={"deviceId": device, "status": status, "reason": "XID 79"})
    for asked in ASKED:
        server.ask(REQUEST, i=asked)
    return server


def ids(server: PageServer, kind: str) -> list[str]:
    return [each["id"] for each in server.ask(f"{{ {kind} {{ nodes {{ id }} }} }}")[kind]["nodes"]]


@pytest.fixture(scope="module")
def paths(server: PageServer) -> dict[str, str]:
    devices = server.ask("{ devices { nodes { id migEnabled node { id } } } }")["devices"]["nodes"]
    partitioned = next(device for device in devices if device["migEnabled"])
    return {
        "overview": "",
        "devices": "devices",
        "device": f"devices/{partitioned['id']}",
        "nodes": "nodes",
        "node": f"nodes/{ids(server, 'gpuNodes')[0]}",
        "request": "request",
        "allocations": "allocations",
        "allocation": f"allocations/{ids(server, 'allocations')[-1]}",
        "mig": "mig",
        "planner": f"mig/{partitioned['node']['id']}",
        "settings": "settings",
        "missing": "no/such/page",
    }


@pytest.fixture(scope="module")
def known_words(server: PageServer) -> set[str]:
    data = server.ask(
        """{ viewer { subject } fleet { clusterNames }
        allocations { nodes { id userId teamId podName namespace policy scoreParts { name } } }
        gpuNodes { nodes { id nodeName nvidiaDriverVersion nodeIp } }
        devices { nodes { id gpuUuid pciAddress serialNumber driverVersion model { modelName architecture } } } }"""
    )
    return STAY_LATIN | words_of(data)


def arrive(page: Page, server: PageServer, path: str, locale: str) -> None:
    page.goto(f"{server.url}{path}")
    expect(page.locator("live-indicator .word")).to_have_text(LIVE[locale])
    expect(page.get_by_role("heading", level=1).first).to_be_attached()
    if path == "request":
        expect(page.locator("request-answer .checks li").first).to_be_attached()


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_whole(
    server: PageServer,
    open_page: OpenPage,
    keep_picture: Keep,
    paths: dict[str, str],
    known_words: set[str],
    scheme: str,
    width: int,
    locale: str,
) -> None:
    """One after the other, so that a run tells all that is wrong."""
    page = open_page(server, width, scheme, locale=locale, allow="status of 404")
    wrong = []
    for name, path in paths.items():
        arrive(page, server, path, locale)
        at = f"{name} {width} {scheme} {locale}"
        if page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != BACKGROUND[scheme]:
            wrong.append(f"{at}: the background is not that of the theme")
        if overflow(page) > 0:
            wrong.append(f"{at}: {overflow(page)} px wider than the window")
        if locale == "ko-KR":
            wrong += [f"{at}: {word!r} in {text!r}" for word, text in latin_words(page, known_words).items()]
        keep_picture(page, f"{name}-{width}-{scheme}-{locale[:2]}")
        if locale == "en-US" or (width, scheme) == (1440, "light"):
            wrong += [f"{at}: {fault}" for fault in faults(page)]
    assert not wrong, "\n".join(wrong)


OPENERS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "palette": ("overview", lambda page: page.keyboard.press("/")),
    "shortcuts": ("overview", lambda page: page.keyboard.press("?")),
    "confirm": (
        "device",
        lambda page: page.get_by_role("main").get_by_role("button", name=re.compile("Drain|비우기")).click(),
    ),
}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_lies_over_a_page_is_whole_too(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, paths: dict[str, str], scheme: str, width: int
) -> None:
    page = open_page(server, width, scheme)
    wrong = []
    for name, (below, act) in OPENERS.items():
        arrive(page, server, paths[below], "en-US")
        act(page)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        keep_picture(page, f"{name}-{width}-{scheme}-en")
        wrong += [f"{name} {width} {scheme}: {fault}" for fault in faults(page)]
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    assert not wrong, "\n".join(wrong)
