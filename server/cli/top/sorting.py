"""What the rows can be sorted by."""

from __future__ import annotations

from enum import StrEnum


class SortKey(StrEnum):
    """What rows can be sorted by; NAME is cluster, node, index."""

    NAME = "name"
    UTILIZATION = "utilization"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    POWER = "power"
