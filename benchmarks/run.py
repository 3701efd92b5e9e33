"""Run every benchmark in turn; print and keep each JSON line, and a short table in the end."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import IO, Any

from benchmarks.harness.process import leave
from benchmarks.harness.report import progress
from benchmarks.harness.servers import ROOT

BENCHMARKS = ("fanout", "list_query", "growth", "collector", "ingest", "allocation", "page")
QUICK = {
    "fanout": ["--warmup", "1", "--seconds", "4", "--max-seconds", "15"],
    "list_query": ["--warmup", "1", "--seconds", "2"],
    "growth": ["--warmup", "1", "--seconds", "4", "--gpus", "100,1000", "--subscribers", "1,100"],
    "allocation": ["--warmup", "1", "--seconds", "3"],
    "page": ["--quick"],
}
PATIENCE_S = 30.0
_TABLE = (
    ("fanout", "frames/s", "frames_per_s"),
    ("list", "ms (p50)", "latency_p50_ms"),
    ("growth by GPUs", "CPU % at 1 Hz", "cpu_pct_at_1_hz"),
    ("growth by subscribers", "CPU % at 1 Hz", "cpu_pct_at_1_hz"),
    ("allocation", "allocations/s", "allocations_per_s"),
    ("allocation", "request ms (p50)", "latency_p50_ms"),
    ("allocation", "request ms (p99)", "latency_p99_ms"),
    ("page first paint", "ms", "first_paint_ms"),
    ("page tick", "redraw ms (p95)", "redraw_p95_ms"),
    ("page long tasks", "per minute", "long_tasks_per_minute"),
    ("page memory", "KB per minute", "growth_kb_per_minute"),
)
_NAMES = ("scenario", "server", "database", "processes", "gpus", "subscribers")


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default=",".join(BENCHMARKS), help="benchmarks, with commas between")
    options.add_argument("--quick", action="store_true", help="short windows: a look, not a figure to quote")
    options.add_argument("--repeats", type=int, default=1, help="rounds of the comparisons; medians are printed")
    return options.parse_args()


def run_one(name: str, options: argparse.Namespace, keep: IO[str]) -> tuple[list[dict[str, Any]], int]:
    """Run one benchmark, passing its lines on as they come."""
    argv = [sys.executable, "-m", f"benchmarks.{name}", *(QUICK.get(name, []) if options.quick else [])]
    if name in {"fanout", "list_query"}:
        argv += ["--repeats", str(options.repeats)]
    rows = []
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                keep.write(line)
                keep.flush()
                if line.startswith("{"):
                    rows.append(json.loads(line))
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):  # which the terminal sends to the whole foreground group
                process.terminate()  # it ends its server and clients before it goes
            process.wait(PATIENCE_S)
            raise
    return rows, process.returncode


def table(rows: list[dict[str, Any]]) -> str:
    """The figures and ratios that matter, one to a line."""
    lines = ["", f"{'figure':<56}{'value':>12}  bar"]
    for figure, unit, field in _TABLE:
        for row in rows:
            if row.get("figure") == figure:
                name = " ".join([figure, *(f"{row[key]}" for key in _NAMES if key in row)])
                value = "failed" if "failed" in row else f"{row[field]:,}"
                lines.append(f"{name + ', ' + unit:<56}{value:>12}{_verdict(row)}")
    for row in rows:
        if "ratio" in row:
            name = " ".join(filter(None, [row.get("figure"), row.get("scenario")]))
            lines.append(f"{name:<56}{row['ratio'] or '-':>12}{_verdict(row)}")
    return "\n".join(lines) + "\n"


def _verdict(row: dict[str, Any]) -> str:
    verdict = {True: "met", False: "MISSED"}.get(row.get("met"), "")
    return f"  {row.get('bar') or ''} {verdict}".rstrip()


def main() -> int:
    options = arguments()
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"results-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.jsonl"
    rows: list[dict[str, Any]] = []
    broken = []
    with path.open("w") as keep:
        for name in BENCHMARKS:
            if name not in options.only.split(",") or not (ROOT / "benchmarks" / f"{name}.py").exists():
                continue
            progress(name)
            found, status = run_one(name, options, keep)
            rows += found
            broken += [name] if status else []
    sys.stdout.write(table(rows))
    sys.stdout.write(f"kept in {path.relative_to(ROOT)}\n")
    if broken:
        sys.stdout.write(f"did not finish: {', '.join(broken)}\n")
    return 1 if broken or any(row.get("met") is False for row in rows) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, leave)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
