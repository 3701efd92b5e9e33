"""The table of a device's life."""

from __future__ import annotations

import pytest

from domain.errors import IllegalTransition
from domain.fleet.model import DeviceStatus
from domain.fleet.status import NEXT_STATUSES, TRANSITIONS, check_transition


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(DeviceStatus)


@pytest.mark.parametrize("current", DeviceStatus)
@pytest.mark.parametrize("wanted", DeviceStatus)
def test_only_steps_of_the_table_pass(current: DeviceStatus, wanted: DeviceStatus) -> None:
    if wanted is current or wanted in TRANSITIONS[current]:
        check_transition(current, wanted)
    else:
        with pytest.raises(IllegalTransition, match=f"from {current} to {wanted}"):
            check_transition(current, wanted)


def test_the_next_steps_are_those_of_the_table_in_the_order_of_the_states() -> None:
    order = list(DeviceStatus)
    for current, steps in NEXT_STATUSES.items():
        assert set(steps) == TRANSITIONS[current]
        assert list(steps) == sorted(steps, key=order.index)


def test_retired_is_final_and_reachable() -> None:
    assert TRANSITIONS[DeviceStatus.RETIRED] == frozenset()
    reachable, waiting = set(), [DeviceStatus.ACTIVE]
    while waiting:
        state = waiting.pop()
        if state not in reachable:
            reachable.add(state)
            waiting += TRANSITIONS[state]
    assert reachable == set(DeviceStatus)
    assert DeviceStatus.RETIRED not in TRANSITIONS[DeviceStatus.ACTIVE], "a device in service is emptied first"
