"""The two WebSocket protocols of GraphQL, as the names of their messages.

`graphql-transport-ws` is the current one; `graphql-ws` is what older clients (subscriptions-transport-ws) speak.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one protocol calls what both do."""

    name: str
    subscribe: str
    result: str
    stop: str
    errors_as_list: bool
    strict: bool
    """Whether a message out of order closes the socket."""


TRANSPORT_WS = Protocol("graphql-transport-ws", "subscribe", "next", "complete", errors_as_list=True, strict=True)
LEGACY_WS = Protocol("graphql-ws", "start", "data", "stop", errors_as_list=False, strict=False)

PROTOCOLS = {protocol.name: protocol for protocol in (TRANSPORT_WS, LEGACY_WS)}
