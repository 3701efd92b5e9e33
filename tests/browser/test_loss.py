"""What goes away and comes back: the page says what is so, keeps what it knew, and recovers without being asked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from domain.access.principal import Role
from tests.browser.conftest import SERVER_GONE, TOKEN_REFUSED, OpenPage, StartServer
from tests.fixtures.redis_server import RedisServer, executable_or_skip

Keep = Callable[[Page, str], Path]

RECOVERY_MS = 20_000

REQUEST = "mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) { __typename } }"

HIDDEN = """(hidden) => {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def says(page: Page, word: str) -> None:
    expect(page.locator("live-indicator .word")).to_have_text(word, timeout=RECOVERY_MS)


def until(what: Callable[[], bool], seconds: float, name: str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s: {name}"
        time.sleep(0.05)


def rows(page: Page) -> list[str]:
    """The GPUs of the list, by name."""
    return page.locator("devices-page").get_by_text(re.compile(r"gpu|h100|a100|^node", re.IGNORECASE)).all_inner_texts()


def test_the_server_goes_and_returns(start_server: StartServer, open_page: OpenPage, keep_picture: Keep) -> None:
    server = start_server(collector="simulated", sample_interval="0.5")
    page = open_page(server, path="devices", allow=SERVER_GONE)
    says(page, "Live")
    before = rows(page)
    assert len(before) >= 20
    server.ask(REQUEST, i={"podName": "stays"})
    asking = open_page(server, path="request", allow=SERVER_GONE)
    asking.locator("request-form [name=namespace]").fill("asr")
    expect(asking.locator("request-page .send")).to_have_attribute("aria-disabled", "false")
    holding = open_page(server, path="allocations", allow=SERVER_GONE)
    expect(holding.get_by_role("button", name="Release: stays")).to_be_visible()
    server.stop()
    says(page, "Offline")
    expect(page.get_by_text("Connection lost, reconnecting")).to_be_visible()
    expect(page.get_by_text(re.compile(r"The values below are from [1-3]\.\d s ago"))).to_be_visible()
    expect(page.locator("live-indicator .detail")).to_have_text(re.compile(r"retry in \d+ s"))
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()
    assert rows(page) == before
    keep_picture(page, "offline-1440-light")
    expect(asking.get_by_text("Off until the connection is back.")).to_be_visible()
    expect(asking.locator("request-page .send")).to_have_attribute("aria-disabled", "true")
    asking.locator("request-form [name=count]").fill("2")
    expect(holding.get_by_role("link", name="stays")).to_be_visible()
    expect(holding.get_by_role("button", name="Release: stays")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"The values below are from [4-9]\.\d s ago"))).to_be_visible()
    server.start()
    says(page, "Live")
    expect(page.get_by_text("Connection lost, reconnecting")).to_have_count(0)
    assert rows(page) == before
    expect(asking.locator("request-answer h2")).to_contain_text("2 ×", timeout=RECOVERY_MS)
    expect(asking.locator("request-page .send")).to_have_attribute("aria-disabled", "false")
    expect(asking.locator("request-form [name=namespace]")).to_have_value("asr")
    expect(holding.get_by_role("button", name="Release: stays")).to_be_visible(timeout=RECOVERY_MS)


@pytest.fixture
def redis_of_our_own() -> Iterator[RedisServer]:
    redis = RedisServer(executable_or_skip())
    redis.start()
    yield redis
    redis.remove()


def test_redis_goes_and_returns(
    redis_of_our_own: RedisServer, start_server: StartServer, open_page: OpenPage, tmp_path: Path
) -> None:
    shared = {"broker_url": redis_of_our_own.url, "database_url": f"sqlite:///{tmp_path}/fleet.db"}
    near = open_page(start_server(collector="simulated", sample_interval="0.5", **shared))
    far = open_page(start_server(collector="none", sample_interval="0.5", **shared))
    says(near, "Live")
    says(far, "Live")
    redis_of_our_own.kill()
    says(far, "Slow")  # the other replica's readings do not come, and their age shows it
    says(near, "Live")  # its own do
    redis_of_our_own.start()
    says(far, "Live")
    says(near, "Live")


def test_a_token_expires_while_the_page_is_open(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="simulated", auth_mode="token")
    page = open_page(server, token=server.token(Role.VIEWER, seconds=3), allow=TOKEN_REFUSED)
    says(page, "Live")
    expect(page.get_by_role("heading", name="Your token has expired")).to_be_visible()
    says(page, "Signed out")
    keep_picture(page, "expired-1440-light")
    page.wait_for_timeout(1_000)  # and it stays so: nothing is tried with the old token
    says(page, "Signed out")
    page.get_by_label("Token").fill(server.token(Role.VIEWER))
    page.get_by_role("button", name="Sign in").click()
    says(page, "Live")
    expect(page.get_by_role("heading", name="Your token has expired")).to_have_count(0)


def test_a_server_with_tokens_asks_for_one(start_server: StartServer, open_page: OpenPage, keep_picture: Keep) -> None:
    server = start_server(collector="simulated", auth_mode="token")
    page = open_page(server, allow=TOKEN_REFUSED)
    expect(page.get_by_role("heading", name="This server needs a token")).to_be_visible()
    keep_picture(page, "token-1440-light")
    page.get_by_label("Token").fill("not-a-token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The token is not valid")).to_be_visible()
    page.get_by_label("Token").fill(server.run("token", "--role", "viewer", "--user", "minseo"))
    page.get_by_role("button", name="Sign in").click()
    says(page, "Live")


def test_data_grows_old_and_new_data_heals_it(
    start_server: StartServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    server = start_server(collector="none", sample_interval="0.5")
    uuids = server.report("a100-01", 4)
    server.record("a100-01", uuids, age_s=27, gpuUtilizationPct=40, memoryUsedMb=8000)
    page = open_page(server, path="devices")
    says(page, "Slow")
    says(page, "Stale")
    expect(page.get_by_text("No new readings.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"The newest is 3\d s old"))).to_be_visible()
    keep_picture(page, "stale-1440-light")
    server.record("a100-01", uuids, gpuUtilizationPct=40, memoryUsedMb=8000)
    says(page, "Live")
    expect(page.get_by_text("No new readings.")).to_have_count(0)


def test_one_silent_node_is_named_and_left_out(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="none", sample_interval="0.5")
    speaking, silent = server.report("a100-01", 4), server.report("a100-02", 3)
    server.record("a100-02", silent, age_s=40, gpuUtilizationPct=40)
    server.record("a100-01", speaking, gpuUtilizationPct=40)
    page = open_page(server)
    says(page, "Live")
    expect(page.get_by_text("3 GPUs with old readings, of 7. Sums and means leave them out.")).to_be_visible()


def test_an_empty_fleet_fills_by_itself(start_server: StartServer, open_page: OpenPage, keep_picture: Keep) -> None:
    server = start_server(collector="none", sample_interval="0.5")
    page = open_page(server, path="devices")
    expect(page.get_by_text("No GPUs yet")).to_be_visible()
    expect(page.get_by_text("gpuctl agent --server")).to_be_visible()
    keep_picture(page, "empty-1440-light")
    uuids = server.report("a100-01", 8)
    expect(page.get_by_text("No GPUs yet")).to_have_count(0)
    expect(page.get_by_text("No readings yet.")).to_be_visible()
    expect(page.get_by_text("Simulated", exact=True)).to_have_count(0)
    server.record("a100-01", uuids, gpuUtilizationPct=40)
    says(page, "Live")
    expect(page.get_by_text("No readings yet.")).to_have_count(0)
    assert len(rows(page)) >= 8


def test_a_tab_in_the_background_stops_asking(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="simulated", sample_interval="0.5")
    page = open_page(server, clock=True)
    says(page, "Live")
    until(lambda: server.metric("gpu_subscribers") == 3, 5, "all subscriptions")
    page.evaluate(HIDDEN, True)
    page.clock.fast_forward(9_000)
    assert server.metric("gpu_subscribers") == 3
    page.clock.fast_forward(1_500)
    until(lambda: server.metric("gpu_subscribers") == 0, 5, "the end of all")
    until(lambda: server.metric("gpu_sockets_open") == 0, 5, "the end of the socket")
    page.evaluate(HIDDEN, False)
    until(lambda: server.metric("gpu_subscribers") == 3, 1, "all again")
    says(page, "Live")
