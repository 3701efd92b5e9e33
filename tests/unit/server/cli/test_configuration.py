"""What is said about settings."""

from __future__ import annotations

import os

import pytest

from server.cli.configuration import described_settings, load_settings, misspelt_variables, shown_value
from server.cli.failures import CommandFailed, ExitCode


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GPU_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://user:secret@host/db", "postgresql://user:********@host/db"),
        ("redis://:secret@host:6379/0", "redis://:********@host:6379/0"),
        ("postgresql://user:p%40ss:word@host/db", "postgresql://user:********@host/db"),
        ("postgresql://user:p@ss/word@host/db", "postgresql://user:********@host/db"),
        ("postgresql://host/db?sslpassword=secret&a=b", "postgresql://host/db?sslpassword=********&a=b"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("memory://", "memory://"),
        (1.5, 1.5),
        (None, None),
    ],
)
def test_passwords_are_masked(value: object, shown: object) -> None:
    assert shown_value(value) == shown


def test_every_wrong_variable_is_named_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_SAMPLE_INTERVAL", "soon")
    monkeypatch.setenv("GPU_SIMULATED_GPUS", "0")
    with pytest.raises(CommandFailed) as failed:
        load_settings()
    assert failed.value.code is ExitCode.USAGE
    assert failed.value.message.splitlines() == [
        "GPU_SIMULATED_GPUS: input should be greater than or equal to 1, not '0'",
        "GPU_SAMPLE_INTERVAL: input should be a valid number, unable to parse string as a number, not 'soon'",
    ]


def test_variables_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_MAX_HEAP_SIZE", "100")
    monkeypatch.setenv("GPU_BROKER_ULR", "memory://")
    (word,) = misspelt_variables()
    assert word.startswith("GPU_BROKER_ULR is not a setting")


def test_every_setting_has_a_description() -> None:
    assert all(row["description"] for row in described_settings(load_settings()))
