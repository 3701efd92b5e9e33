"""Whether this machine has GPUs whose driver answers. Asked once, on a thread that may be left behind."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

import pynvml

from integrations.nvml.api import NvmlApi
from integrations.nvml.query import reason

PROBE_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Probe:
    """`gpus` that the driver counts, and `detail`: why there are none, or how many there are."""

    gpus: int
    detail: str


def probe(api: NvmlApi, timeout: float = PROBE_TIMEOUT_SECONDS) -> Probe:
    """Ask the driver for its GPUs. Blocks for at most `timeout` seconds; never raises for what the driver does."""
    answers: list[Probe] = []
    thread = threading.Thread(target=lambda: answers.append(_ask(api)), name="nvml-probe", daemon=True)
    thread.start()
    thread.join(timeout)
    return answers[0] if answers else Probe(0, f"the driver has not answered for {timeout:g} s")


def _ask(api: NvmlApi) -> Probe:
    try:
        api.nvmlInit()
    except pynvml.NVMLError as error:
        return Probe(0, reason(error))
    try:
        gpus = api.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        return Probe(0, reason(error))
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            api.nvmlShutdown()
    return Probe(gpus, f"{gpus} GPUs" if gpus else "the driver answers and has no GPU")
