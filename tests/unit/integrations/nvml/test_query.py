from __future__ import annotations

import logging
from typing import Any

import pynvml
import pytest

from integrations.nvml.query import LOGGED_MAX, DeviceLost, SessionLost, query, text


def failing(code: int, name: str = "nvmlDeviceGetSomething") -> Any:
    def call(*_: object) -> None:
        raise pynvml.NVMLError(code)

    call.__name__ = name
    return call


@pytest.mark.parametrize(
    "code",
    [
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
        pynvml.NVML_ERROR_DEPRECATED,
    ],
)
def test_what_the_driver_does_not_know_is_none_and_not_zero(code: int) -> None:
    assert query(failing(code)) is None
    assert query(failing(code), default="unknown", failed="failed") == "unknown"


@pytest.mark.parametrize(
    "code", [pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_RESET_REQUIRED, pynvml.NVML_ERROR_GPU_NOT_FOUND]
)
def test_a_lost_device_is_told_apart(code: int) -> None:
    with pytest.raises(DeviceLost):
        query(failing(code), default=0)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (pynvml.NVML_ERROR_UNINITIALIZED, "NVMLError_Uninitialized"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "Driver Not Loaded"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "version mismatch"),
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "Library Not Found"),
    ],
)
def test_a_driver_that_is_away_ends_the_session(code: int, says: str) -> None:
    with pytest.raises(SessionLost, match=says):
        query(failing(code), default=0)


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_UNKNOWN, pynvml.NVML_ERROR_TIMEOUT, pynvml.NVML_ERROR_IN_USE, 4711])
def test_any_other_error_is_a_read_that_failed_this_once(code: int) -> None:
    assert query(failing(code), default="unknown", failed="failed") == "failed"


def test_a_string_that_is_no_utf8_does_not_stop_the_round() -> None:
    assert query(b"\xff".decode, failed="failed") == "failed"


def test_each_failure_is_logged_once_and_what_is_ordinary_never(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            query(failing(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, "nvmlDeviceGetNew"))
            query(failing(pynvml.NVML_ERROR_NOT_SUPPORTED, "nvmlDeviceGetSerial"))
    assert [record.message for record in caplog.records] == [
        "NVML nvmlDeviceGetNew does not answer: Function Not Found (NVMLError_FunctionNotFound)"
    ]


def test_the_log_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3 * LOGGED_MAX):
        query(failing(pynvml.NVML_ERROR_UNKNOWN, f"nvmlDeviceGet{number}"))
    assert len(caplog.records) == LOGGED_MAX
    assert caplog.records[-1].message.endswith("further kinds of failure are not logged")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Tesla T4", "Tesla T4"),
        ("NVIDIA H200 ", "NVIDIA H200"),
        (b"GPU\xff", "GPU\N{REPLACEMENT CHARACTER}"),
        ("N/A", None),
        (b"", None),
        ("\x00", None),
        (None, None),
    ],
)
def test_strings_come_as_text_whatever_the_binding_returns(value: str | bytes | None, expected: str | None) -> None:
    assert text(value) == expected
