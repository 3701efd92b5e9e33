"""A page of devices with node, model and latest metric: 22 fields each, over keep-alive HTTP."""

from __future__ import annotations

import argparse
import time
from typing import Any

from benchmarks.harness.load import LoadError, load
from benchmarks.harness.pinning import prepare_machine
from benchmarks.harness.process import ServerError, running
from benchmarks.harness.report import emit, emit_ratio, median_of, progress
from benchmarks.harness.servers import Scale, UnavailableError
from benchmarks.queries import device_list

SERVERS = ("ours", "handwritten", "mercurius", "yoga", "strawberry")
BARS = {"mercurius": "<= 0.7"}
SAMPLE_INTERVAL_S = 1.0  # everyone keeps sampling meanwhile


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default=",".join(SERVERS), help="servers, with commas between")
    options.add_argument("--devices", type=int, default=1000)
    options.add_argument("--warmup", type=float, default=2.0)
    options.add_argument("--seconds", type=float, default=5.0, help="each of the two windows: sequential, concurrent")
    options.add_argument("--repeats", type=int, default=1, help="rounds; the median of each server counts")
    return options.parse_args()


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Start one server, ask it, end it."""
    with running(name, Scale(options.devices, SAMPLE_INTERVAL_S)) as server:
        return load(
            "http",
            server,
            timeout_s=120 + options.warmup + 2 * options.seconds,
            query=device_list(options.devices),
            expect_nodes=options.devices,
            warmup=options.warmup,
            seconds=options.seconds,
        )


def cpu_ratio(ours: dict[str, Any], other: dict[str, Any]) -> float | None:
    """The same ratio in CPU time: steadier than the clock where others use the machine too."""
    of, to = ours.get("server_cpu_ms_per_request"), other.get("server_cpu_ms_per_request")
    return round(of / to, 3) if of and to else None


def main() -> None:
    options = arguments()
    prepare_machine()
    wanted = [name for name in SERVERS if name in options.only.split(",")]
    runs: dict[str, list[dict[str, Any]]] = {}
    for round_number in range(options.repeats):
        for name in wanted:
            progress(f"list: {name}, round {round_number + 1} of {options.repeats}")
            try:
                runs.setdefault(name, []).append(measure(name, options))
            except (ServerError, LoadError, UnavailableError) as error:
                emit("list", server=name, failed=str(error))
            time.sleep(0.5)

    figures = {name: median_of(rows) for name, rows in runs.items() if rows}
    for name, figure in figures.items():
        emit("list", server=name, devices=options.devices, rounds=len(runs[name]), **figure)
    ours = figures.get("ours", {})
    for peer in [name for name in wanted if name != "ours"]:
        other = figures.get(peer, {})
        of, to = ours.get("latency_p50_ms"), other.get("latency_p50_ms")
        values = {"ours_p50_ms": of, f"{peer}_p50_ms": to, "ratio_of_cpu_time": cpu_ratio(ours, other)}
        emit_ratio(f"list time ours/{peer}", of, to, BARS.get(peer), **values)
        of, to = ours.get("requests_per_s"), other.get("requests_per_s")
        emit_ratio(f"list requests/s ours/{peer}", of, to, None, ours=of, **{peer: to})


if __name__ == "__main__":
    main()
