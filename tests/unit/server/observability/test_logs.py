"""What a log line looks like, in both formats, and what never gets into one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from server.observability.logs import QUIET, UVICORN_LOGGERS, configure_logging
from server.settings import Settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    loggers = [logging.getLogger(name) for name in {*QUIET, *UVICORN_LOGGERS}]
    before = [(each, each.level, each.handlers[:], each.filters[:], each.propagate) for each in loggers]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for each, its_level, its_handlers, its_filters, propagate in before:
        each.setLevel(its_level)
        each.handlers[:], each.filters[:], each.propagate = its_handlers, its_filters, propagate
    structlog.reset_defaults()


def configured(stream: io.StringIO | None = None, **settings: Any) -> io.StringIO:
    out = stream or io.StringIO()
    configure_logging(Settings(data_dir=Path("/nonexistent"), **settings), out)
    return out


def only_line(out: io.StringIO) -> dict[str, Any]:
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


def test_json_line() -> None:
    out = configured(log_format="json")
    logging.getLogger("gpu.test").warning("%d devices of %s", 3, "node-1")
    line = only_line(out)
    assert list(line) == ["timestamp", "level", "logger", "event"]
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {"level": "warning", "logger": "gpu.test", "event": "3 devices of node-1"}


def test_extra_fields_and_the_request_id_are_fields() -> None:
    out = configured(log_format="json")
    with bound_contextvars(request_id="r1"):
        logging.getLogger("gpu.access").info("request", extra={"status": 200, "path": "/graphql"})
    line = only_line(out)
    assert (line["request_id"], line["status"], line["path"]) == ("r1", 200, "/graphql")


def test_structlog_loggers_come_out_the_same_way() -> None:
    out = configured(log_format="json")
    structlog.get_logger("gpu.own").info("hello", devices=3)
    line = only_line(out)
    assert (line["event"], line["logger"], line["level"], line["devices"]) == ("hello", "gpu.own", "info", 3)


SECRET = "-".join(("hidden", "word"))  # a traceback quotes the source, and that must not have it


def fail_with_a_secret(token: str) -> None:
    raise ValueError(f"a token of {len(token)} characters")


def test_an_exception_is_a_structured_field_without_local_variables() -> None:
    out = configured(log_format="json")
    try:
        fail_with_a_secret(SECRET)
    except ValueError:
        logging.getLogger("gpu.test").exception("it failed")
    line = only_line(out)
    (exception,) = line["exception"]
    assert (exception["exc_type"], exception["exc_value"]) == ("ValueError", "a token of 11 characters")
    assert exception["frames"][-1]["name"] == "fail_with_a_secret"
    assert SECRET not in out.getvalue()


def test_text_has_the_traceback_without_local_variables() -> None:
    out = configured(log_format="text")
    try:
        fail_with_a_secret(SECRET)
    except ValueError:
        logging.getLogger("gpu.test").exception("it failed")
    text = out.getvalue()
    assert "it failed" in text
    assert "Traceback (most recent call last):" in text
    assert "in fail_with_a_secret" in text
    assert SECRET not in text
    assert "\x1b[" not in text, "no colours outside of a terminal"


def test_auto_is_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal = configured(Terminal())
    logging.getLogger("gpu.test").info("hello")
    assert "hello" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    piped = configured()
    logging.getLogger("gpu.test").info("hello")
    assert only_line(piped)["event"] == "hello"


def test_a_message_cannot_forge_a_line_of_text() -> None:
    out = configured(log_format="text")
    logging.getLogger("gpu.test").info("name %s", "x\n2026-01-01 [info] forged\x1b[2J", extra={"path": "a\rb"})
    text = out.getvalue()
    assert text.count("\n") == 1
    assert "\\n2026-01-01 [info] forged\\x1b[2J" in text
    assert "a\\rb" in text


def test_what_json_does_not_know_is_written_as_text() -> None:
    out = configured(log_format="json")
    logging.getLogger("gpu.test").info("odd", extra={"where": Path("/x"), "which": {1: object}})
    assert only_line(out)["where"] == "/x"


def test_level() -> None:
    out = configured(log_format="json", log_level="WARNING")
    logging.getLogger("gpu.test").info("no")
    logging.getLogger("uvicorn.error").info("no")
    logging.getLogger("gpu.test").warning("yes")
    assert only_line(out)["event"] == "yes"


def test_configuring_twice_logs_once() -> None:
    configured(log_format="json")
    out = configured(log_format="json")
    logging.getLogger("gpu.test").info("hello")
    assert only_line(out)["event"] == "hello"


def test_uvicorn_logs_here_too_without_its_own_handlers() -> None:
    theirs = logging.getLogger("uvicorn.error")
    theirs.addHandler(logging.StreamHandler(io.StringIO()))
    theirs.propagate = False
    out = configured(log_format="json")
    theirs.info("Started server process [%d]", 7, extra={"color_message": "\x1b[36m"})
    line = only_line(out)
    assert line["event"] == "Started server process [7]"
    assert "color_message" not in line
    assert not theirs.handlers


def test_uvicorn_tells_no_query_strings_and_no_frames_at_any_level() -> None:
    out = configured(log_format="json", log_level="DEBUG")
    theirs = logging.getLogger("uvicorn.error")
    theirs.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", "/graphql?token=SECRET")
    theirs.info("connection open")
    theirs.debug('< TEXT \'{"type":"connection_init","payload":{"token":"SECRET"}}\'')
    logging.getLogger("websockets.client").debug("> TEXT SECRET")
    logging.getLogger("aiosqlite").debug("executing SECRET")
    assert out.getvalue() == ""
    logging.getLogger("gpu.test").debug("ours")
    assert only_line(out)["event"] == "ours"
