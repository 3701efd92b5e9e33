"""How the page's files are served."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.page import page_routes
from tests.browser.page_server import ROOT

DIST = ROOT / "frontend" / "dist"


def client(dist: Path) -> TestClient:
    return TestClient(Starlette(routes=page_routes(dist)))


@pytest.fixture
def index() -> httpx.Response:
    return client(DIST).get("/")


def test_the_page_is_asked_for_again_and_its_files_are_not(index: httpx.Response) -> None:
    assert index.status_code == 200
    assert index.headers["cache-control"] == "no-cache"
    files = re.findall(r'"(/assets/[^"]+)"', index.text)
    assert len(files) >= 3
    for file in files:
        answer = client(DIST).get(file)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"-[\w-]{8,}\.(js|css|svg)$", file), f"{file} has no hash in its name"


def test_the_policy_allows_scripts_and_styles_from_files_only(index: httpx.Response) -> None:
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", index.text)
    assert "<style" not in index.text
    assert " style=" not in index.text


def test_nothing_outside_of_the_built_files_is_served() -> None:
    for path in ("/assets/../../package.json", "/assets/%2e%2e/%2e%2e/package.json", "/assets/none.js", "/assets/"):
        assert client(DIST).get(path).status_code == 404


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    answer = client(tmp_path).get("/")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert "make frontend" in answer.text
