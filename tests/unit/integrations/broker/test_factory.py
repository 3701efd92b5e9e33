"""The setting GPU_BROKER_URL: what is accepted, and what the error says for what is not."""

from __future__ import annotations

import pytest
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection

from integrations.broker.address import BrokerUrlError, parse_redis_url
from integrations.broker.factory import open_broker
from integrations.broker.memory import MemoryBroker
from integrations.broker.redis import RedisBroker


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory://", MemoryBroker),
        ("MEMORY://", MemoryBroker),
        ("redis://localhost", RedisBroker),
        ("rediss://localhost", RedisBroker),
        ("unix:///run/redis.sock", RedisBroker),
        (" redis://localhost \n", RedisBroker),
    ],
)
async def test_each_scheme_opens_its_broker(url: str, kind: type) -> None:
    broker = open_broker(url)
    assert isinstance(broker, kind)
    assert broker.status.connected is False
    assert broker.status.detail == "not started"


def test_a_redis_url_is_taken_apart() -> None:
    address = parse_redis_url("redis://me:p%40ss@example.org:7000/0?prefix=blue:")
    assert address.where == "example.org:7000"
    assert address.prefix == "blue:"
    assert address.connection_class is Connection
    assert address.options == {"host": "example.org", "port": 7000, "username": "me", "password": "p@ss"}
    assert "p@ss" not in repr(address)
    assert address.hide_credentials("AUTH p@ss failed") == "AUTH *** failed"


def test_defaults_of_a_redis_url() -> None:
    address = parse_redis_url("redis://localhost")
    assert (address.where, address.prefix) == ("localhost:6379", "gpu:")
    assert parse_redis_url("redis://[::1]").where == "[::1]:6379"


@pytest.mark.parametrize("url", ["redis://localhost/3", "redis://localhost?db=3", "unix:///r.sock?db=3"])
def test_fleets_on_two_database_numbers_stay_apart(url: str) -> None:
    assert parse_redis_url(url).prefix == "gpu:3:"


def test_an_explicit_prefix_is_taken_as_it_is() -> None:
    assert parse_redis_url("redis://localhost/3?prefix=x").prefix == "x"
    assert parse_redis_url("redis://localhost/3?prefix=").prefix == ""


def test_tls_options() -> None:
    address = parse_redis_url("rediss://h?ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false&ssl_cert_reqs=required")
    assert address.connection_class is SSLConnection
    assert address.options["ssl_ca_certs"] == "/etc/ca.pem"
    assert address.options["ssl_check_hostname"] is False


def test_a_unix_socket() -> None:
    address = parse_redis_url("unix://:pw@/run/my%20redis.sock")
    assert address.connection_class is UnixDomainSocketConnection
    assert address.options == {"path": "/run/my redis.sock", "password": "pw"}
    assert address.where == "/run/my redis.sock"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "is not a URL"),
        ("hunter2", "is not a URL"),
        ("localhost:6379", "is not a URL"),
        ("http://hunter2@localhost", "no known scheme"),
        ("memory://hunter2", "takes nothing after memory://"),
        ("redis://", "names no host"),
        ("redis:///1", "names no host"),
        ("redis://:hunter2@localhost:99999", "malformed"),
        ("redis://:hunter2@localhost:port", "malformed"),
        ("redis://:hunter2@[::1", "malformed"),
        ("redis://:hunter2@localhost:0", "port 0"),
        ("redis://:hunter2@localhost/hunter2", "database that is not a number"),
        ("redis://localhost?db=-1", "database that is not a number"),
        ("redis://localhost?password=hunter2&prefix=x", "unknown options password (known here: db, prefix)"),
        ("redis://localhost?ssl_ca_certs=/ca.pem", "unknown options ssl_ca_certs"),
        ("redis://:hunter2#x@localhost", "malformed"),
        ("redis://localhost#x", "%23"),
        ("rediss://localhost?ssl_cert_reqs=perhaps", "ssl_cert_reqs"),
        ("rediss://localhost?ssl_check_hostname=perhaps", "ssl_check_hostname"),
        ("unix://", "absolute path"),
        ("unix://run/redis.sock", "absolute path"),
    ],
)
def test_a_bad_url_is_explained_without_showing_it(url: str, fault: str) -> None:
    with pytest.raises(BrokerUrlError) as caught:
        open_broker(url)
    message = str(caught.value)
    assert message.startswith("GPU_BROKER_URL ")
    assert fault in message
    for form in ("memory://", "redis://", "rediss://", "unix://"):
        assert form in message
    assert "hunter2" not in message
    assert isinstance(caught.value, ValueError)
    assert caught.value.__cause__ is None
