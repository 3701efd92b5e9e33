"""Replays streams of MIG requests against the product's placement policies: one JSON line per run.

`.venv/bin/python benchmarks/placement_mig.py --stream FILE --policy NAME`. A stream is a CSV file, plain or gzip, with
the columns arrival, lifetime, profile. Requests come one by one, leave after their lifetime, never wait and are never
moved. The first 25 % of them warm the fleet up and are not scored. `accepted_pct` counts requests,
`accepted_compute_pct` weighs them by compute slices, since a count alone rewards refusing large ones.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import heapq
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from domain.allocation.policies.mig import DEFAULT, POLICIES, MigPolicy  # noqa: E402
from domain.allocation.policies.mig_fleet import MigFleet  # noqa: E402
from domain.mig.geometry import Placement  # noqa: E402
from domain.mig.profiles import GEOMETRIES, H100_80, MigGeometry  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
WARM_UP = 0.25
Request = tuple[float, float, str]

EXPECTED_COLUMNS = {"first-fit": "first-fit", "best-fit": "best-fit", "frag-fgd": "frag-fgd*", "fill": "frag-fgd*"}
"""Our policies and the columns of mig_expected.csv they stand beside; `fill` has none of its own."""


def read_stream(path: Path) -> list[Request]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    rows = [
        (float(row["arrival"]), float(row["lifetime"]), row["profile"]) for row in csv.DictReader(text.splitlines())
    ]
    return sorted(rows, key=lambda row: row[0])


def geometry_of(requests: list[Request]) -> MigGeometry:
    """The geometry that has every profile of the stream; the H100's where several do."""
    names = {profile for *_, profile in requests}
    for geometry in (H100_80, *GEOMETRIES):
        if names <= geometry.by_name.keys():
            return geometry
    raise SystemExit(f"no known geometry has all of {', '.join(sorted(names))}")


def replay(requests: list[Request], policy: MigPolicy, gpus: int) -> dict[str, float]:
    geometry = geometry_of(requests)
    fleet = MigFleet()
    for index in range(gpus):
        fleet.set_gpu(f"gpu-{index}", geometry, ())
    leaving: list[tuple[float, int, str, Placement]] = []
    warm_up = int(len(requests) * WARM_UP)
    offered = accepted = offered_compute = accepted_compute = 0
    deciding = 0
    for number, (arrival, lifetime, profile) in enumerate(requests):
        while leaving and leaving[0][0] <= arrival:
            _, _, key, placement = heapq.heappop(leaving)
            fleet.free(key, placement)
        started = time.perf_counter_ns()
        choices = policy.rank(fleet, profile)
        deciding += time.perf_counter_ns() - started
        scored = number >= warm_up
        compute = geometry.by_name[profile].compute_slices
        offered += scored
        offered_compute += compute * scored
        if choices:
            fleet.place(choices[0].gpu, choices[0].placement)
            heapq.heappush(leaving, (arrival + lifetime, number, choices[0].gpu, choices[0].placement))
            accepted += scored
            accepted_compute += compute * scored
    return {
        "accepted_pct": round(100 * accepted / max(offered, 1), 3),
        "accepted_compute_pct": round(100 * accepted_compute / max(offered_compute, 1), 3),
        "decision_us": round(deciding / 1_000 / max(len(requests), 1), 2),
    }


def expected(name: str, policy: str) -> tuple[float, float] | None:
    path = DATA / "mig_expected.csv"
    if not path.is_file():
        return None
    with path.open(newline="") as file:
        rows = {row["stream"]: row for row in csv.DictReader(file)}
    row = rows.get(name)
    column = EXPECTED_COLUMNS[policy]
    return None if row is None else (float(row[column]), float(row[f"{column} compute"]))


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stream", type=Path, action="append", help="a file; the four shared streams if left out")
    options.add_argument("--policy", default=DEFAULT.name, choices=[*POLICIES, "all"])
    options.add_argument("--gpus", type=int, default=100)
    options.add_argument("--table", action="store_true", help="ours beside mig_expected.csv instead of JSON lines")
    return options.parse_args()


def main() -> None:
    args = arguments()
    streams = args.stream or sorted(DATA.glob("mig_stream_*.csv.gz"))
    policies = list(POLICIES.values()) if args.policy == "all" else [POLICIES[args.policy]]
    if args.table:
        print(f"{'stream':28}{'policy':11}{'accepted':>9}{'expected':>9}{'compute':>9}{'expected':>9}")
    for path in streams:
        name = path.name.removesuffix(".gz").removesuffix(".csv").removeprefix("mig_stream_")
        requests = read_stream(path)
        for policy in policies:
            result = replay(requests, policy, args.gpus)
            if args.table:
                bar = expected(name, policy.name) or (float("nan"), float("nan"))
                print(
                    f"{name:28}{policy.name:11}{result['accepted_pct']:9.3f}{bar[0]:9.3f}"
                    f"{result['accepted_compute_pct']:9.3f}{bar[1]:9.3f}"
                )
            else:
                line = {"policy": policy.name, "stream": name, "gpus": args.gpus, "requests": len(requests)}
                print(json.dumps(line | result))


if __name__ == "__main__":
    main()
