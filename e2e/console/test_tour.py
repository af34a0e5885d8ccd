"""The tour in a real browser: the story on the pages themselves, and a good end only if the story had one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from instrument.stacks import TenantView
from pages.tour_page import PATIENCE_MS, TourPage
from playwright.sync_api import Page, Route, TimeoutError, expect  # noqa: A004 - Playwright's own

from attachment_lab.console.tour.steps import steps

pytestmark = [pytest.mark.stack, pytest.mark.browser]
#: Steps that wait for something to arrive.
WAITING = {place for place, each in enumerate(steps(), 1) if each.waiting}
LAST = len(steps())
#: How often the tour polls at speed 20.
POLL_MS = 40


@pytest.fixture
def tour(page: Page, view: TenantView) -> TourPage:
    return TourPage(page, view.url("tour"))


def test_the_whole_story_by_pressing_next(tour: TourPage, view: TenantView) -> None:
    tour.begin("?speed=20")
    for number in range(1, LAST + 1):
        tour.expect_step(number)
        expect(tour.title).to_be_focused()
        if number in WAITING:
            tour.wait_until_ready()
        tour.next()
    expect(tour.title).to_have_text("That was the tour", timeout=PATIENCE_MS)
    assert len(view.tenant.stored()) == 6
    tour.next()
    expect(tour.caption).to_be_hidden()
    assert "tour=" not in tour.page.url


def test_it_plays_by_itself_and_can_be_paused(tour: TourPage) -> None:
    with tour.entering(3):
        tour.page.goto(tour.url + "?auto=1&speed=20")
    tour.page.locator("#tour-auto").click()
    expect(tour.page.locator("#tour-auto")).to_have_text("Play by itself")
    tour.page.locator("#tour-auto").click()
    expect(tour.title).to_have_text("That was the tour", timeout=3 * PATIENCE_MS)


def test_a_slow_page_is_opened_once(tour: TourPage) -> None:
    """Automatic and fast: were the page opened at each poll, a slow stack would never get to the next one."""
    paused: list[Route] = []
    tour.page.route(lambda url: "tour=write" in url, lambda route: paused.append(route))  # noqa: PLW0108 - is inspected
    with tour.page.expect_request(lambda request: "tour=write" in request.url):
        tour.begin("?auto=1&speed=20")
    # Twenty polls of the page that is being left.
    with (
        pytest.raises(TimeoutError),
        tour.page.expect_request(lambda request: "tour=write" in request.url, timeout=20 * POLL_MS),
    ):
        pass
    assert len(paused) == 1
    with tour.entering(3):
        paused[0].continue_()


def test_the_arrow_keys_turn_the_pages_and_escape_ends_it(tour: TourPage) -> None:
    tour.begin()
    tour.page.keyboard.press("ArrowRight")
    tour.expect_step(2)
    tour.page.keyboard.press("ArrowRight")
    tour.expect_step(3)
    tour.page.keyboard.press("ArrowLeft")
    tour.expect_step(2)
    tour.page.keyboard.press("Escape")
    expect(tour.caption).to_be_hidden()
    expect(tour.page.locator("#main")).to_be_focused()
    assert "tour=" not in tour.page.url


def test_the_anchor_is_highlighted_and_a_missing_one_leaves_the_caption_in_the_middle(tour: TourPage) -> None:
    tour.page.emulate_media(reduced_motion="reduce")
    tour.begin("?speed=20")
    expect(tour.caption).to_have_attribute("data-position", "middle")
    expect(tour.page.locator("#tour-light")).to_be_hidden()
    tour.page.goto(tour.page.url.replace("tour=welcome", "tour=travel"))
    expect(tour.caption).to_have_attribute("data-position", "bottom", timeout=PATIENCE_MS)
    stack, light = tour.page.locator("[data-tour='chain-stack']"), tour.page.locator("#tour-light")
    tour.wait_until_ready()
    inner, outer = stack.bounding_box(), light.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["x"] <= inner["x"]
    assert outer["width"] >= inner["width"]


def test_a_page_whose_script_comes_late_leaves_the_tour_in_the_address(tour: TourPage) -> None:
    """The chain writes what it shows into the address when it runs: on a busy machine, after the caption."""
    paused: list[Route] = []
    tour.page.route("**/overview.js", lambda route: paused.append(route))  # noqa: PLW0108 - is inspected
    tour.page.goto(tour.url + "?speed=20", wait_until="commit")
    tour.expect_step(1)
    assert len(paused) == 1
    paused[0].continue_()
    expect(tour.page.locator("body[data-drawn]")).to_be_attached(timeout=PATIENCE_MS)
    assert tour.step_in_address() == "welcome"
    tour.page.unroute("**/overview.js")
    tour.page.reload()
    tour.expect_step(1)


def test_a_chat_that_is_chosen_on_the_way_leaves_the_tour_in_the_address(tour: TourPage) -> None:
    tour.begin("?speed=20")
    tour.next()
    tour.expect_step(2)
    tour.page.locator("#chats button").first.click()
    assert tour.step_in_address() == "write"
    tour.page.reload()
    tour.expect_step(2)


def test_the_caption_is_there_while_the_story_catches_up(tour: TourPage) -> None:
    """Entering a later step waits for the acts before it; the caption is shown from the first moment."""
    tour.begin("?speed=20")
    paused: list[Route] = []
    # The first time only: the page is turned to the agent's, which asks again.
    tour.page.route("**/tour/api/steps/accept", lambda route: paused.append(route), times=1)  # noqa: PLW0108
    with tour.page.expect_request("**/tour/api/steps/accept"):
        tour.page.goto(tour.page.url.replace("tour=welcome", "tour=accept"))
    expect(tour.page.locator("#tour-position")).to_have_text(f"Step 3 of {LAST}")
    expect(tour.page.locator("#tour-waiting")).to_have_text("One moment …")
    paused[0].continue_()
    tour.expect_step(3)
    expect(tour.page).to_have_url(re.compile("/agent/.*tour=accept"))


@pytest.mark.page_errors(allow="status of 409")
def test_a_step_that_cannot_be_entered_shows_why_until_another_is(tour: TourPage) -> None:
    tour.begin("?speed=20")
    why = "the tour cannot go on: a transfer is still under way"

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=409, json={"title": "Conflict", "status": 409, "detail": why})
        else:
            route.continue_()

    tour.page.route("**/tour/api/steps/write", refuse)
    tour.page.goto(tour.page.url.replace("tour=welcome", "tour=write"))
    expect(tour.page.locator("#tour-waiting")).to_have_text(why)
    # Twenty polls, any of which could replace the reason.
    with (
        pytest.raises(TimeoutError),
        tour.page.expect_request("**/tour/api/steps/write", timeout=20 * POLL_MS),
    ):
        pass
    expect(tour.page.locator("#tour-waiting")).to_have_text(why)
    expect(tour.caption).to_be_visible()


def test_the_skip_link_leads_to_the_content_and_the_tour_goes_on(tour: TourPage) -> None:
    tour.begin("?speed=20")
    tour.page.evaluate("window.stillTheSame = true")
    tour.page.locator(".skip").focus()
    tour.page.keyboard.press("Enter")
    expect(tour.page.locator("#files-heading")).to_be_focused()
    assert tour.page.url.endswith("#files-heading")
    tour.next()
    tour.expect_step(2)
    tour.page.go_back()
    tour.expect_step(1)


def test_it_fits_a_small_phone(tour: TourPage) -> None:
    tour.page.set_viewport_size({"width": 360, "height": 740})
    tour.begin("?speed=20")
    tour.next()
    tour.expect_step(2)
    assert tour.page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("tour-next", "tour-back", "tour-end", "tour-auto"):
        expect(tour.page.locator(f"#{name}")).to_be_in_viewport()


def test_the_demo_dialog_leads_to_it(page: Page, view: TenantView) -> None:
    page.goto(view.url())
    page.get_by_role("button", name="Demo").click()
    page.get_by_role("dialog").get_by_role("link", name="Start").click()
    expect(page.locator("#tour-title")).to_have_text("A photo on its way to the case")


def test_the_command_shows_it_and_exits_with_the_storys_result(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "attachment_lab", "demo", "--tour", "--headless", "--speed", "30", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"finished": True, "missing": [], "ok": True}
