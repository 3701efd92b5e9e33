"""The settings of this process, or a clear word about what is wrong with them."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined
from pydantic_settings import SettingsError

from server.cli.failures import CommandFailed, ExitCode
from server.settings import Settings

PREFIX = "GPU_"

COMMAND_VARIABLES = {
    "GPU_HOST": ("127.0.0.1", "Address that `gpuctl serve` listens on."),
    "GPU_PORT": ("8080", "Port that `gpuctl serve` listens on."),
    "GPU_SERVER": ("http://127.0.0.1:8080", "Server that the other commands ask; several for an agent, with spaces."),
    "GPU_TOKEN": (None, "Token that the other commands send."),
}
"""Read by the command itself: variable, default and description."""

MASK = "********"
_PASSWORD = re.compile(r"(?<=://)([^/:@]*):.*(?=@)")
_PASSWORD_PARAMETER = re.compile(r"(password=)[^&]*", re.IGNORECASE)


def load_settings() -> Settings:
    """Read the environment. Raises `CommandFailed` naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [_described(item["loc"], item["msg"], item.get("input")) for item in error.errors()]
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = variable_of(field.group(1)) if field else "the environment"
        wrong = [f"{name}: not valid JSON"]
    raise CommandFailed("\n".join(wrong), ExitCode.USAGE)


def checked_dialect(settings: Settings) -> str:
    """Which kind of database is meant. Raises `CommandFailed` for a URL that cannot work."""
    from persistence.engine import create_engine

    try:
        engine = create_engine(settings.resolved_database_url)
    except ValueError as error:
        raise CommandFailed(f"GPU_DATABASE_URL: {error}", ExitCode.USAGE) from None
    except OSError as error:
        raise CommandFailed(f"GPU_DATABASE_URL: {error}") from None
    engine.sync_engine.dispose()
    return engine.dialect.name


def variable_of(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def described_settings(settings: Settings) -> list[dict[str, Any]]:
    """Every setting: its variable, value and default (secrets masked), where the value comes from, what it is for."""
    rows = []
    for name, info in Settings.model_fields.items():
        value, default = getattr(settings, name), info.get_default(call_default_factory=True, validated_data={})
        rows.append(
            {
                "variable": variable_of(name),
                "value": shown_value(value),
                "default": None if default is PydanticUndefined else shown_value(default),
                "set": name in settings.model_fields_set,
                "description": info.description or "",
            }
        )
    for variable, (default, description) in COMMAND_VARIABLES.items():
        given = os.environ.get(variable)
        value = MASK if given and variable == "GPU_TOKEN" else given or default
        rows.append(
            {
                "variable": variable,
                "value": value,
                "default": default,
                "set": given is not None,
                "description": description,
            }
        )
    return rows


def shown_value(value: Any) -> Any:
    """A value as it may be shown: no secret, no password of a URL."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return list(value)
    return _PASSWORD_PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1:{MASK}", str(value)))


def misspelt_variables() -> list[str]:
    """A word about each GPU_... variable that is none of ours and looks as if it was meant to be."""
    known = {variable_of(name) for name in Settings.model_fields} | COMMAND_VARIABLES.keys()
    said = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            meant = get_close_matches(name, known, 1, 0.85)
            if meant:
                said.append(f"{name} is not a setting and has no effect: {meant[0]} is meant, perhaps")
    return said


def _described(location: tuple[int | str, ...], message: str, given: object) -> str:
    name = variable_of(str(location[0])) if location else "the environment"
    secret = "SECRET" in name or "URL" in name
    shown = "" if secret or given is None else f", not {given!r}"
    return f"{name}: {message[:1].lower()}{message[1:]}{shown}"
