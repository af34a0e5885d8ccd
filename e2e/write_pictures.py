"""Write the pictures of docs/images from the demo's customers: ``make screenshots [ARGS='chain operator']``.

Look at them before you commit them. What shows times and ids differs from run to run; tests compare other pictures
(e2e/screenshots), in which both are replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from instrument.browser import CONTEXT_OPTIONS, launch_options
from instrument.furnished import furnish
from instrument.poses import DEVICES, NAMES, open_at_rest
from instrument.remote import first_view
from instrument.stacks import LocalStack, TenantView
from pages.chain_page import ChainPage
from pages.configurator_page import ConfiguratorPage
from pages.console_page import PATIENCE_MS
from pages.journal_page import JournalPage
from pages.operator_page import OperatorPage
from pages.tour_page import TourPage
from playwright.sync_api import Browser, Page, expect, sync_playwright

from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.testing.lab import Lab

IMAGES = Path(__file__).parent.parent / "docs" / "images"
INTEGRATION = "Chat attachments to SAP Service Cloud"
SCHEMES = (("light", ""), ("dark", "-dark"))
EXPECT_MS = 60_000


def main(wanted: list[str]) -> None:
    """Write all pictures, or the named groups (a page's name, or one of SCENES)."""
    groups = wanted or [*NAMES, *SCENES]
    unknown = set(groups) - {*NAMES, *SCENES}
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join([*NAMES, *SCENES])}")
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=EXPECT_MS)
    with open_stack(StackOptions(console=True)) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        local = LocalStack(Lab(stack))
        first = first_view(local.console_url)
        furnish(first.base_url, first.name)
        for name in groups:
            if name in SCENES:
                SCENES[name](browser, local)
            else:
                picture_page(browser, first, name)
        browser.close()


def picture_page(browser: Browser, view: TenantView, name: str) -> None:
    """One of the console's pages, on each device."""
    for device in DEVICES:
        with fresh_page(browser) as page:
            open_at_rest(page, view, name, device)
            suffix = "" if device == "light" else f"-{device}"
            save(page, f"{name}{suffix}.png")


def picture_travel(browser: Browser, stack: LocalStack) -> None:
    """The chain while half of a chat's files have arrived."""
    for scheme, suffix in SCHEMES:
        with stack.tenant_view() as view, fresh_page(browser, scheme) as page:
            page.set_viewport_size({"width": 1280, "height": 900})
            chain = ChainPage(page, view.url("chain"))
            chain.open()
            chain.play_a_chat()
            half = chain.rows.filter(has=page.locator(".chip", has_text="Stored")).nth(6)
            expect(half).to_be_visible(timeout=PATIENCE_MS)
            chain.wait_until_nothing_glides()
            save(page, f"console{suffix}.png")
            chain.expect_every_station_done()


def picture_gate(browser: Browser, stack: LocalStack) -> None:
    """An integration with a finding, and the caret at it."""
    with stack.tenant_view() as view, fresh_page(browser) as page:
        page.set_viewport_size({"width": 1440, "height": 1100})
        configurator = ConfiguratorPage(page)
        configurator.open(view.url("configurator"))
        configurator.edit(INTEGRATION)
        configurator.lay_out()
        configurator.retype("{contact.guid}", "{contact.giud}")
        configurator.finding("AC401").get_by_role("button", name="Line 20").click()
        save(page, "configurator-gate.png")


def picture_why(browser: Browser, stack: LocalStack) -> None:
    """The journal with a failed exchange explained."""
    for scheme, suffix in SCHEMES:
        with stack.tenant_view() as view, fresh_page(browser, scheme) as page:
            chat = view.tenant.chat(files=[("photo.jpg", b"a photo" * 500), ("Übergabe.txt", b"handover")])
            gone = f"*/attachments/{chat.files[1].id}*"
            view.tenant.fault(mock="cmi", kind="status", path=gone, method="GET", times=None, status=404)
            chat.end()
            view.tenant.wait_until_settled()
            page.set_viewport_size({"width": 1440, "height": 960})
            journal = JournalPage(page, view.url("journal"))
            journal.open()
            journal.show("Reads Übergabe.txt")
            save(page, f"journal-why{suffix}.png")


def picture_tour(browser: Browser, stack: LocalStack) -> None:
    """The tour's step about a failure."""
    with stack.tenant_view(check=False) as view, fresh_page(browser) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        tour = TourPage(page, view.url("tour"))
        tour.begin("?speed=20")
        page.goto(page.url.replace("tour=welcome", "tour=red"))
        tour.wait_until_ready()
        save(page, "tour.png")


def picture_operator(browser: Browser, stack: LocalStack) -> None:
    """The service's page for operators, with transfers that wait for a person."""
    with stack.tenant_view(check=False) as view:
        park_some(view)
        for scheme, suffix in SCHEMES:
            with fresh_page(browser, scheme) as page:
                page.set_viewport_size({"width": 1360, "height": 860})
                operator = OperatorPage(page, stack.lab.urls["service"])
                operator.open(view.tenant.reconciliation.service.token())
                expect(operator.rows.first).to_be_visible()
                save(page, f"operator{suffix}.png")


def park_some(view: TenantView) -> None:
    """Transfers that C4C refuses for different reasons, and one that is stored."""
    view.tenant.chat(files=[("manual.pdf", b"%PDF-1.4 a manual")]).end()
    view.tenant.wait_until_settled()
    for status in (401, 401, 403):
        upload = view.tenant.fault(mock="c4c", kind="status", path="*", method="POST", times=None, status=status)
        view.tenant.chat(files=[("photo.jpg", b"\xff\xd8\xff\xe0 a photo")]).end()
        view.tenant.wait_until_settled()
        upload.remove()
    view.tenant.chat(files=[("note.txt", b"a note"), ("setup.exe", b"MZ" + b"\0" * 200)]).end()
    view.tenant.wait_until_settled()


@contextmanager
def fresh_page(browser: Browser, scheme: str = "light") -> Iterator[Page]:
    """A page of a browser context of its own."""
    with browser.new_context(**CONTEXT_OPTIONS, color_scheme="dark" if scheme == "dark" else "light") as context:
        yield context.new_page()


def save(page: Page, name: str) -> None:
    """Write what the page shows."""
    page.screenshot(path=IMAGES / name, animations="disabled", caret="hide")
    print(f"docs/images/{name}")


SCENES: dict[str, Callable[[Browser, LocalStack], None]] = {
    "travel": picture_travel,
    "gate": picture_gate,
    "why": picture_why,
    "take-tour": picture_tour,
    "operator": picture_operator,
}

if __name__ == "__main__":
    main(sys.argv[1:])
