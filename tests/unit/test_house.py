"""Promises of the repository as a whole, which no single module can keep."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 400

REGISTRIES = re.compile(
    # spelt so that this file does not name one itself
    "|".join(
        (
            r"[p]ypi\.org",
            r"[p]ythonhosted",
            r"[r]egistry\.npmjs",
            r"[r]egistry\.yarnpkg",
            r"[d]ocker\.io",
            r"[g]hcr\.io",
        )
    ),
    re.IGNORECASE,
)
LOCKS = (
    "frontend/package-lock.json",
    "benchmarks/peers/yoga/package-lock.json",
    "benchmarks/peers/mercurius/package-lock.json",
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_of_dependencies() -> set[str]:
    """Every distribution that installing this project with its tests brings in."""
    root = "k8s-gpu-management"
    waiting, seen = [root], set[str]()
    while waiting:
        name = normal(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform or version
        wanted = [requirement for requirement in requires if name == root or "extra ==" not in requirement]
        waiting += re.findall(r"^[\w.-]+", "\n".join(wanted), re.MULTILINE)
    return seen


def test_the_distribution_named_schema_is_not_in_the_dependency_tree() -> None:
    assert "schema" not in names_of_dependencies()
    assert not re.search(r"^schema\b", (ROOT / "constraints.txt").read_text(), re.MULTILINE | re.IGNORECASE)
    assert (ROOT / "schema") in (Path(entry) for entry in __import__("schema").__path__)


def test_every_dependency_is_pinned() -> None:
    pinned = {
        re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"(?m)^([\w.-]+)==", _text("constraints.txt"))
    }
    declared = re.findall(r'^  "([\w.-]+)', _text("pyproject.toml").split("[project.scripts]")[0], re.MULTILINE)
    assert declared
    assert not {normal(name) for name in declared} - pinned
    assert "://" not in _text("constraints.txt")


def test_no_registry_is_named() -> None:
    found = {}
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".png", ".svg"}:
            continue
        match = REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace"))
        if match:
            found[str(path.relative_to(ROOT))] = match.group()
    assert not found


@pytest.mark.parametrize("name", LOCKS)
def test_the_locked_packages_have_no_addresses_and_none_is_missing(name: str) -> None:
    packages = json.loads(_text(name))["packages"]
    assert not [key for key, package in packages.items() if "resolved" in package]
    installed = {key.rpartition("node_modules/")[2] for key in packages}
    wanted = {
        dependency
        for package in packages.values()
        for kind in ("dependencies", "optionalDependencies")
        for dependency in package.get(kind, {})
    }
    assert not wanted - installed  # npm ci refuses a lock that leaves out another platform's package


def test_the_readme_lists_every_setting_as_it_is() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import settings_table
    finally:
        sys.path.pop(0)
    assert settings_table.written() == settings_table.table(), "run `make settings`"


def test_the_printed_schema_is_up_to_date() -> None:
    from schema.build import printed_schema

    assert _text("schema/schema.graphql") == printed_schema(), "run `make schema` and look at the difference"


def test_every_make_target_is_explained() -> None:
    makefile = _text("Makefile")
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert {"help", "run", "test", "setup", "bench", "schema", "migrations", "lint", "frontend", "clean"} <= targets
    assert targets == explained


def test_make_alone_lists_the_targets() -> None:
    printed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "make test" in printed.stdout
    assert "make run" in printed.stdout


def test_python_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked_files()
        if path.suffix == ".py" and "migrations/versions" not in str(path)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert not long


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
