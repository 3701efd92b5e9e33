"""Where Chromium is, and how it is started: for tests and benchmarks."""

from __future__ import annotations

import os
import shutil

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MISSING = "no Chromium: apt-get install chromium, or name one in CHROMIUM"


def find_chromium() -> str | None:
    """The program named in CHROMIUM, else Debian's; None where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
