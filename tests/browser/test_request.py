"""Asking for GPUs: the answer follows the form, a refusal says what would do, what is sent happens once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

LIVE = "{ allocations { nodes { id status gpuCount namespace podName } } }"
RELEASE = "mutation($i: ReleaseAllocationInput!) { releaseAllocation(input: $i) { __typename } }"
REQUEST = """mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) {
  __typename ... on AllocationAnswer { status allocation { id } } } }"""
SET_QUOTA = "mutation($i: SetQuotaInput!) { setQuota(input: $i) { __typename } }"
DELETE_QUOTA = "mutation($i: DeleteQuotaInput!) { deleteQuota(input: $i) { __typename } }"

REQUEST_LOST = "Failed to load resource: net::ERR_FAILED"


@pytest.fixture(scope="module")
def running(start_server: StartServer) -> PageServer:
    """Two nodes of eight A100, two of eight H100 and more."""
    return start_server(collector="simulated", simulated_gpus="64", sample_interval="0.5")


@pytest.fixture
def server(running: PageServer) -> Iterator[PageServer]:
    """Nothing is held before and after."""
    yield running
    for allocation in live(running):
        running.ask(RELEASE, i={"allocationId": allocation["id"]})


def live(server: PageServer) -> list[dict[str, Any]]:
    allocations: list[dict[str, Any]] = server.ask(LIVE)["allocations"]["nodes"]
    return allocations


def field(page: Page, name: str) -> Locator:
    return page.locator(f"request-form [name={name}]")


def state(page: Page) -> Locator:
    return page.locator("request-answer .state")


def send(page: Page) -> Locator:
    return page.locator("request-page .send")


def test_the_answer_follows_the_form_and_a_grant_is_shown(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server)
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1, name="Request a GPU")).to_be_visible()
    expect(state(page)).to_have_text("Fits now")
    field(page, "count").fill("2")
    page.get_by_role("button", name="H100 80GB HBM3").click()
    answer = page.locator("request-answer")
    expect(answer.get_by_role("heading", level=2)).to_have_text(
        re.compile(r"^2 × H100 80GB HBM3 on sim-h100-0\d · GPU 0, 1$")
    )
    expect(answer).to_contain_text(re.compile(r"answer of \d"))
    expect(answer.locator("place-strip .chosen")).to_have_count(2)
    expect(answer.locator(".parts li")).not_to_have_count(0)
    expect(answer.locator(".checks li.ok")).to_have_count(3)
    assert live(server) == []  # so far nothing is taken
    field(page, "namespace").fill("asr")
    field(page, "pod").fill("train-0")
    expect(send(page)).to_have_attribute("aria-disabled", "false")
    expect(send(page)).to_have_text("Request 2 GPUs for 24 h")
    keep_picture(page, "request-fits-1440-light")
    page.keyboard.press("Control+Enter")
    sent = page.locator("sent-answer")
    expect(sent.get_by_role("heading", level=2)).to_be_focused()
    [allocation] = live(server)
    assert (allocation["status"], allocation["gpuCount"], allocation["podName"]) == ("ACTIVE", 2, "train-0")
    expect(sent.locator("dd code")).to_have_text(allocation["id"])
    devices = server.ask(
        "query($id: ID!) { node(id: $id) { ... on GpuAllocation { resources { device { gpuUuid } } } } }",
        id=allocation["id"],
    )["node"]["resources"]
    uuids = ",".join(each["device"]["gpuUuid"] for each in devices)
    expect(sent.locator("pre")).to_contain_text(f'NVIDIA_VISIBLE_DEVICES value: "{uuids}"')
    keep_picture(page, "request-granted-1440-light")
    sent.get_by_role("button", name="Copy Allocation").click()
    assert page.evaluate("navigator.clipboard.readText()") == allocation["id"]
    sent.get_by_role("link", name="Open the allocation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("train-0")


def test_a_refusal_says_what_was_checked_and_one_click_mends_it(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server, path="request")
    page.get_by_role("button", name="H100 80GB HBM3").click()
    field(page, "count").fill("16")
    expect(state(page)).to_have_text("Not possible now")
    expect(page.locator("request-answer .checks li.crit")).to_have_count(1)
    expect(send(page)).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Choose a step above, or change the form.")).to_be_visible()
    keep_picture(page, "request-refused-1440-light")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Use 8").click()
    expect(state(page)).to_have_text("Fits now")
    expect(field(page, "count")).to_have_value("8")
    field(page, "count").fill("16")
    page.get_by_role("button", name="Allow spread").click()
    expect(page.locator("request-answer").get_by_role("heading", level=2)).to_have_text(
        "16 × H100 80GB HBM3 on 2 nodes"
    )
    assert live(server) == []


def test_it_waits_in_the_queue_where_waiting_would_do(server: PageServer, open_page: OpenPage) -> None:
    for _ in range(2):
        server.ask(REQUEST, i={"gpuCount": 8, "modelNames": ["A100"], "resourceType": "FULL"})
    page = open_page(server, path="request")
    page.get_by_role("button", name="A100 80GB SXM4").click()
    field(page, "count").fill("8")
    expect(state(page)).to_have_text("Not possible now")
    page.get_by_role("button", name="Queue it").click()
    expect(state(page)).to_have_text("Would wait")
    expect(page.get_by_role("checkbox", name="Wait in the queue")).to_be_checked()
    send(page).click()
    expect(page.locator("sent-answer")).to_contain_text("Place 1 in the queue.")
    expect(page.locator("sent-answer pre")).to_have_count(0)
    assert sorted(each["status"] for each in live(server)) == ["ACTIVE", "ACTIVE", "QUEUED"]


def test_room_that_comes_is_seen_without_asking(server: PageServer, open_page: OpenPage) -> None:
    held = [
        server.ask(REQUEST, i={"gpuCount": 8, "modelNames": ["A100"], "resourceType": "FULL"})["requestAllocation"]
        for _ in range(2)
    ]
    page = open_page(server, path="request")
    page.get_by_role("button", name="A100 80GB SXM4").click()
    expect(state(page)).to_have_text("Not possible now")
    server.ask(RELEASE, i={"allocationId": held[0]["allocation"]["id"]})
    expect(state(page)).to_have_text("Fits now")


def test_errors_stand_at_the_field_they_name(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server, path="request")
    expect(state(page)).to_have_text("Fits now")
    field(page, "namespace").fill("Bad_NS")
    expect(field(page, "namespace")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#namespace-fault")).to_contain_text("not a Kubernetes namespace")
    expect(send(page)).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Control+Enter")
    expect(field(page, "namespace")).to_be_focused()
    keep_picture(page, "request-fault-1440-light")
    field(page, "namespace").fill("asr")
    expect(page.locator("#namespace-fault")).to_have_count(0)
    field(page, "count").fill("many")
    expect(page.locator("#count-fault")).to_have_text("This is not a number.")
    field(page, "count").fill("0")
    expect(page.locator("#count-fault")).to_contain_text("between 1 and")
    field(page, "count").fill("")
    expect(state(page)).to_have_text("Fill in what and how big")
    field(page, "count").fill("1")
    expect(state(page)).to_have_text("Fits now")


def test_a_quota_warns_then_refuses_and_stands_beside_the_team(server: PageServer, open_page: OpenPage) -> None:
    server.ask(SET_QUOTA, i={"scope": "TEAM", "name": "vision", "gpusHard": 4, "gpusSoft": 1})
    try:
        page = open_page(server, path="request")
        field(page, "team").fill("vision")
        field(page, "count").fill("2")
        expect(page.locator("request-answer .warned")).to_contain_text("soft limit of 1")
        expect(page.locator("request-form .quotas")).to_contain_text("2 of 4 GPUs after this")
        field(page, "count").fill("5")
        expect(state(page)).to_have_text("Over the quota")
        expect(page.locator("request-form .quotas .over")).to_have_count(1)
        expect(send(page)).to_have_attribute("aria-disabled", "true")
    finally:
        server.ask(DELETE_QUOTA, i={"scope": "TEAM", "name": "vision"})


def test_a_request_without_an_answer_is_sent_again_as_the_same(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="request", allow=REQUEST_LOST)
    expect(state(page)).to_have_text("Fits now")
    lost = []

    def lose(route: Route) -> None:
        body = route.request.post_data or ""
        if "idempotencyKey" not in (route.request.post_data_json or {}).get("variables", {}).get("input", {}) or lost:
            route.continue_()
            return
        lost.append(body)
        route.fetch()  # the server does it, its answer does not come back
        route.abort()

    page.route("**/graphql", lose)
    send(page).click()
    expect(page.get_by_text("No answer came.")).to_be_visible()
    assert len(live(server)) == 1
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("sent-answer")).to_be_visible()
    [allocation] = live(server)
    expect(page.locator("sent-answer dd code")).to_have_text(allocation["id"])


def test_on_a_phone_the_answer_is_a_sheet_that_stays_in_view(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server, 390, path="request")
    expect(state(page)).to_be_in_viewport()
    expect(send(page)).to_be_in_viewport()
    expect(page.locator("request-answer .checks")).to_be_hidden()
    keep_picture(page, "request-390-light")
    page.get_by_role("button", name="Why").click()
    expect(page.locator("request-answer .checks")).to_be_visible()
    keep_picture(page, "request-why-390-light")
    page.get_by_role("button", name="Less").click()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(send(page)).to_be_in_viewport()
    send(page).click()
    expect(page.locator("sent-answer").get_by_role("link", name="Open the allocation")).to_be_visible()
