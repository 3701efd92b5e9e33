"""Whether this process lives (`/healthz`) and whether it should be sent requests (`/readyz`).

A part that is away does not make the server unready: queries are served from memory. What makes it unready
is that it is starting or draining, or that it has nothing to serve because the database was never read.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain.clock import Clock, utc_now
from domain.errors import Unavailable
from domain.fleet.model import CollectionSource
from server.observability.freshness import measure, stale_after
from server.runtime import Runtime

logger = logging.getLogger("gpu.health")

CHECK_S = 2.0
"""No check takes longer."""

NO_STORE = {"Cache-Control": "no-store"}


class Status(StrEnum):
    """The state of the whole. Only `ok` and `degraded` are ready."""

    OK = "ok"
    DEGRADED = "degraded"
    STARTING = "starting"
    DRAINING = "draining"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """`revision` numbers the newest change this process has read; None before the first."""

    ok: bool
    detail: str
    revision: int | None


@dataclass(frozen=True, slots=True)
class BrokerHealth:
    """`kind` is the scheme of its URL: memory, redis, ..."""

    ok: bool
    kind: str
    connected: bool
    detail: str


@dataclass(frozen=True, slots=True)
class CollectorHealth:
    """`failures` are readings that should have come and did not, since start."""

    ok: bool
    source: str
    simulated: bool
    detail: str
    devices: int
    failures: int


@dataclass(frozen=True, slots=True)
class DataHealth:
    """Counts of devices that are not retired; `simulated_devices` of them do not exist."""

    ok: bool
    detail: str
    age_seconds: float | None
    devices: int
    devices_reporting: int
    devices_silent: int
    devices_never_reported: int
    simulated_devices: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer of `/readyz`."""

    ready: bool
    status: Status
    database: DatabaseHealth
    broker: BrokerHealth
    collector: CollectorHealth
    data: DataHealth


async def healthz(_request: Request) -> Response:
    """The event loop turns. Asks nothing of any other part."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def readyz(request: Request) -> Response:
    """Each part as it is now; 503 where no request should be sent here."""
    readiness = await check_readiness(request.app.state.runtime)
    body = orjson.dumps(readiness, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Response(body, 200 if readiness.ready else 503, NO_STORE, "application/json")


async def check_readiness(runtime: Runtime, clock: Clock = utc_now) -> Readiness:
    """Ask every part. Takes `CHECK_S` seconds at most: only the database is waited for."""
    database = await _database(runtime)
    broker, collector, data = _broker(runtime), _collector(runtime), _data(runtime, clock)
    if runtime.endpoint.draining:
        status = Status.DRAINING
    elif not runtime.view.loaded:
        status = Status.STARTING if not runtime.ready else Status.UNAVAILABLE
    elif not runtime.ready:
        status = Status.STARTING
    elif database.ok and broker.ok and collector.ok and data.ok:
        status = Status.OK
    else:
        status = Status.DEGRADED
    return Readiness(status in (Status.OK, Status.DEGRADED), status, database, broker, collector, data)


async def _database(runtime: Runtime) -> DatabaseHealth:
    view = runtime.view
    if not view.loaded:  # the start is migrating or waiting for it; reading now would only be in its way
        return DatabaseHealth(False, view.unavailable or "not read yet", None)
    try:
        async with asyncio.timeout(CHECK_S):
            await view.refresh()
    except Unavailable as error:
        return DatabaseHealth(False, error.message, view.revision)
    except TimeoutError:
        return DatabaseHealth(False, f"no answer within {CHECK_S:g} s", view.revision)
    except Exception:
        logger.exception("the database check failed")
        return DatabaseHealth(False, "the inventory cannot be read; the log says why", view.revision)
    return DatabaseHealth(True, "readable", view.revision)


def _broker(runtime: Runtime) -> BrokerHealth:
    status = runtime.broker.status
    kind = runtime.settings.broker_url.strip().partition(":")[0].lower()
    return BrokerHealth(status.connected, kind, status.connected, status.detail)


def _collector(runtime: Runtime) -> CollectorHealth:
    if runtime.collection is None:
        return CollectorHealth(True, "none", False, "this process reads no GPUs: agents report them", 0, 0)
    source = runtime.collection.source
    status = source.status
    return CollectorHealth(
        ok=status.healthy,
        source=source.collection_source.value,
        simulated=source.collection_source is CollectionSource.SIMULATED,
        detail=status.detail,
        devices=status.devices,
        failures=status.failures,
    )


def _data(runtime: Runtime, clock: Clock) -> DataHealth:
    interval_s = runtime.settings.sample_interval
    fresh = measure(runtime.view.devices, interval_s, clock())
    limit_s = stale_after(interval_s).total_seconds()
    ok, detail = True, "readings arrive"
    if not fresh.devices:
        detail = "no device is registered"
    elif fresh.newest_age_s is None:
        ok, detail = False, "no device has reported yet"
    elif fresh.newest_age_s > limit_s:
        ok, detail = False, f"the newest reading of any device is {fresh.newest_age_s:.0f} s old"
    elif fresh.silent:
        detail = f"readings arrive, but not from {fresh.silent:,} devices that reported before"
    return DataHealth(
        ok=ok,
        detail=detail,
        age_seconds=None if fresh.newest_age_s is None else round(fresh.newest_age_s, 3),
        devices=fresh.devices,
        devices_reporting=fresh.reporting,
        devices_silent=fresh.silent,
        devices_never_reported=fresh.never_reported,
        simulated_devices=fresh.simulated,
    )
