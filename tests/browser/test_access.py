"""What a role may not do is not offered; and where it is asked for all the same, the server refuses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from domain.access.principal import Role
from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

VERBS = re.compile(r"^(Cordon|Drain|Maintenance|Return|Retire)")

SET_STATUS = """mutation($i: SetDeviceStatusInput!) { setDeviceStatus(input: $i) {
  __typename ... on Error { code message } ... on GpuDevice { deviceStatus } } }"""

REQUEST = """mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) {
  ... on AllocationAnswer { allocation { id } } } }"""

RELEASE = "mutation($i: ReleaseAllocationInput!) { releaseAllocation(input: $i) { __typename } }"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    """Two clusters, and tokens."""
    server = start_server(collector="none", auth_mode="token", sample_interval="0.5")
    admin = server.token(Role.ADMIN)
    server.report("a100-01", 3, "seoul", admin)
    server.report("h100-01", 2, "busan", admin)
    return server


def devices(server: PageServer, token: str) -> list[str]:
    found = server.ask("{ devices { nodes { id } } }", token)["devices"]["nodes"]
    return [device["id"] for device in found]


def actions(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=VERBS)


def test_a_viewer_is_offered_no_action(server: PageServer, open_page: OpenPage) -> None:
    viewer = server.token(Role.VIEWER)
    device = devices(server, viewer)[0]
    page = open_page(server, path=f"devices/{device}", token=viewer)
    expect(page.get_by_role("heading", level=1)).to_contain_text("GPU 0")
    expect(page.get_by_text("Needs the operator role.")).to_be_attached()
    expect(actions(page)).to_have_count(0)
    page.goto(f"{server.url}devices")
    select_all(page)
    expect(page.get_by_text("5 GPUs selected")).to_be_visible()
    expect(page.get_by_text("Needs the operator role.")).to_be_attached()
    expect(actions(page)).to_have_count(0)


def test_the_server_refuses_a_viewer_who_asks_all_the_same(server: PageServer, open_page: OpenPage) -> None:
    viewer = server.token(Role.VIEWER)
    device = devices(server, viewer)[0]
    page = open_page(server, token=viewer)
    answer = page.evaluate(
        """([query, i]) => fetch('/graphql', {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Authorization: `Bearer ${sessionStorage.getItem('gpu-token')}`,
          },
          body: JSON.stringify({ query, variables: { i } }),
        }).then((response) => response.json())""",
        [SET_STATUS, {"deviceId": device, "status": "CORDONED"}],
    )
    assert answer["data"]["setDeviceStatus"]["__typename"] == "ForbiddenError"
    status = "query($id: ID!) { node(id: $id) { ... on GpuDevice { deviceStatus } } }"
    assert server.ask(status, viewer, id=device) == {"node": {"deviceStatus": "ACTIVE"}}


def test_an_operator_is_offered_the_legal_steps(server: PageServer, open_page: OpenPage) -> None:
    operator = server.token(Role.OPERATOR)
    page = open_page(server, path=f"devices/{devices(server, operator)[0]}", token=operator)
    expect(actions(page).first).to_be_enabled()
    expect(page.get_by_role("main").get_by_role("button", name="Cordon")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button", name="Return to service")).to_have_count(0)
    page.goto(f"{server.url}devices")
    select_all(page)
    expect(page.get_by_text("5 GPUs selected")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button", name="Cordon")).to_be_visible()


def test_a_viewer_may_ask_for_nothing_and_end_nothing(server: PageServer, open_page: OpenPage) -> None:
    wanted = {"podName": "jiwoos", "resourceType": "FULL", "clusterName": "seoul"}
    jiwoo = server.token(Role.USER, subject="jiwoo")
    held = server.ask(REQUEST, jiwoo, i=wanted)["requestAllocation"]["allocation"]["id"]
    try:
        page = open_page(server, path="request", token=server.token(Role.VIEWER))
        expect(page.get_by_text("Your role may not request GPUs")).to_be_visible()
        expect(page.locator("request-form")).to_have_count(0)
        page.goto(f"{server.url}allocations")
        row = page.locator("allocation-table tbody tr").filter(has_text="jiwoos")
        expect(row).to_be_visible()
        expect(page.get_by_role("main").get_by_role("link", name="Request a GPU")).to_have_count(0)
        expect(row.get_by_role("button")).to_have_count(0)
        row.get_by_role("checkbox").check()
        expect(page.get_by_text("Needs a user, operator or admin token.")).to_be_visible()
        page.keyboard.press("r")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.goto(f"{server.url}allocations/{held}")
        expect(page.get_by_text("Release, set an end: Needs a user, operator or admin token.")).to_be_visible()
    finally:
        server.ask(RELEASE, jiwoo, i={"allocationId": held})


def test_a_user_asks_for_the_own_team_and_sees_no_others(server: PageServer, open_page: OpenPage) -> None:
    jiwoo = server.token(Role.USER, subject="jiwoo")
    held = server.ask(REQUEST, jiwoo, i={"podName": "jiwoos"})["requestAllocation"]["allocation"]["id"]
    try:
        page = open_page(server, path="allocations", token=server.token(Role.USER, subject="sora"))
        expect(page.get_by_text("Nothing is held")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Request a GPU").first.click()
        expect(page.locator("request-answer .state")).to_have_text("Fits now")
        page.locator("request-form [name=team]").fill("vision")
        expect(page.locator("#team-fault")).to_contain_text("may ask for team 'default' only")
    finally:
        server.ask(RELEASE, jiwoo, i={"allocationId": held})


def test_a_reader_of_one_cluster_sees_that_one_only(server: PageServer, open_page: OpenPage) -> None:
    everywhere, here = server.token(Role.USER), server.token(Role.USER, clusters=["busan"])
    elsewhere = devices(server, everywhere)
    page = open_page(server, path="devices", token=here)
    expect(page.get_by_role("main")).to_contain_text("h100-01")
    expect(page.get_by_role("main")).not_to_contain_text("a100-01")
    expect(page.get_by_role("banner")).to_contain_text("busan")
    expect(page.get_by_role("banner")).not_to_contain_text("seoul")
    hidden = next(device for device in elsewhere if device not in devices(server, here))
    page.goto(f"{server.url}devices/{hidden}")
    expect(page.get_by_role("main")).to_contain_text(re.compile("no such|not there|not found|no GPU", re.IGNORECASE))
    expect(page.get_by_role("main")).not_to_contain_text("a100-01")


def select_all(page: Page) -> None:
    expect(page.get_by_role("main")).to_contain_text("a100-01")
    page.get_by_role("main").get_by_role("checkbox", name=re.compile("all", re.IGNORECASE)).first.check()
