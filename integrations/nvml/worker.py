"""One thread for blocking driver calls, so that a call that never returns costs one thread and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class CallHung(Exception):
    """The driver has not returned from a call in time. Nothing more is asked of it until it does."""


class _Job:
    __slots__ = ("abandoned", "call", "finished", "future", "loop", "started_at")

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.started_at: float | None = None
        self.abandoned = False
        self.finished = False


class Worker:
    """Runs calls one after another on a daemon thread, which never keeps the process from ending.

    A call that outlives its timeout is abandoned, not killed: until it returns, further calls are refused at
    once with `CallHung` instead of queueing behind it, and its late answer is dropped.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._stuck: _Job | None = None
        self._closed = False

    @property
    def stuck_seconds(self) -> float | None:
        """How long an abandoned call has been running; None where there is none."""
        stuck = self._stuck
        return None if stuck is None or stuck.started_at is None else time.monotonic() - stuck.started_at

    async def run(self, call: Callable[[], T], limit_seconds: float) -> T:
        """The result of `call()`, or whatever it raises. Raises `CallHung` after `limit_seconds`."""
        self._start()
        stuck = self.stuck_seconds
        if stuck is not None:
            raise CallHung(f"a driver call has not returned for {stuck:.0f} s")
        job = _Job(call)
        self._jobs.put(job)
        try:
            async with asyncio.timeout(limit_seconds):
                result: T = await job.future
                return result
        except TimeoutError:
            if job.started_at is not None:
                self._stuck = job
                if job.finished:  # it returned while its time ran out; the thread looks in the other order
                    self._stuck = None
            raise CallHung(f"a driver call has not returned for {limit_seconds:g} s") from None
        finally:
            job.abandoned = True

    def close(self) -> None:
        """Let the thread end after the call in hand. Does not wait for it."""
        self._closed = True
        self._jobs.put(None)

    def _start(self) -> None:
        if self._closed:
            raise CallHung("the source is closed")
        pid = os.getpid()
        if self._thread is not None and self._pid == pid:
            return
        # First call, or first call in a child of fork: threads stay with the parent, and so does what hung there.
        self._jobs = queue.SimpleQueue()
        self._stuck = None
        self._pid = pid
        self._thread = threading.Thread(target=self._work, args=(self._jobs,), name=self._name, daemon=True)
        self._thread.start()

    def _work(self, jobs: queue.SimpleQueue[_Job | None]) -> None:
        while (job := jobs.get()) is not None:
            if job.abandoned:
                continue
            job.started_at = time.monotonic()
            try:
                result, error = job.call(), None
            except Exception as raised:
                result, error = None, raised
            job.finished = True
            if self._stuck is job:
                self._stuck = None
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                job.loop.call_soon_threadsafe(_settle, job.future, result, error)


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
