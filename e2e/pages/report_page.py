"""The Report page as a person uses it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect


class ReportPage:
    """The page of one tenant; ``url`` is its address."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self) -> None:
        """Open it and wait until its stream has begun."""
        self.page.goto(self._url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible(timeout=30_000)

    @property
    def paper(self) -> FrameLocator:
        """The report in its frame."""
        return self.page.frame_locator("#preview")

    def expect_headline(self, words: str | re.Pattern[str]) -> None:
        """The report's first sentence."""
        expect(self.paper.locator("h1")).to_have_text(words, timeout=30_000)

    def save(self, to: Path) -> Path:
        """Press the button and keep the file."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Save as HTML").click()
        download.value.save_as(to / download.value.suggested_filename)
        return to / download.value.suggested_filename
