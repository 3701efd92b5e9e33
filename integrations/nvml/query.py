"""The one place where an NVML call may fail: what each error means, and which of them are said aloud.

| NVML says | it means here |
|---|---|
| not supported, no permission, function not found | the value is unknown: None, never zero |
| GPU is lost, reset required | `DeviceLost`: this device is left out, the others are read |
| uninitialised, driver not loaded, version mismatch, no library | `SessionLost`: NVML must be initialised anew |
| anything else | the read failed this time: unknown now, asked again at the next round |
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pynvml

logger = logging.getLogger(__name__)

NotFound: Any = pynvml.nvmlExceptionClass(pynvml.NVML_ERROR_NOT_FOUND)  # type: ignore[no-untyped-call]
NotSupported: Any = pynvml.nvmlExceptionClass(pynvml.NVML_ERROR_NOT_SUPPORTED)  # type: ignore[no-untyped-call]
InvalidArgument: Any = pynvml.nvmlExceptionClass(pynvml.NVML_ERROR_INVALID_ARGUMENT)  # type: ignore[no-untyped-call]
FunctionNotFound: Any = pynvml.nvmlExceptionClass(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)  # type: ignore[no-untyped-call]

LOGGED_MAX = 64
"""How many different failures are logged in a process's life; each function and error only once."""


class DeviceLost(Exception):
    """This device does not answer until it is reset or comes back; its neighbours do."""


class SessionLost(Exception):
    """NVML answers nothing at all: the driver is away, restarts, or is newer than the loaded library."""


_UNKNOWN_VALUE = frozenset({
    pynvml.NVML_ERROR_NOT_SUPPORTED,
    pynvml.NVML_ERROR_NO_PERMISSION,
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    pynvml.NVML_ERROR_DEPRECATED,
})  # fmt: skip
_DEVICE_LOST = frozenset({
    pynvml.NVML_ERROR_GPU_IS_LOST,
    pynvml.NVML_ERROR_RESET_REQUIRED,
    pynvml.NVML_ERROR_GPU_NOT_FOUND,
})  # fmt: skip
_SESSION_LOST = frozenset({
    pynvml.NVML_ERROR_UNINITIALIZED,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND,
})  # fmt: skip
_WORDS = {
    pynvml.NVML_ERROR_IN_USE: "In use by another client",
    pynvml.NVML_ERROR_INSUFFICIENT_RESOURCES: "Insufficient Resources",
    pynvml.NVML_ERROR_RESET_REQUIRED: "GPU requires reset",
}
"""NVML's words for what the binding has none of its own for, and the library may not be there to be asked."""

_logged: set[tuple[str, str]] = set()


def query(func: Callable[..., Any], *args: Any, default: Any = None, failed: Any = None) -> Any:
    """Call an NVML function.

    Returns `default` where the driver does not know the value, and `failed` where reading went wrong this
    once. Raises `DeviceLost` or `SessionLost` where the device or all of NVML is away.
    """
    try:
        return func(*args)
    except pynvml.NVMLError as error:
        code: int = error.value  # type: ignore[attr-defined]
        if code in _SESSION_LOST:
            raise SessionLost(reason(error)) from error
        if code in _DEVICE_LOST:
            raise DeviceLost(reason(error)) from error
        if code == pynvml.NVML_ERROR_NOT_SUPPORTED:  # ordinary: a GeForce has no serial number
            return default
        _log_once(name_of(func), reason(error))
        return default if code in _UNKNOWN_VALUE else failed
    except (
        UnicodeDecodeError, AttributeError, TypeError, ValueError, pynvml.NVMLLibraryMismatchError
    ) as error:  # fmt: skip
        # pynvml itself stumbles: a string that is no UTF-8, a structure from another version
        _log_once(name_of(func), f"{type(error).__name__}: {error}")
        return failed


def reason(error: Exception) -> str:
    """What an NVML error says, in words and with its name: `Driver Not Loaded (NVMLError_DriverNotLoaded)`."""
    words = _WORDS.get(getattr(error, "value", 0)) or str(error)
    return f"{words} ({type(error).__name__})"


def ends_session(error: pynvml.NVMLError) -> bool:
    """Whether after this error NVML answers nothing until it is initialised anew."""
    return error.value in _SESSION_LOST  # type: ignore[attr-defined]


def name_of(func: Callable[..., Any]) -> str:
    return getattr(func, "__name__", None) or repr(func)


def text(value: str | bytes | None) -> str | None:
    """A string from NVML, whichever way this version of the binding returns it. Blank and "N/A" mean unknown."""
    if value is None:
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    value = value.strip("\x00 \t\r\n")
    return None if value in {"", "N/A", "[N/A]"} else value


def _log_once(function: str, what: str) -> None:
    key = (function, what)
    if key in _logged or len(_logged) >= LOGGED_MAX:
        return
    _logged.add(key)
    more = "" if len(_logged) < LOGGED_MAX else "; further kinds of failure are not logged"
    logger.warning("NVML %s does not answer: %s%s", function, what, more)
