"""The Python client `gql`, which checks every document against the schema it was told by introspection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError, GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema

from schema.build import printed_schema
from tests.fixtures.gpuctl import GpuctlFactory, GpuctlServer, token

PAGE = """query Page($first: Int, $where: DeviceWhere) {
    devices(first: $first, where: $where, orderBy: {field: POWER}) {
      totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id gpuUuid deviceStatus createdDate
        node { clusterName nodeName } model { modelName memoryGb }
        latestMetric { timestamp gpuUtilizationPct memoryUsedMb temperatureC powerDrawW } } } } }"""
FRAMES = gql("subscription Frames { fleetFrame { sequence asOf deviceIds deviceStatuses powerDrawW ageMs } }")
EVENTS = gql("subscription Events { deviceEvents { snapshot sequence devices { id } changes { kind } } }")


def page_of(variables: dict[str, Any]) -> GraphQLRequest:
    return GraphQLRequest(PAGE, variable_values=variables)


def over_http(server: GpuctlServer, **options: Any) -> Client:
    transport = HTTPXAsyncTransport(url=f"{server.url}/graphql", **options)
    return Client(transport=transport, fetch_schema_from_transport=True)


def over_socket(server: GpuctlServer, protocol: str, **init: Any) -> Client:
    transport = WebsocketsTransport(url=server.ws_url, subprotocols=[protocol], init_payload=init)
    return Client(transport=transport, fetch_schema_from_transport=True)


PROTOCOLS = [WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL, WebsocketsTransport.APOLLO_SUBPROTOCOL]
"""graphql-transport-ws and graphql-ws, in the client's words."""


@pytest.fixture(params=["http", *PROTOCOLS])
async def client(request: pytest.FixtureRequest, gpuctl_server: GpuctlServer) -> Client:
    return over_http(gpuctl_server) if request.param == "http" else over_socket(gpuctl_server, request.param)


async def test_introspection_tells_the_schema_that_we_print(client: Client) -> None:
    async with client as session:
        introspected = session.client.schema
    assert introspected is not None
    assert without_descriptions(introspected) == without_descriptions(build_schema(printed_schema()))


def without_descriptions(schema: GraphQLSchema) -> list[str]:
    """The lines that matter: how a description is broken into lines does not."""
    text = print_schema(lexicographic_sort_schema(schema))
    kept, inside = [], False
    for line in text.splitlines():
        quotes = line.count('"""')
        if not inside and not quotes:
            kept.append(line.partition(" @specifiedBy")[0])  # which the client does not ask for
        inside ^= quotes == 1
    return kept


async def test_a_page_of_devices(client: Client) -> None:
    async with client as session:
        page = await session.execute(page_of({"first": 5}))
        assert page["devices"]["totalCount"] == 20
        assert len(page["devices"]["edges"]) == 5
        assert page["devices"]["pageInfo"]["hasNextPage"]


async def test_what_does_not_fit_the_schema_is_found_before_it_is_sent(client: Client) -> None:
    async with client as session:
        for document in (
            "{ devices { nope } }",
            "{ devices(first: true) { totalCount } }",
            "subscription { viewer { subject } }",
        ):
            with pytest.raises(GraphQLError):
                await session.execute(gql(document))


async def test_an_error_of_the_server_is_understood(client: Client) -> None:
    async with client as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(page_of({"first": 0}))
        assert raised.value.errors is not None
        assert raised.value.errors[0]["extensions"]["code"] == "INVALID_INPUT"
        page = await session.execute(page_of({"first": 1}))  # the connection is as good as before
        assert len(page["devices"]["edges"]) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_subscriptions_side_by_side_on_one_socket(protocol: str, gpuctl_server: GpuctlServer) -> None:
    async with over_socket(gpuctl_server, protocol) as session:

        async def frames() -> list[int]:
            seen = []
            async for result in session.subscribe(FRAMES):
                frame = result["fleetFrame"]
                assert len(frame["deviceIds"]) == len(frame["ageMs"]) == 20
                seen.append(frame["sequence"])
                if len(seen) == 6:
                    break
            return seen[1:]  # the first is of the moment, not of a tick

        async def first_event() -> dict[str, Any]:
            async for result in session.subscribe(EVENTS):
                event: dict[str, Any] = result["deviceEvents"]
                return event
            raise AssertionError("no event")

        async with asyncio.timeout(15):
            one, two, event = await asyncio.gather(frames(), frames(), first_event())
        assert one == list(range(one[0], one[0] + 5))
        assert two == list(range(two[0], two[0] + 5))
        assert event["snapshot"]
        page = await session.execute(page_of({"first": 2}))
        assert len(page["devices"]["edges"]) == 2


@pytest.fixture
def guarded_server(gpuctl: GpuctlFactory) -> Iterator[GpuctlServer]:
    return gpuctl.server(auth_mode="token")


async def test_tokens_in_the_header_and_in_the_connection(guarded_server: GpuctlServer) -> None:
    who = gql("{ viewer { subject role } }")
    mine = {"Authorization": f"Bearer {token(user='gql')}"}
    wanted = {"viewer": {"subject": "gql", "role": "ADMIN"}}
    async with over_http(guarded_server, headers=mine) as session:
        assert await session.execute(who) == wanted
    for protocol in PROTOCOLS:
        async with over_socket(guarded_server, protocol, **mine) as session:
            assert await session.execute(who) == wanted
    with pytest.raises(TransportQueryError, match="a token is needed"):
        await over_http(guarded_server).execute_async(who)
    for protocol in PROTOCOLS:
        with pytest.raises((TransportConnectionFailed, TransportServerError)) as refused:
            await over_socket(guarded_server, protocol).execute_async(who)
        assert "a token is needed" in f"{refused.value} {refused.value.__cause__}"
