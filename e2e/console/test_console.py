"""The console in a real browser: what a person sees of a chat on its way."""

from __future__ import annotations

import pytest
from pages.console_page import PATIENCE_MS, STATIONS, ConsolePage
from playwright.sync_api import expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

ALL_FILES = 14


@pytest.mark.sample
def test_every_step_lights_up_and_every_file_is_stored(console: ConsolePage) -> None:
    console.open()
    console.play_a_chat()
    expect(console.station("CMI download")).to_have_attribute("data-tone", "active", timeout=PATIENCE_MS)
    console.expect_every_station_done()
    expect(console.rows).to_have_count(ALL_FILES)
    for row in console.rows.all():
        expect(console.chip(row)).to_have_text("Stored")
    expect(console.sentence).to_have_text(
        f"All {ALL_FILES} attachments arrived in C4C. Every byte is equal at both ends."
    )


def test_a_file_that_is_gone_is_red_at_its_hop_with_reason_and_remedy(console: ConsolePage) -> None:
    console.open()
    console.play_a_chat(fault="one file is gone from CMI", slow=False)
    failed = console.rows.filter(has=console.page.locator(".chip", has_text="Failed"))
    expect(failed).to_have_count(1, timeout=PATIENCE_MS)
    expect(failed.locator(".why")).not_to_be_empty()
    expect(failed.locator(".todo")).not_to_be_empty()
    expect(console.station("CMI download")).to_have_attribute("data-tone", "failed")
    expect(console.station("CMI download").locator(".remedy")).to_be_visible()
    # Offered once the transfer is at rest: before, the reconciliation would not balance.
    expect(console.page.get_by_role("button", name="Try again")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.no_reconciliation(reason="the fault breaks the invariant of integrity, which is what the page must show")
def test_a_byte_that_changes_on_the_way_is_seen(console: ConsolePage) -> None:
    console.open()
    console.play_a_chat(fault="one byte changes on the way", slow=False)
    changed = console.rows.filter(has=console.page.locator(".chip", has_text="Changed"))
    expect(changed).to_have_count(1, timeout=PATIENCE_MS)
    expect(console.page.get_by_role("heading", name="Reconciliation")).to_be_visible(timeout=PATIENCE_MS)


def test_the_page_fits_a_small_phone(console: ConsolePage) -> None:
    console.page.set_viewport_size({"width": 360, "height": 740})
    console.open()
    wide = console.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    for title in STATIONS:
        expect(console.station(title)).to_be_visible()


def test_the_button_can_be_reached_by_keyboard_alone(console: ConsolePage) -> None:
    console.open()
    for _ in range(24):
        console.page.keyboard.press("Tab")
        if console.page.evaluate("document.activeElement.id") == "play-button":
            return
    pytest.fail("24 steps of the Tab key did not reach the button")
