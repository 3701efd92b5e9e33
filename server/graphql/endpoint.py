"""/graphql: GraphQL over HTTP, and the door of the WebSockets."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import orjson
from graphql import GraphQLError, get_operation_ast
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from domain.access.principal import Principal
from domain.errors import Unauthenticated
from resolvers.context import Context, Services
from schema.build import FleetSchema
from schema.execution.failures import formatted
from server.graphql.cohorts import CohortHub
from server.graphql.negotiation import LEGACY_JSON, RESPONSE_JSON, accepted_media_type, is_json
from server.graphql.payload import encode_result, is_request_error
from server.graphql.protocols import PROTOCOLS
from server.graphql.socket import GOING_AWAY, TRY_AGAIN_LATER, GraphQLSocket
from server.observability.traffic import INVALID, Traffic
from server.settings import Settings
from server.tokens import Authenticator

WATCH_EVERY_S = 5.0

GET_OPERATIONS = frozenset({OperationType.QUERY})
POST_OPERATIONS = frozenset({OperationType.QUERY, OperationType.MUTATION})


class _BadRequest(Exception):
    """Answer with this status and message."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


class GraphQLEndpoint:
    """The ASGI application behind /graphql."""

    def __init__(
        self,
        schema: FleetSchema,
        services: Services,
        hub: CohortHub,
        authenticator: Authenticator,
        settings: Settings,
        traffic: Traffic,
    ) -> None:
        self.schema = schema
        self.services = services
        self.hub = hub
        self.settings = settings
        self.traffic = traffic
        self.draining = False
        self._authenticator = authenticator
        self._origins = frozenset(settings.allowed_origins)
        self._sockets: set[GraphQLSocket] = set()
        self._kept_tasks: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        response = await self._http(request)
        await response(scope, receive, send)

    # -- HTTP

    async def _http(self, request: Request) -> Response:
        media_type = accepted_media_type(request.headers.get("accept"))
        if media_type is None:
            message = f"what this answers is {RESPONSE_JSON} or {LEGACY_JSON}"
            return _failure(_BadRequest(406, message, "NOT_ACCEPTABLE"), LEGACY_JSON)
        try:
            principal = self._authenticator.principal(request.headers.get("authorization"))
            query, variables, operation_name = await self._read(request)
            context = Context.of(self.services, principal, request.scope.get("request_id", ""))
            operations = GET_OPERATIONS if request.method == "GET" else POST_OPERATIONS
            with self.traffic.operation("http") as counted:
                counted.kind = self._kind(query, operation_name)
                result = await self.execute(query, variables, operation_name, context, operations)
                counted.answered(result.errors)
        except Unauthenticated as error:
            failure = _failure(_BadRequest(401, error.message, error.code), media_type)
            failure.headers["WWW-Authenticate"] = "Bearer"
            return failure
        except _BadRequest as error:
            return _failure(error, media_type)
        except MissingQueryError:
            return _failure(_BadRequest(400, "the request has no `query`"), media_type)
        except CannotGetOperationTypeError as error:
            return _request_error(error.as_http_error_reason(), media_type)
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                return _request_error("subscriptions are served over WebSocket, on this same path", media_type)
            refused = _failure(_BadRequest(405, "mutations are sent by POST", "METHOD_NOT_ALLOWED"), media_type)
            refused.headers["Allow"] = "POST"
            return refused
        return _answer(result, media_type)

    async def execute(
        self,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        context: Context,
        operations: frozenset[OperationType] = POST_OPERATIONS,
    ) -> ExecutionResult:
        """Run a query or a mutation within the time an operation may take."""
        try:
            async with asyncio.timeout(self.settings.operation_timeout_seconds):
                return await self.schema.execute(
                    query,
                    variable_values=variables,
                    context_value=context,
                    operation_name=operation_name,
                    allowed_operation_types=operations,
                )
        except TimeoutError:
            seconds = self.settings.operation_timeout_seconds
            message = f"the operation took longer than {seconds:g} s and was given up"
            return ExecutionResult(data=None, errors=[GraphQLError(message, extensions={"code": "TIMEOUT"})])

    def _kind(self, query: str, operation_name: str | None) -> str:
        try:
            operation = get_operation_ast(self.schema.documents.prepare(query).document, operation_name)
        except GraphQLError:
            operation = None
        return INVALID if operation is None else operation.operation.value

    async def _read(self, request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
        if request.method == "GET":
            return _from_parameters(request)
        if request.method != "POST":
            raise _BadRequest(405, "use POST, or GET for queries", "METHOD_NOT_ALLOWED")
        if not is_json(request.headers.get("content-type")):
            raise _BadRequest(415, "the body is sent as application/json in UTF-8", "UNSUPPORTED_MEDIA_TYPE")
        try:
            content = orjson.loads(await self._body(request))
        except orjson.JSONDecodeError as error:
            raise _BadRequest(400, f"the body is not valid JSON: {error}") from None
        if isinstance(content, list):
            raise _BadRequest(400, "one operation per request: batches are not taken")
        if not isinstance(content, dict):
            raise _BadRequest(400, "the body is a JSON object with a `query`")
        return _checked(content)

    async def _body(self, request: Request) -> bytes:
        most = self.settings.body_limit_bytes
        too_large = _BadRequest(413, f"the body is larger than {most:,} bytes", "BODY_TOO_LARGE")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            raise too_large
        parts, size = [], 0
        try:
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large
                parts.append(part)
        except ClientDisconnect:
            raise _BadRequest(400, "the body was not sent to its end") from None
        return b"".join(parts)

    # -- WebSockets

    async def _socket(self, websocket: WebSocket) -> None:
        if not self._origin_allowed(websocket):
            await websocket.close(1008, "origin not allowed")  # before accepting: the handshake is answered with 403
            return
        offered = websocket.scope.get("subprotocols") or []
        protocol = next((PROTOCOLS[name] for name in offered if name in PROTOCOLS), None)
        await websocket.accept(protocol.name if protocol is not None else None)
        if protocol is None:
            await websocket.close(4406, f"Subprotocol not acceptable: speak one of {', '.join(PROTOCOLS)}")
            return
        if self.draining or len(self._sockets) >= self.settings.sockets_max:
            await websocket.close(TRY_AGAIN_LATER, "no more sockets; try again later")
            return
        socket = GraphQLSocket(self, websocket, protocol)
        self._sockets.add(socket)
        try:
            await socket.run()
        finally:
            self._sockets.discard(socket)

    def socket_principal(self, websocket: WebSocket, params: dict[str, Any]) -> Principal:
        """Who a socket is: its connection_init says so, else its handshake's header. Raises `Unauthenticated`."""
        for name in ("Authorization", "authorization", "token"):
            value = params.get(name)
            if value is None:
                continue
            if not isinstance(value, str):  # refused, not passed over: it was meant to say who it is
                raise Unauthenticated(f"`{name}` in the payload of connection_init is a string")
            return self._authenticator.principal(f"Bearer {value}" if name == "token" else value)
        return self._authenticator.principal(websocket.headers.get("authorization"))

    def _origin_allowed(self, websocket: WebSocket) -> bool:
        # Only browsers send an origin, and they always do; a page of another origin must not use its visitor's rights.
        origin = websocket.headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        return urlsplit(origin).netloc == websocket.headers.get("host")

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def monotonic(self) -> float:
        return time.monotonic()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task that ends by itself, so that it is not collected before."""
        self._kept_tasks.add(task)
        task.add_done_callback(self._kept_tasks.discard)

    async def watch(self) -> None:
        """Disconnect subscribers that have taken nothing for too long. Runs until cancelled."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            longest = self.settings.send_timeout_seconds
            now = self.monotonic()
            for socket in tuple(self._sockets):
                if socket.stuck_since is not None and now - socket.stuck_since > longest:
                    socket.abort()

    async def drain(self) -> None:
        """Complete every subscription, tell its client that the server goes away, and close its socket."""
        self.draining = True
        for socket in tuple(self._sockets):
            socket.end_soon(GOING_AWAY, "the server is shutting down")
        if self._kept_tasks:
            await asyncio.wait(self._kept_tasks, timeout=self.settings.shutdown_seconds)
        for socket in tuple(self._sockets):
            if socket.stuck_since is not None:  # whoever waits for it waits in vain
                socket.abort()


def _from_parameters(request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
    parameters = request.query_params
    content: dict[str, Any] = {"query": parameters.get("query"), "operationName": parameters.get("operationName")}
    for name in ("variables", "extensions"):
        if (text := parameters.get(name)) is not None:
            try:
                content[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise _BadRequest(400, f"`{name}` is not valid JSON") from None
    return _checked(content)


def _checked(content: dict[str, Any]) -> tuple[str, dict[str, Any] | None, str | None]:
    query, variables, name = content.get("query"), content.get("variables"), content.get("operationName")
    if not isinstance(query, str):
        raise _BadRequest(400, "`query` is a string, and it is needed")
    if variables is not None and not isinstance(variables, dict):
        raise _BadRequest(400, "`variables` is an object")
    if name is not None and not isinstance(name, str):
        raise _BadRequest(400, "`operationName` is a string")
    if content.get("extensions") is not None and not isinstance(content["extensions"], dict):
        raise _BadRequest(400, "`extensions` is an object")
    return query, variables, name


def _answer(result: ExecutionResult, media_type: str) -> Response:
    if is_request_error(result):
        # A request error: the answer has no `data` at all, and the newer media type says so in the status.
        body = orjson.dumps({"errors": [formatted(error) for error in result.errors or ()]})
        return _response(body, 400 if media_type == RESPONSE_JSON else 200, media_type)
    return _response(encode_result(result), 200, media_type)


def _request_error(message: str, media_type: str) -> Response:
    return _failure(_BadRequest(400, message, "GRAPHQL_ERROR"), media_type)


def _failure(error: _BadRequest, media_type: str) -> Response:
    body = orjson.dumps({"errors": [{"message": error.message, "extensions": {"code": error.code}}]})
    return _response(body, error.status, media_type)


def _response(body: bytes, status: int, media_type: str) -> Response:
    return Response(body, status, {"Content-Type": f"{media_type}; charset=utf-8"})
