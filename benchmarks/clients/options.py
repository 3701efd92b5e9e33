"""Arguments that both clients have."""

from __future__ import annotations

import argparse


def parser(description: str) -> argparse.ArgumentParser:
    """Where the server is, and whose CPU time to read."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--path", default="/graphql")
    options.add_argument("--server-group", type=int, required=True, help="process group of the server")
    options.add_argument("--server-core", type=int, default=0)
    options.add_argument("--client-core", type=int, default=1)
    return options


def percentile(ordered: list[float], share: float) -> float | None:
    """The value below which that share of an ordered list lies."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
