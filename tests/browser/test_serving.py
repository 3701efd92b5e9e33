"""How the page's files are served."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from server.page import page_routes
from tests.browser.page_server import ROOT

DIST = ROOT / "frontend" / "dist"


async def get(path: str, dist: Path = DIST) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=page_routes(dist)))
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        return await client.get(path)


async def test_the_page_is_asked_for_again_and_its_files_are_not() -> None:
    index = await get("/")
    assert index.status_code == 200
    assert index.headers["cache-control"] == "no-cache"
    files = re.findall(r'"(/assets/[^"]+)"', index.text)
    assert len(files) >= 3
    for file in files:
        answer = await get(file)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"-[\w-]{8,}\.(js|css|svg)$", file), f"{file} has no hash in its name"


async def test_the_policy_allows_scripts_and_styles_from_files_only() -> None:
    index = await get("/")
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", index.text)
    assert "<style" not in index.text
    assert " style=" not in index.text


@pytest.mark.parametrize(
    "path", ["/assets/%2e%2e/%2e%2e/package.json", "/assets/..%2f..%2fpackage.json", "/assets/none.js", "/assets/"]
)
async def test_nothing_outside_of_the_built_files_is_served(path: str) -> None:
    assert (await get(path)).status_code == 404


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    answer = await get("/", tmp_path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert "make frontend" in answer.text
