"""Resetting a GPU, which NVML has no function for: what up to Ampere makes a change of the MIG mode take effect."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TypeAlias

RESET_TIMEOUT_SECONDS = 90.0
_WORDS_MAX = 300

Reset: TypeAlias = Callable[[int, str], None]
"""Resets a GPU, given by its index and its UUID. Raises `ResetFailed`."""


class ResetFailed(Exception):
    """The GPU was not reset; the message says why."""


def reset_with_nvidia_smi(index: int, gpu_uuid: str) -> None:
    """Let nvidia-smi do it, which refuses while any process has the GPU open: NVML here must be shut down before."""
    command = ["nvidia-smi", "--gpu-reset", "-i", gpu_uuid]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the UUID is the driver's own
            command, capture_output=True, text=True, errors="replace", timeout=RESET_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ResetFailed(f"nvidia-smi has not reset GPU {index} within {RESET_TIMEOUT_SECONDS:g} s") from None
    except OSError as error:
        raise ResetFailed(f"nvidia-smi cannot be run: {error.strerror}") from None
    if done.returncode:
        words = " ".join((done.stdout + done.stderr).split())
        raise ResetFailed(f"nvidia-smi has not reset GPU {index}: {words[:_WORDS_MAX] or f'status {done.returncode}'}")
