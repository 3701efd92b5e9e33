"""Names as clients know them."""

from __future__ import annotations


def camel_case(name: str) -> str:
    """`memory_total_mb` as the API spells it: `memoryTotalMb`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
