"""The service's own page for operators, at ``/operator``."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class OperatorPage:
    """One open operator page."""

    def __init__(self, page: Page, service_url: str) -> None:
        self.page = page
        self._url = f"{service_url}/operator"

    def open(self, token: str) -> None:
        """Open it and paste a token."""
        self.page.goto(self._url)
        self.page.get_by_label("Bearer token").fill(token)
        self.page.get_by_role("button", name="Open").click()
        expect(self.page.get_by_role("form", name="Filter")).to_be_visible()

    @property
    def rows(self) -> Locator:
        """The transfers shown, parked ones at first."""
        return self.page.locator("#rows > tr")

    def retry(self, row: Locator) -> None:
        """Run one again."""
        row.get_by_role("button", name="Retry").click()
