"""Guided set-up as an administrator uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class GuidedPage:
    """The page "Guided set-up" of one tenant."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it and wait until the states are there."""
        self.page.goto(url)
        self.expect_read()

    def expect_read(self) -> None:
        """The states of the steps are shown."""
        expect(self.sum).to_contain_text("steps are done", timeout=30_000)

    @property
    def sum(self) -> Locator:
        """How many steps are done."""
        return self.page.locator("#sum")

    def step(self, title: str) -> Locator:
        """A step by its title."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator("[data-step]").filter(has=heading)

    def expect_state(self, title: str, state: str) -> None:
        """Done, Missing or Wrong."""
        expect(self.step(title).locator("[data-state]")).to_have_text(state)

    def do(self, title: str) -> None:
        """Let a step be done."""
        self.page.get_by_role("button", name=f"Do it for me: {title}").click()
        self.expect_state(title, "Done")

    def do_the_rest(self) -> None:
        """Let everything be done that is left."""
        self.page.get_by_role("button", name="Do everything that is left").click()
        expect(self.sum).to_contain_text("All 15 steps are done", timeout=30_000)

    def make_mistake(self, title: str) -> None:
        """One of those on purpose."""
        self.page.get_by_role("button", name=f"Make this mistake: {title}").click()

    def begin(self, configuration: str) -> None:
        """Open a tenant of that configuration with nothing set up, and go to its guided set-up."""
        self.page.get_by_role("textbox", name="JSON for configuration").fill(configuration)
        self.page.get_by_role("button", name="Open a tenant with nothing set up").click()
        self.page.get_by_role("link", name="Go to its guided set-up").click()
        self.expect_read()
