from __future__ import annotations

import pynvml
import pytest

from integrations.nvml.simulator import Fault, FaultKind, FaultSpecError, SimulatedFleet, parse_faults
from tests.unit.integrations.nvml.conftest import HandClock


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("lost:3@30s", Fault(FaultKind.LOST, gpu=3, start=30.0)),
        ("thermal:5", Fault(FaultKind.THERMAL, gpu=5)),
        ("thermal:5@1m+10m", Fault(FaultKind.THERMAL, gpu=5, start=60.0, duration=600.0)),
        ("reset:0+1h", Fault(FaultKind.RESET, gpu=0, duration=3600.0)),
        (
            "unsupported:2/nvmlDeviceGetPowerUsage",
            Fault(FaultKind.UNSUPPORTED, gpu=2, function="nvmlDeviceGetPowerUsage"),
        ),
        ("xid:4/79@20", Fault(FaultKind.XID, gpu=4, xid=79, start=20.0)),
        ("restart", Fault(FaultKind.RESTART, duration=10.0)),
        ("restart:0@60s+2.5s", Fault(FaultKind.RESTART, gpu=0, start=60.0, duration=2.5)),
        ("HANG:1@500ms+5s", Fault(FaultKind.HANG, gpu=1, start=0.5, duration=5.0)),
    ],
)
def test_a_specification_is_understood(spec: str, fault: Fault) -> None:
    assert parse_faults(spec) == (fault,)


def test_several_faults_and_none() -> None:
    assert [fault.kind for fault in parse_faults(" lost:3@30s, thermal:5 ,")] == [FaultKind.LOST, FaultKind.THERMAL]
    assert parse_faults("") == parse_faults(" , ") == ()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("melt:3", "must begin with one of lost, reset, thermal, unsupported, xid, restart, hang"),
        ("3", "must begin with one of"),
        ("lost", "needs the number of a GPU after the colon, as in 'lost:3'"),
        ("lost:three", "needs the number of a GPU"),
        ("lost:-1", "needs the number of a GPU"),
        ("restart:", "needs the number of a GPU"),
        ("lost:8", "there is no GPU 8, the last of this fleet is 7"),
        ("lost:3@soon", "its start must be a time such as 30s, 500ms, 5m or 1h, not 'soon'"),
        ("lost:3@30s+", "its duration must be a time"),
        ("lost:3@-5s", "its start must be a time"),
        ("lost:3/79", "lost takes nothing after a slash"),
        ("unsupported:3", "needs a function, as in 'unsupported:2/nvmlDeviceGetPowerUsage'"),
        ("unsupported:3/power", "needs a function"),
        ("xid:3", "needs the number of the XID, as in 'xid:4/79'"),
        ("xid:3/seventy", "needs the number of the XID"),
        ("lost:1,thermal", "fault 'thermal'"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(spec: str, message: str) -> None:
    with pytest.raises(FaultSpecError) as refused:
        parse_faults(spec, gpus=8)
    assert message in str(refused.value)
    assert spec.rsplit(",", maxsplit=1)[-1] in str(refused.value)


def test_faults_begin_and_end_with_the_clock(fleet: SimulatedFleet, clock: HandClock) -> None:
    node = fleet.nodes[0]
    node.nvmlInit()
    handle = node.nvmlDeviceGetHandleByIndex(3)
    for fault in parse_faults("lost:3@30s+10s"):
        fleet.inject(fault)
    node.nvmlDeviceGetPowerUsage(handle)
    clock.sleep(30.0)
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        node.nvmlDeviceGetPowerUsage(handle)
    clock.sleep(10.0)
    node.nvmlDeviceGetPowerUsage(handle)


def test_a_fault_of_a_gpu_that_does_not_exist_is_refused(fleet: SimulatedFleet) -> None:
    with pytest.raises(ValueError, match="there is no GPU 20 to go wrong: the last of this fleet is 19"):
        fleet.inject(Fault(FaultKind.LOST, gpu=20))


def test_faults_are_listed_and_cleared(fleet: SimulatedFleet) -> None:
    first, twin = fleet.inject(Fault(FaultKind.LOST, gpu=1)), fleet.inject(Fault(FaultKind.LOST, gpu=1))
    assert fleet.faults == (first, twin)
    fleet.clear(first)
    fleet.clear(first)
    assert fleet.faults == (twin,)


def test_a_driver_that_restarts_refuses_to_initialise_until_it_is_back(fleet: SimulatedFleet, clock: HandClock) -> None:
    node = fleet.nodes[1]
    node.nvmlInit()
    fleet.inject(Fault(FaultKind.RESTART, start=fleet.elapsed(), duration=3.0))
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        node.nvmlDeviceGetCount()
    with pytest.raises(pynvml.NVMLError_DriverNotLoaded):
        node.nvmlInit()
    clock.sleep(3.0)
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        node.nvmlDeviceGetCount()
    node.nvmlInit()
    assert node.nvmlDeviceGetCount() == 8


def test_an_xid_reaches_the_programs_that_wait_for_it(fleet: SimulatedFleet, clock: HandClock) -> None:
    node = fleet.nodes[2]
    node.nvmlInit()
    events = node.nvmlEventSetCreate()
    for index in range(8):
        handle = node.nvmlDeviceGetHandleByIndex(index)
        node.nvmlDeviceRegisterEvents(handle, pynvml.nvmlEventTypeXidCriticalError, events)
    with pytest.raises(pynvml.NVMLError_Timeout):
        node.nvmlEventSetWait_v2(events, 0)

    fleet.inject(Fault(FaultKind.XID, gpu=14, xid=79, start=20.0))
    fleet.inject(Fault(FaultKind.XID, gpu=3, xid=31))  # another node's
    with pytest.raises(pynvml.NVMLError_Timeout):
        node.nvmlEventSetWait(events, 1)
    clock.sleep(25.0)
    data = node.nvmlEventSetWait_v2(events, 1_000)
    assert type(data) is pynvml.c_nvmlEventData_t
    assert (data.eventType, data.eventData) == (pynvml.nvmlEventTypeXidCriticalError, 79)
    assert node.nvmlDeviceGetUUID(data.device) == fleet.uuids[14]
    with pytest.raises(pynvml.NVMLError_Timeout):
        node.nvmlEventSetWait_v2(events, 0)
    assert [(event.gpu_uuid, event.xid) for event in fleet.xids] == [(fleet.uuids[3], 31), (fleet.uuids[14], 79)]
    assert fleet.xids[1].at == fleet.started_at + 20.0


def test_events_that_are_never_raised_cannot_be_waited_for(fleet: SimulatedFleet) -> None:
    node = fleet.nodes[2]
    node.nvmlInit()
    events = node.nvmlEventSetCreate()
    with pytest.raises(pynvml.NVMLError_NotSupported):
        node.nvmlDeviceRegisterEvents(node.nvmlDeviceGetHandleByIndex(0), pynvml.nvmlEventTypeClock, events)
    node.nvmlEventSetFree(events)
    fleet.inject(Fault(FaultKind.XID, gpu=12, xid=48))
    with pytest.raises(pynvml.NVMLError_Timeout):
        node.nvmlEventSetWait_v2(events, 0)
