"""Ways through the console: back and forward, reloads, another tenant, a slow line; and choices that stay."""

from __future__ import annotations

import re

import pytest
from instrument.stacks import StackUnderTest, TenantView
from pages.console_page import PATIENCE_MS, ConsolePage
from playwright.sync_api import BrowserContext, Page, expect

from attachment_lab.console.pages import PAGES

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 20_000}


def expect_page(page: Page, title: str) -> None:
    """The menu says where one is."""
    expect(page.get_by_role("navigation", name="Pages").locator('[aria-current="page"]')).to_have_text(title)


def test_the_menu_leads_to_every_page_and_back_and_forward_retrace_the_steps(page: Page, view: TenantView) -> None:
    page.goto(view.url())
    for each in PAGES:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=each.title, exact=True).click()
        expect_page(page, each.title)
        expect(page).to_have_url(view.url(each.name))
    for each in reversed(PAGES[:-1]):
        page.go_back()
        expect_page(page, each.title)
    for each in PAGES[1:]:
        page.go_forward()
        expect_page(page, each.title)
        expect(page.locator("h1:visible").first).to_be_visible()


def test_a_reload_in_the_middle_goes_on_where_it_was(console: ConsolePage, view: TenantView) -> None:
    path = "*/ChatActivityAttachment*"
    view.tenant.fault(mock="c4c", kind="latency", path=path, method="POST", times=None, delay_s=0.4)
    console.open()
    view.tenant.chat(files=[(f"{number}.txt", b"some text " * 99) for number in range(5)]).end()
    expect(console.rows.filter(has=console.page.locator(".chip", has_text="Stored")).first).to_be_visible(
        timeout=PATIENCE_MS
    )
    console.page.reload()
    expect(console.rows).to_have_count(5)
    console.expect_arrived(5)


def test_a_chosen_chat_is_in_the_address_and_survives_a_reload(console: ConsolePage, view: TenantView) -> None:
    first = view.tenant.chat(files=[("first.txt", b"first")])
    view.tenant.chat(files=[("second.txt", b"second")])
    console.open(f"?chat={first.guid}")
    expect(console.row("first.txt")).to_be_visible()
    console.page.reload()
    expect(console.row("first.txt")).to_be_visible()
    expect(console.row("second.txt")).to_be_hidden()


def test_another_tenant_is_one_choice_away_and_the_page_stays_the_same(page: Page, stack: StackUnderTest) -> None:
    with stack.tenant_view() as ours, stack.tenant_view() as theirs:
        for name in (each.name for each in PAGES):
            page.goto(ours.url(name))
            page.locator("#tenant").select_option(theirs.name)
            expect(page).to_have_url(theirs.url(name))
            expect(page.locator("#tenant")).to_have_value(theirs.name)


@pytest.mark.page_errors(allow="status of 404")
def test_a_tenant_that_is_not_there_is_told_with_those_there_are(page: Page, view: TenantView) -> None:
    answer = page.goto(view.url().replace(view.name, "nowhere"))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("There is no tenant “nowhere” here.")
    page.get_by_role("main").get_by_role("link", name=view.name, exact=True).click()
    expect(page).to_have_url(view.url())


@pytest.mark.parametrize("chosen", ["dark", "light"])
def test_chosen_colours_survive_pages_reloads_and_a_new_tab(
    page: Page, context: BrowserContext, view: TenantView, chosen: str
) -> None:
    page.emulate_media(color_scheme="light" if chosen == "dark" else "dark")
    page.goto(view.url())
    switch = page.get_by_role("button", name="Dark")
    expect(switch).to_have_attribute("aria-pressed", str(chosen == "light").lower())
    switch.click()
    for each in PAGES:
        page.goto(view.url(each.name))
        expect(page.locator("html")).to_have_attribute("data-theme", chosen)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", chosen)
    tab = context.new_page()
    tab.goto(view.url())
    expect(tab.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", str(chosen == "dark").lower())


def test_without_a_choice_the_system_decides_and_may_change_its_mind(page: Page, view: TenantView) -> None:
    switch = page.get_by_role("button", name="Dark")
    for scheme, pressed in (("dark", "true"), ("light", "false")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(view.url())
        expect(switch).to_have_attribute("aria-pressed", pressed)


def test_on_a_slow_line_the_page_opens_follows_and_ends_right(
    console: ConsolePage, view: TenantView, context: BrowserContext
) -> None:
    line = context.new_cdp_session(console.page)
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    console.page.goto(view.url(), timeout=PATIENCE_MS)
    console.expect_live()
    view.tenant.chat(files=[("photo.jpg", b"a photo " * 900), ("note.txt", b"a note")]).end()
    console.expect_arrived(2)


def test_a_line_that_breaks_is_told_and_taken_up_again(
    console: ConsolePage, view: TenantView, context: BrowserContext
) -> None:
    console.open()
    context.set_offline(True)
    console.page.evaluate("dispatchEvent(new Event('offline'))")
    context.set_offline(False)
    view.tenant.chat(files=[("note.txt", b"a note")]).end()
    console.expect_arrived(1)
    expect(console.page.locator("#live")).to_have_attribute("data-state", re.compile("live"))
