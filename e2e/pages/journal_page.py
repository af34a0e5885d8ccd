"""The journal as a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class JournalPage:
    """One open journal page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, query: str = "") -> None:
        """Open it, with a query such as ``?failed=1``, and wait until its list is drawn."""
        self.page.goto(self._url + query)
        expect(self.page.locator("#count")).not_to_have_text("Reading the journals …")

    @property
    def rows(self) -> Locator:
        """The exchanges shown."""
        return self.page.locator("#rows > tr")

    def row(self, words: str) -> Locator:
        """The rows of exchanges that do this."""
        return self.rows.filter(has=self.page.get_by_role("link", name=words, exact=True))

    def filter(self, label: str, value: str) -> None:
        """Choose in one of the lists."""
        self.page.get_by_role("combobox", name=label).select_option(label=value)

    def show(self, words: str) -> None:
        """Open the newest exchange that does this."""
        self.row(words).first.get_by_role("link").click()
        expect(self.heading).to_have_text(words)

    @property
    def heading(self) -> Locator:
        """What the exchange beside the list does."""
        return self.page.locator("#detail-heading")

    @property
    def why(self) -> Locator:
        """Why it failed."""
        return self.page.locator("#why")
