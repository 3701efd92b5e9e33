"""The README's table of environment variables, made from the code. With --write it is put into the README."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from server.cli.configuration import COMMAND_VARIABLES, variable_of  # noqa: E402
from server.settings import Settings  # noqa: E402

README = ROOT / "README.md"
START, END = "<!-- settings: make settings -->", "<!-- end of settings -->"

COMPUTED = {"data_dir": "the user's data directory", "node_name": "the host name"}
"""Defaults that differ from machine to machine, in words."""


def table() -> str:
    rows = [(variable_of(name), _default(name, info), info.description or "") for name, info in _fields()]
    rows += [(name, _shown(default), description) for name, (default, description) in COMMAND_VARIABLES.items()]
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {_escaped(meaning)} |" for name, default, meaning in rows]
    return "\n".join(lines)


def written() -> str:
    """What stands in the README now."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(START) + len(START) : text.index(END)].strip()


def write() -> None:
    text = README.read_text(encoding="utf-8")
    before, after = text[: text.index(START) + len(START)], text[text.index(END) :]
    README.write_text(f"{before}\n{table()}\n{after}", encoding="utf-8")


def _fields() -> list[tuple[str, Any]]:
    return list(Settings.model_fields.items())


def _default(name: str, info: Any) -> str:
    return COMPUTED[name] if info.default_factory is not None else _shown(info.default)


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if isinstance(value, int | float):
        return f"`{value:g}`" if value < 1_000_000 else f"`{value}`"
    return f"`{value}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        print(table())
