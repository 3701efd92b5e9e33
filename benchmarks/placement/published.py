"""Means of a benchmark's lines as a text table, beside the published figures.

Published: allocated GPU % at 100 % arrived demand, mean of 10 seeds, from the FGD repository's
`experiments/analysis/expected_results` (hkust-adsl/kubernetes-scheduler-simulator); first-fit, which is not among
them, from an independent replay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

PUBLISHED = {
    "openb_pods_default": {"Random": 86.30, "BestFit": 92.86, "first-fit": 94.21, "FGD": 95.23},
    "openb_pods_cpu100": {"Random": 87.44, "BestFit": 93.26, "first-fit": 94.23, "FGD": 95.21},
    "openb_pods_gpushare40": {"Random": 84.86, "BestFit": 91.44, "first-fit": 92.88, "FGD": 93.96},
    "openb_pods_gpuspec10": {"Random": 86.26, "BestFit": 93.10, "first-fit": 94.12, "FGD": 94.66},
    "openb_pods_multigpu20": {"Random": 86.92, "BestFit": 93.73, "first-fit": 94.81, "FGD": 95.53},
}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each policy, trace and percentage or load: means over the seeds, rejected pods by size."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        at = f"{row['arrived_pct']} %" if "arrived_pct" in row else f"{row['lifetimes']} {row['load']:g}"
        groups[row["pods"], at, row["nodes"], row["mix"], row["policy"]].append(row)
    lines = [f"{'pods':24}{'at':17}{'nodes':10}{'mix':9}{'policy':11}{'allocated %':>12}  rejected by GPUs; published"]
    for (pods, at, nodes, mix, policy), runs in groups.items():
        mean = sum(run["allocated_pct"] or 0.0 for run in runs) / len(runs)
        sizes = sorted({size for run in runs for size in run["rejected_by_gpus"]})
        rejected = ", ".join(
            f"{size}: {sum(run['rejected_by_gpus'].get(size, 0) for run in runs) / len(runs):.1f}" for size in sizes
        )
        accepted = ""
        if "accepted_gpu_pct" in runs[0]:
            accepted = (
                f"accepted {sum(run['accepted_pct'] for run in runs) / len(runs):.2f} % of pods, "
                f"{sum(run['accepted_gpu_pct'] for run in runs) / len(runs):.2f} % of GPU; "
            )
        known = PUBLISHED.get(pods, {}) if at == "100 %" else {}
        beside = "; " + ", ".join(f"{name} {figure:.2f}" for name, figure in known.items()) if known else ""
        lines.append(f"{pods:24}{at:17}{nodes:10}{mix:9}{policy:11}{mean:12.3f}  {accepted}{rejected}{beside}")
    return "\n".join(lines)
