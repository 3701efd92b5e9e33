"""Layouts are planned, ordered and made; each refusal says why and changes nothing."""

from __future__ import annotations

import pytest

from domain.mig.commands import CommandStatus, StepKind
from domain.mig.layout_plans import RefusalKind
from tests.integration.allocation.support import OPERATOR
from tests.integration.mig.support import A100, H100, Rig


async def test_a_layout_is_planned_ordered_and_made(rig: Rig) -> None:
    plan = await rig.first.layouts.plan(OPERATOR, rig.wanted(H100, "3g.40gb", "1g.10gb", "1g.10gb"))
    assert plan.ready
    (device_plan,) = plan.devices
    assert [step.kind for step in device_plan.steps] == [StepKind.ENABLE_MIG, *[StepKind.CREATE_INSTANCE] * 3]
    assert plan.message == "MIG to switch on, 3 to make; nothing in use stops; about 39 s."
    assert rig.placed(H100) == []

    applied = await rig.apply(H100, "3g.40gb", "1g.10gb", "1g.10gb", reason="for the course")
    (command,) = applied.commands
    assert (command.status, command.attempt, command.reason) == (CommandStatus.PENDING, 0, "for the course")
    assert command.deadline == rig.clock.now + rig.first.layouts._timeout  # noqa: SLF001
    assert await rig.carry_out() == 1
    ended = await rig.command(command.id)
    assert (ended.status, ended.attempt, ended.error) == (CommandStatus.SUCCEEDED, 1, None)
    assert rig.stored(H100) == rig.placed(H100) != []
    assert await rig.report() == 0
    again = await rig.apply(H100, "3g.40gb", "1g.10gb", "1g.10gb")
    assert (again.plan.message, again.commands) == ("The layout is as wanted.", [])
