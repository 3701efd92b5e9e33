"""Clients that ask for GPUs, extend and give back, at random, and repeat what was not answered."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.integration.competition.journal import Journal

TRIES = 400
PATIENCE_S = 20.0
IMPATIENT = 0.04
"""Part of the calls that give up before they are answered, so that an answer is lost."""

_ERROR = "... on Error { code message path }"
REQUEST = f"""mutation($input: RequestAllocationInput!) {{ requestAllocation(input: $input) {{
  ... on AllocationAnswer {{ status message allocation {{
    id podName resources {{ deviceId placementStart placementSize shareMilli }} }} }} {_ERROR} }} }}"""
RELEASE = f"""mutation($input: ReleaseAllocationInput!) {{ releaseAllocation(input: $input) {{
  ... on GpuAllocation {{ id status }} {_ERROR} }} }}"""
EXTEND = f"""mutation($input: ExtendAllocationInput!) {{ extendAllocation(input: $input) {{
  ... on GpuAllocation {{ id status plannedReleaseTime }} {_ERROR} }} }}"""


@dataclass
class Client:
    """One user with a few pods, who talks to all servers of a run."""

    name: str
    urls: Sequence[str]
    http: httpx.AsyncClient
    chance: random.Random
    journal: Journal
    asked: int = 0
    held: list[str] = field(default_factory=list)

    async def run(self, over: Callable[[], bool]) -> None:
        """Act until it is over."""
        async with self.http:
            while not over():
                if self.held and self.chance.random() < 0.6:
                    await self._change()
                else:
                    await self._request()
                await asyncio.sleep(self.chance.uniform(0.0, 0.05))

    async def _call(self, document: str, given: dict[str, Any]) -> dict[str, Any]:
        """What one of the servers answers, at last: unanswered, the same is sent again to another."""
        body = orjson.dumps({"query": document, "variables": {"input": given}})
        for _ in range(TRIES):
            patience = self.chance.uniform(0.002, 0.1) if self.chance.random() < IMPATIENT else PATIENCE_S
            self.journal.counts["requests"] += 1
            try:
                reply = await self.http.post(self.chance.choice(self.urls), content=body, timeout=patience)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                self.journal.counts["down"] += 1
                await asyncio.sleep(0.05)
                continue
            except httpx.TransportError:
                self.journal.counts["lost"] += 1
                continue
            content = orjson.loads(reply.content)
            if "errors" in content:
                if content["errors"][0]["extensions"]["code"] not in {"TIMEOUT", "UNAVAILABLE"}:
                    raise AssertionError(content)
            else:
                (result,) = content["data"].values()
                if result.get("code") != "UNAVAILABLE":
                    return dict(result)
            self.journal.counts["unavailable"] += 1
            await asyncio.sleep(0.05)
        raise AssertionError(f"no answer after {TRIES} tries")

    async def _request(self) -> None:
        self.asked += 1
        key = f"{self.name}-{self.asked}"
        given = {**self._wanted(), "podName": key, "namespace": "compete", "idempotencyKey": key}
        times = 2 if self.chance.random() < 0.05 else 1  # both at once
        calls = [self._call(REQUEST, given) for _ in range(times)]
        for answer in await asyncio.gather(*calls):
            if "code" in answer:
                self.journal.wrong.append(f"{key}: {answer}")
                return
            self.journal.heard(key, answer)
        if answer["status"] in {"ACTIVE", "CREATING", "QUEUED"}:
            self.held.append(answer["allocation"]["id"])
        if self.chance.random() < 0.02:
            await self._refused("CONFLICT", REQUEST, given | {"reason": "another request"})

    def _wanted(self) -> dict[str, Any]:
        """Whole GPUs, shares and instances; most with an end that comes soon."""
        hours = self.chance.choice([None, 0.0002, 0.0004, 0.0008, 0.0008, 1.0])
        common = {"queue": self.chance.random() < 0.1, **({} if hours is None else {"hours": hours})}
        kind = self.chance.choices(["FULL", "SHARED", "MIG", "any"], [40, 20, 30, 10])[0]
        match kind:
            case "FULL":
                return {"resourceType": "FULL", "gpuCount": self.chance.choice([1, 1, 1, 2, 3]), **common}
            case "SHARED":
                size = {"memoryGb": self.chance.choice([4.0, 10.0, 20.0])}
                return {"resourceType": "SHARED", "computeMilli": self.chance.choice([100, 250, 400]), **size, **common}
            case "MIG":
                profile = self.chance.choice(["1g.10gb", "2g.20gb", "3g.40gb", "7g.80gb"])
                count = self.chance.choice([1, 1, 1, 2, 4]) if profile != "7g.80gb" else 1
                return {"resourceType": "MIG", "profileName": profile, "gpuCount": count, **common}
            case _:
                return {"memoryGb": self.chance.choice([10.0, 40.0, 79.0]), **common}

    async def _change(self) -> None:
        """Extend one that is held, or give it back; now and then give it back twice."""
        id_ = self.chance.choice(self.held)
        given = {"allocationId": id_, "idempotencyKey": f"{self.name}-{id_}-{self.chance.getrandbits(40):x}"}
        extend = self.chance.random() < 0.2
        if extend:
            self.journal.extending[id_] += 1
            answer = await self._call(EXTEND, given | {"hours": 0.002})
        else:
            self.held.remove(id_)
            answer = await self._call(RELEASE, given)
        if "code" not in answer:
            self.journal.counts["extended" if extend else "released"] += 1
            if extend:
                self.journal.extended[id_] += 1
                return
            self.journal.released.add(id_)
            if self.chance.random() < 0.05:
                await self._refused("ILLEGAL_TRANSITION", RELEASE, {"allocationId": id_})
        elif answer["code"] == "ILLEGAL_TRANSITION":  # its end came first
            self.journal.counts["too late"] += 1
            if extend:
                self.held.remove(id_)
        else:
            self.journal.wrong.append(f"{id_}: {answer}")

    async def _refused(self, code: str, document: str, given: dict[str, Any]) -> None:
        answer = await self._call(document, given)
        self.journal.counts[f"refused, {code}"] += 1
        if answer.get("code") != code:
            self.journal.wrong.append(f"{given} was to be refused with {code}: {answer}")
