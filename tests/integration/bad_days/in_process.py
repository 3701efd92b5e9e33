"""The application in a thread of the test's own process: its parts can be made to fail, its tasks can be counted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path

import uvicorn

from server.app import create_app
from server.graphql.shared_frames import FanoutProtocol
from server.runtime import Runtime
from server.serve import FleetServer
from server.settings import Settings
from tests.fixtures.gpuctl import SECRET
from tests.fixtures.redis_server import free_port

START_S = 20.0


class InProcessServer:
    """Serves from an event loop in a thread, between `start` and `stop`."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.port = free_port()
        stated = {
            "data_dir": folder,
            "collector": "simulated",
            "simulated_gpus": 8,
            "sample_interval": 0.05,
            "auth_secret": SECRET,
            **settings,
        }
        app = create_app(Settings.model_validate(stated))
        self.runtime: Runtime = app.state.runtime
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.port,
            ws=FanoutProtocol,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        self._server = FleetServer(config, self.runtime)
        self._loop = config.get_loop_factory()()
        self._thread = threading.Thread(target=self._run, name="server")

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def tasks(self) -> Counter[str]:
        """The names of the tasks that are running; numbers are left out of them."""
        return asyncio.run_coroutine_threadsafe(self._tasks(), self._loop).result(10)

    async def _tasks(self) -> Counter[str]:
        own = asyncio.current_task()
        return Counter(task.get_name().rstrip("0123456789") for task in asyncio.all_tasks() if task is not own)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve())
