"""How the page's files are served, and how much of them a first visit needs."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from server.page import WebPage
from tests.browser.page_server import ROOT

DIST = ROOT / "frontend" / "dist"
FIRST_LOAD_KB = 150  # gzipped, scripts and styles
DOCUMENT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PLAIN = {"Accept-Encoding": "identity"}
STATIC_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')


async def ask(path: str, dist: Path = DIST, method: str = "GET", **headers: str) -> httpx.Response:
    page = WebPage(dist)
    app = Starlette(routes=page.routes, exception_handlers={404: page.not_found})
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        return await client.request(method, path, headers=sent)


def assets() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (DIST / "assets").iterdir()}


@pytest.mark.parametrize(
    "path", ["/", "/devices", "/devices/dev_1", "/nodes", "/nodes/node_1", "/mig/node_1", "/settings?theme=dark"]
)
async def test_every_address_of_the_page_gives_its_document(path: str) -> None:
    answer = await ask(path, **DOCUMENT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<gpu-app>" in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/devices/1/2", "/index.html", "/assets/gone-12345678.js"])
async def test_an_unknown_address_is_not_found_and_the_page_can_say_so(path: str) -> None:
    for_readers = await ask(path, **DOCUMENT)
    assert for_readers.status_code == 404
    assert "<gpu-app>" in for_readers.text
    assert "default-src 'none'" in for_readers.headers["content-security-policy"]
    for_programs = await ask(path, Accept="*/*")
    assert for_programs.status_code == 404
    assert for_programs.text == "Not Found\n"


async def test_a_document_that_is_not_found_stays_so_for_whoever_has_it() -> None:
    tag = (await ask("/")).headers["etag"]
    assert (await ask("/nothing", **DOCUMENT, If_None_Match=tag)).status_code == 404


async def test_the_document_is_asked_for_again_and_sent_again_only_when_it_changed() -> None:
    first = await ask("/")
    assert first.headers["cache-control"] == "no-cache"
    again = await ask("/", If_None_Match=f'"other", {first.headers["etag"]}')
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"
    assert (await ask("/", If_None_Match='"other"')).status_code == 200


async def test_assets_are_kept_for_ever_under_names_that_change_with_them() -> None:
    names = re.findall(r'"/assets/([^"]+)"', (await ask("/")).text)
    assert len(names) >= 3  # the script, the styles, the icon
    assert set(names) <= set(assets())
    for name in assets():
        answer = await ask(f"/assets/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.search(r"-[\w-]{8,}\.(js|css|svg)$", name), f"{name} has no hash in its name"


async def test_scripts_and_styles_are_compressed_for_whoever_takes_it() -> None:
    large = {name: content for name, content in assets().items() if len(content) >= 1024}
    assert any(name.endswith(".js") for name in large)
    assert any(name.endswith(".css") for name in large)
    for name, content in large.items():
        packed = await ask(f"/assets/{name}", Accept_Encoding="gzip, br")
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        assert packed.content == content
        assert int(packed.headers["content-length"]) < len(content)
        plain = await ask(f"/assets/{name}", **PLAIN)
        assert "content-encoding" not in plain.headers
        assert plain.headers["vary"] == "Accept-Encoding"
        assert plain.content == content
        assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("accepted", ["br", "gzip;q=0", "deflate, gzip; q=0", "identity"])
async def test_nobody_gets_what_they_cannot_unpack(accepted: str) -> None:
    assert "content-encoding" not in (await ask("/", Accept_Encoding=accepted)).headers


async def test_a_part_that_is_asked_for_is_answered_with_the_whole() -> None:
    (name, content) = next(iter(assets().items()))
    answer = await ask(f"/assets/{name}", Range="bytes=0-9", **PLAIN)
    assert answer.status_code == 200
    assert answer.content == content


async def test_the_head_of_a_file_says_what_its_body_would_be() -> None:
    for path in ("/", "/devices/dev_1", f"/assets/{next(iter(assets()))}"):
        head, whole = await ask(path, method="HEAD", **PLAIN), await ask(path, **PLAIN)
        assert head.status_code == 200
        assert head.headers == whole.headers
        assert (await ask(path, method="POST")).status_code == 405


async def test_the_policy_allows_scripts_and_styles_from_files_only() -> None:
    index = await ask("/")
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", index.text)
    assert "<style" not in index.text
    assert " style=" not in index.text


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../package.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets/..%2f..%2fpackage.json",
        "/assets//etc/passwd",
        "/assets/",
        "/src/main.ts",
        "/package.json",
    ],
)
async def test_nothing_outside_of_the_built_files_is_served(path: str) -> None:
    assert (await ask(path)).status_code == 404


@pytest.mark.parametrize("path", ["/", "/devices/dev_1"])
async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path, path: str) -> None:
    answer = await ask(path, tmp_path, **DOCUMENT)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert "make frontend" in answer.text
    assert (await ask("/nothing", tmp_path, **DOCUMENT)).text == "Not Found\n"


async def test_a_first_visit_needs_little_and_no_charts(capsys: pytest.CaptureFixture[str]) -> None:
    files = assets()
    named = [name for name in re.findall(r'"/assets/([^"]+)"', (await ask("/")).text) if not name.endswith(".svg")]
    overview = next(name for name in files if name.startswith("overview-page-"))
    needed = with_imports([*named, overview], files)
    sizes = {name: len(gzip.compress(files[name], mtime=0)) for name in sorted(needed)}
    with capsys.disabled():
        print(f"\nfirst load: {sum(sizes.values()) / 1000:.1f} KB gzipped, {len(sizes)} files: {sizes}")
    assert sum(sizes.values()) <= FIRST_LOAD_KB * 1000
    charts = [name for name, content in files.items() if b"uPlot" in content or b"u-hz" in content]
    assert not set(charts) & needed


def with_imports(names: list[str], files: dict[str, bytes]) -> set[str]:
    """These files and what they import without waiting to be asked."""
    needed: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            if name.endswith(".js"):
                todo += STATIC_IMPORT.findall(files[name].decode())
    return needed
