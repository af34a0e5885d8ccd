"""Back to the beginning, and the demo's customers, from the console itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from instrument.offline import ENDED_TENANTS
from pages.console_page import PATIENCE_MS, ConsolePage
from playwright.sync_api import BrowserContext, Page, expect

if TYPE_CHECKING:
    from attachment_lab.testing.lab import Lab

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def fresh(console_lab: Lab, page: Page) -> Iterator[ConsolePage]:
    """The chain of a tenant that the console itself has opened: its secrets change with each reset."""
    base_url = console_lab.urls["console"]
    made = httpx.post(f"{base_url}/api/tenants", json={}, trust_env=False).json()
    yield ConsolePage(page, f"{base_url}{made['url']}")
    ENDED_TENANTS.add(made["tenant"])
    httpx.delete(f"{base_url}/api/tenants/{made['tenant']}", trust_env=False)


def set_back(page: Page) -> None:
    page.get_by_role("button", name="Reset", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()


def test_a_reset_is_asked_for_twice_and_then_everything_is_gone(fresh: ConsolePage) -> None:
    fresh.open("")
    fresh.play_a_chat(slow=False)
    fresh.expect_every_station_done()
    fresh.page.get_by_role("button", name="Reset", exact=True).click()
    fresh.page.get_by_role("dialog").get_by_role("button", name="Keep everything").click()
    expect(fresh.sentence).to_contain_text("arrived in C4C")
    set_back(fresh.page)
    expect(fresh.sentence).to_have_text("No chat yet.")


def test_the_next_chat_after_a_reset_arrives_and_the_books_balance(fresh: ConsolePage) -> None:
    fresh.open("")
    for _ in range(2):
        fresh.play_a_chat(slow=False)
        fresh.expect_every_station_done()
        expect(fresh.page.locator("#meta")).to_contain_text("every invariant holds", timeout=PATIENCE_MS)
        set_back(fresh.page)
        expect(fresh.sentence).to_have_text("No chat yet.")


@pytest.mark.page_errors(allow="status of 404")  # between the tenant that went and the one that came
def test_other_open_pages_load_themselves_anew(fresh: ConsolePage, context: BrowserContext) -> None:
    fresh.open("")
    fresh.play_a_chat(slow=False)
    fresh.expect_every_station_done()
    other = context.new_page()
    other.goto(fresh.page.url)
    expect(other.locator("#sentence")).to_contain_text("arrived in C4C")
    born = other.locator("body").get_attribute("data-generation") or ""
    set_back(fresh.page)
    expect(other.locator("#sentence")).to_have_text("No chat yet.")
    expect(other.locator("body")).not_to_have_attribute("data-generation", born)


def test_the_demos_customers_are_loaded_from_the_page(fresh: ConsolePage) -> None:
    fresh.open("")
    fresh.page.get_by_role("button", name="Demo").click()
    dialog = fresh.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Load").click()
    expect(dialog.get_by_role("status")).to_have_text(
        "12 chats of the demo's customers with 19 files are there.", timeout=PATIENCE_MS
    )
    dialog.get_by_role("button", name="Close").click()
    expect(fresh.page.locator("#chats option")).to_have_count(12)
