"""The public API as the command and the agent speak it. Every call ends: with an answer, or in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import orjson
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.cli.api_errors import ApiError, CallFailed, Refused, Unreachable, graphql_url

E = TypeVar("E", bound=BaseException)

CALL_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0
FRAME_BYTES_MAX = 64 * 1024 * 1024
"""A frame of 10,000 GPUs has about 1.5 MB; the library's own limit is 1 MB."""

REFUSALS = frozenset({"UNAUTHENTICATED", "FORBIDDEN"})
GATEWAY_STATUSES = frozenset({502, 503, 504})
CLOSED_FORBIDDEN = 4403


class ApiClient:
    """One server. Use as `async with`; one connection is kept open between calls."""

    def __init__(self, server: str, token: str | None = None, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """`server` is the address people type: a scheme and /graphql are added. Raises `ValueError`."""
        self.server = server
        self.http_url = graphql_url(server)
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._session: AsyncClientSession | None = None
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        transport = HTTPXAsyncTransport(
            self.http_url, json_deserialize=orjson.loads, headers=self._authorization, timeout=self._timeout_s
        )
        self._session = await self._open.enter_async_context(Client(transport=transport, execute_timeout=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The `data` of a query or mutation. Raises `Unreachable`, `Refused` or `CallFailed`."""
        if self._session is None:
            raise RuntimeError("use the client in `async with`")
        request = GraphQLRequest(document, variable_values=dict(variables or {}))
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._session.execute(request)
        except TimeoutError:
            raise Unreachable(f"{self.server} did not answer within {self._timeout_s:g} s") from None
        except TransportError as error:
            raise self._explained(error) from error
        if not isinstance(result, dict):
            raise CallFailed(f"{self.server} did not answer with data", "NO_DATA")
        return result

    async def mutate(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The one field of a mutation's answer. Its document selects `... on Error { message code path }`."""
        (result,) = (await self.execute(document, variables)).values()
        if (code := result.get("code")) is not None:
            if code in REFUSALS:
                raise Refused(result["message"])
            raise CallFailed(result["message"], code, tuple(result.get("path") or ()))
        return dict(result)

    async def mutate_once(self, document: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """`mutate` of `input: content` under an idempotency key, made up where `content` has none.

        Where no answer comes, the error says with what key the same may be sent again without doing it twice.
        """
        key = content.get("idempotencyKey") or f"gpuctl-{uuid4().hex}"
        try:
            return await self.mutate(document, {"input": {**content, "idempotencyKey": key}})
        except Unreachable as error:
            again = f"whether it was done is not known; the same command with --key {key} does it once"
            raise Unreachable(f"{error.message}\n{again}") from error

    async def subscribe(
        self, document: str, variables: Mapping[str, Any] | None = None, silence_s: float | None = 30.0
    ) -> AsyncGenerator[dict[str, Any]]:
        """Yield each message's `data` from a connection of its own. Raises as `execute`, `Unreachable` after silence.

        `silence_s` None: the server may have nothing to say; a connection that is dead is found by pings all the same.
        Ends without an error where the server completes the subscription.
        """
        transport = WebsocketsTransport(
            _websocket_url(self.http_url),
            init_payload=dict(self._authorization),
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            connect_timeout=CONNECT_TIMEOUT_S,
            ack_timeout=CONNECT_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            connect_args={"max_size": FRAME_BYTES_MAX, "compression": None},
        )
        request = GraphQLRequest(document, variable_values=dict(variables or {}))
        try:
            async with (
                Client(transport=transport, execute_timeout=None) as session,
                aclosing(session.subscribe(request)) as messages,
            ):
                while True:
                    async with asyncio.timeout(silence_s):
                        message = await anext(messages, None)
                    if message is None:
                        return
                    yield message
        except TimeoutError:
            raise Unreachable(f"{self.server} is silent") from None
        except TransportError as error:
            raise self._explained(error) from error

    def _explained(self, error: TransportError) -> ApiError:
        if isinstance(error, TransportQueryError):
            return _stated(error)
        closed = _cause(error, ConnectionClosed)
        if closed is not None and closed.rcvd is not None and closed.rcvd.code == CLOSED_FORBIDDEN:
            return Refused(closed.rcvd.reason.removeprefix("Forbidden: ") or "the token was refused")
        answered = _cause(error, InvalidStatus)
        status = answered.response.status_code if answered is not None else getattr(error, "code", None)
        if status in GATEWAY_STATUSES:
            return Unreachable(f"{self.server} is behind a gateway that answers {status}")
        if status in {401, 403}:
            return Refused(f"{self.server} refuses the connection ({status})")
        if isinstance(error, TransportConnectionFailed) and status is None:
            return Unreachable(f"cannot reach {self.server}: {_reason(error)}")
        what = f"status {status}" if isinstance(error, TransportServerError) and status else str(error)[:200]
        return CallFailed(f"{self.http_url} does not answer as this API does: {what}", "NOT_THIS_API")


def _websocket_url(http_url: str) -> str:
    return http_url.replace("http", "ws", 1)


def _stated(error: TransportQueryError) -> ApiError:
    first = (error.errors or [{}])[0]
    extensions = first.get("extensions") or {}
    message, code = str(first.get("message", "the request failed")), str(extensions.get("code", "GRAPHQL_ERROR"))
    if code in REFUSALS:
        return Refused(message)
    return CallFailed(message, code, tuple(extensions.get("path") or ()))


def _cause(error: BaseException, kind: type[E]) -> E | None:
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, kind):
            return found
        found = found.__cause__ or found.__context__
    return None


def _reason(error: BaseException) -> str:
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return (str(cause) or str(error) or type(cause).__name__).strip()
