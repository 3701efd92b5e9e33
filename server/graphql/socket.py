"""One WebSocket: who it is, the operations it runs, and how each ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast
from graphql.language import FieldNode
from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.access.principal import Principal
from domain.errors import DomainError, Unauthenticated
from resolvers.context import Context
from schema.execution.documents import Prepared
from schema.execution.failures import formatted
from server.graphql.cohorts import EVENT_FIELDS, CohortKey
from server.graphql.payload import encode_result, is_request_error
from server.graphql.protocols import Protocol
from server.graphql.shared_frames import EXTENSION, SharedFrameWriter

if TYPE_CHECKING:
    from server.graphql.endpoint import GraphQLEndpoint

logger = logging.getLogger("gpu.socket")

ID_LENGTH_MAX = 128

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
INIT_TIMEOUT = 4408
DUPLICATE_ID = 4409
TOO_MANY_INITS = 4429
GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013


class CloseSocket(Exception):
    """End the connection with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:120]  # a close frame holds 123 bytes


class GraphQLSocket:
    """Speaks one protocol on one accepted WebSocket."""

    def __init__(self, endpoint: GraphQLEndpoint, websocket: WebSocket, protocol: Protocol) -> None:
        self._endpoint = endpoint
        self._websocket = websocket
        self._protocol = protocol
        self._principal: Principal | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._closed = False
        self._writer: SharedFrameWriter | None = (websocket.scope.get("extensions") or {}).get(EXTENSION)
        self._sending_since: float | None = None

    @property
    def stuck_since(self) -> float | None:
        """Since when the peer takes nothing, by `time.monotonic`; None: it does, or nothing was to be sent."""
        if self._writer is not None:
            return self._writer.paused_since
        return self._sending_since

    # -- the connection

    async def run(self) -> None:
        """Serve until either side ends it. Leaves no task behind."""
        try:
            await self._serve()
        except CloseSocket as ending:
            await self._close(ending.code, ending.reason)
        except WebSocketDisconnect:
            pass
        finally:
            self._closed = True
            if self._expiry is not None:
                self._expiry.cancel()
            await self._cancel_operations()

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(self._endpoint.settings.socket_init_seconds):
                while self._principal is None:
                    await self._handle(await self._receive())
        except TimeoutError:
            raise CloseSocket(INIT_TIMEOUT, "Connection initialisation timeout") from None
        while True:
            await self._handle(await self._receive())

    async def _receive(self) -> dict[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise CloseSocket(BAD_REQUEST, "Only text messages are accepted")
        try:
            content = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise CloseSocket(BAD_REQUEST, "The message is not valid JSON") from None
        if not isinstance(content, dict) or not isinstance(content.get("type"), str):
            raise CloseSocket(BAD_REQUEST, "A message is an object with a `type`")
        return content

    async def _handle(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        protocol = self._protocol
        if kind == "connection_init":
            await self._init(message)
        elif kind == "ping":
            await self._send({"type": "pong"})
        elif kind == "pong":
            pass
        elif kind == protocol.subscribe:
            await self._subscribe(message)
        elif kind == protocol.stop:
            self._stop(message)
        elif kind == "connection_terminate" and not protocol.strict:
            raise CloseSocket(1000, "")
        else:
            raise CloseSocket(BAD_REQUEST, f"Unknown message type: {kind[:40]}")

    async def _init(self, message: dict[str, Any]) -> None:
        if self._principal is not None:
            raise CloseSocket(TOO_MANY_INITS, "Too many initialisation requests")
        params = message.get("payload")
        if params is not None and not isinstance(params, dict):
            raise CloseSocket(BAD_REQUEST, "The payload of connection_init is an object")
        try:
            self._principal = self._endpoint.socket_principal(self._websocket, params or {})
        except Unauthenticated as error:
            if not self._protocol.strict:
                await self._send({"type": "connection_error", "payload": {"message": error.message}})
            raise CloseSocket(FORBIDDEN, f"Forbidden: {error.message}") from None
        self._end_at(self._principal.expires_at)
        await self._send({"type": "connection_ack"})

    def _end_at(self, expires_at: datetime | None) -> None:
        if expires_at is not None:
            delay = max(0.0, (expires_at - datetime.now(UTC)).total_seconds())
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(delay, self.end_soon, FORBIDDEN, "Forbidden: the token has expired")

    def end_soon(self, code: int, reason: str) -> None:
        """End every operation properly, then the connection. Callable from outside the connection's task."""
        if not self._closed:
            self._closed = True
            self._endpoint.keep(asyncio.create_task(self._end(code, reason), name="socket-end"))

    async def _end(self, code: int, reason: str) -> None:
        running = list(self._operations)
        await self._cancel_operations()
        with suppress(WebSocketDisconnect):  # the peer may be gone, or be cut off, meanwhile
            for operation_id in running:
                await self._send({"id": operation_id, "type": "complete"})
            await self._close(code, reason)

    def abort(self) -> None:
        """Give up on a peer that takes nothing any more."""
        self._closed = True
        for task in self._operations.values():
            task.cancel()
        if self._writer is not None:
            self._writer.abort()
            return
        self._endpoint.keep(asyncio.create_task(self._close(TRY_AGAIN_LATER, "too slow"), name="socket-abort"))

    async def _close(self, code: int, reason: str) -> None:
        self._closed = True
        with suppress(Exception):  # the peer may be gone already
            async with asyncio.timeout(5):
                await self._websocket.close(code, reason)

    # -- operations

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._principal is None:
            raise CloseSocket(UNAUTHORIZED, "Unauthorized")
        operation_id = message.get("id")
        if not isinstance(operation_id, str) or not 0 < len(operation_id) <= ID_LENGTH_MAX:
            raise CloseSocket(BAD_REQUEST, f"`id` is a string of 1 to {ID_LENGTH_MAX} characters")
        query, variables, operation_name = _request(message.get("payload"))
        if operation_id in self._operations:
            if self._protocol.strict:
                raise CloseSocket(DUPLICATE_ID, f"Subscriber for {operation_id} already exists")
            self._operations.pop(operation_id).cancel()
        most = self._endpoint.settings.subscriptions_per_socket
        if len(self._operations) >= most:
            await self._send_errors(operation_id, [_error(f"at most {most} operations run on one socket", "TOO_MANY")])
            return
        request = _Request(operation_id, query, variables, operation_name, self._principal)
        task = asyncio.create_task(self._operate(request), name=f"operation {operation_id}")
        self._operations[operation_id] = task
        task.add_done_callback(lambda done: self._operation_done(operation_id, done))

    def _stop(self, message: dict[str, Any]) -> None:
        operation_id = message.get("id")
        task = self._operations.pop(operation_id, None) if isinstance(operation_id, str) else None
        if task is not None:
            task.cancel()

    def _operation_done(self, operation_id: str, task: asyncio.Task[None]) -> None:
        if self._operations.get(operation_id) is task:
            del self._operations[operation_id]
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, WebSocketDisconnect):
            logger.error("an operation failed", exc_info=error)
            self.end_soon(1011, "Internal error")

    async def _cancel_operations(self) -> None:
        tasks = list(self._operations.values())
        self._operations.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _operate(self, request: _Request) -> None:
        try:
            with self._endpoint.traffic.operation("websocket") as counted:
                prepared = self._endpoint.schema.documents.prepare(request.query)
                operation = _chosen_operation(prepared, request.operation_name)
                counted.kind = operation.operation.value
                if operation.operation is OperationType.SUBSCRIPTION:
                    await self._stream(request, operation)
                else:
                    counted.answered(await self._answer(request))
        except GraphQLError as error:
            await self._finish_with(request.id, [formatted(error)])
        except DomainError as error:
            await self._finish_with(request.id, [_error(error.message, error.code)])
        except _Refused as refused:
            await self._finish_with(request.id, refused.errors)
        except WebSocketDisconnect:
            raise
        except Exception as error:  # a fault of ours ends this operation, not its neighbours
            await self._finish_with(request.id, [formatted(GraphQLError(str(error), original_error=error))])

    async def _stream(self, request: _Request, operation: OperationDefinitionNode) -> None:
        personal = _may_be_personal(request.query)
        scope = request.principal.personal_scope if personal else request.principal.scope
        shared = "nodeCommands" not in request.query
        key = CohortKey.of(request.query, request.variables, request.operation_name, scope, shared=shared)
        head = self._result_head(request.id)
        events = _carries_events(operation)
        cohort = self._endpoint.hub.join(key, events)
        if self._writer is not None and not events:
            await cohort.feed(self._writer, head.encode())
        else:
            async with aclosing(cohort.subscribe()) as payloads:
                async for payload in payloads:
                    await self._send_text(f"{head}{payload.text}}}")
        self._operations.pop(request.id, None)
        await self._send({"id": request.id, "type": "complete"})

    async def _answer(self, request: _Request) -> list[GraphQLError] | None:
        """Run a query or a mutation and send what came of it; return its errors."""
        context = Context.of(self._endpoint.services, request.principal, self._websocket.scope.get("request_id", ""))
        result = await self._endpoint.execute(request.query, request.variables, request.operation_name, context)
        if is_request_error(result):
            await self._finish_with(request.id, [formatted(error) for error in result.errors or ()])
            return result.errors
        self._operations.pop(request.id, None)
        await self._send_text(f"{self._result_head(request.id)}{encode_result(result).decode()}}}")
        await self._send({"id": request.id, "type": "complete"})
        return result.errors

    def _result_head(self, operation_id: str) -> str:
        return f'{{"id":{orjson.dumps(operation_id).decode()},"type":"{self._protocol.result}","payload":'

    async def _finish_with(self, operation_id: str, errors: list[dict[str, Any]]) -> None:
        self._operations.pop(operation_id, None)
        await self._send_errors(operation_id, errors)

    async def _send_errors(self, operation_id: str, errors: list[dict[str, Any]]) -> None:
        payload = errors if self._protocol.errors_as_list else errors[0]
        await self._send({"id": operation_id, "type": "error", "payload": payload})

    # -- sending

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        first = self._sending_since is None
        if first:
            self._sending_since = self._endpoint.monotonic()
        try:
            await self._websocket.send({"type": "websocket.send", "text": text})
        except RuntimeError:  # what Starlette raises after the close frame is sent
            raise WebSocketDisconnect(1006) from None
        finally:
            if first:
                self._sending_since = None


@dataclass(frozen=True, slots=True)
class _Request:
    """One operation as the client asked for it."""

    id: str
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    principal: Principal


class _Refused(Exception):
    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


def _request(payload: Any) -> tuple[str, dict[str, Any] | None, str | None]:
    if not isinstance(payload, dict):
        raise CloseSocket(BAD_REQUEST, "`payload` is an object with a `query`")
    query, variables, name = payload.get("query"), payload.get("variables"), payload.get("operationName")
    if not isinstance(query, str):
        raise CloseSocket(BAD_REQUEST, "`query` is a string")
    if variables is not None and not isinstance(variables, dict):
        raise CloseSocket(BAD_REQUEST, "`variables` is an object")
    if name is not None and not isinstance(name, str):
        raise CloseSocket(BAD_REQUEST, "`operationName` is a string")
    return query, variables, name


def _chosen_operation(prepared: Prepared, operation_name: str | None) -> OperationDefinitionNode:
    if prepared.errors:
        raise _Refused([formatted(error) for error in prepared.errors])
    operation = get_operation_ast(prepared.document, operation_name)
    if operation is None:
        named = f"named {operation_name!r}" if operation_name else "to choose without `operationName`"
        raise _Refused([_error(f"the document has no operation {named}", "GRAPHQL_ERROR")])
    return operation


def _carries_events(operation: OperationDefinitionNode) -> bool:
    return any(
        isinstance(selection, FieldNode) and selection.name.value in EVENT_FIELDS
        for selection in operation.selection_set.selections
    )


def _may_be_personal(query: str) -> bool:
    """Whether what is selected can depend on who asks. A wrong no shows too little, never too much."""
    return "llocation" in query or "nodeCommands" in query


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}
