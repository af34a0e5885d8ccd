"""Accessibility of every page: axe's rules in light and dark, on phone and desktop, and a walk with the Tab key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from instrument.accessibility import axe_findings, walk
from instrument.stacks import StackUnderTest, TenantView
from pages.administrator_page import AdministratorPage
from pages.configurator_page import ConfiguratorPage
from playwright.sync_api import Page, expect

from attachment_lab.console.pages import PAGES

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

SCHEMES = ("light", "dark")
WIDTHS = {"phone": 360, "desktop": 1280}
NAMES = [page.name for page in PAGES]
#: The journal grows above what one reads while other pages look at Contact Pro; the walk is taken where it is at rest.
AT_REST = {"journal": "?hop=c4c"}
FOCUS_START = Path(__file__).parents[1] / "instrument" / "focus_start.js"


def open_quietly(page: Page, url: str) -> None:
    """Open a page that has drawn what it has to say."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(url)
    expect(page.locator("body[data-drawn]")).to_be_attached(timeout=30_000)
    expect(page.locator("h1:visible")).to_have_count(1)


def findings_in_every_guise(page: Page) -> list[str]:
    found = []
    for scheme, (device, width) in product(SCHEMES, WIDTHS.items()):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme}, {device}: {each}" for each in axe_findings(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{scheme}, {device}: the page scrolls sideways, {wide} px on {width} px")
    return found


def fail_on(findings: list[str]) -> None:
    """All of them, not the first line."""
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_full_of_life_breaks_no_rule(page: Page, furnished: TenantView, name: str) -> None:
    open_quietly(page, furnished.url(name))
    fail_on(findings_in_every_guise(page))


def _editor(page: Page) -> None:
    configurator = ConfiguratorPage(page)
    configurator.edit("Chat attachments to SAP Service Cloud")
    configurator.retype("{contact.guid}", "{contact.giud}")
    expect(configurator.finding("AC401")).to_be_visible()


def _press(name: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).first.click()
        expect(page.get_by_role("dialog").first).to_be_visible()

    return press


def _business_data(page: Page) -> None:
    administrator = AdministratorPage(page)
    administrator.begin_arrangement()
    expect(page.get_by_role("group", name="Services Used")).to_be_visible()


def _refused_password(page: Page) -> None:
    page.get_by_role("button", name="Edit Credentials of").first.click()
    page.get_by_role("dialog").get_by_label("Password", exact=True).fill("Grünkohl-7")
    expect(page.locator("#credentials-password-error")).to_be_visible()


def _first_exchange(page: Page) -> None:
    page.locator("#rows a").first.click()
    expect(page.get_by_role("button", name="Copy as curl")).to_be_visible()


def _nothing(_page: Page) -> None:
    """It is open as it comes."""


#: What is opened on a page: page, query, how.
OPENED: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "the editor with a finding": ("configurator", "", _editor),
    "a new secret": ("configurator", "", _press("Add secret")),
    "the channel type of a new integration": ("configurator", "", _press("Add integration")),
    "a new communication system": ("c4c_administrator", "", _press("New system")),
    "the business data of an arrangement": ("c4c_administrator", "", _business_data),
    "a password that is refused": ("c4c_administrator", "", _refused_password),
    "a new user": ("users", "", _press("New user")),
    "an exchange in full": ("journal", "?hop=c4c", _first_exchange),
    "the reset's question": ("chain", "", _press("Reset")),
    "the demo's dialog": ("chain", "", _press("Demo")),
    "a chat on the phone": ("chat", "?chat={chat}", _nothing),
    "a chat at the agent desk": ("agent", "?chat={chat}", _nothing),
    "a chat's activity": ("c4c", "?chat={chat}", _nothing),
    "the report by itself": ("report", "file", _nothing),
}


@pytest.mark.parametrize("what", OPENED)
def test_what_is_opened_on_a_page_breaks_no_rule(page: Page, furnished: TenantView, what: str) -> None:
    name, query, open_it = OPENED[what]
    page.emulate_media(reduced_motion="reduce")
    chat = furnished.tenant.reconciliation.sources()[0].chat
    page.goto(furnished.url(name) + query.format(chat=chat))
    if query != "file":
        expect(page.locator("body[data-drawn]")).to_be_attached(timeout=30_000)
    open_it(page)
    fail_on(findings_in_every_guise(page))


@pytest.mark.page_errors(allow="status of 404")
def test_the_page_of_a_tenant_that_is_gone_breaks_no_rule(page: Page, view: TenantView, stack: StackUnderTest) -> None:
    with stack.tenant_view(check=False), stack.tenant_view(check=False):
        page.goto(view.url().replace(view.name, "nowhere"))
        expect(page.get_by_role("heading")).to_be_visible()
        assert page.get_by_role("listitem").count() >= 3
        fail_on(findings_in_every_guise(page))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_has_nothing_to_show_yet_breaks_no_rule(page: Page, view: TenantView, name: str) -> None:
    open_quietly(page, view.url(name))
    fail_on(findings_in_every_guise(page))


@pytest.mark.parametrize("on", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(
    page: Page, furnished: TenantView, name: str, on: str
) -> None:
    page.set_viewport_size({"width": WIDTHS[on], "height": 740})
    open_quietly(page, furnished.url(name) + AT_REST.get(name, ""))
    walked = walk(page)
    fail_on(walked.complaints())
    assert walked.steps >= 5


@pytest.mark.parametrize("on", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_first_tabs_after_a_load_reach_skip_link_tenant_and_menu(
    page: Page, furnished: TenantView, name: str, on: str
) -> None:
    page.add_init_script(path=FOCUS_START)
    page.set_viewport_size({"width": WIDTHS[on], "height": 740})
    open_quietly(page, furnished.url(name))
    assert page.evaluate("__focusStart.moves") == [], "this moves the keyboard's start in some version of a browser"
    expect(page.locator('.menu [aria-current="page"]')).to_be_in_viewport(ratio=1)
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("__focusStart.focused()"))
        if reached[-1] == PAGES[-1].title:
            break
    assert reached[0].startswith("Skip to")
    assert reached.index("Tenant") < reached.index(PAGES[0].title)
    assert reached[-len(PAGES) :] == [each.title for each in PAGES]


def test_the_skip_link_leads_past_the_menu(page: Page, view: TenantView) -> None:
    open_quietly(page, view.url())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
