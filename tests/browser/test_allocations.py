"""Who holds what: the list is live, filtered by its address, and gives back what is held."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage, StartServer
from tests.browser.page_server import PageServer

Keep = Callable[[Page, str], Path]

LIVE = "{ allocations { nodes { id status podName plannedReleaseTime resources { deviceId } } } }"
RELEASE = "mutation($i: ReleaseAllocationInput!) { releaseAllocation(input: $i) { __typename } }"
REQUEST = """mutation($i: RequestAllocationInput!) { requestAllocation(input: $i) {
  __typename ... on AllocationAnswer { status allocation { id resources { deviceId } } } ... on Error { message } } }"""
SET_QUOTA = "mutation($i: SetQuotaInput!) { setQuota(input: $i) { __typename } }"


@pytest.fixture(scope="module")
def running(start_server: StartServer) -> PageServer:
    server = start_server(collector="simulated", simulated_gpus="64", sample_interval="0.5")
    server.ask(SET_QUOTA, i={"scope": "TEAM", "name": "vision", "gpusHard": 60})
    return server


@pytest.fixture
def server(running: PageServer) -> Iterator[PageServer]:
    """Four allocations of three owners, and one that waits."""
    for pod, some in {
        "sft-8b": {"gpuCount": 4, "modelNames": ["H100"], "hours": 0.5, "namespace": "llm-train"},
        "nb-embed": {"gpuCount": 2, "modelNames": ["T4"], "teamId": "vision", "userId": "jiwoo", "hours": 30},
        "whisper": {"gpuCount": 8, "modelNames": ["A100"], "workloadType": "VLLM", "userId": "minseo"},
        "take": {"gpuCount": 8, "modelNames": ["A100"]},
        "waits": {"gpuCount": 8, "modelNames": ["A100"], "queue": True},
    }.items():
        ask(running, podName=pod, **some)
    yield running
    for allocation in live(running).values():
        running.ask(RELEASE, i={"allocationId": allocation["id"]})


def ask(server: PageServer, **wanted: Any) -> dict[str, Any]:
    answer: dict[str, Any] = server.ask(REQUEST, i={"resourceType": "FULL", **wanted})["requestAllocation"]
    assert answer.get("status") in {"ACTIVE", "QUEUED"}, answer
    return answer


def live(server: PageServer) -> dict[str, dict[str, Any]]:
    return {each["podName"]: each for each in server.ask(LIVE)["allocations"]["nodes"]}


def rows(page: Page) -> Locator:
    return page.locator("allocation-table tbody tr[data-id]")


def row(page: Page, pod: str) -> Locator:
    return rows(page).filter(has=page.get_by_role("link", name=pod, exact=True))


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Views").get_by_role("link", name=re.compile(f"^{name}"))


def pods(page: Page) -> list[str]:
    return rows(page).locator("a.name").all_inner_texts()


def test_it_lists_who_holds_what_live(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server)
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1, name="Allocations")).to_be_visible()
    expect(rows(page)).to_have_count(5)
    expect(page.get_by_text("22 GPUs in 5 allocations")).to_be_visible()
    sft = row(page, "sft-8b")
    expect(sft).to_contain_text("4 × H100 80GB HBM3")
    expect(sft).to_contain_text("Ends soon")
    expect(sft.locator("td.utilization")).to_have_text(re.compile(r"^\s*\d+%"))
    expect(row(page, "waits")).to_contain_text("Waiting, place 1")
    expect(row(page, "waits").locator("td.utilization")).to_have_text("–")
    keep_picture(page, "allocations-1440-light")
    ask(server, podName="comes", gpuCount=1, modelNames=["L40S"])
    expect(row(page, "comes")).to_be_visible()
    server.ask(RELEASE, i={"allocationId": live(server)["comes"]["id"]})
    expect(rows(page)).to_have_count(5)


def test_views_filters_order_and_search_stand_in_the_address(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="allocations")
    expect(tab(page, "Mine")).to_have_text("Mine 3")
    tab(page, "Mine").click()
    expect(rows(page)).to_have_count(3)
    tab(page, "Waiting").click()
    expect(page).to_have_url(re.compile("view=waiting"))
    expect(rows(page)).to_have_count(1)
    assert pods(page) == ["waits"]
    page.goto(f"{server.url}allocations?owner=jiwoo,minseo&sort=-gpus")
    expect(rows(page)).to_have_count(2)
    assert pods(page) == ["whisper", "nb-embed"]
    page.get_by_role("button", name="Clear filters").click()
    expect(rows(page)).to_have_count(5)
    page.keyboard.press("f")
    page.keyboard.type("vision")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("q=vision"))
    page.keyboard.type("xyz")
    expect(page.locator("allocations-page .message strong")).to_have_text("0 of 5 match")
    page.goto(f"{server.url}allocations?is=soon&columns=owner")
    expect(rows(page)).to_have_count(1)
    assert pods(page) == ["sft-8b"]
    expect(page.locator("allocation-table thead th")).to_have_count(4)


def test_the_keyboard_selects_and_releases_and_the_owners_are_named(
    server: PageServer, open_page: OpenPage, keep_picture: Keep
) -> None:
    page = open_page(server, path="allocations?sort=workload")
    expect(rows(page)).to_have_count(5)
    for key in "jxjjjx":  # nb-embed and waits
        page.keyboard.press(key)
    expect(page.get_by_text("2 allocations selected, 2 GPUs")).to_be_visible()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Release 2 allocations?")
    expect(dialog).to_contain_text("jiwoo (1)")
    keep_picture(page, "allocations-release-1440-light")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()  # jiwoo's work would stop: the name has to be typed
    dialog.get_by_label("to confirm").fill("jiwoo")
    dialog.get_by_label("Reason").fill("idle over the weekend")
    dialog.get_by_role("button", name="Release 2").click()
    expect(page.locator("toast-stack")).to_contain_text("Released 2 allocations")
    expect(rows(page)).to_have_count(3)
    assert set(live(server)) == {"sft-8b", "whisper", "take"}
    tab(page, "Ended").click()
    expect(row(page, "nb-embed").first).to_contain_text("Released")
    expect(row(page, "nb-embed").first.get_by_role("button")).to_have_count(0)


def test_a_failure_is_told_for_its_row_and_the_others_go_on(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="allocations?view=mine")
    expect(rows(page)).to_have_count(3)
    refused = live(server)["take"]["id"]

    def refuse(route: Route) -> None:
        wanted = (route.request.post_data_json or {}).get("variables", {}).get("input", {}).get("allocationId")
        if wanted != refused:
            route.continue_()
            return
        error = {"__typename": "ConflictError", "message": "it has just ended", "code": "CONFLICT"}
        route.fulfill(json={"data": {"releaseAllocation": error}})

    page.route("**/graphql", refuse)
    page.get_by_role("checkbox", name="Select all rows of this list").check()
    page.get_by_role("button", name="Release 3…").click()
    page.get_by_role("dialog").get_by_role("button", name="Release 3").click()
    expect(page.locator("allocation-changes").get_by_role("alert")).to_contain_text("1 of 3 not changed")
    expect(page.locator("allocation-changes").get_by_role("alert")).to_contain_text("take: It has just ended.")
    expect(rows(page)).to_have_count(1)
    assert {"sft-8b", "waits"}.isdisjoint(live(server))


def test_an_end_is_set_for_several(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server, path="allocations?view=mine")
    expect(row(page, "take").locator("td.ends")).to_have_text("no end")
    for pod in ("take", "sft-8b"):
        row(page, pod).get_by_role("checkbox").check()
    page.get_by_role("button", name="Set an end…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Hours from now").fill("nine")
    dialog.get_by_role("button", name="Set the end").click()
    expect(dialog).to_contain_text("Hours are a number above 0")
    dialog.get_by_role("button", name="72 h").click()
    dialog.get_by_role("button", name="Set the end").click()
    expect(page.locator("toast-stack")).to_contain_text("New end for 2 allocations")
    expect(row(page, "take").locator("td.ends")).to_have_text("3 d")
    expect(row(page, "sft-8b").locator("td.ends")).to_have_text("3 d")
    assert live(server)["take"]["plannedReleaseTime"] is not None


def test_one_allocation_has_its_whole_story(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server, path="allocations")
    row(page, "sft-8b").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("sft-8b")
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name=re.compile(r"sim-h100-0\d · GPU"))).to_have_count(4)
    expect(main).to_contain_text("Requested → Reserved")
    expect(main).to_contain_text("lower is better")
    keep_picture(page, "allocation-1440-light")
    page.get_by_role("button", name="Set an end…").click()
    page.get_by_role("dialog").get_by_role("button", name="No end").click()
    page.get_by_role("dialog").get_by_role("button", name="Set the end").click()
    expect(main).to_contain_text("No end")
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(main).to_contain_text("Active → Released")
    expect(page.get_by_role("button", name="Release…")).to_have_count(0)
    assert "sft-8b" not in live(server)
    page.goto(f"{server.url}allocations/alloc_none")
    expect(page.get_by_role("heading", name="There is no such allocation")).to_be_visible()


def test_a_gpu_says_who_holds_it_and_counts_as_allocated(server: PageServer, open_page: OpenPage) -> None:
    held = live(server)["nb-embed"]["resources"][0]["deviceId"]
    page = open_page(server, path=f"devices/{held}")
    holders = page.locator("device-holders")
    expect(holders.get_by_role("link", name="nb-embed")).to_be_visible()
    expect(holders).to_contain_text("jiwoo vision")
    server.ask(RELEASE, i={"allocationId": live(server)["nb-embed"]["id"]})
    expect(holders).to_contain_text(re.compile("^Allocations\\s*No allocation holds this GPU"))
    holders.get_by_role("link").first.wait_for(state="detached")


def test_a_list_is_saved_as_a_file(server: PageServer, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(server, path="allocations?sort=workload")
    expect(rows(page)).to_have_count(5)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    path = tmp_path / "allocations.csv"
    download.value.save_as(path)
    lines = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert [line["pod"] for line in lines] == ["nb-embed", "sft-8b", "take", "waits", "whisper"]
    assert lines[3]["status"] == "QUEUED"
    assert lines[3]["utilization_pct"] == ""


def test_on_a_phone_it_is_a_list(server: PageServer, open_page: OpenPage, keep_picture: Keep) -> None:
    page = open_page(server, 390, "dark", path="allocations")
    expect(page.locator("allocation-list li.item")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep_picture(page, "allocations-390-dark")
    page.locator("allocation-list").get_by_role("link", name=re.compile("whisper")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("whisper")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep_picture(page, "allocation-390-dark")
