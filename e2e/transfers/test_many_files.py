"""A customer who sends 200 files in one chat: every one arrives, and the page can be used all the while."""

from __future__ import annotations

import pytest
from instrument.stacks import TenantView
from pages.console_page import ConsolePage
from playwright.sync_api import expect

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]

MANY = 200
LONG_MS = 400_000


def test_two_hundred_attachments_arrive_and_the_page_stays_usable(console: ConsolePage, view: TenantView) -> None:
    page = console.page
    console.open()
    chat = view.tenant.chat(files=[(f"page-{number:03}.txt", f"{number} ".encode() * 40) for number in range(MANY)])
    expect(console.rows).to_have_count(MANY, timeout=LONG_MS)
    page.evaluate("document.querySelector('#rows > tr:last-child').dataset.mark = 'mine'")
    chat.end()

    stored = console.rows.filter(has=page.locator(".chip", has_text="Stored"))
    expect(stored.nth(4)).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Dark").click(timeout=LONG_MS)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    console.row(f"page-{MANY - 1:03}.txt").scroll_into_view_if_needed(timeout=LONG_MS)
    expect(console.row(f"page-{MANY - 1:03}.txt")).to_be_in_viewport()

    sentence = f"All {MANY} attachments arrived in C4C. Every byte is equal at both ends."
    expect(console.sentence).to_have_text(sentence, timeout=LONG_MS)
    expect(console.rows).to_have_count(MANY)
    # The row is still the element that it was: nobody's focus, selection or scrolling was torn away.
    expect(page.locator("#rows > tr[data-mark=mine]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert sorted(each.sha256 for each in view.tenant.stored()) == sorted(each.sha256 for each in chat.files)
