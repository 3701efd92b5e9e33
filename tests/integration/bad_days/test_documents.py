"""Query texts made to cost much: each is refused with a clear error, at once, whichever way it comes in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from tests.integration.bad_days.real_server import RealServer
from tests.integration.bad_days.wire import said, talking

pytestmark = pytest.mark.usefixtures("unharmed")

AT_ONCE_S = 1.0
"""Some milliseconds on a quiet machine; an attack that works takes seconds."""

TOO_LARGE, WRONG = "QUERY_TOO_LARGE", "GRAPHQL_ERROR"


def doubling(levels: int, body: str, innermost: str, on: str = "Query") -> str:
    """Fragments that each spread the next one twice: 2^levels fields in a few hundred bytes."""
    fragments = [f"fragment f{n} on {on} {{ {body} ...f{n + 1} ...f{n + 1} }}" for n in range(levels)]
    return " ".join([*fragments, f"fragment f{levels} on {on} {{ {innermost} }}"])


HOSTILE = {
    "10,000 levels": ("{" + "a{" * 10_000 + "b" + "}" * 10_001, TOO_LARGE, "characters"),
    "990 levels": ("{" + "a{" * 990 + "b" + "}" * 991, WRONG, "nested too deeply"),
    "17 levels": (
        "{" + "a{" * 16 + "b" + "}" * 17,
        TOO_LARGE,
        "17 levels deep; at most 16",
    ),
    "levels of inline fragments": ("{" + "...{" * 900 + "__typename" + "}" * 901, WRONG, "nested too deeply"),
    "levels of a list value": (
        "{devices(where:{nodeNames:" + "[" * 900 + "]" * 900 + "}){totalCount}}",
        WRONG,
        "nested too deeply",
    ),
    "levels of an object value": (
        "{devices(where:" + "{a:" * 600 + "1" + "}" * 600 + "){totalCount}}",
        WRONG,
        "nested too deeply",
    ),
    "levels of a type": ("query($a:" + "[" * 900 + "Int" + "]" * 900 + "){__typename}", WRONG, "nested too deeply"),
    "100,000 aliases": (
        "{" + " ".join(f"a{n}:__typename" for n in range(100_000)) + "}",
        TOO_LARGE,
        "characters",
    ),
    "51 aliases": ("{" + " ".join(f"a{n}:__typename" for n in range(51)) + "}", TOO_LARGE, "51 aliases; at most 50"),
    "aliases in fragments": (
        "{...f}" + "fragment f on Query{" + " ".join(f"a{n}:__typename" for n in range(51)) + "}",
        TOO_LARGE,
        "aliases",
    ),
    "21 doubling fragments": ("{...f0}" + doubling(21, "", "__typename"), TOO_LARGE, "2,097,152 fields"),
    "120 doubling fragments": (
        "{gpuNodes{nodes{...f0}}}" + doubling(120, "id", "nodeName", "GpuNode"),
        TOO_LARGE,
        "with its fragments spread",
    ),
    "fragments each spreading all others": (
        "{...f0}"
        + "".join(f"fragment f{n} on Query{{{' '.join(f'...f{m}' for m in range(n + 1, 30))}}}" for n in range(29))
        + "fragment f29 on Query{__typename}",
        TOO_LARGE,
        "with its fragments spread",
    ),
    "fragments in a circle": (
        "{...a} fragment a on Query{...b} fragment b on Query{...a}",
        WRONG,
        "Cannot spread fragment",
    ),
    "fields in a circle of fragments": (
        "{devices{nodes{...a}}} fragment a on GpuDevice{node{...b} model{...b}} fragment b on Node{...a}",
        TOO_LARGE,
        "more than 5,000 fields",
    ),
    "400 fields under one name": ("{" + "__typename " * 400 + "}", TOO_LARGE, "repeats fields"),
    "133 lists under one name": ("{" + "devices{nodes{id}}" * 133 + "}", TOO_LARGE, "repeats fields"),
    "squares of repeated fields": (
        "{" + ("gpuNodes{" + "totalCount " * 18 + "}") * 20 + "}",
        TOO_LARGE,
        "repeats fields",
    ),
    "repeated inline fragments": (
        "{gpuNodes{nodes{" + "...on Node{id}...on GpuNode{id}" * 100 + "}}}",
        TOO_LARGE,
        "repeats fields",
    ),
    "401 fields": ("{" + "fleet{revision}" * 201 + "}", TOO_LARGE, "fields; at most 400"),
    "200 directives on a field": ("{__typename " + "@skip(if:false)" * 200 + "}", TOO_LARGE, "directives"),
    "600 unknown directives": ("query " + "@x" * 600 + "{__typename}", TOO_LARGE, "600 directives"),
    "directives on a variable": ("query($a:Int " + "@x" * 600 + "){__typename}", TOO_LARGE, "600 directives"),
    "directives on a fragment": (
        "{...f} fragment f on Query " + "@x" * 600 + "{__typename}",
        TOO_LARGE,
        "600 directives",
    ),
    "2,001 tokens": ("{" + "a " * 2_001 + "}", WRONG, "tokens"),
    "introspection in circles": (
        "{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}",
        WRONG,
        "introspection depth",
    ),
    "unknown fields": ("{nope devices{nodes{nope}}}", WRONG, "Cannot query field 'nope' on type 'Query'."),
    "a field that is nearly known": ("{deviecs{totalCount}}", WRONG, "Cannot query field 'deviecs' on type 'Query'."),
    "an unknown argument": ("{devices(frist:1){totalCount}}", WRONG, "Unknown argument 'frist'"),
    "several operations, none chosen": ("query a{__typename} query b{__typename}", WRONG, "operation"),
    "350 operations": (" ".join(f"query q{n}{{__typename}}" for n in range(350)), WRONG, "operation"),
    "no operation": ("fragment f on Query{__typename}", WRONG, "operation"),
    "nothing": ("", WRONG, ""),
    "a comment": ("# nothing", WRONG, "Syntax Error"),
    "no GraphQL": ("DROP TABLE gpu_devices", WRONG, "Syntax Error"),
    "a list below a leaf": ("{devices{totalCount{x}}}", WRONG, "must not have a selection"),
    "two subscriptions in one": (
        "subscription{gpuMetrics{deviceId} fleetFrame{sequence}}",
        WRONG,
        "",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_is_refused_at_once(
    name: str, dev_server: RealServer, http: httpx.AsyncClient
) -> None:
    query, code, words = HOSTILE[name]
    began = time.monotonic()
    answer = await http.post(dev_server.api, json={"query": query})
    assert time.monotonic() - began < AT_ONCE_S
    assert "data" not in answer.json()
    found, message = said(answer.json()["errors"])
    assert words in message
    if query:
        assert found == code
    answer = await http.post(
        dev_server.api, json={"query": query}, headers={"Accept": "application/graphql-response+json"}
    )
    assert answer.status_code == 400


async def test_hostile_documents_over_a_socket_are_refused_one_by_one(dev_server: RealServer) -> None:
    """Each gets an `error` of its own; the subscription beside them goes on."""
    fitting = {name: query for name, (query, _, _) in HOSTILE.items() if len(query) < 100_000}
    async with talking(dev_server) as talk:
        await talk.subscribe("live", "subscription { fleetFrame { sequence } }")
        for name, query in fitting.items():
            began = time.monotonic()
            await talk.subscribe(name, query)
            message = await talk.receive_of(name)
            assert time.monotonic() - began < AT_ONCE_S, name
            assert message["type"] == "error", name
            said(message["payload"])
        assert (await talk.receive_of("live"))["type"] == "next"


async def test_an_ordinary_large_document_is_taken(dev_server: RealServer, http: httpx.AsyncClient) -> None:
    """The limits leave room: fifty aliased objects, fragments that share fields, the introspection of all tools."""
    aliased = "{" + " ".join(f'a{n}: node(id: "{n}") {{ ...d }}' for n in range(50)) + "}"
    answer = await http.post(
        dev_server.api,
        json={"query": aliased + "fragment d on GpuDevice { id gpuUuid node { id nodeName } model { id modelName } }"},
    )
    assert list(answer.json()) == ["data"]
    parts = [f"fragment p{n} on GpuDevice {{ id gpuUuid deviceIndex node {{ id nodeName }} }}" for n in range(20)]
    page = "{ devices { nodes { " + " ".join(f"...p{n}" for n in range(20)) + " } } } " + " ".join(parts)
    answer = await http.post(dev_server.api, json={"query": page})
    assert list(answer.json()) == ["data"]


BAD_BODIES = {
    "nothing": (b"", 400, "JSON"),
    "half of it": (b'{"query":', 400, "JSON"),
    "no JSON": (b"query { __typename }", 400, "JSON"),
    "not UTF-8": (b'{"query":"\xff"}', 400, "JSON"),
    "half a character": (b'{"query":"{node(id:\\"\\ud800\\"){id}}"}', 400, "JSON"),
    "100,000 levels": (b"[" * 100_000, 400, "JSON"),
    "5,000 levels of variables": (
        b'{"query":"{__typename}","variables":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
        400,
        "JSON",
    ),
    "NaN": (b'{"query":"{__typename}","variables":{"a":NaN}}', 400, "JSON"),
    "Infinity": (b'{"query":"{__typename}","variables":{"a":-Infinity}}', 400, "JSON"),
    "a number too large": (b'{"query":"{__typename}","variables":{"a":1e999}}', 400, "JSON"),
    "null": (b"null", 400, "object"),
    "a number": (b"5", 400, "object"),
    "a list": (b'[{"query":"{__typename}"}]', 400, "batches"),
    "no query": (b"{}", 400, "`query`"),
    "a null query": (b'{"query":null}', 400, "`query`"),
    "a query that is a list": (b'{"query":["{__typename}"]}', 400, "`query`"),
    "variables that are a list": (b'{"query":"{__typename}","variables":[]}', 400, "`variables`"),
    "variables that are a text": (b'{"query":"{__typename}","variables":"{}"}', 400, "`variables`"),
    "a name that is a number": (b'{"query":"{__typename}","operationName":5}', 400, "`operationName`"),
    "a name that is not there": (b'{"query":"query a{__typename}","operationName":"b"}', 400, "operation"),
    "extensions that are a text": (b'{"query":"{__typename}","extensions":""}', 400, "`extensions`"),
    "a subscription": (b'{"query":"subscription{fleetFrame{sequence}}"}', 400, "WebSocket"),
    "10 MB": (b'{"query":"' + b"a" * 10_000_000 + b'"}', 413, "larger than"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_refused_at_once(name: str, dev_server: RealServer, http: httpx.AsyncClient) -> None:
    body, status, words = BAD_BODIES[name]
    began = time.monotonic()
    answer = await http.post(dev_server.api, content=body, headers={"Content-Type": "application/json"})
    assert time.monotonic() - began < AT_ONCE_S
    assert answer.status_code == status
    assert words in said(answer.json()["errors"])[1]


async def test_a_long_body_of_unknown_length_is_not_held(dev_server: RealServer, http: httpx.AsyncClient) -> None:
    async def hundred_megabytes() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b" " * 100_000

    before = dev_server.rss_mib
    answer = await http.post(dev_server.api, content=hundred_megabytes(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert dev_server.rss_mib - before < 16


BAD_REQUESTS = {
    "PUT": ({"method": "PUT"}, 405),
    "DELETE": ({"method": "DELETE"}, 405),
    "a text": ({"headers": {"Content-Type": "text/plain"}}, 415),
    "a form": ({"headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
    "no type": ({"headers": {"Content-Type": ""}}, 415),
    "another charset": ({"headers": {"Content-Type": "application/json; charset=latin1"}}, 415),
    "half a type": ({"headers": {"Content-Type": 'application/json; charset="'}}, 415),
    "an answer we do not have": ({"headers": {"Content-Type": "application/json", "Accept": "text/xml"}}, 406),
    "an answer of nonsense": ({"headers": {"Content-Type": "application/json", "Accept": ";;,,/;q=x"}}, 406),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
async def test_a_request_of_the_wrong_kind(name: str, dev_server: RealServer, http: httpx.AsyncClient) -> None:
    how, status = BAD_REQUESTS[name]
    options = {"method": "POST", "headers": {"Content-Type": "application/json"}, **how}
    answer = await http.request(url=dev_server.api, content=b'{"query":"{__typename}"}', **options)
    assert answer.status_code == status
    said(answer.json()["errors"])


async def test_a_mutation_by_get_is_refused(dev_server: RealServer, http: httpx.AsyncClient) -> None:
    """Also where it hides behind a query: what is executed is what was chosen."""
    mutation = 'mutation m { setDeviceStatus(input: {deviceId: "x", status: ACTIVE}) { __typename } }'
    for params in (
        {"query": mutation},
        {"query": "query q { __typename } " + mutation, "operationName": "m"},
        {"query": mutation + " query q { __typename }", "operationName": "m"},
    ):
        answer = await http.get(dev_server.api, params=params)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
    answer = await http.get(dev_server.api, params={"query": "query q { __typename } " + mutation})
    assert said(answer.json()["errors"])[0] == "GRAPHQL_ERROR"
    answer = await http.get(dev_server.api, params={"query": "{ __typename }", "variables": "{"})
    assert answer.status_code == 400


async def test_introspection_works(dev_server: RealServer, http: httpx.AsyncClient) -> None:
    answer = await http.post(dev_server.api, json={"query": "{ __schema { queryType { name } types { name } } }"})
    assert {"GpuDevice", "Mutation"} <= {kind["name"] for kind in answer.json()["data"]["__schema"]["types"]}


async def test_after_all_that_an_answer_takes_milliseconds(dev_server: RealServer, http: httpx.AsyncClient) -> None:
    times = []
    for number in range(20):
        began = time.monotonic()
        answer = await http.post(
            dev_server.api,
            content=orjson.dumps({"query": f"query q{number} {{ fleet {{ totalGpus }} }}"}),
            headers={"Content-Type": "application/json"},
        )
        times.append(time.monotonic() - began)
        assert answer.json() == {"data": {"fleet": {"totalGpus": 20}}}
    assert sorted(times)[10] < 0.1
