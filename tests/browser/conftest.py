"""A real Chromium on a real server. Screenshots are kept in test-output/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.page_server import ROOT, PageServer

OUTPUT = ROOT / "test-output"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OpenPage = Callable[..., Page]
StartServer = Callable[..., PageServer]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Of the module, not of the session: while it lives, its event loop is in the way of asynchronous tests.
    program = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None
    )
    if program is None:
        missing = "no Chromium: apt-get install chromium, or name one in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
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
    """Opens the page of a server. The test fails on any error the browser logs, save those it allows."""
    complaints: list[str] = []
    contexts = []

    def open_at(server: PageServer, width: int = 1440, scheme: str = "light", allow: str | None = None) -> Page:
        height = 900 if width > 760 else 844
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)

        def note(text: str) -> None:
            if allow is None or allow not in text:
                complaints.append(text)

        page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(server.url)
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
