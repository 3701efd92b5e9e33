"""The fleet without an application: one table, one JSON object, or a JSON object per frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from rich.text import Text

from server.cli import figures
from server.cli.api_errors import Unreachable
from server.cli.following import Lost
from server.cli.output import Column, console, print_json, print_table, say
from server.cli.top.feed import Arrived, Feed
from server.cli.top.fleet import Fleet, Identity
from server.cli.top.header import Totals, count_line, totals_line
from server.cli.top.rows import RowMaker
from server.cli.top.sorting import SortKey

_FIGURES = ("gpuUtilizationPct", "memoryUsedMb", "memoryTotalMb", "temperatureC", "powerDrawW", "ageMs")


async def print_once(feed: Feed, key: SortKey, *, as_json: bool) -> None:
    """The fleet of this moment. Raises `ApiError`."""
    arrived = await feed.once()
    if as_json:
        print_json(as_object(arrived.frame, arrived.identities or ()), indent=False)
        return
    fleet = Fleet()
    fleet.take(arrived.frame, arrived.identities)
    totals = Totals.of(fleet)
    out = console()
    if "SIMULATED" in fleet.sources:
        out.print(Text("SIMULATED readings" if len(fleet.sources) == 1 else "partly SIMULATED readings", "bold"))
    out.print(count_line(totals, None, ""))
    out.print(totals_line(totals))
    _print_rows(fleet, key)


async def stream_json(feed: Feed) -> None:
    """A line per frame until interrupted. Raises `ApiError` where the first connection fails."""
    identities: Sequence[Identity] = ()
    arrived_once = False
    async with aclosing(feed.events()) as events:
        async for event in events:
            match event:
                case Arrived():
                    arrived_once = True
                    identities = event.identities or identities
                    print_json(as_object(event.frame, identities), indent=False)
                case Lost() if not arrived_once:
                    raise Unreachable(event.reason)
                case Lost():
                    say(f"gpuctl: {event.reason}; next try in {event.retry_in_s:.1f} s")


def as_object(frame: dict[str, Any], identities: Sequence[Identity]) -> dict[str, Any]:
    """A frame as one object per GPU, with its name."""
    known = {identity.id: identity for identity in identities}
    gpus = []
    for index, device_id in enumerate(frame["deviceIds"]):
        identity = known.get(device_id) or Identity.unknown(device_id)
        gpus.append(
            {
                "id": device_id,
                "gpuUuid": identity.uuid or None,
                "clusterName": identity.cluster or None,
                "nodeName": identity.node if identity.uuid else None,
                "deviceIndex": identity.index if identity.uuid else None,
                "modelName": identity.model or None,
                "deviceStatus": frame["deviceStatuses"][index],
                **{name: frame[name][index] for name in _FIGURES},
            }
        )
    head = {name: frame[name] for name in ("sequence", "asOf", "layoutVersion", "collectionSources")}
    return {**head, "gpus": gpus}


def _print_rows(fleet: Fleet, key: SortKey) -> None:
    rows = RowMaker().gpus(fleet)
    print_table(
        [
            Column("DEVICE"),
            Column("MODEL", spare=1),
            Column("STATUS"),
            Column("UTIL", right=True),
            Column("MEMORY", right=True),
            Column("TEMP", right=True),
            Column("POWER", right=True),
            Column("AGE", right=True),
        ],
        [
            [
                rows.names[i],
                rows.models[i],
                Text(rows.statuses[i], figures.STATUS_STYLES.get(rows.statuses[i], "")),
                figures.percent(known(rows.utilization[i])),
                figures.memory(known(rows.memory_used[i]), known(rows.memory_total[i])),
                figures.celsius(known(rows.temperature[i])),
                figures.watts(known(rows.power[i])),
                figures.age(known(rows.ages[i])),
            ]
            for i in rows.order("", key, reverse=False).tolist()
        ],
        "no GPU is registered",
    )


def known(value: float) -> float | None:
    """None for NaN."""
    return None if math.isnan(value) else float(value)
