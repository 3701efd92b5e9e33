"""Answers of the API in the shape in which a server gave them."""

from __future__ import annotations

from typing import Any


def allocation(**changes: Any) -> dict[str, Any]:
    return {
        "id": "alloc_016064c49c07bc660023",
        "namespace": "asr",
        "podName": "train-0",
        "workloadType": "TRAINING",
        "resourceType": "FULL",
        "allocatedResource": "h100-07/0-1",
        "requestedMemoryGb": None,
        "allocationTime": "2026-11-24T12:00:00+00:00",
        "plannedReleaseTime": "2026-11-24T16:00:00+00:00",
        "status": "ACTIVE",
        "costPerHour": None,
        "totalCost": None,
        "userId": "ann",
        "teamId": "speech",
        "requestedTime": "2026-11-24T12:00:00+00:00",
        "endedTime": None,
        "statusReason": None,
        "gpuCount": 2,
        "profileName": None,
        "cpuMilli": 0,
        "hostMemoryMib": 0,
        "modelNames": ["H100 80GB HBM3"],
        "clusterName": None,
        "nodeName": None,
        "spread": "SAME_NODE",
        "hours": 4.0,
        "policy": "vfs-fair",
        "score": 0.0,
        "version": 1,
        "priority": "NORMAL",
        "gpuEquivalents": 2.0,
        "queuePosition": None,
        **changes,
    }


def place(words: str, score: float) -> dict[str, Any]:
    return {
        "resourceType": "FULL",
        "words": words,
        "score": score,
        "creates": False,
        "parts": [{"name": "value", "value": score, "meaning": "what it could have been worth to others"}],
        "resources": [{"memoryMib": 81_559, "words": words}],
    }


def granted(**changes: Any) -> dict[str, Any]:
    return {
        "status": "ACTIVE",
        "granted": True,
        "dryRun": False,
        "message": "h100-07/0-1",
        "policy": "vfs-fair",
        "allocation": allocation(),
        "checks": [
            {"step": "QUOTA", "passed": True, "warning": True, "message": "team 'speech' would hold 7 GPUs"},
            {"step": "SCORE", "passed": True, "warning": False, "message": "h100-07/0-1"},
        ],
        "place": place("h100-07/0-1", 0.25),
        "runnersUp": [place("h100-08/4-5", 0.5)],
        "alternatives": [],
        **changes,
    }


def refused() -> dict[str, Any]:
    def alternative(kind: str, message: str, **what: Any) -> dict[str, Any]:
        return {"kind": kind, "message": message, **what}

    return granted(
        status="NO_RESOURCE",
        granted=False,
        message="6 of 8 such GPUs are free, 9 needed",
        allocation=allocation(status="NO_RESOURCE", allocatedResource=None),
        checks=[
            {"step": "DISCOVERY", "passed": True, "warning": False, "message": "8 of 20 GPUs will do"},
            {"step": "FILTER", "passed": False, "warning": False, "message": "6 of 8 such GPUs are free, 9 needed"},
        ],
        place=None,
        runnersUp=[],
        alternatives=[
            alternative("FEWER_GPUS", "6 on one node now", gpuCount=6),
            alternative("OTHER_MODEL", "9 × A100 80GB on a100-01 now", modelName="A100 80GB"),
            alternative("LATER", "9 at 2026-11-24T23:25+00:00"),
        ],
    )


def quota(**changes: Any) -> dict[str, Any]:
    return {
        "scope": "TEAM",
        "name": "speech",
        "gpusHard": 8.0,
        "gpusSoft": 6.0,
        "memoryGibHard": None,
        "memoryGibSoft": None,
        "migSlicesHard": None,
        "migSlicesSoft": None,
        "version": 3,
        "used": {"gpus": 7.0, "memoryGib": 320.5, "migSlices": 0},
        **changes,
    }
