"""Raising NVML's errors from Python, as the binding does: the class follows from the code."""

from __future__ import annotations

import pynvml


def nvml_error(code: int) -> pynvml.NVMLError:
    """`NVMLError` of the subclass that belongs to an `NVML_ERROR_...` code."""
    return pynvml.NVMLError(code)  # type: ignore[no-untyped-call]
