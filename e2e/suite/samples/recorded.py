"""Run by test_instrument.py in a pytest of its own: what is kept of a story that fails, and of one that passes.

Not named ``test_…``, so that nobody runs it by accident: half of it fails on purpose.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect


def test_a_story_that_passes(page: Page) -> None:
    page.set_content("<h1>All is well</h1>")
    expect(page.get_by_role("heading")).to_have_text("All is well")


def test_a_story_that_fails(page: Page) -> None:
    page.set_content("<h1>All is well</h1>")
    expect(page.get_by_role("heading")).to_have_text("Something else", timeout=300)


def test_a_story_with_two_browsers_that_fails(page: Page, new_context) -> None:  # type: ignore[no-untyped-def]
    other: BrowserContext = new_context()
    other.new_page().set_content("<h1>Another person</h1>")
    pytest.fail("on purpose")


def test_a_story_whose_page_reports_an_error(page: Page) -> None:
    page.set_content("<script>console.error('the page says no')</script>")


@pytest.mark.page_errors(allow="says no")
def test_a_story_whose_page_reports_an_error_on_purpose(page: Page) -> None:
    page.set_content("<script>console.error('the page says no')</script>")


def test_a_story_whose_page_looks_elsewhere(page: Page) -> None:
    page.set_content("<img src='http://elsewhere.example/pixel.png' alt=''>")
