"""Live fan-out: how many complete frames a second one server core delivers when it is offered more than it carries."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.load import LoadError, load
from benchmarks.harness.pinning import prepare_machine, require_open_files
from benchmarks.harness.process import ServerError, running
from benchmarks.harness.report import emit, emit_ratio, median_of, progress
from benchmarks.harness.servers import Scale, UnavailableError
from benchmarks.queries import SUBSCRIPTION

SERVERS = ("ours", "limit", "yoga", "mercurius", "strawberry")  # ours first: the limit takes its frame size
FASTEST = ("ours", "limit")
SATURATED_PCT = 90.0


@dataclass(frozen=True)
class Scenario:
    """A fleet, a rate and a crowd, with the bars ours must meet."""

    name: str
    gpus: int
    interval_s: float
    clients: int
    servers: tuple[str, ...]
    bars: dict[str, str]


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("A", 1000, 0.25, 800, SERVERS, {"limit": ">= 0.8", "yoga": ">= 10"}),
        Scenario("B", 100, 0.02, 400, SERVERS, {"limit": ">= 0.8", "yoga": ">= 6"}),
        # The same fleets before crowds that are more than even ready bytes can be sent to.
        Scenario("A-full", 1000, 0.25, 6000, FASTEST, {"limit": ">= 0.8"}),
        Scenario("B-full", 100, 0.02, 1600, FASTEST, {"limit": ">= 0.8"}),
    )
}


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default=",".join(SERVERS), help="servers, with commas between")
    options.add_argument("--scenarios", default=",".join(SCENARIOS))
    options.add_argument("--warmup", type=float, default=3.0)
    options.add_argument("--seconds", type=float, default=8.0, help="the measured window per server")
    options.add_argument("--max-seconds", type=float, default=20.0, help="of a window stretched for a slow server")
    options.add_argument("--repeats", type=int, default=1, help="rounds; the median of each server counts")
    return options.parse_args()


def measure(name: str, scenario: Scenario, frame_bytes: int, options: argparse.Namespace) -> dict[str, Any]:
    """Start one server, send the crowd, end it."""
    scale = Scale(scenario.gpus, scenario.interval_s, frame_bytes if name == "limit" else 0)
    with running(name, scale) as server:
        return load(
            "subscribers",
            server,
            timeout_s=120 + options.warmup + options.seconds + options.max_seconds,
            query=SUBSCRIPTION,
            clients=scenario.clients,
            warmup=options.warmup,
            seconds=options.seconds,
            max_seconds=options.max_seconds,
        )


def compare(scenario: Scenario, options: argparse.Namespace) -> None:
    """Measure every wanted server at one scenario and print the ratios."""
    require_open_files(scenario.clients)
    offered = scenario.clients / scenario.interval_s
    runs: dict[str, list[dict[str, Any]]] = {}
    frame_bytes = 0
    wanted = [name for name in scenario.servers if name in options.only.split(",")]
    for round_number in range(options.repeats):
        for name in wanted:
            progress(f"fanout {scenario.name}: {name}, round {round_number + 1} of {options.repeats}")
            try:
                run = measure(name, scenario, frame_bytes, options)
            except (ServerError, LoadError, UnavailableError) as error:
                emit("fanout", scenario=scenario.name, server=name, failed=str(error))
                continue
            if name == "ours":
                frame_bytes = run["frame_bytes"] or 0
            runs.setdefault(name, []).append(run)
            time.sleep(1)

    figures = {name: median_of(rows) for name, rows in runs.items()}
    for name, figure in figures.items():
        saturated = figure["server_cpu_pct"] >= SATURATED_PCT or figure["frames_per_s"] < 0.95 * offered
        emit(
            "fanout",
            scenario=scenario.name,
            server=name,
            gpus=scenario.gpus,
            hertz=1 / scenario.interval_s,
            offered_frames_per_s=offered,
            rounds=len(runs[name]),
            saturated=saturated,
            **figure,
        )
    for peer in [name for name in wanted if name != "ours"]:
        of, to = figures.get("ours", {}), figures.get(peer, {})
        bar = scenario.bars.get(peer)
        values = {
            "scenario": scenario.name,
            "ours": of.get("frames_per_s"),
            peer: to.get("frames_per_s"),
            "ratio_per_cpu_second": _quotient(of, to, "frames_per_server_cpu_s"),
        }
        emit_ratio(f"fanout ours/{peer}", of.get("frames_per_s"), to.get("frames_per_s"), bar, **values)


def _quotient(of: dict[str, Any], to: dict[str, Any], field: str) -> float | None:
    return round(of[field] / to[field], 3) if of.get(field) and to.get(field) else None


def main() -> None:
    options = arguments()
    prepare_machine()
    for name in options.scenarios.split(","):
        compare(SCENARIOS[name], options)


if __name__ == "__main__":
    main()
