"""The ASGI application: routes over one runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from server.observability.health import healthz, readyz
from server.observability.http import RequestLog
from server.observability.metrics import Exposition, metrics
from server.page import WebPage
from server.runtime import Runtime
from server.settings import Settings


def create_app(settings: Settings) -> Starlette:
    """The application for these settings. Everything it needs starts and stops with its lifespan."""
    runtime = Runtime.build(settings)
    page = WebPage()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await runtime.start()
        try:
            yield
        finally:
            await runtime.stop()

    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/graphql", runtime.endpoint),
            WebSocketRoute("/graphql", runtime.endpoint),
            *page.routes,
        ],
        exception_handlers={404: page.not_found},
        lifespan=lifespan,
    )
    app.add_middleware(RequestLog, traffic=runtime.traffic)
    app.state.runtime = runtime
    app.state.exposition = Exposition(runtime)
    return app
