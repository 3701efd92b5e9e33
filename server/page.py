"""The web page: the files that `make frontend` builds, served with a policy that allows nothing else."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).resolve().parent.parent / "frontend" / "dist"
"""Beside the packages: in a checkout as in an installed wheel."""

NOT_BUILT = (
    "The page is not part of this installation: it was not built.\n"
    "In a checkout, run `make frontend` (needs Node.js 20) and start the server again.\n"
    "The API at /graphql and the gpuctl command work without it.\n"
)

HEADERS = {
    # Scripts and styles come from files only; the page talks to its own server only; nobody frames it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class HashedAssets(StaticFiles):
    """Files whose names change with their content, so that a browser need never ask again."""

    def file_response(self, full_path: object, stat_result: object, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)  # type: ignore[arg-type]
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def page_routes(dist: Path = DIST) -> list[BaseRoute]:
    """The routes of the page. Where it is not built, `/` says so and how to build it."""
    if not (dist / "index.html").is_file():
        return [Route("/", _not_built)]

    async def index(_request: Request) -> Response:
        return FileResponse(dist / "index.html", headers=HEADERS | {"Cache-Control": "no-cache"})

    return [Route("/", index), Mount("/assets", HashedAssets(directory=dist / "assets"))]


async def _not_built(_request: Request) -> Response:
    return PlainTextResponse(NOT_BUILT, 404, headers=HEADERS)
