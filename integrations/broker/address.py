"""A Redis URL taken apart and checked before anything connects, so that a mistake is found at start.

No message of an error here repeats the URL: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection

SETTING = "GPU_BROKER_URL"
ACCEPTED_FORMS = (
    "memory://",
    "redis://[user:password@]host[:port][/db][?prefix=gpu:]",
    "rediss://[user:password@]host[:port][/db][?prefix=gpu:&ssl_ca_certs=/path/ca.pem]",
    "unix://[user:password@]/path/redis.sock[?db=0&prefix=gpu:]",
)
DEFAULT_PORT = 6379
DEFAULT_PREFIX = "gpu:"

_TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"})
_OPTIONS = {
    "redis": frozenset({"db", "prefix"}),
    "rediss": frozenset({"db", "prefix"}) | _TLS_OPTIONS,
    "unix": frozenset({"db", "prefix"}),
}
_CERT_REQS = ("none", "optional", "required")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class BrokerUrlError(ValueError):
    """The broker's URL cannot be used. The message names the setting, the fault and the accepted forms."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"{SETTING} {fault}; accepted: {', '.join(ACCEPTED_FORMS)}")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where a Redis is and how its channels are named."""

    where: str
    """`host:port` or the socket's path: for logs and statuses, without credentials."""
    prefix: str
    """Put before every channel name."""
    connection_class: type[Connection] | type[UnixDomainSocketConnection]
    options: Mapping[str, Any] = field(repr=False)
    """Keyword arguments of `connection_class`: host, credentials, TLS files."""

    def hide_credentials(self, text: str) -> str:
        """The text without the password, whoever put it in."""
        password = self.options.get("password")
        return text.replace(password, "***") if password else text


def parse_redis_url(url: str) -> RedisAddress:
    """Check a `redis://`, `rediss://` or `unix://` URL. Raises `BrokerUrlError`.

    Redis's channels know no database numbers, so the number becomes part of the default prefix (`gpu:` for 0,
    `gpu:3:` for 3) and two fleets on two numbers stay apart. An explicit prefix is taken as it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BrokerUrlError("is not a URL: its host or port is malformed") from None
    if parts.scheme not in _OPTIONS:
        raise BrokerUrlError("has no known scheme")
    if parts.fragment:
        raise BrokerUrlError("holds a '#'; inside a password or path write it as %23")
    query = _query(parts)
    options: dict[str, Any] = _tls_options(query)
    if parts.username:
        options["username"] = unquote(parts.username)
    if parts.password:
        options["password"] = unquote(parts.password)

    if parts.scheme == "unix":
        path = unquote(parts.path)
        if parts.hostname or not path.strip("/"):
            raise BrokerUrlError("needs an absolute path after unix://")
        options["path"] = path
        db = query.get("db", "0")
        where = path
    else:
        if not parts.hostname:
            raise BrokerUrlError("names no host")
        if port == 0:
            raise BrokerUrlError("has the port 0")
        options["host"] = unquote(parts.hostname)
        options["port"] = port or DEFAULT_PORT
        db = query.get("db") or parts.path.strip("/") or "0"
        host = options["host"]
        where = f"[{host}]:{options['port']}" if ":" in host else f"{host}:{options['port']}"
    if not (db.isascii() and db.isdigit()):
        raise BrokerUrlError("has a database that is not a number")

    number = int(db)
    prefix = query.get("prefix", DEFAULT_PREFIX if number == 0 else f"{DEFAULT_PREFIX}{number}:")
    classes = {"redis": Connection, "rediss": SSLConnection, "unix": UnixDomainSocketConnection}
    return RedisAddress(where, prefix, classes[parts.scheme], options)


def _query(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    known = _OPTIONS[parts.scheme]
    unknown = sorted({name for name, _ in pairs} - known)
    if unknown:
        raise BrokerUrlError(f"has unknown options {', '.join(unknown)} (known here: {', '.join(sorted(known))})")
    return dict(pairs)


def _tls_options(query: Mapping[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {name: value for name, value in query.items() if name in _TLS_OPTIONS}
    if options.get("ssl_cert_reqs", "required") not in _CERT_REQS:
        raise BrokerUrlError(f"has an ssl_cert_reqs that is none of {', '.join(_CERT_REQS)}")
    if "ssl_check_hostname" in options:
        value = _BOOLEANS.get(options["ssl_check_hostname"].lower())
        if value is None:
            raise BrokerUrlError("has an ssl_check_hostname that is neither true nor false")
        options["ssl_check_hostname"] = value
    return options
