"""The compiled list executor against the ordinary one: the same bytes for whatever can be asked."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain.access.principal import AccessScope, Principal, Role
from domain.fleet.model import GpuDevice
from domain.fleet.view import InventoryView
from domain.metrics.frames import FrameClock
from resolvers.context import Context, Services
from schema.build import FleetSchema, build_schema
from schema.execution import executor as executor_module
from schema.execution.documents import DocumentLimits
from schema.execution.executor import CompilingExecutor
from schema.execution.failures import formatted
from tests.unit.fleet_factory import make_view

WIDE = DocumentLimits(
    characters=200_000, tokens=50_000, depth=50, fields=5_000, expanded_fields=100_000, aliases=5_000, directives=5_000
)
TIME_DEPENDENT = {"ageSeconds"}


@pytest.fixture(scope="module")
def compiling() -> FleetSchema:
    return build_schema(WIDE)


@pytest.fixture(scope="module")
def ordinary() -> FleetSchema:
    schema = build_schema(WIDE)
    schema.execution_context_class = StrawberryGraphQLCoreExecutionContext
    return schema


def context_over(view: InventoryView) -> Context:
    services = Services(view, None, FrameClock(1.0), *[None] * 11)  # type: ignore[arg-type]
    return Context(services, AccessScope(Role.ADMIN), Principal("test", Role.ADMIN))


async def run(schema: FleetSchema, view: InventoryView, query: str, variables: dict[str, Any] | None = None) -> bytes:
    result = await schema.execute(query, variable_values=variables, context_value=context_over(view))
    errors = [formatted(error) for error in result.errors or ()]
    for error in errors:
        error.get("extensions", {}).pop("id", None)
        if error.get("extensions", {}).get("code") == "INTERNAL":
            error["message"] = "masked"
    return orjson.dumps({"data": result.data, "errors": errors})


# -- generated queries


class Draw:
    """Writes a random selection over the schema's own types."""

    def __init__(self, schema: GraphQLSchema, data: st.DataObject) -> None:
        self.schema = schema
        self.data = data
        self.fragments: list[str] = []
        self.aliases = 0

    def one_of(self, *options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def selection(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        names = [n for n, f in kind.fields.items() if n not in TIME_DEPENDENT and self.usable(f, depth)]
        chosen = self.data.draw(st.lists(st.sampled_from([*names, "__typename"]), min_size=1, max_size=6))
        parts = [self.field(kind, name, depth) for name in chosen]
        match self.one_of("none", "none", "inline", "typed", "interface", "named"):
            case "inline":
                parts.append(f"... {self.directive()} {{ {self.field(kind, chosen[0], depth)} }}")
            case "typed":
                parts.append(f"... on {kind.name} {self.directive()} {{ {self.field(kind, chosen[-1], depth)} }}")
            case "interface" if any(i.name == "Node" for i in kind.interfaces):
                parts.append(f"... on Node {{ {self.alias()} id }}")
            case "named":
                name = f"F{len(self.fragments)}"
                self.fragments.append("")  # keeps the number
                self.fragments[int(name[1:])] = f"fragment {name} on {kind.name} {{ {self.selection(kind, 0)} }}"
                parts.append(f"...{name} {self.directive()}")
        return " ".join(parts)

    def usable(self, field: GraphQLField, depth: int) -> bool:
        return not field.args and (depth > 0 or not is_composite_type(get_named_type(field.type)))

    def field(self, kind: Any, name: str, depth: int) -> str:
        if name == "__typename":
            return f"{self.alias()} __typename {self.directive()}"
        inner = get_named_type(kind.fields[name].type)
        below = f"{{ {self.selection(inner, depth - 1)} }}" if is_composite_type(inner) else ""
        return f"{self.alias()} {name} {self.directive()} {below}"

    def alias(self) -> str:
        # Always aliased: two fields of one name with different selections would not validate.
        self.aliases += 1
        return f"a{self.aliases}:"

    def directive(self) -> str:
        return self.one_of(
            "", "", "", "@include(if: true)", "@skip(if: true)", "@include(if: $yes)", "@skip(if: $yes)",
            "@skip(if: $no) @include(if: $yes)",
        )  # fmt: skip


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
async def test_generated_queries_give_the_same_bytes(
    data: st.DataObject, compiling: FleetSchema, ordinary: FleetSchema
) -> None:
    view, _ = await make_view(nodes=2, per_node=5)
    draw = Draw(compiling._schema, data)
    device = compiling._schema.type_map["GpuDeviceConnection"]
    assert isinstance(device, GraphQLObjectType)
    body = draw.selection(device, 4)
    used = "pageInfo { endCursor @include(if: $yes) @skip(if: $no) }"
    query = f"query($yes: Boolean!, $no: Boolean!) {{ devices(first: 7) {{ {used} {body} }} }}"
    query += " ".join(draw.fragments)
    break_something(view.devices, data)
    for variables in ({"yes": True, "no": False}, {"yes": False, "no": True}):
        assert await run(compiling, view, query, variables) == await run(ordinary, view, query, variables)


def break_something(devices: tuple[GpuDevice, ...], data: st.DataObject) -> None:
    """Put a value in the middle that completes unusually, or not at all."""
    victim = devices[data.draw(st.integers(0, len(devices) - 1))]
    assert victim.latest_metric is not None
    match data.draw(
        st.sampled_from(["nothing", "nan", "null", "error", "class", "enum", "large", "bool", "no metric", "int"])
    ):
        case "nan":
            victim.latest_metric.gpu_utilization_pct = math.nan
        case "null":
            victim.gpu_uuid = None  # type: ignore[assignment]
        case "error":
            victim.pci_address = ValueError("cannot be read")  # type: ignore[assignment]
        case "class":
            victim.model = "not a model"  # type: ignore[assignment]
        case "enum":
            victim.device_status = "MELTED"  # type: ignore[assignment]
        case "large":
            victim.device_index = 2**40
        case "bool":
            victim.latest_metric.power_draw_w = True
        case "int":
            victim.latest_metric.power_draw_w = 7
        case "no metric":
            victim.latest_metric = None


# -- by hand: what the generator may miss

SELECTIONS = {
    "contract": "devices(first:1000){nodes{id gpuUuid deviceIndex deviceStatus pciAddress "
    "node{id nodeName clusterName nodeStatus} model{id modelName memoryGb architecture} "
    "latestMetric{timestamp gpuUtilizationPct memoryUsedMb memoryTotalMb temperatureC powerDrawW}}}",
    "edges": "devices(first:3){edges{cursor node{id purchaseCost createdDate}} totalCount}",
    "frame": "fleetFrame{deviceIds deviceStatuses gpuUtilizationPct memoryUsedMb temperatureC collectionSources}",
    "methods": "devices{nodes{currentTempC currentPowerW nextStatuses}}",
    "same field twice": "devices{nodes{node{id} node{nodeName} id id}}",
    "statuses": "fleet{statusCounts{status count}}",
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS.keys())
async def test_the_same_bytes(selection: str, compiling: FleetSchema, ordinary: FleetSchema) -> None:
    view, _ = await make_view()
    query = f"{{ {selection} }}"
    expected = await run(ordinary, view, query)
    assert orjson.loads(expected)["errors"] == []
    assert await run(compiling, view, query) == expected
    assert await run(compiling, view, query) == expected, "and again, from the cache"


async def test_the_fast_path_is_taken(compiling: FleetSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of plain objects is completed by the compiled function, not item by item."""
    view, _ = await make_view()
    slow: list[str] = []
    ordinary_item = StrawberryGraphQLCoreExecutionContext.complete_list_item_value

    def counted(self: Any, item: Any, *args: Any) -> Any:
        slow.append(type(item).__name__)
        return ordinary_item(self, item, *args)

    monkeypatch.setattr(StrawberryGraphQLCoreExecutionContext, "complete_list_item_value", counted)
    for name in ("contract", "edges", "frame", "methods"):
        await run(compiling, view, f"{{ {SELECTIONS[name]} }}")
    assert slow == []


async def test_an_error_in_the_middle_keeps_its_path(compiling: FleetSchema) -> None:
    view, _ = await make_view(nodes=1)
    view.devices[3].pci_address = RuntimeError("boom")  # type: ignore[assignment]
    answer = orjson.loads(await run(compiling, view, "{devices{nodes{id pciAddress}}}"))
    assert [error["path"] for error in answer["errors"]] == [["devices", "nodes", 3, "pciAddress"]]
    assert answer["data"]["devices"]["nodes"][3]["pciAddress"] is None
    assert answer["data"]["devices"]["nodes"][4]["pciAddress"] is not None


async def test_directive_variables_do_not_share_a_compilation(compiling: FleetSchema) -> None:
    view, _ = await make_view(nodes=1)
    query = "query($with: Boolean!){devices(first:1){nodes{id gpuUuid @include(if:$with)}}}"
    with_it = orjson.loads(await run(compiling, view, query, {"with": True}))
    without = orjson.loads(await run(compiling, view, query, {"with": False}))
    again = orjson.loads(await run(compiling, view, query, {"with": True}))
    assert "gpuUuid" in with_it["data"]["devices"]["nodes"][0]
    assert "gpuUuid" not in without["data"]["devices"]["nodes"][0]
    assert again == with_it


async def test_times_that_differ_are_formatted_each(compiling: FleetSchema) -> None:
    view, _ = await make_view(nodes=1, per_node=3)
    for second, device in enumerate(view.devices):
        assert device.latest_metric is not None
        device.latest_metric.timestamp = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
    answer = orjson.loads(await run(compiling, view, "{devices{nodes{latestMetric{timestamp}}}}"))
    times = [node["latestMetric"]["timestamp"] for node in answer["data"]["devices"]["nodes"]]
    assert times == [f"2026-01-01T00:00:0{second}+00:00" for second in range(3)]


async def test_compilations_are_bounded(compiling: FleetSchema) -> None:
    view, _ = await make_view(nodes=1, per_node=1)
    for number in range(executor_module.OPERATIONS_KEPT + 20):
        await run(compiling, view, f"{{devices{{nodes{{x{number}:id}}}}}}")
    assert len(CompilingExecutor._compiled) <= executor_module.OPERATIONS_KEPT
