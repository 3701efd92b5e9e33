"""Run every check that gates a landing, one after the other; stop at the first that fails; sum up."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FRONTEND = ROOT / "frontend"


@dataclass(frozen=True, slots=True)
class Gate:
    """One check. `group` lets a part be run alone."""

    name: str
    group: str
    command: tuple[str, ...]
    cwd: Path = ROOT


def npm(script: str) -> tuple[str, ...]:
    return (shutil.which("npm") or "npm", "run", "--silent", script)


def pytest(folder: str, *options: str) -> tuple[str, ...]:
    return (str(BIN / "pytest"), f"tests/{folder}", "-q", *options)


GATES = (
    Gate("ruff check", "lint", (str(BIN / "ruff"), "check", ".")),
    Gate("ruff format", "lint", (str(BIN / "ruff"), "format", "--check", ".")),
    Gate("mypy", "lint", (str(BIN / "mypy"),)),
    Gate("import rules", "lint", (str(BIN / "lint-imports"),)),
    Gate("page: types", "lint", npm("types"), FRONTEND),
    Gate("page: lint", "lint", npm("lint"), FRONTEND),
    Gate("page: unit tests", "page", npm("test"), FRONTEND),
    Gate("unit tests", "unit", pytest("unit")),
    Gate("integration tests", "integration", pytest("integration", "-n", "2", "--dist", "loadfile")),
    Gate("browser tests", "browser", pytest("browser", "-n", "2", "--dist", "loadfile")),
)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    groups = list(dict.fromkeys(gate.group for gate in GATES))
    options.add_argument("--only", choices=groups, help="one group of gates")
    only = options.parse_args().only
    gates = [gate for gate in GATES if only in (None, gate.group)]

    results: list[tuple[str, str, float]] = []
    failed = False
    for gate in gates:
        if failed:
            results.append((gate.name, "not run", 0.0))
            continue
        print(f"\n── {gate.name}", flush=True)
        began = time.monotonic()
        environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(gate.command, cwd=gate.cwd, env=environment, stdin=subprocess.DEVNULL, check=False)
        failed = done.returncode != 0
        results.append((gate.name, "FAILED" if failed else "passed", time.monotonic() - began))

    print("\n── summary")
    for name, outcome, seconds in results:
        print(f"  {outcome:<8} {name:<20} {seconds:7.1f} s" if seconds else f"  {outcome:<8} {name}")
    print(f"  {sum(seconds for *_, seconds in results):.0f} s in all")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
