"""How one server grows: with the size of the fleet, and with the number of subscribers."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.harness.load import LoadError, load
from benchmarks.harness.pinning import prepare_machine, require_open_files
from benchmarks.harness.process import RunningServer, ServerError, running
from benchmarks.harness.report import emit, progress
from benchmarks.harness.servers import Scale, UnavailableError
from benchmarks.queries import SUBSCRIPTION, device_list

FLEET_CLIENTS = 50
FASTEST_INTERVAL_S = {100: 0.01, 1_000: 0.01, 10_000: 0.1}  # 0.01 is the fastest that ours may be set to
SUBSCRIBER_GPUS = 100
PAGE = 1_000  # the largest page of devices
CALM_S = 1.0
SATURATED_PCT = 90.0
ENOUGH_TO_SHARE = 100  # subscribers among whom a difference in memory tells something about each


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", default="ours", help="any server of the comparison")
    options.add_argument("--gpus", default="100,1000,10000")
    options.add_argument("--subscribers", default="1,10,100,1000")
    options.add_argument("--warmup", type=float, default=3.0)
    options.add_argument("--seconds", type=float, default=8.0, help="each measured window")
    return options.parse_args()


def stream(server: RunningServer, clients: int, options: argparse.Namespace, sample_every: int) -> dict[str, Any]:
    """Let a crowd subscribe to the whole fleet."""
    return load(
        "subscribers",
        server,
        timeout_s=150 + options.warmup + options.seconds,
        query=SUBSCRIPTION,
        clients=clients,
        warmup=options.warmup,
        seconds=options.seconds,
        sample_every=sample_every,
    )


def fleet_size(gpus: int, options: argparse.Namespace) -> None:
    """One fleet: calm at 1 Hz, the list, and as fast as it goes."""
    progress(f"growth: {options.server} with {gpus} GPUs")
    with running(options.server, Scale(gpus, CALM_S)) as server:
        calm = stream(server, FLEET_CLIENTS, options, sample_every=1)
        devices = min(gpus, PAGE)
        listed = load(
            "http",
            server,
            timeout_s=90 + 2 * options.seconds,
            query=device_list(devices),
            expect_nodes=devices,
            seconds=options.seconds / 2,
        )
    interval_s = FASTEST_INTERVAL_S.get(gpus, CALM_S)
    with running(options.server, Scale(gpus, interval_s)) as server:
        fast = stream(server, FLEET_CLIENTS, options, sample_every=7)
    emit(
        "growth by GPUs",
        server=options.server,
        gpus=gpus,
        clients=FLEET_CLIENTS,
        frame_bytes=calm["frame_bytes"],
        cpu_pct_at_1_hz=calm["server_cpu_pct"],
        delay_p99_ms_at_1_hz=calm["delay_p99_ms"],
        rss_mb=calm["server_rss_mb"],
        offered_frames_per_s=FLEET_CLIENTS / interval_s,
        fastest_frames_per_s=fast["frames_per_s"],
        fastest_mb_per_s=fast["mb_per_s"],
        fastest_cpu_pct=fast["server_cpu_pct"],
        saturated=fast["server_cpu_pct"] >= SATURATED_PCT or fast["frames_per_s"] < 0.95 * FLEET_CLIENTS / interval_s,
        listed_devices=devices,
        list_p50_ms=listed["latency_p50_ms"],
        list_p99_ms=listed["latency_p99_ms"],
        list_cpu_ms=listed["server_cpu_ms_per_request"],
        server_core_busy_pct=calm["server_core_busy_pct"],
    )


def crowd_size(subscribers: int, options: argparse.Namespace) -> None:
    """One crowd before a small fleet at 1 Hz, on a fresh server so that its memory tells something."""
    progress(f"growth: {options.server} with {subscribers} subscribers")
    require_open_files(subscribers)
    with running(options.server, Scale(SUBSCRIBER_GPUS, CALM_S)) as server:
        result = stream(server, subscribers, options, sample_every=1)
    emit(
        "growth by subscribers",
        server=options.server,
        gpus=SUBSCRIBER_GPUS,
        subscribers=subscribers,
        frames_per_s=result["frames_per_s"],
        cpu_pct_at_1_hz=result["server_cpu_pct"],
        delay_p50_ms=result["delay_p50_ms"],
        delay_p99_ms=result["delay_p99_ms"],
        rss_mb=result["server_rss_mb"],
        kib_per_idle_connection=result["kib_per_idle_connection"] if subscribers >= ENOUGH_TO_SHARE else None,
        kib_per_streaming_client=result["kib_per_streaming_client"] if subscribers >= ENOUGH_TO_SHARE else None,
        lost_connections=result["lost_connections"],
        server_core_busy_pct=result["server_core_busy_pct"],
    )


def main() -> None:
    options = arguments()
    prepare_machine()
    for gpus in filter(None, options.gpus.split(",")):
        attempt(fleet_size, int(gpus), options)
    for subscribers in filter(None, options.subscribers.split(",")):
        attempt(crowd_size, int(subscribers), options)


def attempt(work: Any, size: int, options: argparse.Namespace) -> None:
    """One size; that it failed is a figure as well."""
    try:
        work(size, options)
    except (ServerError, LoadError, UnavailableError) as error:
        emit("growth", server=options.server, size=size, failed=str(error))


if __name__ == "__main__":
    main()
