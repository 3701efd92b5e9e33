"""The frame of the page: search, keys, user, language, theme, ways around, and what it says when not all is well."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from domain.access.principal import Principal, Role
from server.settings import AuthMode
from server.tokens import Authenticator
from tests.browser.conftest import TOKEN_REFUSED, OpenPage, StartServer
from tests.browser.page_server import PageServer

HANGUL = re.compile(r"[\uac00-\ud7a3]")


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", sample_interval="0.5")


@pytest.fixture
def page(server: PageServer, open_page: OpenPage) -> Page:
    return opened(open_page(server))


def opened(page: Page) -> Page:
    """The page once it is live."""
    expect(word(page)).to_have_text("Live")
    return page


def word(page: Page) -> Locator:
    return page.locator("live-indicator .word")


def visit(page: Page, path: str) -> None:
    """Load another address of the same server."""
    page.goto(page.evaluate("location.origin") + path)


def focused(page: Page) -> str:
    """The tag of what has the keyboard, in whichever shadow tree."""
    return str(
        page.evaluate(
            "() => { let at = document.activeElement;"
            " while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
            " return at?.localName ?? ''; }"
        )
    )


def wait_for_scroll(page: Page, top: int) -> None:
    for _ in range(50):
        if page.evaluate("scrollY") == top:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"the page is scrolled to {page.evaluate('scrollY')}, not to {top}")


# -- search


def results(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("option")


def test_the_search_opens_pages_nodes_and_gpus_by_keyboard(page: Page) -> None:
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    field.fill("settings")
    expect(results(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/settings$"))
    page.keyboard.press("Control+k")
    field.fill("h100 gpu3")
    expect(results(page)).to_have_count(1)
    expect(results(page)).to_contain_text("GPU 3")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/devices/[^/?]+$"))
    expect(page).to_have_title(re.compile(r"sim-h100-01 · GPU 3"))
    page.keyboard.press("/")
    field.fill("sim-h100-01")
    expect(results(page).first).to_contain_text("sim-h100-01")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/nodes/[^/?]+$"))


def test_arrows_choose_and_escape_gives_the_keyboard_back(page: Page) -> None:
    page.get_by_role("link", name="Devices").focus()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search")
    field.fill("h100 gpu")
    expect(results(page).nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = page.locator('[role="option"][aria-selected="true"]')
    expect(chosen).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(results(page).last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(page.get_by_role("link", name="Devices")).to_be_focused()


def test_a_result_opens_in_a_new_tab(page: Page) -> None:
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").fill("nodes")
    with page.context.expect_page() as opening:
        page.keyboard.press("Control+Enter")
    expect(opening.value).to_have_url(re.compile(r"/nodes$"))
    expect(page).to_have_url(re.compile(r"/$"))


def test_the_search_finds_a_uuid_and_says_where_nothing_is_found(server: PageServer, page: Page) -> None:
    device = server.ask("{ devices(first: 9) { nodes { gpuUuid } } }")["devices"]["nodes"][8]
    page.get_by_role("button", name="Search nodes").click()
    field = page.get_by_role("combobox", name="Search")
    field.fill(device["gpuUuid"][:14])
    expect(results(page)).to_have_count(1)
    field.fill("b200")
    expect(page.get_by_text("Nothing matches “b200”")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "false")


def test_the_search_does_things(page: Page) -> None:
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").fill("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_css("background-color", "rgb(15, 18, 22)")
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").fill("한국")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ko")


# -- keys


def test_letters_go_to_pages_and_the_list_of_keys_says_so(page: Page) -> None:
    for letter, path in (("d", "/devices"), ("n", "/nodes"), ("s", "/settings"), ("o", "/")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page).to_have_url(re.compile(rf"{re.escape(path)}$"))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_text("Hold the picture still, go on")).to_be_visible()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("checkbox", name="Single keys").uncheck()
    page.locator("h1").click()
    page.keyboard.press("p")
    page.keyboard.press("/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("")
    page.keyboard.press("Escape")
    expect(word(page)).to_have_text("Live")
    page.reload()
    expect(page.get_by_role("checkbox", name="Single keys")).not_to_be_checked()
    page.get_by_role("button", name="Reset to the defaults").click()
    expect(page.get_by_role("checkbox", name="Single keys")).to_be_checked()
    page.locator("h1").click()
    page.keyboard.press("p")
    expect(word(page)).to_have_text("Paused")


def test_a_korean_keyboard_works_too(page: Page) -> None:
    page.evaluate(
        "() => document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " { key: 'ㅔ', code: 'KeyP', bubbles: true, composed: true, cancelable: true }))"
    )
    expect(word(page)).to_have_text("Paused")


# -- theme and language


def test_a_language_is_everywhere_and_stays(page: Page) -> None:
    page.locator("user-menu button").first.click()
    page.get_by_role("radio", name="한국어").check()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(word(page)).to_have_text("실시간")
    expect(page.get_by_role("link", name="개요")).to_be_visible()
    page.reload()
    expect(word(page)).to_have_text("실시간")
    expect(page).to_have_title(HANGUL)
    page.locator("top-bar .language").click()
    expect(word(page)).to_have_text("Live")


def test_a_theme_is_there_from_the_first_frame_and_system_follows_the_system(page: Page) -> None:
    html = page.locator("html")
    page.get_by_role("button", name="Dark theme").click()
    expect(html).to_have_css("color-scheme", "dark")
    page.add_init_script(
        "requestAnimationFrame(function look() {"
        " window.firstShade ??= getComputedStyle(document.documentElement).colorScheme; })"
    )
    page.reload()
    opened(page)
    assert page.evaluate("window.firstShade") == "dark"
    page.locator("user-menu button").first.click()
    page.get_by_role("radio", name="System").check()
    expect(html).to_have_css("background-color", "rgb(255, 255, 255)")
    page.emulate_media(color_scheme="dark")
    expect(html).to_have_css("background-color", "rgb(15, 18, 22)")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


# -- ways around


def test_a_page_takes_the_keyboard_along_but_not_on_arrival(page: Page) -> None:
    assert focused(page) == "body"
    page.get_by_role("link", name="Settings").click()
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title("Settings – K8s GPU Management")
    expect(page.get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")
    expect(page.locator("h1")).to_have_count(1)
    page.go_back()
    expect(page).to_have_title("Overview – K8s GPU Management")
    assert focused(page) in ("h1", "main")


def test_back_returns_to_where_the_reader_was(server: PageServer, open_page: OpenPage) -> None:
    page = opened(open_page(server, 390))
    visit(page, "/settings")
    expect(page.locator("h1")).to_have_text("Settings")
    page.evaluate("scrollTo(0, 500)")
    page.locator("nav-rail").get_by_role("link", name="Nodes").click()
    expect(page).to_have_url(re.compile("/nodes$"))
    wait_for_scroll(page, 0)
    page.go_back()
    wait_for_scroll(page, 500)
    page.reload()
    wait_for_scroll(page, 500)


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert focused(page) == "main"


def test_an_address_that_is_not_there_says_so(page: Page) -> None:
    page.evaluate("history.pushState(null, '', '/devices/a/b'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_text("There is no page at this address.")).to_be_visible()
    page.get_by_role("link", name="Go to the overview").click()
    expect(page).to_have_url(re.compile(r"/$"))


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_frame_fits(server: PageServer, open_page: OpenPage, width: int) -> None:
    page = opened(open_page(server, width))
    visit(page, "/settings")
    for button in (page.locator("live-indicator button").first, page.locator("user-menu button").first):
        expect(button).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        tabs = page.locator("nav-rail nav").bounding_box()
        assert tabs
        assert (tabs["height"], tabs["y"] + tabs["height"]) == (62, 844)
        small = page.evaluate(
            "() => [...document.querySelector('gpu-app').shadowRoot.querySelector('top-bar')"
            ".shadowRoot.querySelectorAll('button')].map((b) => b.getBoundingClientRect())"
            ".filter((box) => box.width && box.height < 44).length"
        )
        assert small == 0


# -- what is live


def test_the_live_indicator_tells_more_and_pauses(page: Page) -> None:
    before = page.locator("user-menu").bounding_box()
    word(page).click()
    details = page.get_by_role("dialog", name="Data flow")
    expect(details.get_by_text("every 0.5 s")).to_be_visible()
    expect(details.get_by_text("Simulated figures are made up.")).to_be_visible()
    details.get_by_role("button", name="Pause").click()
    expect(word(page)).to_have_text("Paused")
    expect(page.locator("live-indicator .detail")).to_have_text(re.compile(r"^at \d\d:\d\d:\d\d$"))
    page.keyboard.press("p")
    expect(word(page)).to_have_text("Live")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    assert page.locator("user-menu").bounding_box() == before


def test_a_cluster_that_is_not_there_is_said_and_can_be_left(page: Page) -> None:
    visit(page, "/?cluster=nowhere")
    expect(page.get_by_text("There is no cluster nowhere")).to_be_visible()
    page.get_by_role("link", name="Show all clusters").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_text("There is no cluster nowhere")).to_have_count(0)


def test_a_fleet_that_falls_silent_says_so(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(collector="none")
    server.ask(
        "mutation($i: ReportNodeInput!) { reportNode(input: $i) { __typename } }",
        i={
            "clusterName": "seoul",
            "nodeName": "a100-01",
            "devices": [
                {"gpuUuid": "GPU-00000001-0000-0000-0000-000000000000", "deviceIndex": 0, "modelName": "NVIDIA A100"}
            ],
        },
    )
    page = open_page(server)
    expect(page.get_by_text("No readings yet.")).to_be_visible()
    expect(word(page)).to_have_text("Stale")
    expect(page.get_by_text("Simulated", exact=True)).to_have_count(0)


def test_without_sign_in_the_menu_says_who_is_trusted(page: Page) -> None:
    page.locator("user-menu button").first.click()
    menu = page.get_by_role("dialog", name="User and display")
    expect(menu.get_by_text("dev", exact=True)).to_be_visible()
    expect(menu.get_by_text("No sign-in: this server trusts everyone who reaches it.")).to_be_visible()
    expect(menu.get_by_role("button", name="Sign out")).to_have_count(0)


# -- tokens


SECRET = "a key that is known to the tests only"


@pytest.fixture(scope="module")
def closed_server(start_server: StartServer) -> PageServer:
    return start_server(collector="simulated", auth_mode="token", auth_secret=SECRET, sample_interval="0.5")


def token(subject: str, role: Role = Role.VIEWER, seconds: float = 3600) -> str:
    return Authenticator(AuthMode.TOKEN, SECRET).issue(Principal(subject, role), timedelta(seconds=seconds))


def sign_in(page: Page, with_token: str) -> None:
    page.get_by_label("Token").fill(with_token)
    page.get_by_role("button", name="Sign in").click()


def test_a_token_lets_in_and_signing_out_hides_the_fleet(closed_server: PageServer, open_page: OpenPage) -> None:
    page = open_page(closed_server, allow=TOKEN_REFUSED)
    expect(page.get_by_role("heading", name="This server needs a token")).to_be_visible()
    expect(word(page)).to_have_text("Signed out")
    sign_in(page, "not-a-token")
    expect(page.get_by_text("The token is not valid")).to_be_visible()
    sign_in(page, token("minseo"))
    opened(page)
    expect(page.locator("top-bar")).to_contain_text("3 nodes")
    page.locator("user-menu button").first.click()
    menu = page.get_by_role("dialog", name="User and display")
    expect(menu.get_by_text("minseo")).to_be_visible()
    expect(menu.get_by_text("Viewer")).to_be_visible()
    menu.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="This server needs a token")).to_be_visible()
    expect(page.locator("top-bar")).not_to_contain_text("3 nodes")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("h100")
    expect(page.get_by_text("Nothing matches “h100”")).to_be_visible()


def test_a_token_that_expires_hides_the_fleet_until_the_next(closed_server: PageServer, open_page: OpenPage) -> None:
    page = open_page(closed_server, allow=TOKEN_REFUSED)
    sign_in(page, token("minseo", seconds=4))
    opened(page)
    expect(page.get_by_role("heading", name="Your token has expired")).to_be_visible(timeout=15_000)
    expect(page.locator("top-bar")).not_to_contain_text("3 nodes")
    expect(page.locator("overview-page")).to_have_count(0)
    sign_in(page, token("dohyun", Role.OPERATOR))
    opened(page)
    expect(page.locator("overview-page")).to_have_count(1)
    expect(page.locator("user-menu button").first).to_have_attribute("title", "dohyun, Operator")
