"""What the Chain page has beyond one chat live: the replay, all conversations, and trying again."""

from __future__ import annotations

from pages.console_page import ConsolePage
from playwright.sync_api import Locator


class ChainPage(ConsolePage):
    """The Chain page in full."""

    @property
    def scrubber(self) -> Locator:
        """The moment of the replay."""
        return self.page.get_by_role("slider", name="Moment of the replay")

    def replay(self, *, speed: str) -> None:
        """Choose a speed and press the button."""
        self.page.get_by_label("Speed").select_option(label=f"{speed}×")
        self.page.get_by_role("button", name="Replay", exact=True).click()

    def show_all(self) -> None:
        """All conversations."""
        self.page.get_by_role("button", name="All conversations").click()

    @property
    def overview(self) -> Locator:
        """Rows, one per conversation."""
        return self.page.locator("#overview > li")

    def overview_row(self, customer: str) -> Locator:
        """That customer's row."""
        return self.overview.filter(has=self.page.get_by_role("link", name=customer, exact=True))
