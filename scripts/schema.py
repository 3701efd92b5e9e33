"""Write schema/schema.graphql from the code and show what changed."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from schema.build import printed_schema  # noqa: E402

SNAPSHOT = ROOT / "schema" / "schema.graphql"


def main() -> None:
    before = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
    after = printed_schema()
    SNAPSHOT.write_text(after, encoding="utf-8")
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2))
    print("\n".join(diff) if diff else "schema/schema.graphql is up to date")


if __name__ == "__main__":
    main()
