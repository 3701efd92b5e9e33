"""Fields of a device that are worked out from others."""

from __future__ import annotations

import orjson
import pytest

from domain.fleet.model import DeviceStatus
from domain.fleet.status import TRANSITIONS
from schema.build import build_schema
from tests.unit.fleet_factory import make_view
from tests.unit.schema.test_compiled_lists import WIDE, context_over


@pytest.mark.parametrize("status", DeviceStatus)
async def test_a_device_names_its_legal_steps(status: DeviceStatus) -> None:
    view, _ = await make_view(nodes=1, per_node=2)
    device = view.devices[0]
    device.device_status = status
    query = "query($id: ID!) { node(id: $id) { ... on GpuDevice { nextStatuses } } devices { nodes { nextStatuses } } }"
    result = await build_schema(WIDE).execute(
        query, variable_values={"id": device.id}, context_value=context_over(view)
    )
    assert result.errors is None
    answer = orjson.loads(orjson.dumps(result.data))
    expected = [step for step in DeviceStatus if step in TRANSITIONS[status]]
    assert answer["node"]["nextStatuses"] == expected
    assert answer["devices"]["nodes"][0]["nextStatuses"] == expected, "and the same from a compiled list"
