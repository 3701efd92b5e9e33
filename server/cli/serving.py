"""`gpuctl serve`."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import sys
import threading
from typing import Annotated, Any

import typer

from server.cli.failures import CommandFailed, ExitCode
from server.cli.output import print_json, say

LOOK_EVERY_S = 0.1
LOOK_TIMEOUT_S = 3.0


def serve(
    host: Annotated[str, typer.Option(envvar="GPU_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="GPU_PORT", min=1, max=65535, help="Port to listen on.")] = 8080,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it listens as one JSON line.")] = False,
) -> None:
    """Serve the API and the page until SIGINT or SIGTERM. `gpuctl config` lists the settings."""
    from integrations.nvml.simulator import FaultSpecError
    from server.cli.configuration import checked_dialect, load_settings, misspelt_variables
    from server.observability.logs import configure_logging
    from server.serve import serve as serve_until_told

    settings = load_settings()
    for word in misspelt_variables():
        say(f"gpuctl: {word}")
    _check_free(host, port)
    checked_dialect(settings)
    configure_logging(settings)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, _exit_in_order)  # the server passes it on when it has ended in order
    announcer = threading.Thread(target=_announce, args=(host, port, as_json, ended), name="announce", daemon=True)
    announcer.start()
    try:
        serve_until_told(settings, host, port)
    except FaultSpecError as error:
        raise CommandFailed(f"GPU_SIMULATED_FAULTS: {error}", ExitCode.USAGE) from error
    except ValueError as error:
        raise CommandFailed(str(error), ExitCode.USAGE) from error
    except OSError as error:
        raise CommandFailed(f"the server cannot start: {error}") from error
    finally:
        ended.set()
    raise CommandFailed("the server did not start; the log says why")


def _exit_in_order(_signal: int, _frame: object) -> None:
    sys.exit(ExitCode.OK)


def _check_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _announce(host: str, port: int, as_json: bool, ended: threading.Event) -> None:
    """Wait until the server answers, then say once where it is and what it collects."""
    while not ended.wait(LOOK_EVERY_S):
        readiness = _readiness(host, port)
        if readiness is None:
            continue
        collector = readiness.get("collector") or {}
        url = f"http://{_reachable(host)}:{port}"
        if as_json:
            print_json({"url": url, "status": readiness.get("status"), "collector": collector}, indent=False)
        else:
            sys.stdout.write(f"Listening on {url} - {_collector_in_words(collector)}\n")
            sys.stdout.flush()
        return


def _readiness(host: str, port: int) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection(_reachable(host).strip("[]"), port, timeout=LOOK_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """Where a server that listens on this address can be asked from here."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{'::1' if host == '::' else host}]" if ":" in host else host


def _collector_in_words(collector: dict[str, Any]) -> str:
    detail = collector.get("detail") or "no word of the collector"
    if collector.get("source") in {None, "none"}:
        return str(detail)
    label = "SIMULATED fleet, no real GPUs" if collector.get("simulated") else f"collecting by {collector['source']}"
    return f"{label}: {detail}"
