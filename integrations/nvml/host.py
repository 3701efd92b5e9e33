"""CPUs and memory of the machine around the GPUs: what is left of them bounds what can run beside a free GPU."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_MEM_TOTAL = re.compile(r"^MemTotal:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Host:
    """Thousandths of a CPU, and MiB. None: not known."""

    cpu_milli: int | None = None
    memory_mib: int | None = None


def this_host(meminfo: Path = Path("/proc/meminfo")) -> Host:
    """This machine. Its memory is unknown where there is no `/proc/meminfo`."""
    cpus = os.cpu_count()
    try:
        total = _MEM_TOTAL.search(meminfo.read_text())
    except (OSError, UnicodeDecodeError):
        total = None
    return Host(None if cpus is None else cpus * 1000, None if total is None else int(total[1]) // 1024)
