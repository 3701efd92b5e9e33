"""A real Chromium on a real server. Screenshots are kept in test-output/."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.browser.page_server import ROOT, PageServer

OUTPUT = ROOT / "test-output"

SIGN_IN = "sessionStorage.getItem('gpu-token') ?? sessionStorage.setItem('gpu-token', 'TOKEN');"

SERVER_GONE = "WebSocket connection to|Failed to load resource: net::ERR_CONNECTION_REFUSED"
"""What Chromium logs of a server that went away."""

TOKEN_REFUSED = "status of 401"

GIVEN_UP = "WebSocket is closed before the connection is established"
"""What Chromium logs where the page itself gives a connection up, as when a query was refused meanwhile."""

OpenPage = Callable[..., Page]
StartServer = Callable[..., PageServer]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Of the module, not of the session: while it lives, its event loop is in the way of asynchronous tests.
    program = find_chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    if not (ROOT / "frontend" / "dist" / "index.html").exists():
        pytest.fail("the page is not built: make frontend")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Starts servers with these settings; all end with the module."""
    servers: list[PageServer] = []

    def start(**settings: str) -> PageServer:
        server = PageServer(tmp_path_factory.mktemp("server"), **settings)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens the page of a server at a path. The test fails on any error the browser logs, save those it allows.

    `token` signs in before; `script` runs before the page's own; `clock` lets the test turn time forward.
    """
    complaints: list[str] = []
    contexts = []

    def open_at(
        server: PageServer,
        width: int = 1440,
        scheme: str = "light",
        allow: str | None = None,
        path: str = "",
        locale: str = "en-US",
        token: str | None = None,
        script: str | None = None,
        clock: bool = False,
    ) -> Page:
        height = 900 if width > 760 else 844
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=locale, reduced_motion="reduce")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        for text in filter(None, (SIGN_IN.replace("TOKEN", token) if token else None, script)):
            context.add_init_script(text)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if clock:
            page.clock.install()

        def note(text: str) -> None:
            if not re.search("|".join(filter(None, (GIVEN_UP, allow))), text):
                complaints.append(text)

        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(f"{server.url}{path}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def keep_picture() -> Callable[[Page, str], Path]:
    def keep(page: Page, name: str) -> Path:
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{name}.png"
        page.screenshot(path=path)
        return path

    return keep
