"""Answers about MIG in the shape in which a server gave them."""

from __future__ import annotations

from typing import Any

NODE = {"id": "node_1", "nodeName": "h100-07", "clusterName": "seoul"}
H100 = {"modelName": "NVIDIA H100 80GB HBM3"}


def instance(profile: str, start: int, size: int, compute: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"mig_{start}",
        "profileName": profile,
        "instanceId": start + 1,
        "migUuid": None,
        "allocated": False,
        "instanceStatus": "READY",
        "placementStart": start,
        "placementSize": size,
        "profile": {"computeSlices": compute},
        "allocation": None,
        **changes,
    }


HOLDER = {"id": "alloc_7", "namespace": "asr", "podName": "train-0", "userId": "ann", "teamId": "speech"}


def device(**changes: Any) -> dict[str, Any]:
    return {
        "id": "dev_3",
        "gpuUuid": "GPU-3",
        "deviceIndex": 3,
        "deviceStatus": "ACTIVE",
        "migCapable": True,
        "migEnabled": True,
        "migPending": True,
        "memorySlices": 8,
        "computeSlices": 7,
        "fragmentation": 0.25,
        "node": NODE,
        "model": H100,
        "migInstances": [
            instance("3g.40gb", 0, 4, 3, allocated=True, allocation=HOLDER),
            instance("1g.10gb", 4, 1, 1),
            instance("1g.10gb", 5, 1, 1, allocated=True),
        ],
        "allocations": [],
        "migPlaces": [
            {
                "profile": {"profileName": "7g.80gb", "computeSlices": 7, "memoryMb": 81_000, "memoryGb": 80.0},
                "placesNow": 0,
                "placesFree": 0,
                "starts": [],
                "whyNot": "7g.80gb needs slices 0-7. 3g.40gb holds 0-3.",
            },
            {
                "profile": {"profileName": "1g.10gb", "computeSlices": 1, "memoryMb": None, "memoryGb": 10.0},
                "placesNow": 1,
                "placesFree": 2,
                "starts": [6],
                "whyNot": None,
            },
        ],
        "migCommands": [command("FAILED", error="step 1 of 1, ENABLE_MIG: the GPU is in use by process 20016")],
        **changes,
    }


def command(status: str, command_id: str = "cmd_1", **changes: Any) -> dict[str, Any]:
    return {
        "id": command_id,
        "deviceId": "dev_3",
        "status": status,
        "createdDate": "2026-11-24T12:00:00+00:00",
        "error": None,
        "steps": [{"kind": "ENABLE_MIG", "profileName": None, "placementStart": None}],
        **changes,
    }


def placement(profile: str, start: int, size: int, **changes: Any) -> dict[str, Any]:
    return {
        "profileName": profile,
        "placementStart": start,
        "placementSize": size,
        "migId": None,
        "inUse": False,
        "holder": None,
        "allocationId": None,
        **changes,
    }


USED = placement("2g.20gb", 0, 2, migId="mig_0", inUse=True, holder="speech/ann", allocationId="alloc_7")
STOP = {
    "migId": "mig_0",
    "profileName": "2g.20gb",
    "placementStart": 0,
    "placementSize": 2,
    "holder": "speech/ann",
    "allocationId": "alloc_7",
    "movesTo": 4,
}


def plan(**changes: Any) -> dict[str, Any]:
    """A plan that makes a 4g.40gb where a 2g.20gb in use stands, which may come back beside it."""
    return {
        "ready": True,
        "message": "1 to remove, 2 to make; 1 in use stop; about 153 s.",
        "seconds": 153.0,
        "devices": [
            {
                "deviceId": "dev_3",
                "device": {"deviceIndex": 3, "memorySlices": 8, "node": NODE, "model": H100},
                "ready": True,
                "unchanged": False,
                "seconds": 153.0,
                "current": [USED],
                "target": [placement("4g.40gb", 0, 4), placement("2g.20gb", 4, 2)],
                "steps": [
                    _step("DELETE_INSTANCE", "2g.20gb", 0, 1.0, []),
                    _step("CREATE_INSTANCE", "4g.40gb", 0, 2.0, ["4g.40gb at 0"]),
                    _step("CREATE_INSTANCE", "2g.20gb", 4, 2.0, ["4g.40gb at 0", "2g.20gb at 4"]),
                ],
                "stops": [STOP],
                "phases": [{"name": "EVICT", "seconds": 45.0}, {"name": "PODS_START", "seconds": 108.0}],
                "refusal": None,
                "fragmentationBefore": 0.5,
                "fragmentationAfter": 0.0,
            }
        ],
        **changes,
    }


def refused_plan() -> dict[str, Any]:
    refused = plan(ready=False, message="h100-07/3: The layout has no room for 2g.20gb at 0 (speech/ann).", seconds=0.0)
    refusal = {
        "kind": "HELD",
        "reason": "The layout has no room for 2g.20gb at 0 (speech/ann).",
        "fits": ["1g.10gb", "1g.10gb", "3g.40gb"],
        "blockers": [STOP],
    }
    refused["devices"][0] |= {"ready": False, "refusal": refusal, "steps": [], "stops": [], "target": [USED]}
    return refused


def defragmentation() -> dict[str, Any]:
    gains = [{"profileName": "7g.80gb", "places": 1}]
    return {
        "seconds": 151.0,
        "pods": 1,
        "fragmentationBefore": 0.5,
        "fragmentationAfter": 0.0,
        "gains": gains,
        "moves": [
            {
                "step": 1,
                "profileName": "2g.20gb",
                "fromDevice": {"deviceIndex": 3, "node": NODE},
                "fromStart": 0,
                "toDevice": {"deviceIndex": 4, "node": NODE},
                "toStart": 4,
                "seconds": 151.0,
                "holder": "speech/ann",
                "allocationId": "alloc_7",
                "gains": gains,
            }
        ],
    }


def _step(kind: str, profile: str, start: int, seconds: float, after: list[str]) -> dict[str, Any]:
    where = {"profileName": profile, "placementStart": start}
    return {"kind": kind, **where, "seconds": seconds, "layoutAfter": after}
