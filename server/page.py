"""The web page: the files that `make frontend` builds, served with a policy that allows nothing else."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cached_property
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

DIST = Path(__file__).resolve().parent.parent / "frontend" / "dist"
"""Beside the packages: in a checkout as in an installed wheel."""

PAGES = (
    "/",
    "/devices",
    "/devices/{id}",
    "/nodes",
    "/nodes/{id}",
    "/mig",
    "/mig/{id}",
    "/request",
    "/allocations",
    "/allocations/{id}",
    "/settings",
)
"""The addresses that the page itself tells apart (`frontend/src/app/routes.ts`)."""

COMPRESSED_FROM_BYTES = 1024

NOT_BUILT = (
    "The page is not part of this installation: it was not built.\n"
    "In a checkout, run `make frontend` (needs Node.js 20) and start the server again.\n"
    "The API at /graphql and the gpuctl command work without it.\n"
)

HEADERS = {
    # Scripts and styles come from files only; the page talks to its own server only; nobody frames it; no text
    # becomes markup except by Lit's own policy.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ALWAYS_ASKED_AGAIN = "no-cache"
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
"""For files whose names change with their content."""


class BuiltFile:
    """One file of the build, read once and compressed once; a build that comes later needs a new start."""

    def __init__(self, path: Path, cache: str) -> None:
        self._content = path.read_bytes()
        self._tag = hashlib.sha256(self._content).hexdigest()[:16]
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith(("/javascript", "+xml"))
        self._headers = HEADERS | {"Cache-Control": cache, "Vary": "Accept-Encoding"}
        self._headers["Content-Type"] = f"{kind}; charset=utf-8" if text else kind
        self._compressible = text and len(self._content) >= COMPRESSED_FROM_BYTES

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self._content, mtime=0)

    def response(self, request: Request, status: int = 200) -> Response:
        """The file as this reader takes it; 304 where it has it already. Without the body for HEAD, by the server."""
        compressed = self._compressible and _takes_gzip(request.headers.get("accept-encoding", ""))
        tag = f'"{self._tag}-gzip"' if compressed else f'"{self._tag}"'
        headers = self._headers | {"ETag": tag}
        if status == 200 and tag in _tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if not compressed:
            return Response(self._content, status, headers)
        return Response(self._compressed, status, headers | {"Content-Encoding": "gzip"})


class WebPage:
    """The routes of the page, and its answer to addresses that nobody serves."""

    def __init__(self, dist: Path = DIST) -> None:
        self._document: BuiltFile | None = None
        self._assets: dict[str, BuiltFile] = {}
        if (dist / "index.html").is_file():
            self._document = BuiltFile(dist / "index.html", ALWAYS_ASKED_AGAIN)
            files = [path for path in (dist / "assets").iterdir() if path.is_file()]
            self._assets = {path.name: BuiltFile(path, KEPT_FOR_EVER) for path in files}

    @property
    def routes(self) -> list[BaseRoute]:
        """Every address of a page gives the same document, which shows the right page itself."""
        return [*(Route(path, self._page) for path in PAGES), Route("/assets/{name:path}", self._asset)]

    async def not_found(self, request: Request, _error: Exception) -> Response:
        """404: with the document for whoever reads documents, so that the page says it in its own words."""
        if self._document is not None and "text/html" in request.headers.get("accept", ""):
            return self._document.response(request, 404)
        return PlainTextResponse("Not Found\n", 404, headers=HEADERS)

    async def _page(self, request: Request) -> Response:
        if self._document is None:
            return PlainTextResponse(NOT_BUILT, 404, headers=HEADERS)
        return self._document.response(request)

    async def _asset(self, request: Request) -> Response:
        file = self._assets.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return file.response(request)


def _takes_gzip(accepted: str) -> bool:
    weights = dict(each.replace(" ", "").lower().partition(";")[::2] for each in accepted.split(","))
    return "gzip" in weights and weights["gzip"] not in ("q=0", "q=0.0")


def _tags(if_none_match: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
