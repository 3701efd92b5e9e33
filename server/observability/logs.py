"""The process's log: one stream, as JSON lines for machines or as text for a terminal.

All code logs through the standard library; structlog draws the lines and adds what is bound to the request.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.settings import Settings

QUIET: dict[str, int] = {
    "aiosqlite": logging.INFO,  # every statement with its parameters
    "alembic": logging.INFO,
    "asyncio": logging.INFO,
    "httpcore": logging.INFO,
    "httpx": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.INFO,  # at DEBUG every WebSocket frame, and connection_init holds the token
    "websockets": logging.INFO,
}
"""The least level of other people's loggers, whatever ours is."""

UVICORN_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Log to `stream`, standard error by default, as the settings say. Replaces what was configured before."""
    out = sys.stderr if stream is None else stream
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(as_json, out.isatty()))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.log_level]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
    _adopt_uvicorn(level)
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _adopt_uvicorn(level: int) -> None:
    for name in UVICORN_LOGGERS:
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.filters.clear()
        theirs.propagate = True
        theirs.setLevel(max(level, logging.INFO))
    logging.getLogger("uvicorn.error").addFilter(_not_of_a_socket)


def _not_of_a_socket(record: logging.LogRecord) -> bool:
    """WebSockets are logged at their end; uvicorn's lines give query strings, which may hold a token."""
    message = str(record.msg)
    return '"WebSocket %s"' not in message and not message.startswith("connection ")


def _formatter(as_json: bool, colors: bool) -> logging.Formatter:
    end: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_uvicorn_colors]
    if as_json:
        # Frames without their local variables: those hold tokens.
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=30)
        end += [
            structlog.processors.ExceptionRenderer(transformer),
            _head_first,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ]
    else:
        end += [
            _one_line,
            structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback),
        ]
    return structlog.stdlib.ProcessorFormatter(
        processors=end, foreign_pre_chain=[*_shared_processors(), structlog.stdlib.ExtraAdder()]
    )


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _without_uvicorn_colors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a message quotes cannot start a line of its own, nor command the terminal."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable() and key not in ("exception", "stack"):
            event[key] = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in value)
    return event


def _head_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """When, how bad, who, what: in this order at the start of every line."""
    head = {key: event.pop(key) for key in ("timestamp", "level", "logger", "event") if key in event}
    return {**head, **event}


def _as_json(event: EventDict, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8")
