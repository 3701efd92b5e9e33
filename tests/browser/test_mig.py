"""Partitioned GPUs: the layout on a GPU's page, and the planner that changes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from domain.access.principal import Role
from tests.browser.conftest import OpenPage, StartServer
from tests.browser.inspect_page import faults, overflow
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

NODE = "sim-h100-01"
"""Its GPUs 1, 2 and 3 begin partitioned and idle, its GPU 0 whole and idle."""

OTHER_NODE = "sim-a100-01"
"""Its GPU 6 is idle; MIG is off on all of them."""

DEVICES = """{ devices { nodes { id deviceIndex migEnabled node { id nodeName }
  migInstances { profileName placementStart instanceStatus allocated } } } }"""
REQUEST = """mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) {
  ... on AllocationAnswer { allocation { id allocatedResource } } ... on Error { message } } }"""
ALLOCATION = "query($id: ID!) { node(id: $id) { ... on GpuAllocation { status } } }"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", sample_interval="0.5")


def device(server: PageServer, index: int, node: str = NODE) -> dict[str, Any]:
    devices: list[dict[str, Any]] = server.ask(DEVICES)["devices"]["nodes"]
    return next(each for each in devices if each["deviceIndex"] == index and each["node"]["nodeName"] == node)


def layout(server: PageServer, index: int) -> list[str]:
    """The instances that stand, such as `3g.40gb at 0`."""
    return [f"{each['profileName']} at {each['placementStart']}" for each in device(server, index)["migInstances"]]


def open_planner(page: Page, server: PageServer, node: str = NODE) -> None:
    page.goto(f"{server.url}mig/{device(server, 0, node)['node']['id']}")
    expect(page.locator("planner-gpu")).to_have_count(8)
    expect(page.locator("live-indicator .word")).to_have_text("Live")


def gpu(page: Page, index: int) -> Locator:
    return page.locator("planner-gpu").nth(index)


def instance(page: Page, index: int, place: str) -> Locator:
    return gpu(page, index).locator("mig-bar.stage").get_by_role("button", name=place)


def apply_button(page: Page) -> Locator:
    return page.locator("planner-answer").get_by_role("button", name=re.compile("^Apply"))


def test_a_layout_is_planned_tried_out_applied_and_seen(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server)
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.get_by_role("link", name=re.compile(NODE)).click()
    expect(page.locator("planner-head")).to_contain_text("8 × H100 80GB HBM3, 3 of 8 with MIG on")
    expect(gpu(page, 2).locator("mig-bar .item")).to_have_count(7)

    page.keyboard.press("1")
    expect(gpu(page, 3).get_by_role("button", name="1g.10gb at 6")).to_have_class(re.compile("legal"))
    page.keyboard.press("Enter")
    expect(instance(page, 3, "1g.10gb at 6")).to_be_visible()
    expect(gpu(page, 3).locator(".badge")).to_have_text("Ready")
    answer = page.locator("planner-answer")
    expect(answer).to_contain_text(re.compile(r"against live state, [\d.]+ s ago"))
    expect(answer).to_contain_text("Nothing that is in use stops.")
    expect(answer.locator(".figures")).to_contain_text("0:30 min")
    expect(answer).to_contain_text("5 → 6 of 7")

    page.keyboard.press("Control+z")
    expect(gpu(page, 3).locator(".badge")).to_have_count(0)
    expect(instance(page, 3, "1g.10gb at 6")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(gpu(page, 3).locator(".badge")).to_have_text("Ready")
    keep_picture(page, "planner-ready-1440-light")
    assert "1g.10gb at 6" not in layout(server, 3)

    apply_button(page).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Apply the layout of GPU 3 of {NODE}?")
    dialog.get_by_label("Reason").fill("room for a notebook")
    dialog.get_by_role("button", name="Apply layout").click()
    expect(page.locator("toast-stack")).to_contain_text("The layout of GPU 3 is as planned.")
    expect(page.locator("planner-changes li").first).to_contain_text("make 1g.10gb at 6")
    expect(page.locator("planner-changes .badge").first).to_have_text("Done")
    expect(page.locator("planner-head")).not_to_contain_text("not applied")
    assert "1g.10gb at 6" in layout(server, 3)

    page.get_by_role("button", name="Roll back").first.click()
    expect(gpu(page, 3).locator(".difference")).to_have_text("remove 1, keep 3")
    page.get_by_role("button", name="Discard").click()
    expect(gpu(page, 3).locator(".badge")).to_have_count(0)


def test_what_is_in_use_stops_only_with_leave(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    wanted = {"profileName": "3g.40gb", "nodeName": NODE, "namespace": "speech", "podName": "asr-0", "userId": "jiwoo"}
    allocation = server.ask(REQUEST, i=wanted)["requestAllocation"]["allocation"]
    at = re.search(r"/(\d), (3g\.40gb at \d)$", allocation["allocatedResource"])
    assert at is not None, allocation
    index, place = int(at[1]), at[2]

    page = open_page(server)
    open_planner(page, server)
    expect(instance(page, index, place)).to_contain_text("speech / asr-0")
    instance(page, index, place).click()
    page.keyboard.press("Delete")
    expect(gpu(page, index).locator(".badge").first).to_have_text("Refused")
    expect(gpu(page, index).get_by_role("alert")).to_contain_text("never removed without leave")
    expect(apply_button(page)).to_have_attribute("aria-disabled", "true")
    keep_picture(page, "planner-refused-1440-light")

    gpu(page, index).get_by_role("button", name="Let speech / asr-0 stop").click()
    expect(gpu(page, index).locator(".badge").first).to_have_text("Ready")
    expect(page.get_by_role("checkbox", name="speech / asr-0 may stop")).to_be_checked()
    expect(page.locator("planner-answer .figures")).to_contain_text("1 pod stops")
    page.keyboard.press("Control+z")  # the leave is a step, too
    expect(gpu(page, index).locator(".badge").first).to_have_text("Refused")
    page.get_by_role("checkbox", name="speech / asr-0 may stop").check()
    expect(gpu(page, index).locator(".badge").first).to_have_text("Ready")

    apply_button(page).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 pod stops: speech / asr-0.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()  # somebody else's pod stops: the node has to be typed
    dialog.get_by_label("to confirm").fill(NODE)
    dialog.get_by_role("button", name="Apply layout").click()
    expect(page.locator("toast-stack")).to_contain_text(f"The layout of GPU {index} is as planned.")
    expect(instance(page, index, place)).to_have_count(0)
    assert place not in layout(server, index)
    assert server.ask(ALLOCATION, id=allocation["id"])["node"]["status"] == "RELEASED"


def test_what_does_not_fit_is_said_with_the_way_out(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server)
    open_planner(page, server)
    for place in [each for each in layout(server, 3) if each.startswith("1g")]:
        instance(page, 3, place).click()
        page.keyboard.press("Delete")
    steps = len(layout(server, 3)) - 1

    drag(page, page.locator("planner-palette button", has_text="4g.40gb"), gpu(page, 3).locator("mig-bar.stage"))
    keep_picture(page, "planner-drag-1440-light")
    expect(gpu(page, 3).locator(".why")).to_contain_text("4g.40gb needs slices 0–3. 3g.40gb holds 0–3.")
    page.mouse.up()
    expect(gpu(page, 3).locator(".badge")).to_have_text("Refused")
    problem = gpu(page, 3).get_by_role("alert")
    expect(problem).to_contain_text("4g.40gb may start at 0. 3g.40gb may start at 0 or 4.")
    problem.get_by_role("button", name="Move 3g.40gb to 4–7").click()
    expect(gpu(page, 3).locator(".badge")).to_have_text("Ready")
    expect(instance(page, 3, "3g.40gb at 4")).to_be_visible()
    expect(instance(page, 3, "4g.40gb at 0")).to_be_visible()

    instance(page, 3, "3g.40gb at 4").click()
    expect(gpu(page, 3).get_by_role("button", name="Move left")).to_have_attribute("aria-disabled", "true")
    for _ in range(steps + 2):
        page.keyboard.press("Control+z")
    expect(page.locator("planner-head").get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
    expect(gpu(page, 3).locator(".badge")).to_have_count(0)


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Press the middle of one, and move to a quarter of the other's width; the button stays down."""
    start, end = source.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] - 20, steps=4)
    page.mouse.move(end["x"] + end["width"] / 3, end["y"] + end["height"] / 2, steps=4)


def test_arrows_move_an_instance_through_the_places_that_fit(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    open_planner(page, server)
    instance(page, 2, "1g.10gb at 3").click()
    page.keyboard.press("Delete")
    instance(page, 2, "1g.10gb at 2").click()
    page.keyboard.press("ArrowRight")
    expect(instance(page, 2, "1g.10gb at 3")).to_be_focused()
    expect(instance(page, 2, "1g.10gb at 3")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")  # all further places are held
    expect(instance(page, 2, "1g.10gb at 3")).to_be_focused()
    page.keyboard.press("Escape")
    expect(instance(page, 2, "1g.10gb at 3")).to_have_attribute("aria-pressed", "false")


def test_an_answer_is_good_for_half_a_minute(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, clock=True)
    open_planner(page, server)
    instance(page, 2, "1g.10gb at 0").click()
    page.keyboard.press("Delete")
    expect(gpu(page, 2).locator(".badge")).to_have_text("Ready")
    page.clock.fast_forward(31_000)
    expect(gpu(page, 2).locator(".badge")).to_have_text("Check is old")
    expect(apply_button(page)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Check again").click()
    page.clock.run_for(1000)
    expect(gpu(page, 2).locator(".badge")).to_have_text("Ready")


def test_a_part_of_a_plan_can_be_applied_and_a_refusal_is_kept(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)

    def refuse(route: Any) -> None:
        if "ApplyMigLayout" not in (route.request.post_data or ""):
            route.continue_()
            return
        error = {"__typename": "ConflictError", "message": "the layout has changed", "code": "CONFLICT"}
        route.fulfill(json={"data": {"applyMigLayout": error}})

    page.route("**/graphql", refuse)
    open_planner(page, server)
    instance(page, 2, "1g.10gb at 0").click()
    page.keyboard.press("Delete")
    drag(page, page.locator("planner-palette button", has_text="7g.80gb"), gpu(page, 3).locator("mig-bar.stage"))
    page.mouse.up()
    expect(gpu(page, 3).locator(".badge")).to_have_text("Refused")
    expect(apply_button(page)).to_have_text("Apply GPU 2 only…")
    apply_button(page).click()
    page.get_by_role("dialog").get_by_role("button", name="Apply layout").click()
    expect(page.locator("planner-answer").get_by_role("alert")).to_contain_text(
        "GPU 2 not changed. The layout has changed."
    )
    expect(gpu(page, 2).locator(".badge")).to_have_text("Ready")  # the plan is kept


def test_mig_is_switched_on_and_off(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server)
    open_planner(page, server, OTHER_NODE)
    expect(page.locator("planner-head")).to_contain_text("0 of 8 with MIG on")
    gpu(page, 6).get_by_role("button", name="Enable MIG…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("On an Ampere GPU this resets the board")
    dialog.get_by_role("button", name="Enable MIG").click()
    expect(page.locator("planner-head")).to_contain_text("1 of 8 with MIG on")
    assert device(server, 6, OTHER_NODE)["migEnabled"] is True
    gpu(page, 6).get_by_role("button", name="Disable MIG…").click()
    dialog.get_by_role("button", name="Disable MIG").click()
    expect(page.locator("planner-head")).to_contain_text("0 of 8 with MIG on")
    assert device(server, 6, OTHER_NODE)["migEnabled"] is False


def test_suggested_moves_are_planned_as_one_step(server: PageServer, open_page: OpenPage) -> None:
    source, target = device(server, 2), device(server, 0)
    move = {"profileName": "1g.10gb", "fromStart": 3, "toStart": 0, "holder": "speech/jiwoo", "migId": "mig_1"}
    moves = [{**move, "fromDevice": {"id": source["id"]}, "toDevice": {"id": target["id"]}}]
    plan = {"moves": moves, "gains": [{"profileName": "2g.20gb", "places": 1}], "seconds": 150, "pods": 1}

    def suggest(route: Any) -> None:
        if "MovesForRoom" not in (route.request.post_data or ""):
            route.continue_()
            return
        figures = {"fragmentationBefore": 0.25, "fragmentationAfter": 0}
        route.fulfill(json={"data": {"defragmentationPlan": plan | figures}})

    page = open_page(server)
    page.route("**/graphql", suggest)
    open_planner(page, server)
    page.get_by_role("button", name="Suggest moves").click()
    moves_shown = page.locator("planner-moves")
    expect(moves_shown).to_contain_text("1g.10gb at 3 on GPU 2 to 0 on GPU 0")
    expect(moves_shown).to_contain_text("1 pod starts anew, about 2:30 min. Fragmentation 0.25 → 0.00.")
    page.get_by_role("button", name="Plan these moves").click()
    expect(gpu(page, 2).locator(".difference")).to_have_text("remove 1, keep 6")
    expect(gpu(page, 0).locator(".difference")).to_have_text("add 1")
    page.keyboard.press("Control+z")
    expect(page.locator("planner-head")).not_to_contain_text("not applied")


def test_a_gpus_page_shows_its_layout(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server)
    page.goto(f"{server.url}devices/{device(server, 2)['id']}")
    section = page.locator("mig-section")
    expect(section.locator("mig-bar .item")).to_have_count(7)
    expect(section.get_by_role("table", name="Instances").locator("tbody tr")).to_have_count(7)
    expect(section.get_by_role("table", name="Places by profile").locator("tbody tr")).to_have_count(7)
    expect(section.locator(".why").first).to_contain_text("needs")
    section.scroll_into_view_if_needed()
    keep_picture(page, "device-mig-1440-light")
    section.get_by_role("link", name="Plan layout").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("MIG planner")

    page.goto(f"{server.url}devices/{device(server, 7)['id']}")
    expect(page.locator("mig-section")).to_contain_text("MIG is off")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_plan_is_whole_in_both_themes_and_widths(
    server: PageServer, open_page: OpenPage, keep_picture: Keep, scheme: str, width: int
) -> None:
    """One GPU ready, one refused, one to be switched on; an instance chosen, then a profile carried."""
    page = open_page(server, width, scheme)
    open_planner(page, server)
    instance(page, 2, "1g.10gb at 0").click()
    page.keyboard.press("Delete")
    page.keyboard.press("7")
    gpu(page, 0).get_by_role("button", name="7g.80gb at 0").click()
    instance(page, 3, "3g.40gb at 0").click()
    page.keyboard.press("6")
    page.keyboard.press("ArrowUp")  # from GPU 4, where it fits
    page.keyboard.press("Enter")
    expect(gpu(page, 3).locator(".badge")).to_have_text("Refused")
    instance(page, 2, "1g.10gb at 1").click()
    expect(gpu(page, 0).locator(".badge")).to_have_text("Ready")
    expect(gpu(page, 2).locator(".badge")).to_have_text("Ready")
    keep_picture(page, f"planner-plan-{width}-{scheme}")
    assert overflow(page) <= 0
    if scheme == "dark":  # one look at each: a look takes seconds
        page.keyboard.press("1")
        keep_picture(page, f"planner-carry-{width}-{scheme}")
    wrong = faults(page)
    assert not wrong, "\n".join(wrong)


def test_a_viewer_may_plan_and_is_told_who_may_apply(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="simulated", auth_mode="token")
    token = server.token(Role.VIEWER)
    devices = server.ask(DEVICES, token)["devices"]["nodes"]
    node = next(each["node"]["id"] for each in devices if each["node"]["nodeName"] == NODE)
    page = open_page(server, token=token, path=f"mig/{node}")
    expect(page.locator("planner-gpu")).to_have_count(8)
    expect(page.get_by_text("You may plan here, not apply")).to_be_visible()
    expect(page.get_by_role("button", name="Enable MIG…")).to_have_count(0)
    instance(page, 2, "1g.10gb at 0").click()
    page.keyboard.press("Delete")
    expect(gpu(page, 2).locator(".badge")).to_have_text("Ready")
    expect(apply_button(page)).to_have_attribute("aria-disabled", "true")
    expect(page.locator("planner-answer")).to_contain_text("Needs the operator role.")
    apply_button(page).press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_node_that_does_not_exist_is_said(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="mig/node_none")
    expect(page.get_by_role("heading", name="There is no such node")).to_be_visible()
