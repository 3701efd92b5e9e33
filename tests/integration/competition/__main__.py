"""The competition by hand, for as long as wanted:

    .venv/bin/python -m tests.integration.competition --database postgresql --seconds 300 --processes 4

One JSON line on the standard output; what is wrong on the error stream, and then the status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path

from tests.fixtures.databases import PostgresServer
from tests.integration.competition.course import Size, compete


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    """The URL of a fresh database; a URL given stays what it is, and should lead to an empty one."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'fleet.db'}"
    elif name == "postgresql":
        with closing(PostgresServer()) as server:
            yield server.url()
    else:
        yield name


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--database", default="sqlite", help="sqlite, postgresql, or the URL of an empty database")
    usual = Size.from_environment()
    for each in fields(Size):
        value = getattr(usual, each.name)
        options.add_argument(f"--{each.name.replace('_', '-')}", type=type(value), default=value, help=f"({value})")
    chosen = vars(options.parse_args())
    name = chosen.pop("database")
    with tempfile.TemporaryDirectory(prefix="gpu-competition-") as folder, database(name, Path(folder)) as url:
        outcome = asyncio.run(compete(url, Path(folder), Size(**chosen)))
    print(outcome.summary)
    for words in outcome.wrong:
        print(words, file=sys.stderr)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
