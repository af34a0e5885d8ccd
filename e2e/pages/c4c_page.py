"""C4C's chat activity as a service agent sees it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

#: From the end of a chat to its last file in C4C, on a busy machine.
ARRIVAL_MS = 60_000


class C4cPage:
    """The page "C4C"."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it and wait until its stream has begun."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    @property
    def subject(self) -> Locator:
        """The activity's headline."""
        return self.page.get_by_role("heading", level=1)

    def file(self, name: str) -> Locator:
        """An attachment's card."""
        return self.page.locator("#files > li").filter(has_text=name)

    def expect_equal(self, name: str) -> None:
        """It is there, and equal to the file in the chat."""
        expect(self.file(name).locator(".digest")).to_contain_text("Equal to the file in the chat", timeout=ARRIVAL_MS)

    def preview(self, name: str) -> Locator:
        """Open the preview; its dialog."""
        self.page.get_by_role("button", name=f"Preview {name}").click()
        return self.page.get_by_role("dialog")
