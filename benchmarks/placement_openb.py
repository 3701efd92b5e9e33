"""Replay the openb workload on its 1,213 nodes and report how much of the GPUs each policy allocates.

    .venv/bin/python benchmarks/placement_openb.py --nodes FILE --pods FILE --policy NAME --arrived 100 --seeds 42,43

The workload is that of Weng et al. (USENIX ATC'23): a seeded permutation of the whole pod list, then single pods drawn
from it with replacement until the demanded GPU exceeds the wanted ratio of the fleet; pods arrive one by one and never
leave; a pod that fits nowhere is dropped. `allocated_pct` is the mean over the arrivals at which the demand so far
rounds to the percentage. With `--lifetimes` the same pods arrive as a Poisson stream and leave again, see
`placement/lifetimes.py`. One JSON line a run on the standard output; the scheduler is the product's own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # run as a script: the folder of the script is the path then, not the checkout
    sys.path.insert(0, str(ROOT))

from benchmarks.placement.lifetimes import LIFETIMES, replay_lifetimes  # noqa: E402
from benchmarks.placement.published import table  # noqa: E402
from benchmarks.placement.replay import Run, replay_arrivals  # noqa: E402
from domain.allocation.policies.registry import DEFAULT_POLICY, POLICY_NAMES  # noqa: E402

SHARED = ROOT.parent / "shared" / "data"
TRACES = ("default", "gpuspec10", "gpushare40", "multigpu20", "cpu100")


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--nodes", type=Path, default=SHARED / "openb_nodes.csv.gz", help="CSV, gzip too")
    options.add_argument(
        "--pods",
        type=Path,
        action="append",
        help=f"CSV, gzip too; may be given again (default: the {len(TRACES)} traces of {SHARED})",
    )
    options.add_argument("--policy", default=DEFAULT_POLICY, help=f"of {', '.join(POLICY_NAMES)}; with commas: several")
    options.add_argument("--arrived", default="100", help="percentages of the fleet's GPUs, with commas between")
    options.add_argument("--seeds", default="42,43,44,45,46", help="with commas between")
    options.add_argument("--shuffle-nodes", action="store_true", help="break ties by a seeded order, not by name")
    options.add_argument("--lifetimes", choices=LIFETIMES, help="let pods leave again")
    options.add_argument("--load", default="1.0", help="offered GPU load with --lifetimes, with commas between")
    known = options.add_mutually_exclusive_group()
    known.add_argument("--learned", action="store_true", help="the mix is the last 2,000 requests (default)")
    known.add_argument("--oracle", action="store_true", help="the mix is the whole trace, known from the start")
    options.add_argument("--table", action="store_true", help="print means beside the published figures at the end")
    options.add_argument("--jobs", type=int, default=1, help="processes")
    return options.parse_args()


def runs(options: argparse.Namespace) -> Iterator[Run]:
    """Every combination that was asked for. Leaves with a message where a file or a name does not exist."""
    pods = options.pods or [SHARED / f"openb_pods_{trace}.csv.gz" for trace in TRACES]
    for path in (options.nodes, *pods):
        if not path.is_file():
            sys.exit(f"{path} does not exist: give --nodes and --pods, or put the shared data beside the checkout")
    policies = options.policy.split(",")
    if unknown := set(policies) - set(POLICY_NAMES):
        sys.exit(f"no policy {', '.join(sorted(unknown))}: there are {', '.join(POLICY_NAMES)}")
    loads = [float(each) for each in options.load.split(",")] if options.lifetimes else [None]
    arrived = tuple(int(each) for each in options.arrived.split(","))
    seeds = [int(each) for each in options.seeds.split(",")]
    for path, policy, load, seed in itertools.product(pods, policies, loads, seeds):
        yield Run(
            nodes=options.nodes,
            pods=path,
            policy=policy,
            seed=seed,
            arrived=arrived,
            shuffled=options.shuffle_nodes,
            oracle=options.oracle,
            lifetimes=options.lifetimes,
            load=load,
        )


def measure(run: Run) -> list[dict[str, Any]]:
    return replay_arrivals(run) if run.lifetimes is None else replay_lifetimes(run)


def main() -> None:
    options = arguments()
    rows: list[dict[str, Any]] = []
    wanted = list(runs(options))
    with ProcessPoolExecutor(options.jobs) if options.jobs > 1 else _Here() as pool:
        for lines in pool.map(measure, wanted):
            for line in lines:
                print(json.dumps(line), flush=True)
                rows.append(line)
    if options.table:
        print(table(rows))


class _Here:
    """The processes of one job: none."""

    map = staticmethod(map)

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    main()
